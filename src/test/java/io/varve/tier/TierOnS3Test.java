package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.Offloader.Progress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole tier on a real S3 server and the real clock: up, down, and swept. */
@Tag("process")
class TierOnS3Test {
    @TempDir
    Path temp;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ObjectNames names = new ObjectNames(Time.SYSTEM, new SecureRandom());

    @Test
    void segmentsGoUpAndComeBack_andOrphansAreSwept() throws Exception {
        try (var minio = new MinioForTests(Files.createDirectory(temp.resolve("minio")))) {
            S3Settings settings = minio.settings("varve-tier", "cluster-1");
            try (var clients = new S3Clients(settings)) {
                clients.repeating.createBucket(r -> r.bucket("varve-tier"));
            }
            try (var store = new S3ObjectStore(settings)) {
                List<FakeSegment> segments = upload(store);
                readBack(store, segments);
                sweep(store, segments);
            }
        }
    }

    /** Ninety small segments of thirty partitions, and one of several parts. */
    private List<FakeSegment> upload(ObjectStore store) throws InterruptedException {
        var segments = new ArrayList<FakeSegment>();
        for (int i = 0; i < 90; i++) {
            segments.add(new FakeSegment(temp, i % 30, i / 30 * 100L, 50_000 + i, System.currentTimeMillis()));
        }
        segments.add(new FakeSegment(temp, 99, 0, 90 << 20, System.currentTimeMillis()));
        var offloader = new Offloader(
                store,
                names,
                OffloadSettings.defaults(Duration.ofHours(1)).withTargetBytes(2 << 20),
                Time.SYSTEM,
                new SecureRandom(),
                Thread.ofVirtual().factory(),
                meters);
        try (offloader) {
            segments.forEach(offloader::submit);
            offloader.start();
            assertThat(offloader.drain(Duration.ofMinutes(2), left -> {})).isEqualTo(new Progress(0, 0));
        }
        long objects = segments.stream()
                .map(s -> s.references.getFirst().object())
                .distinct()
                .count();
        assertThat(objects).as("91 segments in a few objects").isBetween(4L, 8L);
        return segments;
    }

    private void readBack(ObjectStore store, List<FakeSegment> segments) {
        var remote = new CachedRemoteSegments(
                store,
                CacheSettings.defaults(16 << 20, 32 << 20),
                temp.resolve("chunks"),
                Time.SYSTEM,
                Thread.ofVirtual().factory(),
                meters);
        try (remote) {
            for (FakeSegment segment : segments) {
                OffloadedSegment reference = segment.references.getFirst();
                int step = 3_000_001;
                for (int position = 0; position < segment.bytes.length; position += step) {
                    int length = Math.min(step, segment.bytes.length - position);
                    assertThat(remote.read(reference, position, length))
                            .isEqualTo(ByteBuffer.wrap(segment.bytes, position, length));
                }
                assertThat(Contents.bytes(remote.index(reference))).isEqualTo(segment.index());
                assertThat(Contents.bytes(remote.producerStates(reference))).isEqualTo(segment.producerStates());
                DataObjectReader reader = DataObjectReader.open(store, reference.object());
                reader.footer().segments().forEach(entry -> {
                    if (entry.sizeBytes() < 1 << 20) {
                        reader.verify(entry);
                    }
                });
            }
        }
    }

    private void sweep(ObjectStore store, List<FakeSegment> segments) {
        var records = new Records();
        for (FakeSegment segment : segments) {
            PartitionId id = segment.partition();
            var offloaded = new ArrayList<>(
                    records.get(id).map(r -> r.record().offloaded()).orElse(List.of()));
            offloaded.add(segment.references.getFirst());
            records.put(id, Records.record(0, List.of(), offloaded, List.of()));
        }
        store.create("data/aa/orphan", Contents.of("nobody's"));
        var remote = new CachedRemoteSegments(
                store,
                CacheSettings.defaults(1 << 20, 0),
                temp,
                Time.SYSTEM,
                Thread.ofVirtual().factory(),
                new SimpleMeterRegistry());
        var sweeper = new Sweeper(store, names, records, remote, () -> true, Duration.ofMillis(1), meters);
        await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
            sweeper.sweep();
            var left = new ArrayList<String>();
            store.list("", page -> page.forEach(object -> left.add(object.key())));
            assertThat(left).doesNotContain("data/aa/orphan").noneMatch(key -> key.startsWith("sweep/"));
            assertThat(left)
                    .containsAll(segments.stream()
                            .map(s -> s.references.getFirst().object())
                            .toList());
        });
    }
}
