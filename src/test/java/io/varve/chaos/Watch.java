package io.varve.chaos;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;

/** Asks, over and over, for the end offsets of all partitions and for the committed offsets of all groups: neither may ever go back. */
final class Watch extends ThreadClient {
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final int LIMIT_MILLIS = 10_000;

    private final Map<String, Object> settings;
    private final History history;
    private final AtomicLong answers = new AtomicLong();

    Watch(String name, String bootstrapServers, History history) {
        super(name);
        this.history = history;
        this.settings = Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "default.api.timeout.ms",
                LIMIT_MILLIS,
                "request.timeout.ms",
                LIMIT_MILLIS / 2);
    }

    @Override
    void run() {
        try (Admin admin = Admin.create(settings)) {
            while (!isStopped()) {
                lookAtEnds(admin);
                for (GroupLedger group : history.groups()) {
                    lookAt(admin, group);
                }
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookAtEnds(Admin admin) throws InterruptedException {
        Map<TopicPartition, Long> floors = new HashMap<>();
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        history.ledgers().forEach((partition, ledger) -> {
            floors.put(partition, ledger.floor());
            wanted.put(partition, OffsetSpec.latest());
        });
        ListOffsetsResult result = admin.listOffsets(wanted);
        for (TopicPartition partition : wanted.keySet()) {
            try {
                long end = result.partitionResult(partition).get().offset();
                history.ledger(partition).end(floors.get(partition), end);
                answers.incrementAndGet();
            } catch (ExecutionException e) {
                expectRetriable("the end of " + partition, e);
            }
        }
    }

    private void lookAt(Admin admin, GroupLedger group) throws InterruptedException {
        Map<TopicPartition, Long> floors = new HashMap<>();
        history.ledgers().keySet().forEach(partition -> floors.put(partition, group.committed(partition)));
        try {
            Map<TopicPartition, OffsetAndMetadata> found = admin.listConsumerGroupOffsets(group.group())
                    .partitionsToOffsetAndMetadata()
                    .get();
            floors.forEach((partition, floor) -> {
                OffsetAndMetadata offset = found.get(partition);
                group.observed(partition, floor, offset == null ? 0 : offset.offset());
            });
            answers.incrementAndGet();
        } catch (ExecutionException e) {
            expectRetriable("the offsets of " + group.group(), e);
        }
    }

    private void expectRetriable(String what, ExecutionException e) {
        if (!(e.getCause() instanceof RetriableException)) {
            history.violations().add(name() + " asked for " + what + ": " + e.getCause());
        }
    }

    /** How many answers were compared. */
    long answers() {
        return answers.get();
    }

    /** It is nowhere: it is not waited for. */
    @Override
    public long progress(TopicPartition partition) {
        return -1;
    }
}
