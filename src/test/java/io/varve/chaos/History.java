package io.varve.chaos;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;

/** Everything that the clients of a run sent, were told and have read, and the judgement of it. Thread-safe. */
final class History {
    private final Violations violations = new Violations();
    private final Map<TopicPartition, Ledger> ledgers = new LinkedHashMap<>();
    private final Map<String, GroupLedger> groups = new LinkedHashMap<>();
    private final List<String> senders = new ArrayList<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong commits = new AtomicLong();

    History(Collection<Topic> topics, Collection<String> groups) {
        topics.forEach(topic -> topic.partitionsOf()
                .forEach(partition -> ledgers.put(partition, new Ledger(partition.toString(), violations))));
        groups.forEach(group -> this.groups.put(group, new GroupLedger(group, violations)));
    }

    Violations violations() {
        return violations;
    }

    Map<TopicPartition, Ledger> ledgers() {
        return ledgers;
    }

    Ledger ledger(TopicPartition partition) {
        return Objects.requireNonNull(ledgers.get(partition), () -> "nobody knows of " + partition);
    }

    GroupLedger group(String name) {
        return Objects.requireNonNull(groups.get(name), () -> "nobody knows of the group " + name);
    }

    Collection<GroupLedger> groups() {
        return groups.values();
    }

    /** A number for who sends from now on: after a send that failed, a sender begins anew under another one. */
    synchronized int newSender(String name) {
        senders.add(name);
        return senders.size() - 1;
    }

    private synchronized boolean knows(RecordName name) {
        return name.sender() < senders.size();
    }

    /** A send was acknowledged. */
    void acknowledged(TopicPartition partition, RecordName name, long offset) {
        acknowledged.incrementAndGet();
        ledger(partition).acknowledged(name, offset);
    }

    /** A send failed for good: the record may be there or not. */
    void failed() {
        failed.incrementAndGet();
    }

    /** A commit was answered. */
    void committed() {
        commits.incrementAndGet();
    }

    /** A value was read; empty when it is none of this run, which is a violation. */
    Optional<RecordName> read(String reader, TopicPartition partition, long offset, String value) {
        reads.incrementAndGet();
        Optional<RecordName> name = RecordName.of(value).filter(this::knows);
        if (name.isEmpty()) {
            violations.add(partition + ": offset " + offset + " is nothing that was ever sent, read by " + reader);
        }
        name.ifPresent(found -> ledger(partition).read(reader, found, offset));
        return name;
    }

    /** The sums of it all, in words. */
    String figures() {
        return "acknowledged=" + acknowledged + " failed_sends=" + failed + " reads=" + reads + " commits=" + commits
                + " senders=" + senderCount() + " violations=" + violations.count();
    }

    /** By topic the longest time in which a partition of it acknowledged nothing, in milliseconds. */
    Map<String, Long> longestSilences() {
        Map<String, Long> longest = new TreeMap<>();
        ledgers.forEach((partition, ledger) ->
                longest.merge(partition.topic(), ledger.longestSilence().toMillis(), Math::max));
        return longest;
    }

    private synchronized int senderCount() {
        return senders.size();
    }

    /** A topic of a run. */
    record Topic(String name, int partitions, int copies, int minInsync) {
        List<TopicPartition> partitionsOf() {
            List<TopicPartition> all = new ArrayList<>();
            for (int partition = 0; partition < partitions; partition++) {
                all.add(new TopicPartition(name, partition));
            }
            return all;
        }
    }
}
