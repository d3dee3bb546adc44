package io.varve.log;

import static io.varve.log.LogCluster.member;
import static io.varve.log.LogWorld.append;
import static io.varve.log.LogWorld.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.Topic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles of several brokers: what an ack means, who is left out, what is kept when an owner is gone (rules 3 to 6). */
class ReplicationTest {
    @TempDir
    private Path temp;

    private LogCluster cluster;

    @BeforeEach
    void open() {
        cluster = new LogCluster(temp, 3, false);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    /** From here on sealed segments are uploaded. */
    private void uploading() {
        cluster.close();
        cluster = new LogCluster(temp.resolve("uploading"), 3, true);
    }

    private Topic topic(int replicas, Map<String, String> configs) {
        return cluster.create("t", replicas, configs, List.of(1, 2, 3).subList(0, replicas));
    }

    private static Partition.Appended begin(Partition partition, String value) {
        return partition.append(Batches.at(5, value), new Hold(), true);
    }

    private static List<String> contents(Partition partition) throws Exception {
        return Batches.contents(LogWorld.read(partition, 0));
    }

    @Test
    void rule3AnAckMeansThatEveryMemberHasTheBatch() throws Exception {
        Topic topic = topic(3, Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        assertThat(cluster.record(topic).open().ensemble()).containsExactly(member(1), member(2), member(3));
        // When one of them is slow
        cluster.network.holdUp(3);
        Partition.Appended slow = begin(partition, "b");
        soon().until(() -> copyOn(2, topic).endOffset() == 2);
        // Then nothing is acknowledged or read yet
        assertThat(slow.safe()).isNotDone();
        assertThat(partition.highWatermark()).isEqualTo(1);
        cluster.network.release(3);
        slow.safe().get(10, TimeUnit.SECONDS);
        assertThat(contents(partition)).containsExactly("0=a", "1=b");
        assertThat(cluster.record(topic).sealed()).isEmpty();
    }

    private OpenCopy copyOn(int broker, Topic topic) {
        return cluster.broker(broker).partitions.copy(cluster.id(topic), 0).orElseThrow();
    }

    @Test
    void rule4AMemberGoesOnWithEverythingThatWasAcknowledged() throws Exception {
        // Given an owner that dies
        Topic topic = topic(3, Map.of("min.insync.replicas", "2"));
        Partition partition = cluster.served(1, topic);
        for (int i = 0; i < 20; i++) {
            append(partition, Batches.idempotent(7, 0, i, "v" + i));
        }
        cluster.kill(1);
        // When another member takes over
        Partition taken = cluster.served(2, topic);
        // Then everything is there, the producer may go on, and its retries are known
        assertThat(contents(taken)).hasSize(20).endsWith("19=v19");
        assertThat(append(taken, Batches.idempotent(7, 0, 19, "v19"))).isEqualTo(19);
        assertThat(append(taken, Batches.idempotent(7, 0, 20, "v20"))).isEqualTo(20);
        PartitionRecord record = cluster.record(topic);
        assertThat(record.owner()).isEqualTo(2);
        assertThat(record.open().ensemble()).containsExactly(member(2), member(3));
        assertThat(record.sealed()).extracting(SealedSegment::ensemble).containsExactly(List.of(member(2), member(3)));
    }

    @Test
    void rule4AnOwnerThatWasCutOffCanAcknowledgeNothingMore() throws Exception {
        Topic topic = topic(3, Map.of());
        Partition old = cluster.served(1, topic);
        append(old, Batches.at(5, "a"));
        cluster.cutOff(1);
        Partition.Appended late = begin(old, "late");
        cluster.expire(1);
        Partition taken = cluster.served(2, topic);
        append(taken, Batches.at(5, "b"));
        assertThat(old.isCurrent()).isFalse();
        // When the old owner is back it learns of it; what it had taken is refused
        cluster.heal(1);
        assertThatThrownBy(() -> late.safe().get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(NotLeaderOrFollowerException.class);
        assertThat(old.highWatermark()).isEqualTo(1);
        assertThat(contents(taken)).containsExactly("0=a", "1=b");
    }

    @Test
    void rule2OfTwoThatTakeThemselvesForTheFirstOwnerOneFindsItsEpochOver() throws Exception {
        // Given a first segment that its owner has begun, here and on another broker, and not written to the record yet
        Topic topic = topic(2, Map.of());
        Partition first = cluster.served(1, topic);
        cluster.broker(1).records.away(true);
        Partition.Appended pending = begin(first, "of the first");
        soon().until(() ->
                cluster.broker(2).partitions.copy(cluster.id(topic), 0).isPresent());
        // When that other one comes to own the partition
        cluster.expire(1);
        Partition second = cluster.served(2, topic);
        // And begins the same segment there, before its record says so
        cluster.broker(2).records.away(true);
        Partition.Appended other = begin(second, "of the second");
        cluster.broker(1).records.away(false);
        // Then the first one acknowledges nothing, and nothing of it is there
        assertThatThrownBy(() -> pending.safe().get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(NotLeaderOrFollowerException.class);
        cluster.broker(2).records.away(false);
        other.safe().get(30, TimeUnit.SECONDS);
        assertThat(contents(second)).containsExactly("0=of the second");
        assertThat(cluster.record(topic).owner()).isEqualTo(2);
    }

    @Test
    void aPartitionWhoseMembersAreAllGoneIsSaidByTheOthersUntilOneIsBack() throws Exception {
        // Given a partition on the brokers 1 and 2, and a broker that has nothing of it
        Topic topic = topic(2, Map.of());
        append(cluster.served(1, topic), Batches.at(5, "a"));
        assertThat(cluster.broker(3).partitions.warning()).isEmpty();
        // When both are gone
        cluster.crash(1);
        cluster.crash(2);
        cluster.expire(2);
        cluster.expire(1);
        // Then it says so
        soon().until(() -> cluster.broker(3).partitions.warning().isPresent());
        assertThat(cluster.broker(3).partitions.warning().orElseThrow())
                .contains("1 partitions have no broker")
                .contains(topic.name() + "-0 waits for broker 1")
                .contains("unclean.leader.election.enable=true");
        // And when one is back, all is well
        cluster.start(1);
        soon().until(() -> cluster.broker(3).partitions.warning().isEmpty());
    }

    @Test
    void rule5AMemberThatIsLostIsLeftOut() throws Exception {
        Topic topic = topic(3, Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        // Given a batch that one member does not get
        cluster.network.holdUp(3);
        Partition.Appended pending = begin(partition, "b");
        // When that member is given up
        cluster.network.timeOut(3);
        // Then the batch is acknowledged by a seal that names the others, and it goes on with them
        pending.safe().get(10, TimeUnit.SECONDS);
        append(partition, Batches.at(5, "c"));
        PartitionRecord record = cluster.record(topic);
        assertThat(record.sealed()).hasSize(1);
        assertThat(record.sealed().getFirst().endOffset()).isEqualTo(2);
        assertThat(record.sealed().getFirst().ensemble()).containsExactly(member(1), member(2));
        assertThat(record.open().ensemble()).containsExactly(member(1), member(2));
        assertThat(contents(partition)).containsExactly("0=a", "1=b", "2=c");
    }

    @Test
    void rule5AMemberThatIsBackIsInTheNextEnsemble() throws Exception {
        Topic topic = topic(3, Map.of("retention.ms", "-1"));
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        cluster.kill(3);
        soon().until(() -> cluster.record(topic).open().ensemble().equals(List.of(member(1), member(2))));
        cluster.start(3);
        soon().until(() -> cluster.broker(1).owners.isLive(member(3)));
        cluster.broker(1).time.advance(60_000);
        cluster.broker(1).partitions.tidy();
        append(partition, Batches.at(5, "b"));
        soon().until(() -> cluster.record(topic).open().ensemble().size() == 3);
        assertThat(contents(partition)).containsExactly("0=a", "1=b");
    }

    @Test
    void rule4AnOwnerThatMayHaveNamedAnotherNeedsItsLeaseForReads() throws Exception {
        // Given an owner that has a partition alone: nobody can take that over
        Topic topic = topic(2, Map.of("retention.ms", "-1"));
        Partition partition = cluster.served(1, topic);
        comesBack(2, () -> {
            cluster.kill(3);
            append(partition, Batches.at(5, "a"));
            soon().until(() -> cluster.record(topic).open().ensemble().equals(List.of(member(1))));
            return cluster.start(3);
        });
        LogWorld owner = cluster.broker(1);
        owner.leaseHeld.set(false);
        assertThat(partition.isCurrent()).isTrue();
        // When it is about to name another, and has not heard of it
        CountDownLatch mayBeNamed = new CountDownLatch(1);
        owner.records.beforeNextChange(() -> soon().until(() -> mayBeNamed.getCount() == 0));
        owner.time.advance(60_000);
        owner.partitions.tidy();
        Partition.Appended pending = begin(partition, "b");
        // Then that one may have it by now, as far as this one knows
        assertThat(partition.isCurrent()).isFalse();
        assertThat(cluster.record(topic).open().ensemble()).containsExactly(member(1));
        mayBeNamed.countDown();
        pending.safe().get(10, TimeUnit.SECONDS);
        assertThat(partition.isCurrent()).isFalse();
        owner.leaseHeld.set(true);
        assertThat(partition.isCurrent()).isTrue();
    }

    @Test
    void rule4AnOwnerThatIsRegisteredIsNotTakenOverFrom() throws Exception {
        // Given a member that takes the owner for gone and is about to take over when that is registered again
        Topic topic = topic(2, Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        CountDownLatch tried = new CountDownLatch(1);
        cluster.broker(2).records.beforeNextChange(() -> {
            cluster.register(1);
            tried.countDown();
        });
        cluster.expire(1);
        assertThat(tried.await(30, TimeUnit.SECONDS)).isTrue();
        // Then it goes on, by itself or with others
        append(partition, Batches.at(5, "b"));
        assertThat(cluster.record(topic).owner()).isEqualTo(1);
        assertThat(contents(partition)).containsExactly("0=a", "1=b");
    }

    @Test
    void rule3TheLastOneLeftSyncsInsteadAndNothingIsLostWhenItDies() throws Exception {
        Topic topic = topic(2, Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        cluster.network.holdUp(2);
        Partition.Appended pending = begin(partition, "b");
        cluster.kill(2);
        cluster.kill(3);
        pending.safe().get(10, TimeUnit.SECONDS);
        append(partition, Batches.at(5, "c"));
        assertThat(cluster.record(topic).open().ensemble()).containsExactly(member(1));
        // When it dies with its machine
        cluster.kill(1);
        cluster.start(1, Uuid.randomUuid());
        assertThat(contents(cluster.served(1, topic))).containsExactly("0=a", "1=b", "2=c");
    }

    @Test
    void minInsyncReplicasHasKafkasMeaning() throws Exception {
        Topic topic = topic(2, Map.of("min.insync.replicas", "2"));
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        // Given a batch under way when the ensemble gets too small
        cluster.kill(3);
        cluster.network.holdUp(2);
        Partition.Appended pending = begin(partition, "b");
        cluster.kill(2);
        assertThatThrownBy(() -> pending.safe().get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(NotEnoughReplicasAfterAppendException.class);
        // Then acks=all is refused before anything is written, and acks=1 is not
        assertThatThrownBy(() -> begin(partition, "no")).isInstanceOf(NotEnoughReplicasException.class);
        partition.append(Batches.at(5, "c"), new Hold(), false);
        // And with another broker it goes on
        cluster.start(3);
        soon().until(() -> cluster.broker(1).owners.isLive(member(3)));
        soon().ignoreExceptions().until(() -> append(partition, Batches.at(5, "d")) == 3);
        assertThat(contents(partition)).containsExactly("0=a", "1=b", "2=c", "3=d");
    }

    @Test
    void anOwnerThatIsBackAtOnceGoesOn() throws Exception {
        Topic topic = topic(3, Map.of());
        append(cluster.served(1, topic), Batches.at(5, "a"));
        // Given an owner that is back before its lease is over
        cluster.crash(1);
        cluster.start(1);
        Partition again = cluster.served(1, topic);
        append(again, Batches.at(5, "b"));
        assertThat(contents(again)).containsExactly("0=a", "1=b");
        assertThat(cluster.record(topic).open().ensemble()).hasSize(3);
    }

    @Test
    void aHandOverNeedsNoUpload() throws Exception {
        // Given that nothing is uploaded in this test
        Topic topic = topic(3, Map.of());
        Partition partition = cluster.served(1, topic);
        List<CompletableFuture<Void>> acks = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            acks.add(begin(partition, "v" + i).safe());
        }
        cluster.broker(1).partitions.handOverAll(10_000);
        for (CompletableFuture<Void> ack : acks) {
            ack.get(10, TimeUnit.SECONDS);
        }
        Partition next = cluster.served(2, topic);
        append(next, Batches.at(5, "after"));
        assertThat(contents(next)).hasSize(51).endsWith("50=after");
    }

    @Test
    void anOwnerSeesWhatAnotherBrokerHasUploaded() throws Exception {
        uploading();
        // Given a partition that was handed to a broker without a copy, so that the former owner uploads
        Topic topic = topic(1, Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        cluster.broker(1).partitions.handOver(partition, 2);
        Partition taken = cluster.served(2, topic);
        assertThat(contents(taken)).containsExactly("0=a");
        // And one whose last segment another member uploads, since it is the first of its ensemble
        Topic copied = cluster.create("u", 2, Map.of(), List.of(1, 2));
        Partition first = cluster.served(1, copied);
        append(first, Batches.at(5, "b"));
        cluster.broker(1).partitions.handOver(first, 2);
        Partition second = cluster.served(2, copied);
        soon().until(() -> cluster.record(copied).sealed().isEmpty());
        // Then the owner knows of it without having changed anything itself
        soon().until(() -> second.metadata().record().sealed().isEmpty());
        assertThat(contents(second)).containsExactly("0=b");
    }

    @Test
    void aReassignedPartitionGoesToItsNewBrokersWithoutACopyOfItsData() throws Exception {
        uploading();
        Topic topic = cluster.create("t", 2, Map.of("retention.ms", "-1"), List.of(1, 2));
        append(cluster.served(1, topic), Batches.at(5, "a"));
        cluster.broker(1).topics.reassign(topic, now -> now.reassigned(Map.of(0, List.of(3, 2)), 1_000));
        // The preferred owner gets a copy with the next segment, and then the partition, at once
        soon().until(() -> {
            cluster.broker(1).partitions.balance();
            return cluster.record(topic).owner() == 3;
        });
        Partition preferred = cluster.served(3, topic);
        append(preferred, Batches.at(5, "b"));
        assertThat(cluster.record(topic).open().ensemble()).containsExactly(member(3), member(2));
        assertThat(preferred.logEndOffset()).isEqualTo(2);
    }

    @Test
    void aPartitionWithOneCopyGoesToItsNewOwnerWhenThatHasACopyOfItsEnd() throws Exception {
        uploading();
        Topic topic = cluster.create("t", 1, Map.of("retention.ms", "-1"), List.of(1));
        append(cluster.served(1, topic), Batches.at(5, "a"));
        cluster.broker(1).topics.reassign(topic, now -> now.reassigned(Map.of(0, List.of(2)), 1_000));
        soon().until(() -> {
            cluster.broker(1).partitions.balance();
            return cluster.record(topic).owner() == 2;
        });
        Partition moved = cluster.served(2, topic);
        append(moved, Batches.at(5, "b"));
        assertThat(cluster.record(topic).open().ensemble()).containsExactly(member(2));
        assertThat(moved.logEndOffset()).isEqualTo(2);
    }

    @Test
    void thePreferredOwnerGetsThePartitionWhenSomebodyAsksForIt_andWhenTheAssignmentChanges() throws Exception {
        uploading();
        Topic topic = topic(3, Map.of("retention.ms", "-1"));
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        LogWorld owner = cluster.broker(2);
        comesBack(1, () -> append(cluster.served(2, topic), Batches.at(5, "b")));
        owner.partitions.balance();
        assertThat(cluster.record(topic).owner()).isEqualTo(2);

        // When it is asked for
        cluster.broker(3).topics.reassign(topic, now -> now.elected(List.of(0), 1_000));
        soon().until(() -> {
            owner.partitions.balance();
            return cluster.record(topic).owner() == 1;
        });
        append(cluster.served(1, topic), Batches.at(5, "c"));
        cluster.broker(1).partitions.balance();

        // When another is the first of the same brokers
        cluster.broker(3).topics.reassign(topic, now -> now.reassigned(Map.of(0, List.of(3, 1, 2)), 1_000));
        soon().until(() -> {
            cluster.broker(1).partitions.balance();
            return cluster.record(topic).owner() == 3;
        });
        assertThat(contents(cluster.served(3, topic))).containsExactly("0=a", "1=b", "2=c");
    }

    @Test
    void aPartitionGoesBackToTheFirstOfItsBrokersNowAndThen() throws Exception {
        uploading();
        Topic topic = topic(3, Map.of("retention.ms", "-1"));
        append(cluster.served(1, topic), Batches.at(5, "a"));
        comesBack(1, () -> cluster.served(2, topic));
        append(cluster.served(2, topic), Batches.at(5, "b"));
        soon().until(() -> cluster.record(topic).sealed().isEmpty());
        cluster.broker(2).partitions.tidy();
        assertThat(cluster.record(topic).owner()).isEqualTo(2);
        cluster.broker(2).time.advance(301_000);
        cluster.broker(2).partitions.tidy();
        append(cluster.served(1, topic), Batches.at(5, "c"));
        assertThat(contents(cluster.served(1, topic))).containsExactly("0=a", "1=b", "2=c");
    }

    @Test
    void whatIsAskedForWhileAPartitionIsOnItsWayIsCarriedOutAtOnce() throws Exception {
        Topic topic = topic(3, Map.of("retention.ms", "-1"));
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        // Given a broker that gets a partition which is already to go back
        cluster.broker(1).partitions.handOver(partition, 2);
        append(cluster.served(2, topic), Batches.at(5, "b"));
        soon().until(() -> {
            cluster.broker(2).partitions.balance();
            return cluster.record(topic).owner() == 1;
        });
        assertThat(contents(cluster.served(1, topic))).containsExactly("0=a", "1=b");
    }

    /** A broker dies and comes back, and something happens in between. */
    private void comesBack(int id, Callable<?> meanwhile) throws Exception {
        cluster.kill(id);
        meanwhile.call();
        cluster.start(id);
        for (int other = 1; other <= 3; other++) {
            LogWorld broker = cluster.broker(other);
            soon().until(() -> broker.owners.isLive(member(id)));
        }
    }

    @Test
    void rule6TheHighWatermarkNeverMovesBackOverTakeOvers() throws Exception {
        uploading();
        Topic topic = topic(3, Map.of("segment.bytes", "4096"));
        long highest = 0;
        int next = 0;
        for (int round = 0; round < 6; round++) {
            int owner = cluster.find(topic).map(PartitionRecord::owner).orElse(1);
            Partition partition = cluster.served(owner, topic);
            assertThat(partition.highWatermark()).isGreaterThanOrEqualTo(highest);
            for (int i = 0; i < 30; i++) {
                append(partition, Batches.at(5, "x".repeat(300) + next++));
            }
            highest = partition.highWatermark();
            cluster.kill(owner);
            int gone = owner;
            soon().until(() -> cluster.record(topic).owner() != gone);
            cluster.start(gone);
            for (int id = 1; id <= 3; id++) {
                LogWorld broker = cluster.broker(id);
                soon().until(() -> broker.owners.isLive(member(gone)));
            }
        }
        int owner = cluster.record(topic).owner();
        soon().until(() -> cluster.record(topic).sealed().isEmpty());
        List<String> all = contents(cluster.served(owner, topic));
        assertThat(all).hasSize(180);
        for (int i = 0; i < 180; i++) {
            assertThat(all.get(i)).startsWith(i + "=").endsWith("x" + i);
        }
    }
}
