package io.varve.chaos;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jboss.logging.Logger;

/**
 * A member of a consumer group, in Java, that commits what it has read after every poll. It leaves and joins again now and then, so that its
 * group rebalances without any fault, too.
 */
final class JavaMember extends ThreadClient {
    private static final Logger LOG = Logger.getLogger(JavaMember.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final int LEAST_LIFE_SECONDS = 15;
    private static final int MOST_LIFE_SECONDS = 60;

    private final List<String> topics;
    private final Map<String, Object> settings;
    private final GroupLedger group;
    private final History history;
    private final Random random;

    JavaMember(
            String name,
            GroupLedger group,
            String protocol,
            List<String> topics,
            String bootstrapServers,
            History history,
            long seed) {
        super(name);
        this.topics = topics;
        this.group = group;
        this.history = history;
        this.random = new Random(seed);
        settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("group.id", group.group());
        settings.put("group.protocol", protocol);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        if (protocol.equals("classic")) {
            settings.put("session.timeout.ms", 10_000);
        }
    }

    @Override
    void run() {
        while (!isStopped()) {
            new Life().run();
        }
    }

    /** From joining to leaving. */
    private final class Life implements ConsumerRebalanceListener {
        private final Map<TopicPartition, GroupLedger.Assigned> assigned = new HashMap<>();

        void run() {
            long end = System.nanoTime()
                    + Duration.ofSeconds(random.nextInt(LEAST_LIFE_SECONDS, MOST_LIFE_SECONDS))
                            .toNanos();
            try (Consumer<String, String> consumer =
                    new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
                consumer.subscribe(topics, this);
                while (!isStopped() && System.nanoTime() - end < 0) {
                    ConsumerRecords<String, String> records = consumer.poll(POLL);
                    records.forEach(this::take);
                    if (!records.isEmpty()) {
                        commit(consumer, records);
                    }
                }
            } catch (KafkaException e) {
                history.violations().add("member " + name() + " ended: " + e);
            }
        }

        private void take(ConsumerRecord<String, String> record) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            var _ = history.read(name(), partition, record.offset(), record.value());
            GroupLedger.Assigned at = assigned.get(partition);
            if (at == null) {
                history.violations().add("member " + name() + " read of " + partition + ", which it was not given");
            } else {
                at.read(record.offset());
            }
        }

        private void commit(Consumer<String, String> consumer, ConsumerRecords<String, String> records) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            records.forEach(record -> offsets.put(
                    new TopicPartition(record.topic(), record.partition()),
                    new OffsetAndMetadata(record.offset() + 1)));
            try {
                consumer.commitSync(offsets);
                offsets.forEach((partition, offset) -> group.committed(partition, offset.offset()));
                history.committed();
            } catch (KafkaException e) {
                // A rebalance came first, or the coordinator was away for too long: what was read may be read again by
                // whoever is next.
                LOG.debugf("a commit failed. member=%s cause=%s", name(), e.getMessage());
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            partitions.forEach(partition -> assigned.put(partition, group.assigned(name(), partition)));
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            partitions.forEach(assigned::remove);
        }
    }

    /** That of its group: what is committed. */
    @Override
    public long progress(TopicPartition partition) {
        return topics.contains(partition.topic()) ? group.committed(partition) : -1;
    }
}
