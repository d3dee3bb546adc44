package io.varve.chaos;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jboss.logging.Logger;

/**
 * An idempotent Java producer that sends to all partitions of a topic in turn. After a send that failed for good it is closed, and another one
 * goes on under another name, as an application does that must know what it has sent.
 */
final class JavaSender extends ThreadClient {
    private static final Logger LOG = Logger.getLogger(JavaSender.class);
    private static final String PADDING = "x".repeat(700);
    private static final Duration CLOSE_LIMIT = Duration.ofMinutes(5);

    /**
     * What a sender is like.
     *
     * @param everyMillis the pause after one record to each partition
     * @param patient false when a send may fail by a time-out, because nobody but one broker has the partition
     */
    record Kind(History.Topic topic, int everyMillis, boolean patient, Map<String, Object> settings) {}

    private final Kind kind;
    private final List<TopicPartition> partitions;
    private final Map<String, Object> settings;
    private final History history;
    private final Map<TopicPartition, Long> acknowledged = new ConcurrentHashMap<>();

    JavaSender(String name, Kind kind, String bootstrapServers, History history) {
        super(name);
        this.kind = kind;
        this.partitions = kind.topic().partitionsOf();
        this.history = history;
        settings = new HashMap<>(kind.settings());
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("linger.ms", 5);
        settings.put("delivery.timeout.ms", kind.patient() ? 300_000 : 20_000);
        settings.put("request.timeout.ms", 15_000);
        settings.put("max.block.ms", 300_000);
    }

    @Override
    void run() {
        while (!isStopped()) {
            new Life().run();
        }
    }

    /** From one start of a producer to its end. */
    private final class Life {
        private final int sender = history.newSender(name());
        private final AtomicBoolean failed = new AtomicBoolean();

        void run() {
            Producer<String, String> producer =
                    new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
            try {
                for (long number = 0; !isStopped() && !failed.get(); number++) {
                    sendToAll(producer, number);
                    Thread.sleep(kind.everyMillis());
                }
            } catch (KafkaException e) {
                fail(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                producer.close(failed.get() ? Duration.ZERO : CLOSE_LIMIT);
            }
        }

        private void sendToAll(Producer<String, String> producer, long number) {
            RecordName record = new RecordName(sender, number);
            for (TopicPartition to : partitions) {
                var _ = producer.send(
                        new ProducerRecord<>(to.topic(), to.partition(), null, record.value(PADDING)),
                        (done, error) -> {
                            if (error != null) {
                                fail(error);
                            } else {
                                history.acknowledged(to, record, done.hasOffset() ? done.offset() : -1);
                                acknowledged.merge(to, 1L, Long::sum);
                            }
                        });
            }
        }

        /** All that were sent after it fail with it, which is no news. */
        private void fail(Exception error) {
            history.failed();
            if (failed.compareAndSet(false, true)) {
                LOG.infof("a sender begins anew. name=%s cause=%s", name(), error);
                if (kind.patient() || !(error instanceof TimeoutException)) {
                    history.violations().add("sender " + name() + ": a send failed for good: " + error);
                }
            }
        }
    }

    @Override
    public long progress(TopicPartition partition) {
        return partitions.contains(partition) ? acknowledged.getOrDefault(partition, 0L) : -1;
    }
}
