package io.varve.log;

import static io.varve.log.LogWorld.append;
import static io.varve.log.LogWorld.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.PartitionRecord;
import io.varve.cluster.Topic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What brokers show of partitions that they do not own: only what is safe (rule 6), from their copies and from the object store. */
class FollowerReadTest {
    @TempDir
    private Path temp;

    private LogCluster cluster;

    private Topic topic(boolean uploads, int replicas, Map<String, String> configs) {
        cluster = new LogCluster(temp, 3, uploads);
        return cluster.create("t", replicas, configs, List.of(1, 2, 3).subList(0, replicas));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private ReadAnywhere on(int broker) {
        return cluster.broker(broker).partitions.anywhere();
    }

    private FetchSource member(int broker, Topic topic, long offset) {
        return on(broker).asMember(cluster.id(topic), offset).orElseThrow();
    }

    private static List<String> read(FetchSource source, long offset) throws Exception {
        return Batches.contents(LogWorld.bytes(source.read(offset, 1 << 20, true)));
    }

    /** Everything from offset 0 to the high watermark, in as many reads as it takes. */
    private static List<String> readAll(FetchSource source) throws Exception {
        List<String> all = new ArrayList<>();
        while (all.size() < source.highWatermark()) {
            List<String> some = read(source, all.size());
            assertThat(some).isNotEmpty();
            all.addAll(some);
        }
        return all;
    }

    private OpenCopy copyOn(int broker, Topic topic) {
        return cluster.broker(broker).partitions.copy(cluster.id(topic), 0).orElseThrow();
    }

    @Test
    void rule6AMemberServesNothingThatAnotherMemberHasNotGot_andHearsOfItWithoutAFurtherBatch() throws Exception {
        // Given a batch that one member has and the other has not
        Topic topic = topic(false, 3, Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        cluster.network.holdUp(3);
        Partition.Appended pending = partition.append(Batches.at(5, "b"), new Hold(), true);
        soon().until(() -> copyOn(2, topic).endOffset() == 2);
        // Then the one that has it shows what is acknowledged, and a fetch waits there for the rest
        FetchSource second = member(2, topic, 1);
        assertThat(second.highWatermark()).isEqualTo(1);
        assertThat(read(second, 0)).containsExactly("0=a");
        assertThat(read(second, 1)).isEmpty();
        assertThat(second.isServed()).isTrue();
        AtomicInteger woken = new AtomicInteger();
        Runnable fetch = woken::incrementAndGet;
        second.addAdvanceListener(fetch);
        // When the other has it too, and nothing is appended any more
        cluster.network.release(3);
        pending.safe().get(30, TimeUnit.SECONDS);
        // Then both show it, and the fetch is told
        for (int id : List.of(2, 3)) {
            soon().until(() -> member(id, topic, 1).highWatermark() == 2);
            assertThat(read(member(id, topic, 1), 1)).containsExactly("1=b");
        }
        soon().until(() -> woken.get() > 0);
        second.removeAdvanceListener(fetch);
        assertThat(cluster.record(topic).sealed()).isEmpty();
    }

    @Test
    void rule6WhatAMemberHasShownStaysWhenAnotherTakesOver() throws Exception {
        // Given a member that shows everything, and an owner that dies
        Topic topic = topic(false, 3, Map.of("min.insync.replicas", "2"));
        Partition partition = cluster.served(1, topic);
        for (int i = 0; i < 20; i++) {
            append(partition, Batches.at(5, "v" + i));
        }
        soon().until(() -> member(3, topic, 0).highWatermark() == 20);
        List<String> before = readAll(member(3, topic, 0));
        cluster.kill(1);
        Partition taken = cluster.served(2, topic);
        append(taken, Batches.at(5, "after"));
        // Then the same is there, from what is sealed now, and what came after it
        soon().until(() -> member(3, topic, 0).highWatermark() == 21);
        FetchSource third = member(3, topic, 0);
        assertThat(readAll(third))
                .startsWith(before.toArray(String[]::new))
                .hasSize(21)
                .endsWith("20=after");
        assertThat(third.leaderEpoch()).isEqualTo(taken.leaderEpoch());
    }

    @Test
    void aMemberThatIsLeftOutSaysThatItHasNothingMore() throws Exception {
        Topic topic = topic(false, 3, Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        assertThat(partition.reader().followersAt(1)).containsExactly(LogCluster.member(2), LogCluster.member(3));
        FetchSource third = member(3, topic, 1);
        // When it is left out for being late
        cluster.network.holdUp(3);
        Partition.Appended pending = partition.append(Batches.at(5, "b"), new Hold(), true);
        cluster.network.timeOut(3);
        pending.safe().get(30, TimeUnit.SECONDS);
        append(partition, Batches.at(5, "c"));
        // Then a fetch does not wait there any more, and is sent back to the owner
        soon().until(() -> !third.isServed());
        assertThatThrownBy(() -> third.read(1, 1 << 20, true)).isInstanceOf(NotLeaderOrFollowerException.class);
        soon().until(() -> on(3).asMember(cluster.id(topic), 1).isEmpty());
        // And the owner sends nobody there
        assertThat(partition.reader().followersAt(3)).containsExactly(LogCluster.member(2));
        assertThat(partition.reader().followersAt(0)).isEmpty();
        // While the one that stayed has everything
        soon().until(() -> member(2, topic, 0).highWatermark() == 3);
        assertThat(readAll(member(2, topic, 0))).containsExactly("0=a", "1=b", "2=c");
    }

    @Test
    void aMemberWhoseOwnerIsCutOffKeepsNobodyWaiting() throws Exception {
        Topic topic = topic(false, 2, Map.of());
        append(cluster.served(1, topic), Batches.at(5, "a"));
        soon().until(() -> member(2, topic, 0).highWatermark() == 1);
        FetchSource second = member(2, topic, 1);
        cluster.cutOff(1);
        soon().until(() -> !second.isServed());
        assertThatThrownBy(() -> second.read(1, 1 << 20, true)).isInstanceOf(NotLeaderOrFollowerException.class);
        // What it has shown it goes on to show
        assertThat(read(second, 0)).containsExactly("0=a");
    }

    @Test
    void whoIsNoMemberServesWhatIsInTheObjectStoreAndNothingElse() throws Exception {
        // Given a partition with a copy on one broker only, some of it offloaded
        Topic topic = topic(true, 1, Map.of("segment.bytes", "1048576"));
        Partition partition = cluster.served(1, topic);
        for (int i = 0; i < 25; i++) {
            append(partition, Batches.at(5, "x".repeat(100_000) + i));
        }
        long sealed = 20;
        soon().until(() -> {
            PartitionRecord record = cluster.record(topic);
            return record.endOffset() == sealed && record.sealed().isEmpty();
        });
        ReadAnywhere third = on(3);
        soon().until(() -> third.find(cluster.id(topic), sealed - 1).isPresent());
        // When another broker is asked
        FetchSource source = third.find(cluster.id(topic), 0).orElseThrow();
        List<String> contents = new ArrayList<>();
        while (contents.size() < sealed) {
            List<String> some = read(source, contents.size());
            assertThat(some).isNotEmpty();
            contents.addAll(some);
        }
        // Then all that is sealed comes, in order, and the rest is the owner's
        for (int i = 0; i < sealed; i++) {
            assertThat(contents.get(i)).startsWith(i + "=x").endsWith("x" + i);
        }
        assertThat(contents).hasSize((int) sealed);
        assertThat(third.find(cluster.id(topic), sealed)).isEmpty();
        assertThat(third.find(cluster.id(topic), 99)).isEmpty();
        assertThatThrownBy(() -> source.read(sealed, 1 << 20, true)).isInstanceOf(NotLeaderOrFollowerException.class);
        // And clients that know who owns what are not served by it
        assertThat(third.asMember(cluster.id(topic), 0)).isEmpty();
        // And not what was deleted
        partition.deleteRecordsBefore(sealed, 30_000);
        soon().until(() -> third.find(cluster.id(topic), 0).isEmpty());
        assertThatThrownBy(() -> source.read(0, 1 << 20, true)).isInstanceOf(OffsetOutOfRangeException.class);
    }
}
