package io.varve.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** Reads until it is told to stop: at the end as of the start, after so many records, or when nothing comes. Not thread-safe. */
final class Reading {
    private static final Duration POLL = Duration.ofMillis(200);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Consumer<ConsumerRecord<byte[], byte[]>> sink;
    private final Runnable flush;
    private final Limits limits;
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private long count;

    /**
     * @param follow go on at the end
     * @param maxMessages at most so many
     * @param idleMillis stop when nothing came for so long
     */
    record Limits(boolean follow, long maxMessages, long idleMillis) {}

    /**
     * @param sink takes each record
     * @param flush called after every bunch of records, before anything is committed
     */
    Reading(
            KafkaConsumer<byte[], byte[]> consumer,
            Consumer<ConsumerRecord<byte[], byte[]>> sink,
            Runnable flush,
            Limits limits) {
        this.consumer = consumer;
        this.sink = sink;
        this.flush = flush;
        this.limits = limits;
    }

    /**
     * Reads partitions without a group.
     *
     * @param only these; empty for all
     * @return how many records
     */
    long partitions(String topic, List<Integer> only, StartPosition from) {
        List<PartitionInfo> known = consumer.partitionsFor(topic);
        if (known == null || known.isEmpty()) {
            throw Topics.noTopic(topic);
        }
        Set<Integer> numbers = known.stream().map(PartitionInfo::partition).collect(Collectors.toSet());
        var chosen = new HashSet<>(only.isEmpty() ? numbers : only);
        if (!numbers.containsAll(chosen)) {
            throw Topics.noPartition(topic, numbers.size());
        }
        List<TopicPartition> partitions = chosen.stream()
                .sorted()
                .map(number -> new TopicPartition(topic, number))
                .toList();
        consumer.assign(partitions);
        if (!limits.follow()) {
            ends.putAll(consumer.endOffsets(partitions));
        }
        seek(partitions, from);
        loop(false);
        return count;
    }

    /** Reads as a member of the consumer's group. */
    long group(String topic) {
        List<PartitionInfo> known = consumer.partitionsFor(topic);
        if (known == null || known.isEmpty()) {
            // A member of a group would wait for it to be created.
            throw Topics.noTopic(topic);
        }
        consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                partitions.forEach(ends::remove);
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                if (!limits.follow()) {
                    ends.putAll(consumer.endOffsets(partitions));
                }
            }
        });
        loop(true);
        return count;
    }

    private void seek(List<TopicPartition> partitions, StartPosition from) {
        switch (from) {
            case StartPosition.Beginning none -> consumer.seekToBeginning(partitions);
            case StartPosition.End none -> consumer.seekToEnd(partitions);
            case StartPosition.Offset at -> partitions.forEach(partition -> consumer.seek(partition, at.offset()));
            case StartPosition.Time time -> seekToTime(partitions, time.timestampMillis());
        }
    }

    private void seekToTime(List<TopicPartition> partitions, long timestampMillis) {
        Map<TopicPartition, Long> asked =
                partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> timestampMillis));
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(asked);
        for (TopicPartition partition : partitions) {
            OffsetAndTimestamp at = found.get(partition);
            if (at == null) {
                consumer.seekToEnd(List.of(partition));
            } else {
                consumer.seek(partition, at.offset());
            }
        }
    }

    private void loop(boolean commit) {
        long lastRecord = System.nanoTime();
        while (count < limits.maxMessages() && !atEnd()) {
            ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
            if (!polled.isEmpty()) {
                lastRecord = System.nanoTime();
                write(polled, commit);
            } else if ((System.nanoTime() - lastRecord) / 1_000_000 >= limits.idleMillis()) {
                return;
            }
        }
    }

    private void write(ConsumerRecords<byte[], byte[]> polled, boolean commit) {
        var written = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (ConsumerRecord<byte[], byte[]> message : polled) {
            if (count == limits.maxMessages()) {
                break;
            }
            sink.accept(message);
            count++;
            written.put(
                    new TopicPartition(message.topic(), message.partition()),
                    new OffsetAndMetadata(message.offset() + 1, message.leaderEpoch(), ""));
        }
        flush.run();
        if (commit) {
            consumer.commitSync(written);
        }
    }

    // Positions count, not records: the last offsets of a log may hold no record (markers, compaction).
    private boolean atEnd() {
        if (limits.follow() || ends.isEmpty()) {
            return false;
        }
        var assigned = new ArrayList<>(consumer.assignment());
        return assigned.stream()
                .allMatch(partition -> consumer.position(partition) >= ends.getOrDefault(partition, Long.MAX_VALUE));
    }
}
