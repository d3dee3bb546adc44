package io.varve.tier;

import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.tier.DataObjectFooter.Block;
import io.varve.tier.DataObjectFooter.SegmentEntry;
import io.varve.tier.DataObjectFooter.TopicEntry;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Lays out data objects: the bytes of every segment, then for each segment its index block and its producer-state block, then the
 * footer and the trailer. The segments' checksums are computed in a pass over their files before the upload (they are in the page
 * cache as a rule), so that an upload can be repeated, or go up in parts side by side, and give the same bytes.
 */
final class DataObjectWriter {
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
    private final long restPosition;

    private DataObjectWriter(long restPosition) {
        this.restPosition = restPosition;
    }

    /** @throws SegmentUnreadableException when a segment's file, index or producer states cannot be read */
    static DataObject plan(List<Offloadable> segments) throws SegmentUnreadableException {
        long bytes = segments.stream().mapToLong(s -> s.segment().sizeBytes()).sum();
        return new DataObjectWriter(bytes).write(segments);
    }

    private DataObject write(List<Offloadable> segments) throws SegmentUnreadableException {
        var topics = new LinkedHashMap<String, TopicEntry>();
        var entries = new ArrayList<SegmentEntry>(segments.size());
        var files = new ArrayList<SegmentFile>(segments.size());
        long position = 0;
        for (Offloadable segment : segments) {
            var file = new SegmentFile(segment);
            SegmentEntry entry = entry(segment, file.crc(), position);
            topics.putIfAbsent(entry.topicId(), topic(segment));
            entries.add(entry);
            files.add(file);
            position += file.sizeBytes();
        }
        var footer = new DataObjectFooter(List.copyOf(topics.values()), entries);
        rest.writeBytes(Trailer.seal(Trailer.Type.DATA_OBJECT, Json.write(footer)));
        return new DataObject(files, rest.toByteArray(), footer);
    }

    private SegmentEntry entry(Offloadable offloadable, long crc, long position) throws SegmentUnreadableException {
        SealedSegment segment = offloadable.segment();
        Block index;
        Block producerStates;
        try {
            index = append(offloadable.index());
            producerStates = append(offloadable.producerStates());
        } catch (RuntimeException e) {
            throw new SegmentUnreadableException(offloadable, String.valueOf(e.getMessage()), e);
        }
        return new SegmentEntry(
                offloadable.partition().topicId().toString(),
                offloadable.partition().partition(),
                segment.baseOffset(),
                segment.endOffset(),
                segment.epoch(),
                segment.maxTimestamp(),
                position,
                segment.sizeBytes(),
                crc,
                index,
                producerStates,
                null);
    }

    private static TopicEntry topic(Offloadable segment) throws SegmentUnreadableException {
        if (!Json.isValid(segment.topicConfigsJson())) {
            throw new SegmentUnreadableException(segment, "the topic's configs are no JSON", null);
        }
        return new TopicEntry(
                segment.partition().topicId().toString(), segment.topicName(), segment.topicConfigsJson());
    }

    private Block append(byte[] payload) {
        byte[] sealed = SealedBlock.seal(payload);
        var block = new Block(restPosition + rest.size(), sealed.length);
        rest.writeBytes(sealed);
        return block;
    }
}
