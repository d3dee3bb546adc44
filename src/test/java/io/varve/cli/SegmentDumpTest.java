package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.tier.ObjectNames;
import io.varve.tier.ObjectStore;
import io.varve.tier.ObjectStores;
import io.varve.tier.OffloadSettings;
import io.varve.tier.Offloadable;
import io.varve.tier.Offloader;
import io.varve.tier.S3Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentDumpTest {
    private static final PartitionId TOPIC = new PartitionId(Uuid.fromString("b8tRS7h4TJ2Vt43Dp85v2A"), 0);

    @TempDir
    Path dir;

    @Test
    void showsBatchesAndRecords() throws Exception {
        Path segment = segment(batch(100, "a", "b"), batch(102, "c"));

        Run run = Run.varve("segment", "dump", segment.toString(), "--records");

        assertThat(run.code()).isZero();
        assertThat(run.out().lines().filter(line -> line.startsWith("batch")))
                .hasSize(2)
                .first()
                .asString()
                .contains("position=0 base_offset=100 last_offset=101 count=2")
                .contains("compression=lz4")
                .contains("valid=true");
        assertThat(run.out().lines().filter(line -> line.startsWith("  record")))
                .containsExactly(
                        "  record offset=100 timestamp=1700000000000 headers=0 key=k value=a",
                        "  record offset=101 timestamp=1700000000000 headers=0 key=k value=b",
                        "  record offset=102 timestamp=1700000000000 headers=0 key=k value=c");
    }

    @Test
    void jsonIsAnObjectALine() throws Exception {
        Run run = Run.varve("segment", "dump", segment(batch(0, "a")).toString(), "--output", "json");

        assertThat(run.out())
                .startsWith("{\"kind\":\"batch\",\"position\":0,\"base_offset\":0,")
                .hasLineCount(1);
    }

    @Test
    void aDamagedBatchIsFound() throws Exception {
        // Given a segment in which one bit of the second batch is wrong
        byte[] first = batch(0, "a");
        byte[] second = batch(1, "b");
        second[second.length - 1] ^= 1;

        Run run = Run.varve("segment", "dump", segment(first, second).toString());

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("damage position=" + first.length + " why=checksum does not match");
    }

    @Test
    void aTornTailIsFound() throws Exception {
        byte[] first = batch(0, "a");
        Path segment = segment(first);
        Files.write(segment, new byte[] {1, 2, 3}, StandardOpenOption.APPEND);

        Run run = Run.varve("segment", "dump", segment.toString());

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("damage position=" + first.length + " why=3 bytes that are no whole batch");
    }

    @Test
    void aFileThatIsNotThereIsTold() {
        Run run = Run.varve("segment", "dump", dir.resolve("nothing.log").toString());

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("varve: there is no file ");
    }

    @Test
    void anObjectThatIsNotThereIsTold() {
        Run run = Run.varve("segment", "dump", "--store", dir.toUri().toString(), "data/nothing");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("varve: ").hasLineCount(1);
    }

    @Test
    void showsTheSegmentsOfAnObjectAndWhatIsInThem() throws Exception {
        // Given an object that the offloader made of one segment
        Path file = segment(batch(100, "a", "b"));
        Path store = Files.createDirectories(dir.resolve("objects"));
        String key = offload(file, store);

        // When
        Run run = Run.varve("segment", "dump", "--store", store.toUri().toString(), key, "--records");

        // Then
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines())
                .hasSize(4)
                .first()
                .asString()
                .startsWith("segment topic=orders topic_id=" + TOPIC.topicId()
                        + " partition=0 base_offset=100 end_offset=102");
        assertThat(run.out()).contains("  record offset=101 timestamp=1700000000000 headers=0 key=k value=b");
    }

    private static String offload(Path file, Path folder) throws Exception {
        var offloaded = new AtomicReference<OffloadedSegment>();
        var settings = OffloadSettings.defaults(Duration.ofDays(1)).withMaxWait(Duration.ZERO);
        try (ObjectStore store = ObjectStores.open(folder.toUri(), S3Settings.defaults("us-east-1"));
                var offloader = new Offloader(
                        store,
                        new ObjectNames(Time.SYSTEM, new Random(2)),
                        settings,
                        Time.SYSTEM,
                        new Random(1),
                        Thread.ofVirtual().factory(),
                        new SimpleMeterRegistry())) {
            offloader.start();
            offloader.submit(new Sealed(file, offloaded));
            await().atMost(Duration.ofSeconds(30)).until(() -> offloaded.get() != null);
        }
        return offloaded.get().object();
    }

    /** A segment of offsets 100 and 101. */
    private record Sealed(Path file, AtomicReference<OffloadedSegment> reference) implements Offloadable {
        @Override
        public boolean isWanted() {
            return true;
        }

        @Override
        public PartitionId partition() {
            return TOPIC;
        }

        @Override
        public String topicName() {
            return "orders";
        }

        @Override
        public String topicConfigsJson() {
            return "{}";
        }

        @Override
        public SealedSegment segment() {
            return new SealedSegment(100, 102, 0, file.toFile().length(), 1_700_000_000_000L, List.of());
        }

        @Override
        public long sealedAtMillis() {
            return 0;
        }

        @Override
        public void withSegmentFile(Consumer<FileChannel> reader) {
            try (FileChannel channel = FileChannel.open(file)) {
                reader.accept(channel);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public byte[] index() {
            return new byte[0];
        }

        @Override
        public byte[] producerStates() {
            return new byte[0];
        }

        @Override
        public boolean offloaded(OffloadedSegment segment, Runnable inTime) {
            reference.set(segment);
            return true;
        }
    }

    private Path segment(byte[]... batches) throws Exception {
        Path file = dir.resolve("00000000000000000000.log");
        Files.write(file, new byte[0]);
        for (byte[] batch : batches) {
            Files.write(file, batch, StandardOpenOption.APPEND);
        }
        return file;
    }

    private static byte[] batch(long baseOffset, String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(1_700_000_000_000L, bytes("k"), bytes(values[i]));
        }
        ByteBuffer buffer = MemoryRecords.withRecords(
                        baseOffset, Compression.lz4().build(), records)
                .buffer();
        byte[] batch = new byte[buffer.remaining()];
        buffer.get(batch);
        return batch;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
