package io.varve.log;

import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedForMessageFormatException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.ByteUtils;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.record.BrokerCompressionType;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Checks a batch on its way in by the rules of Kafka's {@code LogValidator}, from the header alone where that is enough: the
 * records of a compressed batch are not decompressed (ADR 3). Stateless but for the time; thread-safe.
 */
final class BatchValidator {
    private final Time time;

    BatchValidator(Time time) {
        this.time = time;
    }

    /**
     * Checks {@code records}, which must be exactly one batch, and stamps the append time where the topic asks for it.
     *
     * @return the batch, in a buffer that begins with it: {@code records} itself, or a re-encoded one
     */
    ByteBuffer validate(TopicPartition partition, ByteBuffer records, LogConfig config) {
        Batch batch = frame(records);
        if (batch.sizeInBytes() > config.maxMessageSize()) {
            throw new RecordTooLargeException("a batch of " + batch.sizeInBytes() + " bytes for " + partition
                    + " exceeds max.message.bytes=" + config.maxMessageSize());
        }
        if (!batch.isChecksumValid()) {
            throw new CorruptRecordException("the checksum of a batch for " + partition + " does not match its bytes");
        }
        checkHeader(batch);
        if (needsRecords(config)) {
            return SlowValidation.validate(partition, records, config, time);
        }
        if (batch.compression().id == 0) {
            checkRecordLengths(batch, records);
        }
        if (config.messageTimestampType == TimestampType.LOG_APPEND_TIME) {
            batch.stampAppendTime(time.milliseconds());
        } else {
            checkTimestamp(batch, config);
        }
        return records;
    }

    private static Batch frame(ByteBuffer records) {
        int size = records.remaining();
        if (size < Batch.HEADER_BYTES) {
            throw size > Batch.MAGIC && records.get(records.position() + Batch.MAGIC) != Batch.MAGIC_V2
                    ? oldFormat()
                    : new InvalidRecordException("a produce request must hold a record batch for each partition");
        }
        Batch batch = new Batch(records, records.position());
        if (batch.magic() != Batch.MAGIC_V2) {
            throw oldFormat();
        }
        // Compare as long: a hostile length field may wrap.
        long claimed = records.getInt(records.position() + Batch.LENGTH) + (long) Batch.LOG_OVERHEAD;
        if (claimed < Batch.HEADER_BYTES || claimed > size) {
            throw new CorruptRecordException("a batch claims " + claimed + " bytes where " + size + " were sent");
        }
        if (claimed < size) {
            throw new InvalidRecordException("a produce request must hold exactly one record batch for each partition");
        }
        return batch;
    }

    private static UnsupportedForMessageFormatException oldFormat() {
        return new UnsupportedForMessageFormatException("only message format v2 is supported");
    }

    private static void checkHeader(Batch batch) {
        if (batch.recordCount() <= 0 || batch.lastOffsetDelta() != batch.recordCount() - 1) {
            throw new InvalidRecordException("a batch of " + batch.recordCount()
                    + " records has a last offset delta of " + batch.lastOffsetDelta());
        }
        if (batch.isControl()) {
            throw new InvalidRecordException("clients may not write control batches");
        }
        if (batch.isTransactional()) {
            throw new InvalidRecordException("transactions are not supported by this broker");
        }
        if (batch.hasProducerId() && (batch.producerEpoch() < 0 || batch.baseSequence() < 0)) {
            throw new InvalidRecordException("an idempotent batch must have a producer epoch and a sequence");
        }
        if ((batch.compression().id != 0) && batch.sizeInBytes() == Batch.HEADER_BYTES) {
            throw new InvalidRecordException("a compressed batch has no bytes for its records");
        }
    }

    private static boolean needsRecords(LogConfig config) {
        return config.compact
                || config.compressionType != BrokerCompressionType.PRODUCER
                || config.messageTimestampBeforeMaxMs != Long.MAX_VALUE;
    }

    /** Walks over the records by their lengths: they must fill the batch exactly. */
    private static void checkRecordLengths(Batch batch, ByteBuffer records) {
        ByteBuffer body = records.duplicate();
        body.position(records.position() + Batch.HEADER_BYTES);
        try {
            for (int i = 0; i < batch.recordCount(); i++) {
                int length = ByteUtils.readVarint(body);
                if (length <= 0 || length > body.remaining()) {
                    throw new InvalidRecordException("record " + i + " of a batch has a length of " + length);
                }
                body.position(body.position() + length);
            }
        } catch (RuntimeException e) {
            throw e instanceof InvalidRecordException invalid
                    ? invalid
                    : new InvalidRecordException("the records of a batch end early", e);
        }
        if (body.hasRemaining()) {
            throw new InvalidRecordException("a batch holds " + body.remaining() + " bytes after its last record");
        }
    }

    private void checkTimestamp(Batch batch, LogConfig config) {
        long latest = time.milliseconds() + config.messageTimestampAfterMaxMs;
        if (batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
            throw new InvalidTimestampException("clients may not set log append time");
        }
        if (latest > 0 && batch.maxTimestamp() > latest) {
            throw new InvalidTimestampException("timestamp " + batch.maxTimestamp() + " is further in the future than "
                    + "message.timestamp.after.max.ms=" + config.messageTimestampAfterMaxMs + " allows");
        }
    }
}
