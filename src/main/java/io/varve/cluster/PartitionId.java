package io.varve.cluster;

import org.apache.kafka.common.Uuid;

/**
 * A partition of one incarnation of a topic. A topic that is deleted and created again has another id, so nothing of the old one
 * can ever be mistaken for the new one.
 *
 * @param topicId the topic's id
 * @param partition the partition's index, from 0
 */
public record PartitionId(Uuid topicId, int partition) implements Comparable<PartitionId> {
    @Override
    public int compareTo(PartitionId other) {
        int byTopic = topicId.compareTo(other.topicId);
        return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
    }

    /** {@code topicId-partition}: safe in file names and object keys, since Kafka's ids are URL-safe base64. */
    @Override
    public String toString() {
        return topicId + "-" + partition;
    }
}
