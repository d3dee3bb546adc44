package io.varve.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The map is of this country: what the pages name exists, and where they point to there is something. */
class ArchitectureMentionsTest {
    private static final Path ROOT = Path.of("");

    /** Classes that are not ours, words of Kafka's protocol and names of the field that only look like classes. */
    private static final Set<String> OTHERS = Set.of(
            "LogValidator",
            "GroupCoordinatorService",
            "FileRegion",
            "DumpLogSegments",
            "ListOffsets",
            "IncrementalAlterConfigs",
            "LogConfig");

    @ParameterizedTest
    @ValueSource(strings = {"ARCHITECTURE.md", "docs/invariants.md", "docs/adr"})
    void everyClassThatAPageNamesExists(String where) {
        // Given the classes of the source tree, by their files
        Set<String> known = Stream.of("src/main/java", "src/test/java")
                .flatMap(tree -> Pages.files(ROOT.resolve(tree), ".java").stream())
                .map(path -> path.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());

        // When the pages are asked which they name
        Set<String> named = named(where);

        // Then there is none that nobody has written
        assertThat(named).isNotEmpty();
        named.removeAll(known);
        named.removeAll(OTHERS);
        assertThat(named)
                .as("classes that %s names and nobody has written", where)
                .isEmpty();
    }

    @Test
    void everyTestThatTheInvariantsNameExists() {
        String tests = Pages.files(ROOT.resolve("src/test/java"), ".java").stream()
                .map(Pages::read)
                .collect(Collectors.joining("\n"));

        Set<String> named = Pages.testMethods(Pages.read(ROOT.resolve("docs/invariants.md")));

        assertThat(named).hasSizeGreaterThan(20);
        assertThat(named)
                .allSatisfy(method -> assertThat(tests.contains("void " + method + "("))
                        .as("test %s", method)
                        .isTrue());
    }

    @Test
    void everyRuleHasItsSection() {
        assertThat(Pages.anchors(Pages.read(ROOT.resolve("docs/invariants.md"))))
                .contains("1-one-change-at-a-time", "10-the-bucket-alone-is-enough")
                .hasSize(12);
    }

    @Test
    void everyRelativeLinkLeadsSomewhere() {
        List<Path> pages = Stream.concat(
                        Pages.files(ROOT.resolve("docs"), ".md").stream(),
                        Stream.of(ROOT.resolve("README.md"), ROOT.resolve("ARCHITECTURE.md")))
                .toList();

        List<String> broken =
                pages.stream().flatMap(page -> Pages.brokenLinks(page).stream()).toList();

        assertThat(broken).isEmpty();
    }

    @Test
    void everyDecisionIsInTheIndex() {
        String index = Pages.read(ROOT.resolve("docs/adr/README.md"));

        assertThat(Pages.files(ROOT.resolve("docs/adr"), ".md"))
                .extracting(page -> page.getFileName().toString())
                .filteredOn(name -> !name.equals("README.md"))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(index).contains("(" + name + ")"));
    }

    @Test
    void aClassIsToldFromOtherThingsInBackticks() {
        assertThat(Pages.classes("`Partition` `OpenFiles` `S3ObjectStore` `varve.data.dir` `open` `acks=all` `JSON`"))
                .containsExactly("OpenFiles", "Partition", "S3ObjectStore");
    }

    private static Set<String> named(String where) {
        Path page = ROOT.resolve(where);
        Stream<Path> pages = where.endsWith(".md") ? Stream.of(page) : Pages.files(page, ".md").stream();
        return pages.flatMap(one -> Pages.classes(Pages.read(one)).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
