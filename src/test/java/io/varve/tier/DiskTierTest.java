package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskTierTest {
    @TempDir
    Path temp;

    private final ManualTime time = new ManualTime();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private Path folder;
    private DiskTier disk;

    @BeforeEach
    void open() throws IOException {
        folder = temp.resolve("chunks");
        disk = new DiskTier(folder, 1_000, time, Thread.ofVirtual().factory(), meters);
    }

    @AfterEach
    void close() {
        disk.close();
    }

    private static ChunkKey key(int n) {
        return new ChunkKey("data/a", n * 400L, 400);
    }

    private void keep(int n) {
        disk.offer(key(n), ByteBuffer.wrap(Contents.random(n, 400)));
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> disk.contains(key(n)));
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void givesBackWhatItKeeps() {
        keep(1);

        assertThat(Contents.bytes(disk.read(key(1)))).isEqualTo(Contents.random(1, 400));
        assertThat(disk.read(key(2))).isNull();
    }

    @Test
    void throwsOutTheLeastRecentlyRead() throws IOException {
        keep(1);
        keep(2);
        disk.read(key(1));

        keep(3);

        assertThat(disk.contains(key(1))).isTrue();
        assertThat(disk.contains(key(2))).isFalse();
        assertThat(disk.contains(key(3))).isTrue();
        assertThat(disk.bytes()).isEqualTo(800);
        assertThat(files()).hasSize(2);
    }

    @Test
    void damageIsNoticedAndForgotten() throws IOException {
        keep(1);
        byte[] bytes = Contents.random(1, 400);
        bytes[123] ^= 1;
        Files.write(files().getFirst(), bytes);

        assertThat(disk.read(key(1))).isNull();
        assertThat(disk.contains(key(1))).isFalse();
        assertThat(files()).isEmpty();
        assertThat(meters.get("varve.tier.cache.disk.failures").counter().count())
                .isEqualTo(1);
    }

    @Test
    void aTruncatedOrLostFileIsAMiss() throws IOException {
        keep(1);
        keep(2);
        Files.write(folder.resolve("0.chunk"), new byte[10]);
        Files.delete(folder.resolve("1.chunk"));

        assertThat(disk.read(key(1))).isNull();
        assertThat(disk.read(key(2))).isNull();
        assertThat(disk.bytes()).isZero();
    }

    @Test
    void theFolderIsEmptiedAtStart() throws IOException {
        keep(1);
        disk.close();
        Path foreign = Files.writeString(folder.resolve("somebody's"), "x");

        try (var again = new DiskTier(folder, 1_000, time, Thread.ofVirtual().factory(), new SimpleMeterRegistry())) {
            assertThat(again.contains(key(1))).isFalse();
            assertThat(files()).containsExactly(foreign);
        }
    }

    @Test
    void aDiskThatFailsIsLeftAloneForAWhileAndFreed() throws IOException {
        // Given a folder that can take no more files
        keep(1);
        Files.delete(folder.resolve("0.chunk"));
        Files.delete(folder);
        disk.offer(key(2), ByteBuffer.wrap(Contents.random(2, 400)));
        await().atMost(Duration.ofSeconds(30)).until(() -> disk.bytes() == 0);
        Files.createDirectories(folder);
        // When the minute is not over
        disk.offer(key(3), ByteBuffer.wrap(Contents.random(3, 400)));
        // Then nothing is kept
        time.advance(Duration.ofMinutes(1));
        keep(4);
        assertThat(disk.contains(key(3))).isFalse();
        assertThat(disk.bytes()).isEqualTo(400);
    }

    @Test
    void aChunkLargerThanTheTierIsNotKept() {
        var large = new ChunkKey("data/a", 0, 1_001);
        disk.offer(large, ByteBuffer.allocate(1_001));
        keep(1);
        assertThat(disk.contains(large)).isFalse();
    }
}
