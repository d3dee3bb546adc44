package io.varve.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.ElectionNotNeededException;

/** Topics with three copies: made, looked at and moved, in the same way at both. Not thread-safe. */
final class Topics implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Duration MOVE_LIMIT = Duration.ofMinutes(1);
    private static final Map<String, String> SAFE = Map.of("min.insync.replicas", "2");

    private final Admin admin;

    Topics(String bootstrapServers) {
        admin = Admin.create(Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "default.api.timeout.ms",
                Math.toIntExact(LIMIT.toMillis()),
                "request.timeout.ms",
                30_000,
                "retry.backoff.ms",
                20,
                "retry.backoff.max.ms",
                100));
    }

    /** Creates a topic with three copies and {@code min.insync.replicas=2}; returns when every partition has all of them. */
    void create(String topic, int partitions) {
        create(topic, partitions, SAFE);
    }

    /** The same with these settings. */
    void create(String topic, int partitions, Map<String, String> configs) {
        var wanted = new NewTopic(topic, partitions, (short) Trio.BROKERS).configs(configs);
        Await.get(admin.createTopics(List.of(wanted)).all());
        awaitWhole(topic);
    }

    /** Waits until every partition has a leader and all its copies are in sync. */
    void awaitWhole(String topic) {
        Await.until(
                "every partition of " + topic + " has all copies",
                LIMIT,
                () -> partitions(topic).stream()
                        .allMatch(partition ->
                                hasLeader(partition) && partition.isr().size() == Trio.BROKERS));
    }

    List<TopicPartitionInfo> partitions(String topic) {
        TopicDescription description =
                Await.get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
        return description == null ? List.of() : description.partitions();
    }

    /** The broker that leads a partition, or -1. */
    int leader(String topic, int partition) {
        var found = partitions(topic).get(partition);
        return hasLeader(found) ? found.leader().id() : -1;
    }

    /**
     * Moves the leadership of a partition to another broker that has a copy, as an operator would: the new order of the
     * replicas, then the election of the first. Returns when clients are told so.
     */
    void move(String topic, int partition, List<Integer> replicas) {
        var which = new TopicPartition(topic, partition);
        Await.get(admin.alterPartitionReassignments(Map.of(which, Optional.of(new NewPartitionReassignment(replicas))))
                .all());
        Await.until("broker " + replicas.getFirst() + " leads " + which, MOVE_LIMIT, () -> {
            // Kafka waits for the new order to be known before it elects: until then it says that there is no need.
            if (leader(topic, partition) != replicas.getFirst()) {
                elect(which);
            }
            return leader(topic, partition) == replicas.getFirst();
        });
    }

    private void elect(TopicPartition partition) {
        try {
            Await.get(admin.electLeaders(ElectionType.PREFERRED, Set.of(partition))
                    .all());
        } catch (ElectionNotNeededException e) {
            // What is wanted is looked at by the caller.
        }
    }

    private static boolean hasLeader(TopicPartitionInfo partition) {
        return partition.leader() != null && !partition.leader().isEmpty();
    }

    @Override
    public void close() {
        admin.close();
    }
}
