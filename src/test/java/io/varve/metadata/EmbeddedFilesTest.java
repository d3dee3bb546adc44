package io.varve.metadata;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.metadata.EmbeddedFile.Change;
import io.varve.metadata.EmbeddedFile.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedFilesTest {
    private static final int BLOCK = 4096;
    private static final long SEED = 20_261;

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);

    /** A power cut leaves any part of the blocks that a write was about: the store is then as before it or as after it. */
    @Test
    void rule3_aWriteThatAPowerCutTearsApartIsWholeOrNotThere() throws IOException {
        Map<String, String> before = new TreeMap<>();
        try (EmbeddedFiles files = EmbeddedFiles.open(directory)) {
            for (int revision = 1; revision <= 400; revision++) {
                Map<String, byte[]> old = read(directory);
                Map<String, String> after = new TreeMap<>(before);
                files.write(changes(after, revision), revision);
                if (revision % 4 == 0) {
                    Map<String, byte[]> written = read(directory);
                    for (int i = 0; i < 3; i++) {
                        check(old, written, revision, before, after);
                    }
                }
                before = after;
            }
        }
    }

    @Test
    void rule3_aWriteThatReportedSuccessSurvivesTheLossOfEverythingWrittenAfterIt() throws IOException {
        Map<String, String> image = new TreeMap<>();
        try (EmbeddedFiles files = EmbeddedFiles.open(directory)) {
            for (int revision = 1; revision <= 20; revision++) {
                files.write(changes(image, revision), revision);
            }
        }
        Files.delete(directory.resolve("metadata.mv"));
        try (EmbeddedFiles files = EmbeddedFiles.open(directory)) {
            assertThat(files.revision()).isBetween(19L, 20L);
            files.write(List.of(), 21);
            files.write(List.of(), 22);
        }
        Files.delete(directory.resolve("metadata-2.mv"));
        try (EmbeddedFiles files = EmbeddedFiles.open(directory)) {
            assertThat(files.revision()).isBetween(21L, 22L);
            assertThat(files.content()).isNotEmpty();
        }
    }

    private static Map<String, byte[]> read(Path from) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        for (String name : List.of("metadata.mv", "metadata-2.mv")) {
            files.put(name, Files.readAllBytes(from.resolve(name)));
        }
        return files;
    }

    private List<Change> changes(Map<String, String> image, int revision) {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String key = "key/" + (i * 100 + random.nextInt(100));
            if (random.nextInt(10) == 0) {
                image.remove(key);
                changes.add(new Change(key, null));
            } else {
                String value = revision + "x".repeat(random.nextInt(800));
                image.put(key, value);
                changes.add(new Change(key, new Stored(revision, false, value.getBytes(UTF_8))));
            }
        }
        return changes;
    }

    private byte[] torn(byte[] old, byte[] written) {
        byte[] image = Arrays.copyOf(written, Math.max(old.length, written.length));
        for (int at = 0; at < image.length; at += BLOCK) {
            boolean kept = random.nextBoolean();
            for (int i = at; !kept && i < Math.min(at + BLOCK, image.length); i++) {
                image[i] = i < old.length ? old[i] : 0;
            }
        }
        return image;
    }

    private void check(
            Map<String, byte[]> old,
            Map<String, byte[]> written,
            int revision,
            Map<String, String> before,
            Map<String, String> after)
            throws IOException {
        Path torn = Files.createDirectories(directory.resolve("torn"));
        for (String name : old.keySet()) {
            Files.write(torn.resolve(name), torn(old.get(name), written.get(name)));
        }
        try (EmbeddedFiles files = EmbeddedFiles.open(torn)) {
            Map<String, String> found = new TreeMap<>();
            files.content().forEach((key, stored) -> found.put(key, new String(stored.value(), UTF_8)));
            assertThat(files.revision()).as("seed %d", SEED).isBetween(revision - 1L, (long) revision);
            assertThat(found)
                    .as("seed %d revision %d", SEED, revision)
                    .isEqualTo(files.revision() == revision ? after : before);
        }
    }
}
