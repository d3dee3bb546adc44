package io.varve.broker.records;

import io.varve.cluster.PartitionId;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.log.FetchSource;
import io.varve.log.Partition;
import io.varve.log.Partitions;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Finds the partition a request is about, or says with Kafka's error why it cannot be served here. Thread-safe. */
public final class PartitionLookup {
    private final TopicRegistry topics;
    private final Partitions partitions;

    public PartitionLookup(TopicRegistry topics, Partitions partitions) {
        this.topics = topics;
        this.partitions = partitions;
    }

    /** The partition of the topic of that name. */
    Partition byName(String topic, int partition) {
        return served(named(topic), partition);
    }

    /** The partition of the topic with that id. */
    Partition byId(Uuid topicId, int partition) {
        return served(withId(topicId), partition);
    }

    Topic named(String topic) {
        return topics.byName(topic)
                .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + topic));
    }

    Topic withId(Uuid topicId) {
        return topics.byId(topicId)
                .orElseThrow(() -> new UnknownTopicIdException("there is no topic with id " + topicId));
    }

    /** The partition with that index, if this broker serves it. */
    Partition served(Topic topic, int index) {
        if (index < 0 || index >= topic.partitions()) {
            throw new UnknownTopicOrPartitionException(
                    "topic " + topic.name() + " has " + topic.partitions() + " partitions, none with index " + index);
        }
        Partition partition = partitions.find(new PartitionId(topic.id(), index));
        if (partition == null) {
            throw new NotLeaderOrFollowerException("partition " + topic.name() + "-" + index
                    + " is not served by this broker now: it is another's, or is being recovered or taken over");
        }
        partition.requireAvailable();
        if (!partition.isCurrent()) {
            throw new NotLeaderOrFollowerException(
                    "the lease of this broker in the metadata store is not confirmed, so that partition " + partition
                            + " may be another's by now");
        }
        return partition;
    }

    TopicRegistry topics() {
        return topics;
    }

    /** Refuses a request that was made under another leader epoch than the partition's (KIP-320); negative means any. */
    static void requireEpoch(Partition partition, int requestEpoch) {
        requireEpoch(partition.reader(), requestEpoch);
    }

    /** The same, by what is known of the epoch where it is read. */
    static void requireEpoch(FetchSource source, int requestEpoch) {
        int epoch = source.leaderEpoch();
        if (requestEpoch >= 0 && requestEpoch < epoch) {
            throw new FencedLeaderEpochException(
                    "leader epoch " + requestEpoch + " of " + source + " is over, now " + epoch);
        }
        if (requestEpoch > epoch) {
            throw new UnknownLeaderEpochException(
                    "leader epoch " + requestEpoch + " of " + source + " is not known here, now " + epoch);
        }
    }
}
