package io.varve.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents speak of classes and files that exist. */
class DocumentsTest {
    private static final Path PROJECT = Folders.project();
    private static final Pattern CLASS_NAME = Pattern.compile("`([A-Z][a-z]\\w*[A-Za-z])(?:\\.\\w+)?`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

    /** Names that look like classes of ours and are not: Kafka's and the JDK's. */
    private static final Set<String> FOREIGN =
            Set.of("DumpLogSegments", "GroupCoordinatorService", "LogValidator", "Wire", "Ctrl");

    @Test
    void everyClassNamedOnTheMapExists() throws IOException {
        Set<String> known;
        try (Stream<Path> sources = Files.walk(PROJECT.resolve("src"))) {
            known = sources.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(".java"))
                    .map(name -> name.substring(0, name.length() - ".java".length()))
                    .collect(Collectors.toSet());
        }
        List<String> missing = new ArrayList<>();
        for (String page : List.of("ARCHITECTURE.md", "docs/invariants.md")) {
            Matcher names = CLASS_NAME.matcher(Files.readString(PROJECT.resolve(page)));
            while (names.find()) {
                if (!known.contains(names.group(1)) && !FOREIGN.contains(names.group(1))) {
                    missing.add(page + ": " + names.group(1));
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyRelativeLinkLeadsSomewhere() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(PROJECT.resolve("README.md"), PROJECT.resolve("ARCHITECTURE.md")));
        try (Stream<Path> docs = Files.walk(PROJECT.resolve("docs"))) {
            docs.filter(path -> path.toString().endsWith(".md")).forEach(pages::add);
        }
        List<String> broken = new ArrayList<>();
        for (Path page : pages) {
            Matcher links = LINK.matcher(Files.readString(page));
            while (links.find()) {
                if (!Files.exists(page.resolveSibling(links.group(1)))) {
                    broken.add(PROJECT.relativize(page) + ": " + links.group(1));
                }
            }
        }
        assertThat(broken).isEmpty();
    }
}
