package io.varve.broker.admin;

import io.varve.cluster.Leadership;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.Topic;
import java.util.List;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** A topic in the words of the protocol: owner = leader, ensemble = replicas. Thread-safe. */
final class TopicDescriber {
    private final Leadership leadership;

    TopicDescriber(Leadership leadership) {
        this.leadership = leadership;
    }

    MetadataResponseTopic metadata(Topic topic) {
        MetadataResponseTopic answer = new MetadataResponseTopic()
                .setName(topic.name())
                .setTopicId(topic.id())
                .setIsInternal(org.apache.kafka.common.internals.Topic.isInternal(topic.name()));
        for (int index = 0; index < topic.partitions(); index++) {
            Leadership.Leader leader = leadership.of(new PartitionId(topic.id(), index));
            answer.partitions()
                    .add(new MetadataResponsePartition()
                            .setErrorCode(error(leader))
                            .setPartitionIndex(index)
                            .setLeaderId(leader.broker())
                            .setLeaderEpoch(leader.epoch())
                            .setReplicaNodes(leader.replicas())
                            .setIsrNodes(leader.inSync()));
        }
        return answer;
    }

    DescribeTopicPartitionsResponsePartition partition(Topic topic, int index) {
        Leadership.Leader leader = leadership.of(new PartitionId(topic.id(), index));
        return new DescribeTopicPartitionsResponsePartition()
                .setErrorCode(error(leader))
                .setPartitionIndex(index)
                .setLeaderId(leader.broker())
                .setLeaderEpoch(leader.epoch())
                .setReplicaNodes(leader.replicas())
                .setIsrNodes(leader.inSync())
                .setEligibleLeaderReplicas(List.of())
                .setLastKnownElr(List.of());
    }

    private static short error(Leadership.Leader leader) {
        return leader.broker() == PartitionRecord.NO_OWNER ? Errors.LEADER_NOT_AVAILABLE.code() : Errors.NONE.code();
    }
}
