package io.varve.tier;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * What is in a data object: enough to rebuild topics and partitions from the bucket alone (rule 10). Stored as JSON, because it is
 * small beside the data (some 300 bytes a segment), read off the hot path only, and has to be understood in ten years by somebody
 * with nothing but a shell. Positions count from the object's start.
 *
 * @param topics those whose segments are here, each once
 * @param segments in the order of their positions
 */
public record DataObjectFooter(List<TopicEntry> topics, List<SegmentEntry> segments) {

    public DataObjectFooter {
        topics = topics == null ? List.of() : List.copyOf(topics);
        segments = segments == null ? List.of() : List.copyOf(segments);
    }

    /** @param configs the topic's own configs as a JSON object, as of when the object was written */
    public record TopicEntry(
            String id,
            String name,

            @JsonRawValue @JsonDeserialize(using = RawJson.class)
            String configs) {}

    /**
     * @param endOffset exclusive
     * @param epoch leader epoch of the owner that wrote it
     * @param maxTimestamp largest record timestamp in milliseconds, or -1
     * @param crc CRC-32C of the segment's bytes
     * @param index its index block
     * @param producerStates its producer-state block
     * @param abortedTransactions its aborted-transaction index block, when there is one
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record SegmentEntry(
            String topicId,
            int partition,
            long baseOffset,
            long endOffset,
            int epoch,
            long maxTimestamp,
            long position,
            long sizeBytes,
            long crc,
            Block index,
            Block producerStates,
            @Nullable Block abortedTransactions) {

        public PartitionId partitionId() {
            return new PartitionId(Uuid.fromString(topicId), partition);
        }

        /** @param object the key of the object that this is in */
        public OffloadedSegment reference(String object) {
            return new OffloadedSegment(
                    baseOffset,
                    endOffset,
                    epoch,
                    maxTimestamp,
                    object,
                    position,
                    sizeBytes,
                    index.position(),
                    index.bytes(),
                    crc);
        }
    }

    /**
     * A small block, which ends with the CRC-32C of what is before it.
     *
     * @param bytes with its CRC
     */
    public record Block(long position, int bytes) {}

    /** Keeps a JSON value as its text. */
    static final class RawJson extends StdDeserializer<String> {
        private static final long serialVersionUID = 1L;

        RawJson() {
            super(String.class);
        }

        @Override
        public String deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            return context.readTree(parser).toString();
        }
    }
}
