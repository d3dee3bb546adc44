package io.varve.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What Markdown pages say: the classes and methods they name, the pages they link to. */
final class Pages {
    private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```");
    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

    /** Words that begin with a capital and are not all capitals: {@code Partition}, {@code S3ObjectStore}, not {@code JSON}. */
    private static final Pattern CLASS = Pattern.compile("(?![A-Z0-9]+\\b)[A-Z][A-Za-z0-9]{3,}");

    private static final Pattern TEST_METHOD = Pattern.compile("(rules?\\d|section\\d|an?[A-Z])\\w+");
    private static final Pattern LINK = Pattern.compile("(?<!!)\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *#* *$");

    private Pages() {}

    /** Names in backticks that look like classes of Java, in the order of the alphabet. */
    static Set<String> classes(String page) {
        return codes(page).filter(code -> CLASS.matcher(code).matches()).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Names in backticks that look like methods of tests. */
    static Set<String> testMethods(String page) {
        return codes(page)
                .filter(code -> TEST_METHOD.matcher(code).matches())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> codes(String page) {
        return CODE.matcher(withoutFences(page)).results().map(found -> found.group(1));
    }

    /** Relative links of {@code page} that lead nowhere: to no file, or to no heading of a page. */
    static List<String> brokenLinks(Path page) {
        List<String> broken = new ArrayList<>();
        LINK.matcher(withoutFences(read(page)))
                .results()
                .map(found -> found.group(1))
                .forEach(link -> {
                    if (!link.matches("[a-z]+:.*") && !leadsSomewhere(page, link)) {
                        broken.add(page + " -> " + link);
                    }
                });
        return broken;
    }

    private static boolean leadsSomewhere(Path page, String link) {
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        if (!Files.exists(target)) {
            return false;
        }
        return parts.length == 1 || anchors(read(target)).contains(parts[1]);
    }

    /** Of every heading, as GitHub makes them. */
    static Set<String> anchors(String page) {
        return HEADING.matcher(withoutFences(page))
                .results()
                .map(Pages::anchor)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String anchor(MatchResult heading) {
        return heading.group(1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\w\\- ]", "")
                .replace(' ', '-');
    }

    private static String withoutFences(String page) {
        return FENCE.matcher(page).replaceAll("");
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** Every file below {@code folder} with this ending, built and fetched things left out. */
    static List<Path> files(Path folder, String ending) {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(path -> path.getFileName().toString().endsWith(ending))
                    .filter(path -> !path.toString().matches(".*/(target|\\.cache|\\.git|varve-data|node_modules)/.*"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }
}
