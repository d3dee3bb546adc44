package io.varve.chaos;

import static org.awaitility.Awaitility.await;

import io.varve.testkit.Folders;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongBiFunction;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.core.ConditionTimeoutException;
import org.jboss.logging.Logger;

/**
 * One run: start everything, strike, let everything recover, read everything once more, judge. It ends early when something is found. What the
 * servers left stays in the folder when something was found and is removed otherwise.
 */
final class ChaosRun {
    private static final Logger LOG = Logger.getLogger(ChaosRun.class);

    /** How long everything may take to be well again after the last fault. Generous: the machine may be small and busy. */
    private static final Duration RECOVERY_LIMIT = Duration.ofMinutes(4);

    private static final int RECOVERED_SENDS = 20;

    private final Options options;
    private final Path folder;
    private final History history = new History(Clients.TOPICS, Clients.GROUPS);
    private final List<Fault> struck = new ArrayList<>();
    private String faultFigures = "";

    ChaosRun(Options options, Path folder) {
        this.options = options;
        this.folder = folder;
    }

    /** What was found: nothing, when all is well. */
    List<String> run() throws Exception {
        long begin = System.nanoTime();
        LOG.infof(
                "chaos. seed=%d faults=%d minutes=%d folder=%s",
                options.seed(), options.faults(), options.minutes(), folder);
        try (ChaosCluster cluster = ChaosCluster.start(folder)) {
            Clients.createTopics(cluster.bootstrapServers());
            Clients clients = Clients.of(cluster.bootstrapServers(), folder, history, options.seed());
            clients.all().forEach(Client::start);
            awaitAll("every client is on its way", clients.senders(), (_, _) -> RECOVERED_SENDS);
            strikeAll(cluster);
            recover(cluster, clients);
        }
        LOG.infof(
                "end. seed=%d seconds=%d %s",
                options.seed(), Duration.ofNanos(System.nanoTime() - begin).toSeconds(), faultFigures);
        LOG.infof("seen. %s longest_silence_ms=%s", history.figures(), history.longestSilences());
        if (history.violations().none() && !options.keep()) {
            Folders.delete(folder);
        }
        return history.violations().words();
    }

    /** The faults that were struck, in their order. */
    List<Fault> struck() {
        return List.copyOf(struck);
    }

    private void strikeAll(ChaosCluster cluster) throws InterruptedException {
        Striker striker = new Striker(cluster, history.violations());
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(options.minutes());
        Iterator<Fault> faults = Schedule.of(options.seed(), cluster.places())
                .limit(options.faults())
                .iterator();
        while (faults.hasNext()
                && history.violations().none()
                && (options.minutes() == 0 || System.nanoTime() - end < 0)) {
            Fault fault = faults.next();
            striker.strike(fault);
            struck.add(fault);
            if (struck.size() % 25 == 0) {
                LOG.infof("so far. faults=%d %s", struck.size(), history.figures());
            }
        }
        striker.awaitAll();
        faultFigures = striker.figures();
    }

    /** Without faults: everything must be well within the bound, and everything that was ever seen must be there. */
    private void recover(ChaosCluster cluster, Clients clients) throws Exception {
        LOG.infof("no more faults. %s", faultFigures);
        if (!history.violations().none()) {
            return;
        }
        long begin = System.nanoTime();
        cluster.etcd().awaitReady();
        cluster.awaitReady();
        LOG.infof(
                "every broker is ready. after_ms=%d",
                Duration.ofNanos(System.nanoTime() - begin).toMillis());
        awaitMore("every partition takes records", clients.senders(), RECOVERED_SENDS);
        LOG.infof(
                "every partition has taken records. after_ms=%d",
                Duration.ofNanos(System.nanoTime() - begin).toMillis());
        for (Client sender : clients.senders()) {
            sender.stop();
        }
        awaitAll("every reader is at the end", clients.readers(), (_, partition) -> end(partition));
        awaitAll("every group is at the end", clients.members(), (_, partition) -> end(partition));
        for (Client client : clients.all()) {
            if (!clients.senders().contains(client)) {
                client.stop();
            }
        }
        LOG.infof("comparing. end_and_offset_answers=%d", clients.watch().answers());
        readOnceMore(cluster);
    }

    private long end(TopicPartition partition) {
        return history.ledger(partition).floor();
    }

    private void awaitMore(String what, List<Client> clients, long more) {
        Map<Client, Map<TopicPartition, Long>> before = new HashMap<>();
        for (Client client : clients) {
            Map<TopicPartition, Long> now = new HashMap<>();
            history.ledgers().keySet().forEach(partition -> now.put(partition, client.progress(partition)));
            before.put(client, now);
        }
        awaitAll(what, clients, (client, partition) -> before.get(client).get(partition) + more);
    }

    /** Waits until these clients are that far in all partitions that are theirs, or something is found. */
    private void awaitAll(String what, List<Client> clients, ToLongBiFunction<Client, TopicPartition> far) {
        LOG.infof("waiting until %s.", what);
        try {
            await().atMost(RECOVERY_LIMIT)
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> !history.violations().none()
                            || missing(clients, far).isEmpty());
        } catch (ConditionTimeoutException e) {
            history.violations()
                    .add("not within " + RECOVERY_LIMIT + ": " + what + "; behind are " + missing(clients, far));
        }
    }

    private List<String> missing(List<Client> clients, ToLongBiFunction<Client, TopicPartition> far) {
        List<String> missing = new ArrayList<>();
        for (Client client : clients) {
            for (TopicPartition partition : history.ledgers().keySet()) {
                long is = client.progress(partition);
                if (is >= 0 && is < far.applyAsLong(client, partition)) {
                    missing.add(client.name() + " in " + partition + " at " + is + " of "
                            + far.applyAsLong(client, partition));
                }
            }
        }
        return missing;
    }

    private void readOnceMore(ChaosCluster cluster) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                cluster.bootstrapServers(),
                "auto.offset.reset",
                "none",
                "enable.auto.commit",
                "false");
        try (Consumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            history.ledgers().forEach((partition, ledger) -> readOnceMore(consumer, partition, ledger.finalReading()));
        }
    }

    private void readOnceMore(
            Consumer<String, String> consumer, TopicPartition partition, Ledger.FinalReading reading) {
        consumer.assign(List.of(partition));
        consumer.seek(partition, 0);
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        long deadline = System.nanoTime() + RECOVERY_LIMIT.toNanos();
        while (reading.count() < end && System.nanoTime() - deadline < 0) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                history.read("the last reader", partition, record.offset(), record.value())
                        .ifPresent(name -> reading.record(name, record.offset()));
            }
        }
        reading.end();
    }
}
