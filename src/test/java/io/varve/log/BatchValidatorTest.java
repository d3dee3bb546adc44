package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedForMessageFormatException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BatchValidatorTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    private final ShiftedTime time = new ShiftedTime();
    private final BatchValidator validator = new BatchValidator(time);

    private ByteBuffer validate(ByteBuffer batch, Map<String, String> config) {
        return validator.validate(PARTITION, batch, new LogConfig(config));
    }

    private void assertRefused(ByteBuffer batch, Class<? extends Exception> error) {
        assertThatThrownBy(() -> validate(batch, Map.of())).isInstanceOf(error);
    }

    /** Makes the checksum right again after a change of the header. */
    private static ByteBuffer resealed(ByteBuffer batch) {
        CRC32C crc = new CRC32C();
        crc.update(batch.duplicate().position(Batch.ATTRIBUTES));
        return batch.putInt(Batch.CRC, (int) crc.getValue());
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void everyCodecIsStoredAsItCame(CompressionType codec) {
        ByteBuffer batch = MemoryRecords.withRecords(
                        Compression.of(codec).build(), Batches.record(5, "a"), Batches.record(7, "b"))
                .buffer();
        ByteBuffer before =
                ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();

        ByteBuffer valid = validate(batch, Map.of());

        assertThat(valid).isEqualTo(before);
        assertThat(Batches.contents(valid)).containsExactly("0=a", "1=b");
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void logAppendTimeIsStampedAndTheChecksumStaysRight(CompressionType codec) {
        ByteBuffer batch = MemoryRecords.withRecords(Compression.of(codec).build(), Batches.record(5, "a"))
                .buffer();

        Batch valid = new Batch(validate(batch, Map.of("message.timestamp.type", "LogAppendTime")), 0);

        assertThat(valid.isChecksumValid()).isTrue();
        assertThat(valid.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(valid.maxTimestamp()).isBetween(time.milliseconds() - 60_000, time.milliseconds());
    }

    @ParameterizedTest
    @CsvSource({"gzip", "snappy", "lz4", "zstd", "uncompressed"})
    void aTopicsOwnCompressionIsApplied(String type) {
        ByteBuffer valid = validate(Batches.at(time.milliseconds(), "a", "b"), Map.of("compression.type", type));

        assertThat(new Batch(valid, valid.position()).compression().name)
                .isEqualTo(type.equals("uncompressed") ? "none" : type);
        assertThat(Batches.contents(valid)).containsExactly("0=a", "1=b");
    }

    @Test
    void framesThatLieAreRefused() {
        assertRefused(ByteBuffer.allocate(0), InvalidRecordException.class);
        assertRefused(Batches.at(1, "a").limit(40), InvalidRecordException.class);
        assertRefused(Batches.at(1, "a").putInt(Batch.LENGTH, Integer.MAX_VALUE), CorruptRecordException.class);
        assertRefused(Batches.at(1, "a").putInt(Batch.LENGTH, -5), CorruptRecordException.class);
        assertRefused(Batches.at(1, "a").put(Batch.MAGIC, (byte) 1), UnsupportedForMessageFormatException.class);
        ByteBuffer two = ByteBuffer.allocate(500).put(Batches.at(1, "a")).put(Batches.at(1, "b"));
        assertRefused(two.flip(), InvalidRecordException.class);
    }

    @Test
    void bytesThatChangedOnTheWayAreRefused() {
        ByteBuffer batch = Batches.at(1, "abc");
        batch.put(batch.limit() - 2, (byte) 'X');

        assertRefused(batch, CorruptRecordException.class);
    }

    @Test
    void headersThatContradictTheRecordsAreRefused() {
        assertRefused(
                resealed(Batches.at(1, "a", "b").putInt(Batch.LAST_OFFSET_DELTA, 5)), InvalidRecordException.class);
        assertRefused(resealed(Batches.at(1, "a").putInt(Batch.RECORD_COUNT, 0)), InvalidRecordException.class);
        ByteBuffer three = Batches.at(1, "a", "b");
        three.putInt(Batch.RECORD_COUNT, 3).putInt(Batch.LAST_OFFSET_DELTA, 2);
        assertRefused(resealed(three), InvalidRecordException.class);
        ByteBuffer one = Batches.at(1, "a", "b");
        one.putInt(Batch.RECORD_COUNT, 1).putInt(Batch.LAST_OFFSET_DELTA, 0);
        assertRefused(resealed(one), InvalidRecordException.class);
    }

    @Test
    void whatClientsMayNotWriteIsRefused() {
        assertRefused(
                resealed(Batches.at(1, "a").putShort(Batch.ATTRIBUTES, (short) 0x20)), InvalidRecordException.class);
        assertRefused(
                resealed(Batches.at(1, "a").putShort(Batch.ATTRIBUTES, (short) 0x10)), InvalidRecordException.class);
        assertRefused(
                resealed(Batches.at(1, "a").putShort(Batch.ATTRIBUTES, (short) 0x08)), InvalidTimestampException.class);
        assertRefused(
                resealed(Batches.idempotent(7, 0, 0, "a").putInt(Batch.BASE_SEQUENCE, -1)),
                InvalidRecordException.class);
    }

    @Test
    void sizeAndTimeAreBounded() {
        assertThatThrownBy(() -> validate(Batches.at(1, "x".repeat(100)), Map.of("max.message.bytes", "100")))
                .isInstanceOf(RecordTooLargeException.class);
        assertRefused(Batches.at(time.milliseconds() + 7_200_000, "a"), InvalidTimestampException.class);
        assertThatThrownBy(() -> validate(Batches.at(1, "a"), Map.of("message.timestamp.before.max.ms", "1000")))
                .isInstanceOf(InvalidTimestampException.class);
    }

    @Test
    void aCompactedTopicNeedsKeys() {
        assertThatThrownBy(() -> validate(Batches.at(1, "a"), Map.of("cleanup.policy", "compact")))
                .isInstanceOf(InvalidRecordException.class);
    }
}
