package io.varve.tier;

import static io.varve.tier.ObjectStoreContract.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.DataObjectFooter.SegmentEntry;
import io.varve.tier.ObjectStoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rule 10: an object says by itself what is in it. */
class DataObjectTest {
    @TempDir
    Path temp;

    private final MemoryObjectStore store = new MemoryObjectStore(Time.SYSTEM);

    private FakeSegment segment(int partition, long baseOffset, int size) {
        return new FakeSegment(temp, partition, baseOffset, size, 0);
    }

    private static DataObject plan(FakeSegment... segments) throws IOException {
        return DataObjectWriter.plan(List.of(segments));
    }

    @Test
    void rule10_aReaderThatKnowsOnlyTheKeyFindsEverything() throws IOException {
        // Given two partitions' segments in one object
        FakeSegment first = segment(0, 100, 300_000);
        FakeSegment second = segment(1, 7, 5);
        // When
        store.create("data/a", plan(first, second));
        DataObjectReader reader = DataObjectReader.open(store, "data/a");
        // Then
        assertThat(reader.footer().topics())
                .containsExactly(new DataObjectFooter.TopicEntry(
                        FakeSegment.TOPIC.toString(), "orders", "{\"retention.ms\":\"1000\"}"));
        SegmentEntry entry = reader.footer().segments().getFirst();
        assertThat(entry.partitionId()).isEqualTo(new PartitionId(FakeSegment.TOPIC, 0));
        assertThat(entry.baseOffset()).isEqualTo(100);
        assertThat(entry.endOffset()).isEqualTo(200);
        assertThat(entry.epoch()).isEqualTo(3);
        assertThat(entry.maxTimestamp()).isEqualTo(1_600_000_000_100L);
        assertThat(entry.sizeBytes()).isEqualTo(300_000);
        assertThat(Contents.bytes(reader.read(entry, 0, 300_000))).isEqualTo(first.bytes);
        assertThat(Contents.text(reader.index(entry))).isEqualTo("index of AAAAAAAAAAAAAAAAAAAAAQ-0 at 100");
        assertThat(Contents.text(reader.producerStates(entry)))
                .isEqualTo("producers of AAAAAAAAAAAAAAAAAAAAAQ-0 at 100");
        SegmentEntry other = reader.footer().segments().getLast();
        assertThat(Contents.bytes(reader.read(other, 0, 5))).isEqualTo(second.bytes);
        assertThat(Contents.text(reader.index(other))).isEqualTo("index of AAAAAAAAAAAAAAAAAAAAAQ-1 at 7");
        reader.footer().segments().forEach(reader::verify);
    }

    @Test
    void rule10_theFooterIsReadableWithAShell() throws IOException {
        store.create("data/a", plan(segment(0, 100, 10)));
        byte[] object = Contents.bytes(store.read("data/a", 0, (int) store.length("data/a")));

        int footerBytes = ByteBuffer.wrap(object, object.length - 20, 4).getInt();
        var json = new ObjectMapper().readTree(object, object.length - 20 - footerBytes, footerBytes);

        assertThat(new String(object, object.length - 8, 8, StandardCharsets.US_ASCII))
                .isEqualTo("VARVEOBJ");
        assertThat(json.at("/topics/0/configs/retention.ms").asText()).isEqualTo("1000");
        assertThat(json.at("/segments/0/baseOffset").asLong()).isEqualTo(100);
    }

    @Test
    void referencesSayWhereSegmentsAre() throws IOException {
        FakeSegment first = segment(0, 100, 1_000);
        FakeSegment second = segment(1, 7, 500);
        DataObject object = plan(first, second);
        store.create("data/a", object);

        OffloadedSegment reference = object.references("data/a").getLast();

        assertThat(reference.object()).isEqualTo("data/a");
        assertThat(reference.position()).isEqualTo(1_000);
        assertThat(Contents.bytes(store.read("data/a", reference.position(), 500)))
                .isEqualTo(second.bytes);
        assertThat(reference.crc()).isEqualTo(Checksums.crc32c(second.bytes));
        assertThat(reference.baseOffset()).isEqualTo(7);
        assertThat(reference.endOffset()).isEqualTo(107);
    }

    @Test
    void rule7_everyStreamGivesTheSameBytes() throws IOException {
        DataObject object = plan(segment(0, 0, 700_000), segment(1, 0, 1), segment(2, 0, 0), segment(3, 0, 262_144));
        byte[] once = object.open().readAllBytes();

        assertThat(once).hasSize((int) object.length());
        assertThat(object.open().readAllBytes()).isEqualTo(once);
        for (int position : new int[] {0, 1, 262_143, 700_000, 700_001, 962_145, once.length - 1, once.length}) {
            try (var stream = object.open()) {
                stream.skipNBytes(position);
                assertThat(stream.readAllBytes())
                        .as("from " + position)
                        .isEqualTo(Arrays.copyOfRange(once, position, once.length));
            }
        }
    }

    @Test
    void largeFootersAreFoundToo() throws IOException {
        var segments = new ArrayList<Offloadable>();
        for (int i = 0; i < 400; i++) {
            segments.add(segment(i, 0, 3));
        }
        store.create("data/a", DataObjectWriter.plan(segments));

        assertThat(DataObjectReader.open(store, "data/a").footer().segments()).hasSize(400);
    }

    @Test
    void everyDamagedByteIsNoticed() throws IOException {
        store.create("data/a", plan(segment(0, 100, 50)));
        int length = (int) store.length("data/a");
        for (int position = 0; position < length; position++) {
            store.damage("data/a", position);
            int at = position;
            assertThatThrownBy(() -> readEverything("data/a"))
                    .as("damaged at " + at)
                    .isInstanceOfSatisfying(
                            ObjectStoreException.class,
                            e -> assertThat(e.kind()).isIn(Kind.CORRUPT, Kind.REFUSED));
            store.damage("data/a", position);
        }
        readEverything("data/a");
    }

    private void readEverything(String key) {
        DataObjectReader reader = DataObjectReader.open(store, key);
        for (SegmentEntry entry : reader.footer().segments()) {
            reader.verify(entry);
            reader.index(entry);
            reader.producerStates(entry);
        }
    }

    @Test
    void whatIsNoDataObjectIsRefused() {
        store.create("data/short", Contents.of("short"));
        store.create("data/text", Contents.of("a text that is long enough to hold a trailer"));

        assertFails(Kind.CORRUPT, () -> DataObjectReader.open(store, "data/short"));
        assertFails(Kind.CORRUPT, () -> DataObjectReader.open(store, "data/text"));
        assertFails(Kind.NOT_FOUND, () -> DataObjectReader.open(store, "data/none"));
    }

    @Test
    void anObjectOfANewerVarveIsRefusedWithWords() throws IOException {
        store.create("data/a", plan(segment(0, 0, 10)));
        byte[] object = Contents.bytes(store.read("data/a", 0, (int) store.length("data/a")));
        object[object.length - 9] = 2;
        store.create("data/newer", Contents.of(object));

        assertThatThrownBy(() -> DataObjectReader.open(store, "data/newer")).hasMessageContaining("newer version");
    }

    @Test
    void aFileThatIsTooShortIsNamed() throws IOException {
        FakeSegment good = segment(0, 0, 100);
        FakeSegment bad = segment(1, 40, 100);
        Files.write(bad.file(), new byte[99]);

        assertThatThrownBy(() -> plan(good, bad))
                .isInstanceOfSatisfying(
                        SegmentUnreadableException.class,
                        e -> assertThat(e.segment()).isSameAs(bad))
                .hasMessageContaining("segment 40 of orders-1");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void footersSurviveARoundTrip(long seed) {
        var random = new Random(seed);
        var numbers = random.longs(random.nextInt(21)).boxed().toList();
        var name = new String(randomBytes(random, 40), StandardCharsets.UTF_16);
        int topics = random.nextInt(10);
        var topicEntries = new ArrayList<DataObjectFooter.TopicEntry>();
        for (int i = 0; i < topics; i++) {
            topicEntries.add(new DataObjectFooter.TopicEntry(Uuid.randomUuid().toString(), name, "{\"a\":[1,\"2\"]}"));
        }
        var segments = numbers.stream()
                .map(n -> new SegmentEntry(
                        "id",
                        n.intValue(),
                        n,
                        ~n,
                        -n.intValue(),
                        n / 2,
                        n >>> 1,
                        n,
                        n & 0xffffffffL,
                        new DataObjectFooter.Block(n, n.intValue()),
                        new DataObjectFooter.Block(-n, 0),
                        n % 2 == 0 ? null : new DataObjectFooter.Block(1, 2)))
                .toList();
        var footer = new DataObjectFooter(topicEntries, segments);

        var json = ByteBuffer.wrap(Json.write(footer));

        assertThat(Json.read(json, DataObjectFooter.class, "key")).isEqualTo(footer);
    }

    private static byte[] randomBytes(Random random, int limit) {
        var bytes = new byte[random.nextInt(limit + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void anythingElseThanAFooterIsCorrupt(long seed) {
        var garbage = randomBytes(new Random(seed), 300);
        var objects = new MemoryObjectStore(Time.SYSTEM);
        objects.create("data/a", Contents.of(garbage));
        assertFails(Kind.CORRUPT, () -> DataObjectReader.open(objects, "data/a"));
        objects.create(
                "data/b", Contents.of(Trailer.seal(Trailer.Type.DATA_OBJECT, "[1]".getBytes(StandardCharsets.UTF_8))));
        assertFails(Kind.CORRUPT, () -> DataObjectReader.open(objects, "data/b"));
    }
}
