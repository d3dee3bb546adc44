package io.varve.broker.forward;

import io.varve.cluster.ClusterView;
import io.varve.cluster.PartitionId;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;

/**
 * Who is to be asked about what, as this broker knows it now. What nobody owns, and what does not exist, is this broker's own: its handlers say what is
 * the matter. Answers from memory. Thread-safe.
 */
public final class Whereabouts {
    private final ClusterView cluster;
    private final TopicRegistry topics;
    private final ToIntFunction<PartitionId> ownerOf;
    private final Function<String, OptionalInt> coordinatorOf;
    private final ReadsHere readsHere;

    /** Tells whether this broker can read an offset of a partition itself, whoever owns that. From memory. */
    @FunctionalInterface
    public interface ReadsHere {
        boolean test(PartitionId partition, long offset);
    }

    /**
     * @param ownerOf a partition's owner; negative when there is none
     * @param coordinatorOf the broker that has a group
     */
    public Whereabouts(
            ClusterView cluster,
            TopicRegistry topics,
            ToIntFunction<PartitionId> ownerOf,
            Function<String, OptionalInt> coordinatorOf,
            ReadsHere readsHere) {
        this.cluster = cluster;
        this.topics = topics;
        this.ownerOf = ownerOf;
        this.coordinatorOf = coordinatorOf;
        this.readsHere = readsHere;
    }

    int self() {
        return cluster.self();
    }

    int owner(String topic, int partition) {
        return owner(topics.byName(topic), partition);
    }

    int owner(Uuid topic, int partition) {
        return owner(topics.byId(topic), partition);
    }

    private int owner(Optional<Topic> topic, int partition) {
        if (topic.isEmpty() || partition < 0 || partition >= topic.get().partitions()) {
            return self();
        }
        int owner = ownerOf.applyAsInt(new PartitionId(topic.get().id(), partition));
        return owner < 0 ? self() : owner;
    }

    /** Who is to read that offset: this broker if it can, else the owner. */
    int reader(String topic, int partition, long offset) {
        return reader(topics.byName(topic), partition, offset);
    }

    int reader(Uuid topic, int partition, long offset) {
        return reader(topics.byId(topic), partition, offset);
    }

    private int reader(Optional<Topic> topic, int partition, long offset) {
        int owner = owner(topic, partition);
        return topic.isPresent()
                        && owner != self()
                        && readsHere.test(new PartitionId(topic.get().id(), partition), offset)
                ? self()
                : owner;
    }

    int coordinator(String group) {
        return coordinatorOf.apply(group).orElse(self());
    }

    /** All brokers that live. */
    List<Integer> everyone() {
        return cluster.brokers().stream().map(Node::id).toList();
    }
}
