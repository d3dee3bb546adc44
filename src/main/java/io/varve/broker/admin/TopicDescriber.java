package io.varve.broker.admin;

import io.varve.cluster.ClusterView;
import io.varve.cluster.Leadership;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.Topic;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** A topic in the words of the protocol: owner = leader, ensemble = replicas. Answers from memory. Thread-safe. */
final class TopicDescriber {
    private final Leadership leadership;
    private final ClusterView cluster;

    TopicDescriber(Leadership leadership, ClusterView cluster) {
        this.leadership = leadership;
        this.cluster = cluster;
    }

    static boolean isInternal(String name) {
        return org.apache.kafka.common.internals.Topic.isInternal(name);
    }

    MetadataResponseTopic metadata(Topic topic) {
        Set<Integer> live = live();
        MetadataResponseTopic answer = new MetadataResponseTopic()
                .setName(topic.name())
                .setTopicId(topic.id())
                .setIsInternal(isInternal(topic.name()));
        for (int index = 0; index < topic.partitions(); index++) {
            Leadership.Leader leader = leadership.of(new PartitionId(topic.id(), index));
            answer.partitions()
                    .add(new MetadataResponsePartition()
                            .setErrorCode(error(leader))
                            .setPartitionIndex(index)
                            .setLeaderId(leader.broker())
                            .setLeaderEpoch(leader.epoch())
                            .setReplicaNodes(leader.replicas())
                            .setIsrNodes(leader.inSync())
                            .setOfflineReplicas(offline(leader, live)));
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
                .setOfflineReplicas(offline(leader, live()))
                .setEligibleLeaderReplicas(List.of())
                .setLastKnownElr(List.of());
    }

    private Set<Integer> live() {
        return cluster.brokers().stream().map(Node::id).collect(Collectors.toSet());
    }

    private static List<Integer> offline(Leadership.Leader leader, Set<Integer> live) {
        return live.containsAll(leader.replicas())
                ? List.of()
                : leader.replicas().stream().filter(id -> !live.contains(id)).toList();
    }

    private static short error(Leadership.Leader leader) {
        return leader.broker() == PartitionRecord.NO_OWNER ? Errors.LEADER_NOT_AVAILABLE.code() : Errors.NONE.code();
    }
}
