package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Leadership;
import io.varve.cluster.Move;
import io.varve.cluster.PartitionId;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData.ListPartitionReassignmentsTopics;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingPartitionReassignment;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingTopicReassignment;
import org.apache.kafka.common.requests.ListPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.ListPartitionReassignmentsResponse;

/** ListPartitionReassignments (KIP-455): partitions on their way to the brokers that they are assigned to ({@link Move}), which lasts seconds. */
final class ListPartitionReassignmentsHandler implements RequestHandler {
    private final TopicRegistry topics;
    private final Leadership leadership;
    private final ClusterView cluster;

    ListPartitionReassignmentsHandler(TopicRegistry topics, Leadership leadership, ClusterView cluster) {
        this.topics = topics;
        this.leadership = leadership;
        this.cluster = cluster;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        List<ListPartitionReassignmentsTopics> wanted =
                request.body(ListPartitionReassignmentsRequest.class).data().topics();
        ListPartitionReassignmentsResponseData answer = new ListPartitionReassignmentsResponseData();
        if (wanted == null) {
            for (Topic topic : topics.all()) {
                add(
                        answer,
                        topic,
                        IntStream.range(0, topic.partitions()).boxed().toList());
            }
        } else {
            for (ListPartitionReassignmentsTopics each : wanted) {
                topics.byName(each.name()).ifPresent(topic -> add(answer, topic, each.partitionIndexes()));
            }
        }
        return CompletableFuture.completedFuture(new Reply.Send(new ListPartitionReassignmentsResponse(answer)));
    }

    private void add(ListPartitionReassignmentsResponseData answer, Topic topic, List<Integer> partitions) {
        OngoingTopicReassignment ongoing = new OngoingTopicReassignment().setName(topic.name());
        for (int index : partitions) {
            if (index < 0 || index >= topic.partitions()) {
                continue;
            }
            List<Integer> assigned = topic.assignment(index);
            Leadership.Leader leader = leadership.of(new PartitionId(topic.id(), index));
            Move.of(assigned, leader, cluster.announcements()).ifPresent(move -> {
                List<Integer> all = new ArrayList<>(assigned);
                all.addAll(move.removing());
                ongoing.partitions()
                        .add(new OngoingPartitionReassignment()
                                .setPartitionIndex(index)
                                .setReplicas(all)
                                .setAddingReplicas(move.adding())
                                .setRemovingReplicas(move.removing()));
            });
        }
        if (!ongoing.partitions().isEmpty()) {
            answer.topics().add(ongoing);
        }
    }
}
