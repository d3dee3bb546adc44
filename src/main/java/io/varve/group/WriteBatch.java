package io.varve.group;

import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;

/**
 * One append of the coordinator as operations on the metadata store: all or nothing. Of several records with one key the last counts.
 *
 * @param operations by key
 * @param end the position after the last record
 * @param bytes about how much the operations take in a request to the store
 */
record WriteBatch(Map<String, Txn.Operation> operations, long end, long bytes) {
    /** What an operation takes beside its key and value. */
    private static final int OVERHEAD_BYTES = 64;

    /**
     * Turns a batch of the coordinator's into operations.
     *
     * @param start the position of the first record
     * @throws RecordTooLargeException when a record is larger than a value in the store may be
     */
    static WriteBatch of(int shard, MemoryRecords records, long start, Deserializer<CoordinatorRecord> serde) {
        Map<String, Txn.Operation> operations = new LinkedHashMap<>();
        long position = start;
        for (MutableRecordBatch batch : records.batches()) {
            if (batch.isTransactional() || batch.isControlBatch()) {
                throw new UnsupportedOperationException("transactional offset commits are not supported");
            }
            for (Record record : batch) {
                Txn.Operation operation = operation(shard, decode(record, serde), position++);
                operations.put(operation.key(), operation);
            }
        }
        long bytes = 0;
        for (Txn.Operation operation : operations.values()) {
            bytes += size(operation);
        }
        return new WriteBatch(operations, position, bytes);
    }

    /** Several batches as one; they are in order. */
    static WriteBatch merge(List<WriteBatch> batches) {
        if (batches.size() == 1) {
            return batches.getFirst();
        }
        Map<String, Txn.Operation> merged = new LinkedHashMap<>();
        long bytes = 0;
        for (WriteBatch batch : batches) {
            merged.putAll(batch.operations());
            bytes += batch.bytes();
        }
        return new WriteBatch(merged, batches.getLast().end(), bytes);
    }

    @SuppressWarnings("NullAway") // a tombstone's value is null, which the deserializer expects
    private static CoordinatorRecord decode(Record record, Deserializer<CoordinatorRecord> serde) {
        return serde.deserialize(record.key(), record.value());
    }

    private static Txn.Operation operation(int shard, CoordinatorRecord record, long position) {
        String key = RecordKeys.format(shard, record.key());
        if (record.value() == null) {
            return new Txn.Delete(key);
        }
        byte[] value = RecordCodec.value(record, position);
        if (value.length > MetadataStore.MAX_VALUE_BYTES) {
            throw new RecordTooLargeException("a record of a group is too large for the metadata store. key=" + key
                    + " bytes=" + value.length + " limit=" + MetadataStore.MAX_VALUE_BYTES);
        }
        return new Txn.Put(key, value, null);
    }

    private static long size(Txn.Operation operation) {
        int key = operation.key().getBytes(StandardCharsets.UTF_8).length;
        return switch (operation) {
            case Txn.Put put -> OVERHEAD_BYTES + key + put.value().length;
            case Txn.Delete delete -> OVERHEAD_BYTES + key;
        };
    }
}
