package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.utils.Time;

/**
 * AlterPartitionReassignments (KIP-455): changes where partitions are to be. Nothing has to be copied for it: their owners open the next segment on
 * the new brokers and hand over. So there is nothing to cancel either.
 */
final class AlterPartitionReassignmentsHandler implements RequestHandler {
    private final TopicRegistry topics;
    private final ManualAssignments assignments;
    private final Time time;

    AlterPartitionReassignmentsHandler(TopicRegistry topics, ClusterView cluster, Time time) {
        this.topics = topics;
        this.assignments = new ManualAssignments(cluster);
        this.time = time;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        AlterPartitionReassignmentsRequestData wanted =
                request.body(AlterPartitionReassignmentsRequest.class).data();
        AdminDeadline deadline = new AdminDeadline(time, wanted.timeoutMs());
        return request.onVirtualThread(() -> {
            AlterPartitionReassignmentsResponseData answer = new AlterPartitionReassignmentsResponseData();
            for (ReassignableTopic topic : wanted.topics()) {
                answer.responses().add(reassign(topic, deadline));
            }
            return new Reply.Send(new AlterPartitionReassignmentsResponse(answer));
        });
    }

    private ReassignableTopicResponse reassign(ReassignableTopic wanted, AdminDeadline deadline) {
        ReassignableTopicResponse answer = new ReassignableTopicResponse().setName(wanted.name());
        Map<Integer, List<Integer>> accepted = new HashMap<>();
        for (ReassignablePartition partition : wanted.partitions()) {
            ApiError error = ApiError.NONE;
            try {
                deadline.check();
                accepted.put(partition.partitionIndex(), checked(wanted.name(), partition));
            } catch (RuntimeException e) {
                error = AdminErrors.of(e);
            }
            answer.partitions().add(response(partition.partitionIndex(), error));
        }
        if (!accepted.isEmpty()) {
            store(wanted.name(), accepted, answer);
        }
        return answer;
    }

    private List<Integer> checked(String name, ReassignablePartition partition) {
        if (partition.partitionIndex() < 0
                || partition.partitionIndex() >= topic(name).partitions()) {
            throw new UnknownTopicOrPartitionException(
                    "there is no partition " + partition.partitionIndex() + " of topic " + name);
        }
        List<Integer> replicas = partition.replicas();
        if (replicas == null) {
            throw new NoReassignmentInProgressException(
                    "nothing to cancel: a reassignment is complete once it is answered, no data moves");
        }
        int _ = assignments.check(List.of(replicas), ManualAssignments.ANY_FACTOR);
        return replicas;
    }

    private Topic topic(String name) {
        return topics.byName(name).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + name));
    }

    private void store(String name, Map<Integer, List<Integer>> accepted, ReassignableTopicResponse answer) {
        try {
            Topic _ = topics.reassign(topic(name), accepted);
        } catch (RuntimeException e) {
            ApiError error = AdminErrors.of(e);
            answer.partitions().stream()
                    .filter(partition -> accepted.containsKey(partition.partitionIndex()))
                    .forEach(partition ->
                            partition.setErrorCode(error.error().code()).setErrorMessage(error.message()));
        }
    }

    private static ReassignablePartitionResponse response(int index, ApiError error) {
        return new ReassignablePartitionResponse()
                .setPartitionIndex(index)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.message());
    }
}
