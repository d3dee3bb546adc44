package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.Cluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Consumer groups of the Java client, by the classic protocol and by that of KIP-848 ("consumer"). */
@RealClient
class JavaGroupsTest {
    private final Cluster cluster;

    JavaGroupsTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void goesOnWhereTheGroupCommitted(String protocol) {
        // Given a group that read ten records and committed seven of them
        String topic = Clients.topic(cluster, "resume", 1, Map.of());
        var partition = new TopicPartition(topic, 0);
        Clients.sendNumbers(cluster, topic, 0, 20);
        String group = Clients.unique("resume");
        try (var consumer = member(group, protocol, Map.of("max.poll.records", 10))) {
            consumer.subscribe(List.of(topic));
            assertThat(Clients.poll(consumer, 10)).hasSize(10);
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(7, Optional.of(0), "a note")));
            assertThat(consumer.committed(Set.of(partition)).get(partition))
                    .extracting(OffsetAndMetadata::offset, OffsetAndMetadata::metadata)
                    .containsExactly(7L, "a note");
        }
        // When another member comes after it has gone
        try (var consumer = member(group, protocol, Map.of())) {
            consumer.subscribe(List.of(topic));
            // Then it begins with the eighth
            assertThat(Clients.poll(consumer, 13))
                    .extracting(ConsumerRecord::value)
                    .isEqualTo(
                            IntStream.range(7, 20).mapToObj(Integer::toString).toList());
            consumer.commitSync();
            assertThat(consumer.committed(Set.of(partition)).get(partition).offset())
                    .isEqualTo(20);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void sharesPartitionsAmongThreeMembersAndSharesAgainWhenOneLeaves(String protocol) {
        String topic = Clients.topic(cluster, "share", 6, Map.of());
        String group = Clients.unique("share");
        var members = new ArrayList<Consumer<String, String>>();
        try {
            // When three members join
            for (int i = 0; i < 3; i++) {
                var member = member(group, protocol, Map.of("client.id", "member-" + i));
                member.subscribe(List.of(topic));
                members.add(member);
            }
            // Then each has two of the six partitions
            var seen = new HashMap<String, Integer>();
            awaitShares(members, 2, seen);
            // and every record goes to exactly one of them
            for (int partition = 0; partition < 6; partition++) {
                Clients.sendNumbers(cluster, topic, partition, 10);
            }
            Awaitility.await().atMost(Clients.LIMIT).until(() -> {
                members.forEach(member -> collect(member, seen));
                return seen.size() >= 60;
            });
            assertThat(seen)
                    .hasSize(60)
                    .allSatisfy((record, times) -> assertThat(times).as(record).isEqualTo(1));
            // When one leaves, then the others have three each
            members.removeLast().close();
            awaitShares(members, 3, seen);
        } finally {
            members.forEach(Consumer::close);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void commitsOnItsOwnWhenToldTo(String protocol) {
        String topic = Clients.topic(cluster, "auto", 1, Map.of());
        Clients.sendNumbers(cluster, topic, 0, 5);
        String group = Clients.unique("auto");
        try (var consumer = member(group, protocol, Map.of("enable.auto.commit", "true"))) {
            consumer.subscribe(List.of(topic));
            assertThat(Clients.poll(consumer, 5)).hasSize(5);
        }
        // Closing commits what was read
        var partition = new TopicPartition(topic, 0);
        try (var admin = Clients.admin(cluster)) {
            var offsets = Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
            assertThat(offsets.get(partition).offset()).isEqualTo(5);
        }
    }

    @Test
    void findsNewTopicsByAPatternInTheClassicProtocol() {
        String prefix = Clients.unique("pattern");
        try (var consumer = member(prefix, "classic", Map.of("metadata.max.age.ms", 500))) {
            consumer.subscribe(Pattern.compile(Pattern.quote(prefix) + "-.*"));
            consumeFromTopicsCreatedWhileWaiting(consumer, prefix);
        }
    }

    @Test
    void findsNewTopicsByAPatternThatTheBrokerEvaluates() {
        String prefix = Clients.unique("pattern");
        try (var consumer = member(prefix, "consumer", Map.of())) {
            consumer.subscribe(new SubscriptionPattern(prefix + "-.*"));
            consumeFromTopicsCreatedWhileWaiting(consumer, prefix);
        }
    }

    @Test
    void keepsItsPartitionsWhenAStaticMemberComesBack() {
        // KIP-345: a member with a fixed instance id restarts within its session timeout and gets what it had
        String topic = Clients.topic(cluster, "static", 4, Map.of());
        String group = Clients.unique("static");
        try (var other = member(group, "classic", Map.of("group.instance.id", "b"))) {
            other.subscribe(List.of(topic));
            Set<TopicPartition> before;
            try (var restarting = member(group, "classic", Map.of("group.instance.id", "a"))) {
                restarting.subscribe(List.of(topic));
                awaitShares(List.of(other, restarting), 2, new HashMap<>());
                before = Set.copyOf(restarting.assignment());
            }
            try (var restarted = member(group, "classic", Map.of("group.instance.id", "a"))) {
                restarted.subscribe(List.of(topic));
                awaitShares(List.of(other, restarted), 2, new HashMap<>());
                assertThat(restarted.assignment()).isEqualTo(before);
            }
        }
    }

    private void consumeFromTopicsCreatedWhileWaiting(Consumer<String, String> consumer, String prefix) {
        consumer.poll(Duration.ofMillis(100));
        String topic = Clients.topic(cluster, prefix + "-x", 1, Map.of());
        Clients.topic(cluster, "other-" + prefix, 1, Map.of());
        try (var producer = Clients.producer(cluster, Map.of())) {
            Clients.get(producer.send(new ProducerRecord<>(topic, "found")));
        }
        var record = Clients.poll(consumer, 1).getFirst();
        assertThat(record.value()).isEqualTo("found");
        assertThat(consumer.assignment()).containsExactly(new TopicPartition(topic, 0));
    }

    private Consumer<String, String> member(String group, String protocol, Map<String, Object> settings) {
        var all = new HashMap<String, Object>(settings);
        all.put("group.id", group);
        all.put("group.protocol", protocol);
        return Clients.consumer(cluster, all);
    }

    /** All members poll in turn, in this one thread, until each has its share. */
    private static void awaitShares(List<Consumer<String, String>> members, int each, Map<String, Integer> seen) {
        Awaitility.await().atMost(Clients.LIMIT).until(() -> {
            members.forEach(member -> collect(member, seen));
            return members.stream().allMatch(m -> m.assignment().size() == each);
        });
        var all = members.stream().flatMap(m -> m.assignment().stream()).toList();
        assertThat(all).doesNotHaveDuplicates();
    }

    private static void collect(Consumer<String, String> member, Map<String, Integer> seen) {
        member.poll(Duration.ofMillis(50)).forEach(r -> seen.merge(r.partition() + "@" + r.offset(), 1, Integer::sum));
        member.commitSync();
    }
}
