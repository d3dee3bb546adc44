package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.jspecify.annotations.Nullable;

/**
 * AlterPartitionReassignments (KIP-455): changes where partitions are to be. Nothing has to be copied for it: their owners open the next segment on
 * the new brokers and hand over. What was chosen so is left alone by the placer for as long as its brokers are there. There is nothing to cancel;
 * who asks for it gives the partition back to the placer.
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
        Set<Integer> released = new HashSet<>();
        for (ReassignablePartition partition : wanted.partitions()) {
            ApiError error = ApiError.NONE;
            try {
                deadline.check();
                List<Integer> replicas = checked(wanted.name(), partition);
                if (replicas == null) {
                    released.add(partition.partitionIndex());
                } else {
                    accepted.put(partition.partitionIndex(), replicas);
                }
            } catch (RuntimeException e) {
                error = AdminErrors.of(e);
            }
            answer.partitions().add(response(partition.partitionIndex(), error));
        }
        if (!accepted.isEmpty() || !released.isEmpty()) {
            store(wanted.name(), accepted, released, answer);
        }
        return answer;
    }

    /** Null for one that goes back to the placer. */
    private @Nullable List<Integer> checked(String name, ReassignablePartition partition) {
        Topic topic = topic(name);
        if (partition.partitionIndex() < 0 || partition.partitionIndex() >= topic.partitions()) {
            throw new UnknownTopicOrPartitionException(
                    "there is no partition " + partition.partitionIndex() + " of topic " + name);
        }
        List<Integer> replicas = partition.replicas();
        if (replicas == null) {
            if (topic.isByHand(partition.partitionIndex())) {
                return null;
            }
            throw new NoReassignmentInProgressException(
                    "nothing to cancel: a reassignment is complete once it is answered, no data moves; and the placer may move"
                            + " this partition already");
        }
        int _ = assignments.check(List.of(replicas), ManualAssignments.ANY_FACTOR);
        return replicas;
    }

    private Topic topic(String name) {
        return topics.byName(name).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + name));
    }

    private void store(
            String name,
            Map<Integer, List<Integer>> accepted,
            Set<Integer> released,
            ReassignableTopicResponse answer) {
        try {
            long now = time.milliseconds();
            Topic _ = topics.reassign(
                    topic(name), topic -> topic.reassigned(accepted, now).released(released, now));
        } catch (RuntimeException e) {
            ApiError error = AdminErrors.of(e);
            answer.partitions().stream()
                    .filter(partition -> accepted.containsKey(partition.partitionIndex())
                            || released.contains(partition.partitionIndex()))
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
