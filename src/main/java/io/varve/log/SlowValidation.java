package io.varve.log;

import java.nio.ByteBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogValidator;
import org.apache.kafka.storage.internals.log.LogValidator.MetricsRecorder;
import org.apache.kafka.storage.internals.log.RecordValidationException;

/**
 * Kafka's own {@link LogValidator}, for topics whose settings need every record looked at: compaction (each record has a key), another
 * compression than the producer's, a bound on old timestamps.
 */
final class SlowValidation {
    private static final MetricsRecorder UNRECORDED = new MetricsRecorder() {
        @Override
        public void recordInvalidMagic() {}

        @Override
        public void recordInvalidOffset() {}

        @Override
        public void recordInvalidSequence() {}

        @Override
        public void recordInvalidChecksums() {}

        @Override
        public void recordNoKeyCompactedTopic() {}
    };

    private SlowValidation() {}

    /** Returns the batch as it is to be stored; its offsets start at 0 until it is placed. */
    static ByteBuffer validate(TopicPartition partition, ByteBuffer records, LogConfig config, Time time) {
        CompressionType source = new Batch(records, records.position()).compression();
        Compression target =
                config.compression.orElseGet(() -> Compression.of(source).build());
        LogValidator validator = new LogValidator(
                MemoryRecords.readableRecords(records),
                partition,
                time,
                source,
                target,
                config.compact,
                RecordBatch.MAGIC_VALUE_V2,
                config.messageTimestampType,
                config.messageTimestampBeforeMaxMs,
                config.messageTimestampAfterMaxMs,
                RecordBatch.NO_PARTITION_LEADER_EPOCH,
                AppendOrigin.CLIENT);
        try {
            return validator
                    .validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(0), UNRECORDED, BufferSupplier.NO_CACHING)
                    .validatedRecords()
                    .buffer();
        } catch (RecordValidationException e) {
            throw e.invalidException();
        }
    }
}
