package io.varve.tier;

import io.varve.tier.ObjectStore.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Walks a folder in the order of object keys, one folder in memory at a time. */
final class FolderListing {
    private static final int PAGE = 1000;

    private final Path root;
    private final String prefix;
    private final Consumer<List<StoredObject>> visitor;
    private List<StoredObject> page = new ArrayList<>();

    FolderListing(Path root, String prefix, Consumer<List<StoredObject>> visitor) {
        this.root = root;
        this.prefix = prefix;
        this.visitor = visitor;
    }

    void run() throws IOException {
        visit(prefix.substring(0, prefix.lastIndexOf('/') + 1));
        flush();
    }

    /** @param folder empty, or ending with a slash */
    private void visit(String folder) throws IOException {
        for (String key : children(folder)) {
            if (key.endsWith("/")) {
                visit(key);
            } else {
                add(key);
            }
        }
    }

    /** Folders end with a slash, which also puts them where their contents belong among the keys. */
    private List<String> children(String folder) throws IOException {
        var keys = new ArrayList<String>();
        try (var files = Files.newDirectoryStream(root.resolve(folder))) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                String key = folder + name + (Files.isDirectory(file) ? "/" : "");
                if (!name.startsWith(".") && (key.startsWith(prefix) || prefix.startsWith(key))) {
                    keys.add(key);
                }
            }
        } catch (NoSuchFileException e) {
            if (!Files.isDirectory(root)) {
                throw new IOException("folder " + root + " is gone", e);
            }
            return List.of();
        }
        keys.sort(null);
        return keys;
    }

    private void add(String key) throws IOException {
        if (!key.startsWith(prefix)) {
            return;
        }
        try {
            var attributes = Files.readAttributes(root.resolve(key), BasicFileAttributes.class);
            page.add(new StoredObject(
                    key, attributes.size(), attributes.lastModifiedTime().toMillis()));
        } catch (NoSuchFileException e) {
            return; // deleted while we looked
        }
        if (page.size() == PAGE) {
            flush();
        }
    }

    private void flush() {
        if (!page.isEmpty()) {
            visitor.accept(List.copyOf(page));
            page = new ArrayList<>();
        }
    }
}
