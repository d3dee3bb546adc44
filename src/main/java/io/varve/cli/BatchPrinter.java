package io.varve.cli;

import io.varve.tier.DataObjectFooter.SegmentEntry;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.AbstractRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/** Writes what is in a segment: a line a batch, and a line a record where asked. */
final class BatchPrinter {
    private final PrintWriter out;
    private final boolean json;
    private final boolean records;

    BatchPrinter(PrintWriter out, boolean json, boolean records) {
        this.out = out;
        this.json = json;
        this.records = records;
    }

    /** Writes what a data object says of a segment. */
    void segment(SegmentEntry segment, String topic) {
        var shown = new LinkedHashMap<String, Object>();
        shown.put("topic", topic);
        shown.put("topic_id", segment.topicId());
        shown.put("partition", segment.partition());
        shown.put("base_offset", segment.baseOffset());
        shown.put("end_offset", segment.endOffset());
        shown.put("epoch", segment.epoch());
        shown.put("max_timestamp", segment.maxTimestamp());
        shown.put("position", segment.position());
        shown.put("size_bytes", segment.sizeBytes());
        line("segment", shown);
    }

    /**
     * Writes batches until the end or the first damage.
     *
     * @param sizeBytes length of the segment: what no whole batch covers is damage
     * @return whether all of it is sound
     */
    boolean print(AbstractRecords segment, long sizeBytes) {
        long position = 0;
        try {
            for (RecordBatch batch : segment.batches()) {
                boolean valid = batch.isValid();
                line("batch", batch(batch, position, valid));
                position += batch.sizeInBytes();
                if (!valid) {
                    return damage(position - batch.sizeInBytes(), "checksum does not match");
                }
                if (records) {
                    batch.forEach(message -> line("record", message(message)));
                }
            }
        } catch (CorruptRecordException | InvalidRecordException e) {
            return damage(position, String.valueOf(e.getMessage()));
        } catch (KafkaException e) {
            return damage(position, "unreadable: " + e.getMessage());
        }
        return position == sizeBytes || damage(position, (sizeBytes - position) + " bytes that are no whole batch");
    }

    private boolean damage(long position, String why) {
        var shown = new LinkedHashMap<String, Object>();
        shown.put("position", position);
        shown.put("why", why);
        line("damage", shown);
        return false;
    }

    private static Map<String, Object> batch(RecordBatch batch, long position, boolean valid) {
        var shown = new LinkedHashMap<String, Object>();
        Integer count = batch.countOrNull();
        shown.put("position", position);
        shown.put("base_offset", batch.baseOffset());
        shown.put("last_offset", batch.lastOffset());
        shown.put("count", count == null ? -1 : count);
        shown.put("size_bytes", batch.sizeInBytes());
        shown.put("leader_epoch", batch.partitionLeaderEpoch());
        shown.put("producer_id", batch.producerId());
        shown.put("producer_epoch", batch.producerEpoch());
        shown.put("base_sequence", batch.baseSequence());
        shown.put("compression", batch.compressionType().name);
        shown.put("timestamp_type", batch.timestampType().name);
        shown.put("max_timestamp", batch.maxTimestamp());
        shown.put("transactional", batch.isTransactional());
        shown.put("control", batch.isControlBatch());
        shown.put("valid", valid);
        return shown;
    }

    private static Map<String, Object> message(Record message) {
        var shown = new LinkedHashMap<String, Object>();
        shown.put("offset", message.offset());
        shown.put("timestamp", message.timestamp());
        shown.put("headers", message.headers().length);
        shown.put("key", message.hasKey() ? text(message.key()) : "null");
        shown.put("value", message.hasValue() ? text(message.value()) : "null");
        return shown;
    }

    private static String text(@Nullable ByteBuffer bytes) {
        return bytes == null
                ? "null"
                : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private void line(String kind, Map<String, Object> shown) {
        if (json) {
            var typed = new LinkedHashMap<String, Object>();
            typed.put("kind", kind);
            typed.putAll(shown);
            out.println(Json.line(typed));
        } else {
            out.println((kind.equals("record") ? "  " : "") + kind + " "
                    + shown.entrySet().stream()
                            .map(entry -> entry.getKey() + "=" + entry.getValue())
                            .collect(Collectors.joining(" ")));
        }
    }
}
