package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Leadership;
import io.varve.cluster.Leadership.Leader;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.ElectLeadersRequest;
import org.apache.kafka.common.requests.ElectLeadersResponse;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * ElectLeaders (KIP-183, KIP-460), at any broker. Preferred: what is asked for is written to the topic, which every owner watches, and the owner hands
 * over; answered when that has happened, or when the time is over. Unclean: nothing has to be asked for, see {@link #unclean}.
 */
final class ElectLeadersHandler implements RequestHandler {
    private static final long LOOK_AGAIN_MILLIS = 20;
    private static final int LONGEST_WAIT_MILLIS = 300_000;

    private final TopicRegistry topics;
    private final Leadership leadership;
    private final ClusterView cluster;
    private final Time time;

    ElectLeadersHandler(TopicRegistry topics, Leadership leadership, ClusterView cluster, Time time) {
        this.topics = topics;
        this.leadership = leadership;
        this.cluster = cluster;
        this.time = time;
    }

    /** A partition whose owner has to hand over. */
    private record Asked(Topic topic, int partition) {
        PartitionId id() {
            return new PartitionId(topic.id(), partition);
        }

        int preferred() {
            return topic.assignment(partition).getFirst();
        }
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        ElectLeadersRequest body = request.body(ElectLeadersRequest.class);
        return request.onVirtualThread(() -> {
            Map<String, Map<Integer, ApiError>> results = elect(body.data());
            return new Reply.Send(new ElectLeadersResponse(0, Errors.NONE.code(), shape(results), body.version()));
        });
    }

    private Map<String, Map<Integer, ApiError>> elect(ElectLeadersRequestData wanted) {
        long endMillis = time.hiResClockMs() + Math.clamp(wanted.timeoutMs(), 0, LONGEST_WAIT_MILLIS);
        boolean all = wanted.topicPartitions() == null;
        ElectionType type = ElectionType.valueOf(wanted.electionType());
        Map<String, Map<Integer, ApiError>> results = new TreeMap<>();
        Map<String, List<Asked>> due = new TreeMap<>();
        named(wanted).forEach((name, partitions) -> {
            for (int partition : partitions) {
                ApiError known = first(name, partition, type);
                if (known == null) {
                    Topic topic = topics.byName(name).orElseThrow();
                    due.computeIfAbsent(name, _ -> new ArrayList<>()).add(new Asked(topic, partition));
                } else if (!all || !known.is(Errors.ELECTION_NOT_NEEDED)) {
                    // As in Kafka, who asks for all partitions hears of those only that needed it.
                    put(results, name, partition, known);
                }
            }
        });
        ask(due, results);
        await(due, results, endMillis);
        return results;
    }

    private Map<String, List<Integer>> named(ElectLeadersRequestData wanted) {
        Map<String, List<Integer>> named = new TreeMap<>();
        if (wanted.topicPartitions() == null) {
            for (Topic topic : topics.all()) {
                List<Integer> partitions = named.computeIfAbsent(topic.name(), _ -> new ArrayList<>());
                for (int index = 0; index < topic.partitions(); index++) {
                    partitions.add(index);
                }
            }
        } else {
            wanted.topicPartitions().forEach(topic -> named.put(topic.topic(), topic.partitions()));
        }
        return named;
    }

    /** What can be said at once; null when the owner has to hand over. */
    private @Nullable ApiError first(String name, int partition, ElectionType type) {
        Topic topic = topics.byName(name).orElse(null);
        if (topic == null || partition < 0 || partition >= topic.partitions()) {
            return new ApiError(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION, "there is no partition " + partition + " of topic " + name);
        }
        Leader leader = leadership.of(new PartitionId(topic.id(), partition));
        return switch (type) {
            case PREFERRED -> preferred(topic.assignment(partition), leader);
            case UNCLEAN -> unclean(leader);
        };
    }

    private @Nullable ApiError preferred(List<Integer> assigned, Leader leader) {
        if (assigned.isEmpty() || leader.broker() == assigned.getFirst()) {
            return new ApiError(Errors.ELECTION_NOT_NEEDED, "the preferred owner has it already");
        }
        int preferred = assigned.getFirst();
        boolean isServing = cluster.announcements().stream()
                .filter(broker -> broker.id() == preferred)
                .map(Announcement::phase)
                .anyMatch(Phase.SERVING::equals);
        if (!isServing) {
            return new ApiError(
                    Errors.PREFERRED_LEADER_NOT_AVAILABLE,
                    "the preferred owner, broker " + preferred + ", is not there or does not serve yet");
        }
        if (leader.broker() == PartitionRecord.NO_OWNER) {
            return new ApiError(
                    Errors.PREFERRED_LEADER_NOT_AVAILABLE,
                    "nobody serves the partition now: broker " + preferred + " gets it once it can go on");
        }
        return null;
    }

    /**
     * A partition that has an owner needs no other one. One that has none goes on by itself as soon as that loses nothing, and loses its end only where its
     * topic allows it: then it has done so already.
     */
    private static ApiError unclean(Leader leader) {
        return leader.broker() == PartitionRecord.NO_OWNER
                ? new ApiError(
                        Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE,
                        "the end of the partition is on disks of brokers that are not there: start one of them, or set"
                                + " unclean.leader.election.enable=true for the topic to go on without it")
                : new ApiError(Errors.ELECTION_NOT_NEEDED, "the partition has an owner");
    }

    private void ask(Map<String, List<Asked>> due, Map<String, Map<Integer, ApiError>> results) {
        due.values().removeIf(asked -> {
            Topic topic = asked.getFirst().topic();
            List<Integer> partitions = asked.stream().map(Asked::partition).toList();
            try {
                Topic _ = topics.reassign(topic, now -> now.elected(partitions, time.milliseconds()));
                return false;
            } catch (RuntimeException e) {
                partitions.forEach(partition -> put(results, topic.name(), partition, AdminErrors.of(e)));
                return true;
            }
        });
    }

    private void await(Map<String, List<Asked>> due, Map<String, Map<Integer, ApiError>> results, long endMillis) {
        while (!due.isEmpty()) {
            due.forEach((name, asked) -> asked.removeIf(each -> {
                boolean isDone = leadership.of(each.id()).broker() == each.preferred();
                if (isDone) {
                    put(results, name, each.partition(), ApiError.NONE);
                }
                return isDone;
            }));
            due.values().removeIf(List::isEmpty);
            if (time.hiResClockMs() >= endMillis) {
                due.forEach((name, asked) -> asked.forEach(each -> put(
                        results,
                        name,
                        each.partition(),
                        new ApiError(
                                Errors.REQUEST_TIMED_OUT,
                                "its owner was asked and has not handed over yet: broker " + each.preferred()
                                        + " gets it when it has a copy of its end"))));
                return;
            }
            time.sleep(LOOK_AGAIN_MILLIS);
        }
    }

    private static void put(Map<String, Map<Integer, ApiError>> results, String topic, int partition, ApiError error) {
        results.computeIfAbsent(topic, _ -> new TreeMap<>()).put(partition, error);
    }

    private static List<ReplicaElectionResult> shape(Map<String, Map<Integer, ApiError>> results) {
        List<ReplicaElectionResult> shaped = new ArrayList<>();
        results.forEach((topic, partitions) -> {
            ReplicaElectionResult result = new ReplicaElectionResult().setTopic(topic);
            partitions.forEach((partition, error) -> result.partitionResult()
                    .add(new PartitionResult()
                            .setPartitionId(partition)
                            .setErrorCode(error.error().code())
                            .setErrorMessage(error.message())));
            shaped.add(result);
        });
        return shaped;
    }
}
