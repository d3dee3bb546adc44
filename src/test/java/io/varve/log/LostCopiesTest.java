package io.varve.log;

import static io.varve.log.LogCluster.member;
import static io.varve.log.LogWorld.append;
import static io.varve.log.LogWorld.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Copies on a disk that has lost something: a machine that was restarted has what was synced, and of several copies none is. What is left of them
 * counts for nothing until it is looked at, and others are not kept waiting for it (rules 3 and 4).
 */
class LostCopiesTest {
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

    private Topic topic(Map<String, String> configs) {
        return cluster.create("t", 2, configs, List.of(1, 2));
    }

    private static List<String> contents(Partition partition) throws Exception {
        return Batches.contents(LogWorld.read(partition, 0));
    }

    @Test
    void rule4ACopyOfAMachineThatWasRestartedIsNotReliedOn() throws Exception {
        uploading();
        // Given an owner that dies and a member whose machine is restarted before anybody knows it
        Topic topic = topic(Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        append(partition, Batches.at(5, "b"));
        cluster.crash(1);
        cluster.kill(2);
        cluster.expire(1);
        LogWorld restarted = cluster.start(2, Uuid.randomUuid());
        // Then nobody goes on from that copy, and it is said
        soon().until(() -> restarted.partitions.problem().isPresent());
        assertThat(restarted.partitions.problem().orElseThrow())
                .contains("machine was restarted")
                .contains("broker 1 cannot be reached");
        assertThat(cluster.record(topic).open()).isNotNull();
        // When its owner is back, with all that it had
        cluster.start(1);
        // Then that copy decides
        soon().ignoreExceptions().until(() -> contents(served(topic)).equals(List.of("0=a", "1=b")));
    }

    @Test
    void aCopyOfAnEarlierLifeThatIsSealedInThisOneIsUploaded() throws Exception {
        uploading();
        // Given an owner whose machine is restarted, so that only the other member's copy counts, and a member that was
        // started again
        Topic topic = topic(Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        append(partition, Batches.at(5, "b"));
        cluster.crash(1);
        cluster.crash(2);
        LogWorld restarted = cluster.start(1, Uuid.randomUuid());
        soon().until(() -> restarted.partitions.problem().isPresent());
        // When that member is back and the segment is sealed on its disk alone
        cluster.start(2);
        // Then it uploads it, and the owner goes on
        Partition again = cluster.served(1, topic);
        append(again, Batches.at(5, "c"));
        assertThat(contents(again)).containsExactly("0=a", "1=b", "2=c");
    }

    @Test
    void rule3ASealedCopyThatARestartOfItsMachineDamagedIsLeftToOthers() throws Exception {
        // Given a sealed segment on two disks, synced on none of them
        Topic topic = topic(Map.of("segment.bytes", "1048576"));
        Partition partition = cluster.served(1, topic);
        for (int i = 0; i < 5; i++) {
            append(partition, Batches.at(5, "x".repeat(300_000) + i));
        }
        soon().until(() -> !cluster.record(topic).sealed().isEmpty());
        SealedSegment sealed = cluster.record(topic).sealed().getFirst();
        assertThat(sealed.ensemble()).containsExactly(member(1), member(2));
        // When a machine loses its power, and of the segment's bytes nothing but their number has got to the disk
        cluster.kill(2);
        Path log = new SegmentFiles(temp.resolve("broker-2/data")).log(cluster.id(topic), sealed.baseOffset());
        Files.write(log, new byte[(int) sealed.sizeBytes()]);
        cluster.start(2, Uuid.randomUuid());
        // Then that copy is none any more, and the whole one will be uploaded
        soon().until(() -> cluster.record(topic).sealed().getFirst().ensemble().equals(List.of(member(1))));
    }

    @Test
    void aDiskThatHasLostASegmentLeavesItToOthers_alsoWhenALaterOneWaitsForIt() throws Exception {
        // Given two sealed segments on two disks, of which one has lost the first and the state of the second
        Topic topic = topic(Map.of("segment.bytes", "1048576"));
        Partition partition = cluster.served(1, topic);
        for (int i = 0; i < 10; i++) {
            append(partition, Batches.at(5, "x".repeat(300_000) + i));
        }
        soon().until(() -> cluster.record(topic).sealed().size() >= 2);
        SealedSegment first = cluster.record(topic).sealed().get(0);
        SealedSegment second = cluster.record(topic).sealed().get(1);
        assertThat(first.ensemble()).containsExactly(member(1), member(2));
        cluster.kill(2);
        SegmentFiles files = new SegmentFiles(temp.resolve("broker-2/data"));
        SegmentFiles.delete(files.log(cluster.id(topic), first.baseOffset()));
        Path log = files.log(cluster.id(topic), second.baseOffset());
        Files.delete(SegmentFiles.stateOf(log));
        Files.delete(SegmentFiles.indexOf(log));
        cluster.start(2);
        // Then the others are told to upload the first, though the second cannot be brought back before that
        soon().until(() -> cluster.record(topic).sealed().getFirst().ensemble().equals(List.of(member(1))));
    }

    @Test
    void aDiskThatHasLostEverythingOfAPartitionLeavesItToOthers() throws Exception {
        // Given two that have a sealed segment, of which the first to upload it comes back without even a folder for
        // it: of several copies none is
        // synced, and its power was cut
        Topic topic = topic(Map.of("segment.bytes", "1048576"));
        Partition partition = cluster.served(1, topic);
        for (int i = 0; i < 5; i++) {
            append(partition, Batches.at(5, "x".repeat(300_000) + i));
        }
        soon().until(() -> !cluster.record(topic).sealed().isEmpty());
        cluster.kill(2);
        new SegmentFiles(temp.resolve("broker-2/data")).delete(cluster.id(topic));
        cluster.start(2, Uuid.randomUuid());
        // Then nobody waits for it
        soon().until(() -> cluster.record(topic).sealed().stream()
                .allMatch(segment -> segment.ensemble().equals(List.of(member(1)))));
    }

    @Test
    void rule3ASegmentIsNotBroughtBackWithoutTheProducersOfWhatIsBeforeIt() throws Exception {
        // Given sealed segments of which two brokers have the first and one the others, with the batches of two
        // producers
        cluster.kill(3);
        Topic topic = topic(Map.of("segment.bytes", "1048576"));
        Partition partition = cluster.served(1, topic);
        String large = "x".repeat(600_000);
        append(partition, Batches.idempotent(1, 0, 0, large));
        append(partition, Batches.idempotent(2, 0, 0, large));
        soon().until(() -> !cluster.record(topic).sealed().isEmpty());
        cluster.kill(2);
        append(partition, Batches.idempotent(1, 0, 1, large));
        append(partition, Batches.idempotent(1, 0, 2, large));
        soon().until(() -> cluster.record(topic).sealed().size() == 3);
        // When that one loses the first, and the states of the others
        cluster.crash(1);
        SegmentFiles files = new SegmentFiles(temp.resolve("broker-1/data"));
        Path first = files.log(cluster.id(topic), 0);
        Path away = temp.resolve("away.log");
        move(first, away);
        for (long baseOffset : files.segments(cluster.id(topic))) {
            Path log = files.log(cluster.id(topic), baseOffset);
            Files.deleteIfExists(SegmentFiles.stateOf(log));
            Files.deleteIfExists(SegmentFiles.indexOf(log));
        }
        cluster.start(1);
        soon().until(() -> cluster.record(topic).sealed().getFirst().ensemble().equals(List.of(member(2))));
        // And has it again
        cluster.crash(1);
        move(away, first);
        cluster.start(1);
        // Then it knows what the second producer has sent
        assertThat(append(cluster.served(1, topic), Batches.idempotent(2, 0, 0, large)))
                .isEqualTo(1);
    }

    @Test
    void rule3AnOpenSegmentThatCannotBeSealedStaysUntilItIs() throws Exception {
        // Given the only copy of an open segment, and a disk that refuses the file that goes with a sealed one
        Topic topic = cluster.create("t", 1, Map.of(), List.of(1));
        LogWorld owner = cluster.broker(1);
        append(cluster.served(1, topic), Batches.at(5, "a"));
        Path log = new SegmentFiles(temp.resolve("broker-1/data")).log(cluster.id(topic), 0);
        Path inTheWay = Files.createDirectories(SegmentFiles.stateOf(log).resolve("x"));
        // When its owner wants to give the partition away, cannot, and looks after what it has
        assertThatThrownBy(() -> owner.partitions.handOver(cluster.served(1, topic), 2))
                .isInstanceOf(LogException.class);
        soon().until(() -> owner.partitions.problem().isPresent());
        Files.delete(inTheWay);
        Files.delete(inTheWay.getParent());
        owner.partitions.tidy();
        // Then nothing is gone, though the journal would have it for a while
        assertThat(log).exists();
        cluster.crash(1);
        cluster.start(1);
        assertThat(contents(cluster.served(1, topic))).containsExactly("0=a");
    }

    @Test
    void rule3ABrokerThatIsTooLateWithATakeOverKeepsTheCopyThatWasBegunThere() throws Exception {
        // Given an owner that has begun a copy and is about to name it
        Topic topic = topic(Map.of());
        append(cluster.served(1, topic), Batches.at(5, "a"));
        cluster.broker(1).partitions.handOver(cluster.served(1, topic), 2);
        cluster.broker(2).partitions.handOver(cluster.served(2, topic), 1);
        Partition partition = cluster.served(1, topic);
        assertThat(cluster.record(topic).open()).isNull();
        CountDownLatch mayBeNamed = new CountDownLatch(1);
        cluster.broker(1).records.beforeNextChange(() -> soon().until(() -> mayBeNamed.getCount() == 0));
        CompletableFuture<Void> acknowledged =
                partition.append(Batches.at(5, "b"), new Hold(), true).safe();
        Path copy = new SegmentFiles(temp.resolve("broker-2/data")).log(cluster.id(topic), 1);
        soon().until(() -> Files.exists(copy));
        // When the other broker takes it for dead, and is on the point of taking over when the copy is named and filled
        takesOverTooLate(mayBeNamed, acknowledged);
        // Then what was acknowledged is on its disk, and stays there
        assertThat(contents(cluster.served(2, topic))).containsExactly("0=a", "1=b");
        cluster.crash(2);
        cluster.start(2);
        assertThat(contents(cluster.served(2, topic))).containsExactly("0=a", "1=b");
    }

    @Test
    void rule3ABrokerThatIsTooLateWithATakeOverKeepsTheCopyThatTookTheEmptyOnesPlace() throws Exception {
        // Given an owner that has lost a member of an empty segment, has begun another in its place and is about to
        // name that
        Topic topic = cluster.create("t", 3, Map.of("segment.ms", "1000", "retention.ms", "-1"), List.of(1, 2, 3));
        LogWorld owner = cluster.broker(1);
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        owner.time.advance(2_000);
        owner.partitions.tidy();
        soon().until(() -> cluster.record(topic).open().baseOffset() == 1);
        CountDownLatch mayBeNamed = new CountDownLatch(1);
        owner.records.beforeNextChange(() -> soon().until(() -> mayBeNamed.getCount() == 0));
        cluster.kill(3);
        CompletableFuture<Void> acknowledged =
                partition.append(Batches.at(5, "b"), new Hold(), true).safe();
        Path copy = new SegmentFiles(temp.resolve("broker-2/data")).log(cluster.id(topic), 1);
        soon().until(() -> Files.size(copy) > 0 && SegmentRecovery.epochOf(copy) == 1);
        // When the other member takes it for dead, and looks at the empty segment when the new one is named
        takesOverTooLate(mayBeNamed, acknowledged);
        // Then what was acknowledged is on its disk, and stays there
        assertThat(contents(cluster.served(2, topic))).containsExactly("0=a", "1=b");
    }

    @Test
    void whenEveryMachineWasRestartedTheLongestCopyIsAllThereIs() throws Exception {
        uploading();
        Topic topic = topic(Map.of());
        Partition partition = cluster.served(1, topic);
        append(partition, Batches.at(5, "a"));
        cluster.crash(1);
        cluster.kill(2);
        cluster.expire(1);
        LogWorld first = cluster.start(2, Uuid.randomUuid());
        soon().until(() -> first.partitions.problem().isPresent());
        cluster.start(1, Uuid.randomUuid());
        // Whichever of the two goes on with it: it may change once while both come back
        soon().ignoreExceptions().until(() -> contents(served(topic)).equals(List.of("0=a")));
    }

    /** Broker 1 is taken for dead, and broker 2 is on the point of taking over when the copy there is named and filled. */
    private void takesOverTooLate(CountDownLatch mayBeNamed, CompletableFuture<Void> acknowledged) throws Exception {
        cluster.broker(2).records.beforeNextChange(() -> {
            mayBeNamed.countDown();
            soon().until(acknowledged::isDone);
        });
        cluster.expire(1);
        acknowledged.get(30, TimeUnit.SECONDS);
    }

    private static void move(Path log, Path to) throws IOException {
        Files.move(log, to);
        Files.move(SegmentFiles.stateOf(log), SegmentFiles.stateOf(to));
        Files.move(SegmentFiles.indexOf(log), SegmentFiles.indexOf(to));
    }

    private Partition served(Topic topic) {
        for (int id : List.of(1, 2)) {
            Partition found = cluster.broker(id).partitions.find(cluster.id(topic));
            if (found != null && found.isAvailable()) {
                return found;
            }
        }
        return null;
    }
}
