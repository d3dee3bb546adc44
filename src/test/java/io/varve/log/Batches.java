package io.varve.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Makes and takes apart record batches. */
final class Batches {
    private Batches() {}

    static SimpleRecord record(long timestamp, String value) {
        return new SimpleRecord(timestamp, null, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A batch of records with these values, all of the same time. */
    static ByteBuffer at(long timestamp, String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = record(timestamp, values[i]);
        }
        return of(records);
    }

    static ByteBuffer of(SimpleRecord... records) {
        return MemoryRecords.withRecords(Compression.NONE, records).buffer();
    }

    /** A batch of an idempotent producer. */
    static ByteBuffer idempotent(long producerId, int epoch, int sequence, String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = record(1_000, values[i]);
        }
        return MemoryRecords.withIdempotentRecords(Compression.NONE, producerId, (short) epoch, sequence, records)
                .buffer();
    }

    /** A batch as it lies in a segment. */
    static ByteBuffer placed(long baseOffset, int epoch, String... values) {
        ByteBuffer bytes = at(1_000, values);
        new Batch(bytes, bytes.position()).place(baseOffset, epoch);
        return bytes;
    }

    /** The records of whole batches as {@code offset=value}. */
    static List<String> contents(ByteBuffer batches) {
        List<String> contents = new ArrayList<>();
        for (Record record : MemoryRecords.readableRecords(batches).records()) {
            contents.add(record.offset() + "=" + StandardCharsets.UTF_8.decode(record.value()));
        }
        return contents;
    }
}
