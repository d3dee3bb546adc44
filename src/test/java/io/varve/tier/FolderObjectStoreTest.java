package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.tier.ObjectStoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderObjectStoreTest extends ObjectStoreContract {
    @TempDir
    Path temp;

    private ObjectStore store;

    @BeforeEach
    void open() {
        store = new FolderObjectStore(temp.resolve("objects"));
    }

    @Override
    ObjectStore store() {
        return store;
    }

    @Override
    ObjectStore unreachable() {
        Path folder = temp.resolve("unmounted");
        var unmounted = new FolderObjectStore(folder);
        try {
            Files.delete(folder.resolve(".unfinished"));
            Files.delete(folder);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return unmounted;
    }

    @Test
    void removesWhatACrashLeftUnfinished() throws IOException {
        Path leftover = temp.resolve("objects/.unfinished/1234");
        Path ofNow = temp.resolve("objects/.unfinished/5678");
        Files.writeString(leftover, "half an obj");
        Files.writeString(ofNow, "half an obj");
        Files.setLastModifiedTime(leftover, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

        var reopened = new FolderObjectStore(temp.resolve("objects"));

        assertThat(leftover).doesNotExist();
        assertThat(ofNow).as("may be of a broker that is running").exists();
        reopened.list("", page -> assertThat(page).isEmpty());
    }

    @Test
    void leavesNoTemporaryFiles() throws IOException {
        store.create("a/b", Contents.of("x"));
        assertFails(Kind.EXISTS, () -> store.create("a/b", Contents.of("y")));

        try (var files = Files.list(temp.resolve("objects/.unfinished"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void saysWhenAFolderCannotBeUsed() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "x");

        assertFails(Kind.REFUSED, () -> new FolderObjectStore(file));
    }

    @Test
    void objectsSurviveReopening() {
        store.create("a/b", Contents.of("x"));

        assertThat(new FolderObjectStore(temp.resolve("objects")).length("a/b")).isEqualTo(1);
    }
}
