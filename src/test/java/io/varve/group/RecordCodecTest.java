package io.varve.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.metadata.Entry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordJsonConverters;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records come back from their keys and values as they were. */
class RecordCodecTest {

    private static final List<String> ODD = List.of(
            "", " ", "/", "//", ".", "..", "a/b", "%2F", "%", "+", "a b", "\u0000", "\n", "\"", "\\", "ü", "組", "🦀",
            "group", "{}", "null", "*", "~", "\u202e");

    /** Five strings that a seed gives: some of those that have hurt elsewhere, some of anything. */
    private static List<String> strings(Random random) {
        return Stream.generate(() -> random.nextInt(3) == 0 ? ODD.get(random.nextInt(ODD.size())) : anything(random))
                .limit(5)
                .toList();
    }

    private static String anything(Random random) {
        return random.ints(random.nextInt(31), 0, Character.MAX_CODE_POINT + 1)
                .filter(point -> point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void everyKindOfRecordComesBackAsItWas(long seed) throws ReflectiveOperationException {
        Random random = new Random(seed);
        RandomMessages messages = new RandomMessages(random, strings(random));
        for (CoordinatorRecordType type : CoordinatorRecordType.values()) {
            for (short version = type.lowestSupportedVersion(); version <= type.highestSupportedVersion(); version++) {
                ApiMessage key = type.newRecordKey();
                messages.fill(key, filled -> true);
                ApiMessage value = type.newRecordValue();
                short tried = version;
                messages.fill(value, filled -> isWritable((ApiMessage) filled, tried));
                CoordinatorRecord record =
                        asWritten(CoordinatorRecord.record(key, new ApiMessageAndVersion(value, version)));

                String stored = RecordKeys.format(3, key);
                RecordCodec.Positioned back = RecordCodec.decode(new Entry(stored, RecordCodec.value(record, 17), 1))
                        .orElseThrow();

                assertThat(back.record()).as("%s version %d", type, version).isEqualTo(record);
                assertThat(back.position()).isEqualTo(17);
                assertThat(stored).startsWith("groups/3/").matches("[\\x21-\\x7e]+");
            }
        }
    }

    /** As the coordinator hands it over: without the fields that this version does not have. */
    private static CoordinatorRecord asWritten(CoordinatorRecord record) {
        GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
        return serde.deserialize(
                ByteBuffer.wrap(serde.serializeKey(record)), ByteBuffer.wrap(serde.serializeValue(record)));
    }

    private static boolean isWritable(ApiMessage value, short version) {
        try {
            CoordinatorRecordJsonConverters.writeRecordValueAsJson(value, version);
            return true;
        } catch (UnsupportedVersionException | NullPointerException e) {
            return false;
        }
    }

    @Test
    void differentKeysAreStoredApart() {
        for (long seed = 1; seed <= 1_000; seed++) {
            Random random = new Random(seed);
            List<String> one = strings(random);
            List<String> other = strings(random);
            OffsetCommitKey first = new OffsetCommitKey()
                    .setGroup(one.get(0))
                    .setTopic(one.get(1))
                    .setPartition(1);
            OffsetCommitKey second = new OffsetCommitKey()
                    .setGroup(other.get(0))
                    .setTopic(other.get(1))
                    .setPartition(1);

            assertThat(RecordKeys.format(0, first).equals(RecordKeys.format(0, second)))
                    .as("seed %d", seed)
                    .isEqualTo(first.equals(second));
        }
    }

    @Test
    void keysCanBeRead() {
        assertThat(RecordKeys.format(
                        3,
                        new OffsetCommitKey()
                                .setGroup("my-group")
                                .setTopic("my.topic_1")
                                .setPartition(12)))
                .isEqualTo("groups/3/offsets/my-group/my.topic_1/12");
        assertThat(RecordKeys.format(0, new GroupMetadataKey().setGroup("a/b c")))
                .isEqualTo("groups/0/classic-groups/a%2Fb+c");
    }

    @Test
    void whatIsNoRecordIsNamedInTheError() {
        byte[] good = "{\"position\":1,\"version\":0,\"value\":{}}".getBytes(StandardCharsets.UTF_8);
        for (String key : List.of(
                "groups/3/offsets",
                "groups/3/offsets/g",
                "groups/3/offsets/g/t/x",
                "groups/3/offsets/g/t/1/2",
                "groups/3/offsets/%/t/1")) {
            assertThatThrownBy(() -> RecordCodec.decode(new Entry(key, good, 1)))
                    .isInstanceOf(GroupException.class)
                    .hasMessageContaining(key);
        }
        for (String value :
                List.of("", "{", "[]", "{}", "{\"version\":4}", "{\"position\":1,\"version\":4,\"value\":7}")) {
            assertThatThrownBy(() -> RecordCodec.decode(
                            new Entry("groups/3/offsets/g/t/1", value.getBytes(StandardCharsets.UTF_8), 1)))
                    .as(value)
                    .isInstanceOf(GroupException.class)
                    .hasMessageContaining("groups/3/offsets/g/t/1");
        }
    }

    @Test
    void kindsOfANewerVersionAreNotTakenForDamage() {
        assertThat(RecordCodec.decode(new Entry("groups/3/future-things/g", "?".getBytes(StandardCharsets.UTF_8), 1)))
                .isEmpty();
    }
}
