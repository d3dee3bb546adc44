package io.varve.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.cluster.InternalAddress;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Copies over real connections: what is reported, what is lost, who is let in. */
class ReplicaWireTest {
    private static final byte[] SECRET = "a secret of the cluster".getBytes(StandardCharsets.UTF_8);
    private static final Member MEMBER = new Member(2, "disk-2");
    private static final int MAX_FRAME = 1 << 20;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final ThreadFactory threads = Thread.ofVirtual().factory();
    private final SlowNetwork network = new SlowNetwork();
    private final MemoryHost host = new MemoryHost();
    private final Set<Integer> gone = ConcurrentHashMap.newKeySet();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Uuid topic = Uuid.randomUuid();

    /** Long, so that no busy machine decides a test; short in the tests of those who do not answer. */
    private int timeoutMillis = 30_000;

    private volatile InternalAddress address = new InternalAddress("127.0.0.1", 1);

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        timer.shutdownNow();
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(2));
    }

    private static Identity member() {
        return new Identity("cluster", 2, "disk-2", "b", SECRET);
    }

    private static Identity owner() {
        return new Identity("cluster", 1, "disk-1", "a", SECRET);
    }

    private ReplicaSettings settings(Identity self, Versions versions) {
        return new ReplicaSettings(self, versions, new SecureRandom(), Time.SYSTEM, threads, timeoutMillis, MAX_FRAME);
    }

    private ReplicaServer serve(Identity self, Versions versions) throws IOException {
        Network.Port port = network.listen(new InternalAddress("127.0.0.1", 0));
        address = new InternalAddress("127.0.0.1", port.number());
        ReplicaServer server =
                ReplicaServer.start(settings(self, versions), port, host, (broker, _) -> gone.add(broker), timer);
        open.add(server);
        return server;
    }

    private ReplicaServer serve() throws IOException {
        return serve(member(), Versions.CURRENT);
    }

    private Peers peers(Identity self, Versions versions) {
        Peers peers = new Peers(settings(self, versions), network, _ -> Optional.of(address));
        var _ = timer.scheduleAtFixedRate(
                peers::check, peers.checkMillis(), peers.checkMillis(), TimeUnit.MILLISECONDS);
        open.add(peers);
        return peers;
    }

    private Peers peers() {
        return peers(owner(), Versions.CURRENT);
    }

    private SegmentId segment(int partition) {
        return new SegmentId(new PartitionId(topic, partition), 100, 3);
    }

    private void assertLost(Follower follower, String words) {
        soon().until(follower::isLost);
        assertThat(follower.heard).filteredOn(word -> word.startsWith("lost")).hasSize(1);
        assertThat(follower.heard.getLast()).startsWith("lost").contains(words);
        soon().until(follower::isReleased);
    }

    @Test
    void manyCopiesShareOneConnection_eachInItsOrder() throws Exception {
        serve();
        Peers peers = peers();
        List<Follower> followers = new ArrayList<>();
        for (int partition = 0; partition < 50; partition++) {
            followers.add(new Follower(peers, MEMBER, segment(partition)));
        }
        for (int round = 0; round < 40; round++) {
            for (Follower follower : followers) {
                follower.append("batch " + round + ";");
            }
        }
        for (int partition = 0; partition < 50; partition++) {
            Follower follower = followers.get(partition);
            soon().until(follower::hasAll);
            assertThat(follower.copiedTo).isEqualTo(140);
            assertThat(follower.heard).containsExactly("open");
            MemoryHost.Copy copy = host.copies.get(segment(partition));
            assertThat(copy.text()).isEqualTo(follower.sent());
            assertThat(copy.producers).containsExactly(1, 2);
            assertThat(copy.highWatermark).isEqualTo(42);
            soon().until(follower::isReleased);
        }
        followers.getFirst().copy().seal();
        soon().until(() -> host.copies.get(segment(0)).sealed);
        followers.get(1).copy().close();
        soon().until(() -> host.copies.get(segment(1)).closed.get() == 1);
        assertThat(host.copies.get(segment(2)).closed).hasValue(0);
    }

    @Test
    void rule3WhatACopyHasIsSaidAsOfNow_neverLessThanBefore() throws Exception {
        serve();
        Peers peers = peers();
        Follower before = new Follower(peers, MEMBER, segment(0));
        soon().until(() -> before.open);
        // The member's answers are held up: first that another copy has begun, behind it that the second has.
        network.hold();
        Follower another = new Follower(peers, MEMBER, segment(1));
        soon().until(network::isHeld);
        Follower second = new Follower(peers, MEMBER, segment(2));
        soon().until(() -> host.copies.containsKey(segment(2)));
        second.append("b");
        soon().until(() -> host.copies.get(segment(2)).text().equals("b"));
        assertThat(another.open || second.open).isFalse();
        network.letGo();
        soon().until(second::hasAll);
        assertThat(second.heard).containsExactly("open");
        assertThat(second.positions).containsOnly(1);
    }

    @Test
    void batchesThatComeBeforeACopyHasBegunWaitForIt() throws Exception {
        serve();
        Peers peers = peers();
        host.gate = new CountDownLatch(1);
        Follower follower = new Follower(peers, MEMBER, segment(0));
        follower.append("a");
        follower.append("b");
        soon().until(follower::isReleased);
        assertThat(follower.open).isFalse();
        host.gate.countDown();
        soon().until(follower::hasAll);
        assertThat(host.copies.get(segment(0)).text()).isEqualTo("ab");
    }

    @Test
    void aBatchLargerThanTheBufferArrivesWhole() throws Exception {
        serve();
        Follower follower = new Follower(peers(), MEMBER, segment(0));
        follower.append("x".repeat(900_000));
        follower.append("y".repeat(10));
        soon().until(follower::hasAll);
        assertThat(host.copies.get(segment(0)).text()).isEqualTo(follower.sent());
    }

    @Test
    void aRefusalIsToldInWords() throws Exception {
        serve();
        Peers peers = peers();
        Follower fed = new Follower(peers, MEMBER, segment(0));
        fed.append("a");
        soon().until(fed::hasAll);
        host.refusal = "the disk is full";
        fed.append("b");
        assertLost(fed, "the disk is full");
        assertThat(host.copies.get(segment(0)).closed).hasValue(1);
        assertLost(new Follower(peers, MEMBER, segment(1)), "the disk is full");
        // And others go on over the same connection
        host.refusal = null;
        Follower other = new Follower(peers, MEMBER, segment(2));
        other.append("c");
        soon().until(other::hasAll);
    }

    @Test
    void rule5ACopyIsNeverResumed() throws Exception {
        serve();
        Peers peers = peers();
        new Follower(peers, MEMBER, segment(0)).append("a");
        soon().until(() -> host.copies.containsKey(segment(0)));
        assertLost(new Follower(peers, MEMBER, segment(0)), "none is resumed");
    }

    @Test
    void aMemberThatGoesAwayIsLostAtOnce() throws Exception {
        ReplicaServer server = serve();
        Peers peers = peers();
        Follower one = new Follower(peers, MEMBER, segment(0));
        Follower two = new Follower(peers, MEMBER, segment(1));
        one.append("a");
        two.append("b");
        soon().until(() -> one.hasAll() && two.hasAll());
        server.close();
        assertLost(one, "broker 2");
        assertLost(two, "broker 2");
        soon().until(() -> host.copies.get(segment(0)).closed.get() == 1);
        one.append("late");
        assertThat(one.isReleased()).isTrue();
        assertLost(new Follower(peers, MEMBER, segment(2)), "");
        // And when it is back, it is reached again
        serve();
        soon().until(() -> {
            Follower again =
                    new Follower(peers, MEMBER, new SegmentId(segment(3).partition(), System.nanoTime(), 1));
            again.append("c");
            await().until(() -> again.hasAll() || again.isLost());
            return again.hasAll();
        });
    }

    @Test
    void anOwnerThatGoesAwayEndsItsCopies() throws Exception {
        serve();
        Peers peers = peers();
        Follower follower = new Follower(peers, MEMBER, segment(0));
        follower.append("a");
        soon().until(follower::hasAll);
        peers.close();
        soon().until(() -> host.copies.get(segment(0)).closed.get() == 1);
        soon().until(() -> gone.contains(1));
    }

    @Test
    void whetherAProcessIsGoneIsSaidByItsHostOnly() throws Exception {
        ReplicaServer server = serve();
        assertThat(network.isDeserted(address, 500)).isFalse();
        server.close();
        // The port is gone when the thread that waits at it has let go.
        soon().until(() -> network.isDeserted(address, 500));
        assertThat(network.isDeserted(new InternalAddress("no.such.host.invalid", 1), 500))
                .isFalse();
    }

    @Test
    void aMemberThatDoesNotAnswerIsLostWithinTheBound() throws Exception {
        timeoutMillis = 400;
        try (ServerSocket silent = new ServerSocket(0)) {
            address = new InternalAddress("127.0.0.1", silent.getLocalPort());
            Follower follower = new Follower(peers(), MEMBER, segment(0));
            follower.append("a");
            assertLost(follower, "no acknowledgement for 400 ms");
        }
    }

    @Test
    void aCopyThatDoesNotBeginIsLostAlone() throws Exception {
        timeoutMillis = 2_000;
        serve();
        Peers peers = peers();
        Follower fed = new Follower(peers, MEMBER, segment(0));
        fed.append("a");
        soon().until(fed::hasAll);
        host.gate = new CountDownLatch(1);
        Follower stuck = new Follower(peers, MEMBER, segment(1));
        soon().until(() -> {
            fed.append("b");
            return stuck.isLost();
        });
        assertLost(stuck, "no acknowledgement");
        soon().until(fed::hasAll);
        assertThat(fed.isLost()).isFalse();
        host.gate.countDown();
        soon().until(() -> host.copies.containsKey(segment(1))
                && host.copies.get(segment(1)).closed.get() == 1);
    }

    @Test
    void rule4AFenceSaysWhereTheCopyEnds() throws Exception {
        timeoutMillis = 400;
        serve();
        Peers peers = peers();
        Follower follower = new Follower(peers, MEMBER, segment(0));
        follower.append("abc");
        soon().until(follower::hasAll);
        assertThat(peers.fence(MEMBER, segment(0), 9)).contains(new CopyEnd(101, 3, 77, true));
        assertThat(host.fencedWith).hasValue(9);
        assertThat(peers.fence(MEMBER, segment(1), 9)).isEmpty();
        host.gate = new CountDownLatch(1);
        assertThatThrownBy(() -> peers.fence(MEMBER, segment(0), 10))
                .isInstanceOf(ReplicaException.class)
                .hasMessageContaining("no answer for 400 ms");
        host.gate.countDown();
    }

    @Test
    void aFenceOfABrokerThatIsNotThereFailsWithWords() {
        assertThatThrownBy(() -> peers().fence(MEMBER, segment(0), 1))
                .isInstanceOf(ReplicaException.class)
                .hasMessageContaining("broker 2 cannot be reached");
    }

    @Test
    void whoDoesNotKnowTheSecretIsNotLetIn() throws Exception {
        serve();
        Identity stranger = new Identity("cluster", 1, "disk-1", "a", new byte[] {1});
        assertLost(new Follower(peers(stranger, Versions.CURRENT), MEMBER, segment(0)), "secret");
        assertThat(host.copies).isEmpty();
    }

    @Test
    void aBrokerOfAnotherClusterIsNotLetIn() throws Exception {
        serve();
        Identity other = new Identity("elsewhere", 1, "disk-1", "a", SECRET);
        assertLost(new Follower(peers(other, Versions.CURRENT), MEMBER, segment(0)), "belongs to cluster");
        assertThat(host.copies).isEmpty();
    }

    @Test
    void aBrokerWithAnotherDiskIsNotTheMember() throws Exception {
        serve(new Identity("cluster", 2, "a new disk", "b", SECRET), Versions.CURRENT);
        assertLost(new Follower(peers(), MEMBER, segment(0)), "with disk a new disk, not broker 2 with disk disk-2");
    }

    @Test
    void rule6AMemberHearsHowFarThePartitionIsSafe_whenNothingIsAppendedThatSaysIt() throws Exception {
        serve();
        Follower follower = new Follower(peers(), MEMBER, segment(0));
        follower.append("a");
        soon().until(follower::hasAll);
        assertThat(host.copies.get(segment(0)).highWatermark).isEqualTo(42);
        follower.copy().advance(43);
        soon().until(() -> host.copies.get(segment(0)).highWatermark == 43);
        follower.copy().advance(44);
        soon().until(() -> host.copies.get(segment(0)).highWatermark == 44);
        assertThat(follower.isLost()).isFalse();
    }

    @Test
    void rule6AMemberOfTheVersionBeforeHearsOfItWithTheNextBatchOnly() throws Exception {
        serve(member(), new Versions(1, 1));
        Follower follower = new Follower(peers(), MEMBER, segment(0));
        follower.append("a");
        soon().until(follower::hasAll);
        // When it would have to be told what it has no word for
        follower.copy().advance(43);
        follower.append("b");
        soon().until(follower::hasAll);
        follower.copy().advance(44);
        follower.append("c");
        // Then it is not, and takes what follows
        soon().until(follower::hasAll);
        assertThat(host.copies.get(segment(0)).highWatermark).isEqualTo(42);
        assertThat(follower.isLost()).isFalse();
    }

    @Test
    void neighbouringVersionsWorkTogether_othersAreRefusedWithBothRanges() throws Exception {
        serve(member(), new Versions(1, 1));
        Follower newer = new Follower(peers(owner(), new Versions(1, 2)), MEMBER, segment(0));
        newer.append("a");
        soon().until(newer::hasAll);
        assertLost(
                new Follower(peers(owner(), new Versions(2, 3)), MEMBER, segment(1)),
                "broker 2 speaks 1 to 1, broker 1 speaks 2 to 3");
    }

    @Test
    void garbageHarmsNobodyElse() throws Exception {
        serve();
        Follower follower = new Follower(peers(), MEMBER, segment(0));
        for (long seed = 1; seed <= 30; seed++) {
            Random random = new Random(seed);
            byte[] garbage = new byte[random.nextInt(5_000)];
            random.nextBytes(garbage);
            if (seed % 3 == 0 && garbage.length > 8) {
                garbage[0] = 0;
                garbage[1] = 0;
                garbage[2] = 0;
            }
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.port());
                    OutputStream out = socket.getOutputStream()) {
                out.write(garbage);
            } catch (IOException hungUp) {
                // As it should.
            }
            follower.append("seed " + seed);
            soon().until(follower::hasAll);
        }
        assertThat(follower.isLost()).isFalse();
    }

    @Test
    void aFrameThatIsTooLongEndsItsConnection() throws Exception {
        serve();
        Follower follower = new Follower(peers(), MEMBER, segment(0));
        follower.append("x".repeat(MAX_FRAME + 1));
        assertLost(follower, "broker 2");
    }

    @Test
    void rule3WhatIsReportedIsInTheCopy_howeverConnectionsBreak() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        ReplicaServer server = serve();
        Peers peers = peers();
        for (int round = 0; round < 12; round++) {
            List<Follower> followers = new ArrayList<>();
            List<Thread> feeding = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                Follower follower =
                        new Follower(peers, MEMBER, new SegmentId(new PartitionId(topic, i), 1_000L * round, round));
                followers.add(follower);
                feeding.add(Thread.ofVirtual().start(() -> {
                    for (int batch = 0; batch < 200; batch++) {
                        follower.append("<" + batch + ">");
                    }
                }));
            }
            Thread.sleep(random.nextInt(4));
            server.close();
            for (Thread each : feeding) {
                each.join();
            }
            for (int i = 0; i < 20; i++) {
                Follower follower = followers.get(i);
                soon().until(() -> follower.isLost() && follower.isReleased());
                MemoryHost.Copy copy = host.copies.get(new SegmentId(new PartitionId(topic, i), 1_000L * round, round));
                String kept = copy == null ? "" : copy.text();
                assertThat(follower.sent()).as("seed %d", seed).startsWith(kept);
                assertThat(follower.copiedBytes).as("seed %d", seed).isLessThanOrEqualTo(kept.length());
                assertThat(follower.heard).as("seed %d", seed).noneMatch(word -> word.contains("after it was lost"));
            }
            server = serve();
            soon().until(() -> {
                peers.check();
                Follower probe =
                        new Follower(peers, MEMBER, new SegmentId(new PartitionId(topic, 99), System.nanoTime(), 1));
                await().until(() -> probe.open || probe.isLost());
                return probe.open;
            });
        }
    }
}
