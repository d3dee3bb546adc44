package io.varve.broker;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * Appends and reads records for callers inside the broker that do not speak Kafka's protocol (HTTP). Same rules, same errors as
 * Produce with {@code acks=all} and Fetch: futures fail with Kafka's exceptions. Never blocks. Thread-safe.
 */
public interface RecordService {

    /**
     * Appends one batch.
     *
     * @param partition null: by the key's hash as Kafka's default partitioner does, or any partition without a key
     */
    CompletableFuture<Appended> append(String topic, @Nullable Integer partition, List<NewRecord> records);

    /**
     * Reads records from {@code offset} on, waiting up to {@code maxWaitMillis} when there are none yet.
     *
     * @param maxBytes a bound on what is read from the log; at least one record is returned where there is one
     */
    CompletableFuture<Fetched> read(String topic, int partition, long offset, int maxBytes, int maxWaitMillis);

    /** @param timestamp milliseconds, or null for now */
    record NewRecord(
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<Header> headers,
            @Nullable Long timestamp) {}

    /** @param baseOffset offset of the first record; the others follow without gaps */
    record Appended(int partition, long baseOffset, long timestamp) {}

    record Fetched(long logStartOffset, long highWatermark, List<StoredRecord> records) {}

    record StoredRecord(
            long offset,
            long timestamp,
            TimestampType timestampType,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<Header> headers) {}
}
