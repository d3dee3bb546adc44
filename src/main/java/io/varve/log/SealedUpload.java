package io.varve.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.Topic;
import io.varve.tier.Offloadable;
import java.nio.channels.FileChannel;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A sealed local segment on its way to the object store. */
final class SealedUpload implements Offloadable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Topic topic;
    private final LocalSegment local;
    private final SealedSegment segment;
    private final long sealedAtMillis;
    private final Reference reference;

    /** References an upload in the partition record, see {@link Offloadable#offloaded}. */
    interface Reference {
        boolean to(OffloadedSegment uploaded, Runnable inTime);
    }

    SealedUpload(Topic topic, LocalSegment local, SealedSegment segment, long sealedAtMillis, Reference reference) {
        this.topic = topic;
        this.local = local;
        this.segment = segment;
        this.sealedAtMillis = sealedAtMillis;
        this.reference = reference;
    }

    @Override
    public PartitionId partition() {
        return local.partition();
    }

    @Override
    public String topicName() {
        return topic.name();
    }

    @Override
    public String topicConfigsJson() {
        try {
            return JSON.writeValueAsString(new TreeMap<>(topic.configs()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of strings is always JSON", e);
        }
    }

    @Override
    public SealedSegment segment() {
        return segment;
    }

    @Override
    public long sealedAtMillis() {
        return sealedAtMillis;
    }

    @Override
    public boolean isWanted() {
        return !local.isDeleted();
    }

    @Override
    public void withSegmentFile(Consumer<FileChannel> reader) {
        FileSlice slice = local.slice(0, local.size());
        try {
            reader.accept(slice.channel());
        } finally {
            slice.release().run();
        }
    }

    @Override
    public byte[] index() {
        return local.storedIndex().array();
    }

    @Override
    public byte[] producerStates() {
        return local.producers();
    }

    @Override
    public boolean offloaded(OffloadedSegment uploaded, Runnable inTime) {
        return reference.to(uploaded, inTime);
    }
}
