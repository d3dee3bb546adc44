package io.varve.broker.records;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.ClusterView;
import io.varve.cluster.InternalAddress;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which broker a consumer is sent to (KIP-392). */
class ReadReplicasTest {
    private static final Member TWO = new Member(2, "disk-2");
    private static final Member THREE = new Member(3, "disk-3");
    private static final Member FOUR = new Member(4, "disk-4");

    private final List<Announcement> live = List.of(
            broker(1, "a"),
            broker(2, "b"),
            broker(3, "c"),
            broker(4, "c"),
            broker(5, null),
            broker(6, "d").in(Phase.STARTING),
            broker(7, "d").in(Phase.STOPPING),
            broker(8, "d").in(Phase.SERVING));

    private static Announcement broker(int id, @Nullable String rack) {
        return new Announcement(
                id, "i", "host", 9092, rack, null, null, "disk-" + id, new InternalAddress("host", 9093));
    }

    /** What broker 1 sees. */
    private final class View implements ClusterView {
        @Override
        public String clusterId() {
            return "cluster";
        }

        @Override
        public int self() {
            return 1;
        }

        @Override
        public int controller() {
            return 1;
        }

        @Override
        public List<Node> brokers() {
            return List.of();
        }

        @Override
        public List<Announcement> announcements() {
            return live;
        }

        @Override
        public void addListener(Runnable listener) {}
    }

    private final ReadReplicas replicas = new ReadReplicas(new View());

    @Test
    void onlyConsumersOfAnotherRackAreSentAnywhere() {
        assertThat(replicas.in("c")).containsExactlyInAnyOrder(THREE, FOUR);
        assertThat(replicas.in("b")).containsExactly(TWO);
        assertThat(replicas.in("a")).isEmpty();
        assertThat(replicas.in("nowhere")).isEmpty();
        assertThat(replicas.in("")).isEmpty();
        assertThat(ReadReplicas.NONE.in("c")).isEmpty();
    }

    @Test
    void nobodyIsSentToABrokerThatStartsOrStops() {
        assertThat(replicas.in("d")).containsExactly(new Member(8, "disk-8"));
    }

    @Test
    void theyGoToAMemberWithTheDiskThatItHadThen() {
        PartitionId id = new PartitionId(Uuid.randomUuid(), 0);
        Set<Member> near = replicas.in("c");
        assertThat(ReadReplicas.choose(id, List.of(TWO, THREE), near)).isEqualTo(OptionalInt.of(3));
        assertThat(ReadReplicas.choose(id, List.of(TWO), near)).isEmpty();
        assertThat(ReadReplicas.choose(id, List.of(TWO, new Member(3, "another disk")), near))
                .isEmpty();
        assertThat(ReadReplicas.choose(id, List.of(), near)).isEmpty();
    }

    @Test
    void partitionsAreSpreadOverTheMembersOfARackAndEachStaysWithItsOwn() {
        Uuid topic = new Uuid(7, 9);
        Set<Integer> chosen = new HashSet<>();
        for (int partition = 0; partition < 20; partition++) {
            PartitionId id = new PartitionId(topic, partition);
            int first = ReadReplicas.choose(id, List.of(THREE, FOUR), replicas.in("c"))
                    .orElseThrow();
            int again = ReadReplicas.choose(id, List.of(FOUR, TWO, THREE), replicas.in("c"))
                    .orElseThrow();
            assertThat(again).isEqualTo(first);
            chosen.add(first);
        }
        assertThat(chosen).containsExactlyInAnyOrder(3, 4);
    }
}
