package io.varve.log;

import io.varve.cluster.Owners;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;

/**
 * Gives partitions that are served here to the brokers that they are assigned to: at once when this broker is not among those, when the assignment
 * has changed since it was seen here, or when somebody asked for it (ElectLeaders); now and then when this broker is not the first of them, as Kafka
 * does with preferred leaders. The preferred owner gets a copy first, and waits for what it has no copy of to be uploaded, so that clients see a short
 * pause only; with the object store away a partition may have to stay where it is. A few at a time. Safety does not depend on it.
 */
final class OwnerBalance {
    private static final Logger LOG = Logger.getLogger(OwnerBalance.class);

    /** In one call. */
    private static final int MOST = 10;

    /** How long the preferred owner is waited for when another of the assigned brokers could go on; then that one gets it. */
    private static final long PATIENCE_MILLIS = 30_000;

    private final Owners owners;
    private final Member self;
    private final Time time;
    private final long checkMillis;
    private final Map<PartitionId, Seen> seen = new ConcurrentHashMap<>();
    private long nextCheckMillis;

    /** Hands a partition over, see {@link Partition#handOver}. */
    interface HandOver {
        void apply(Partition partition, int successor) throws InterruptedException;
    }

    /** What was asked for when this broker last looked, and since when it is to be carried out; {@link #DONE} when it is not. */
    private record Seen(List<Integer> assigned, int elections, long sinceMillis) {
        static final long DONE = Long.MAX_VALUE;

        boolean isOf(List<Integer> brokers, int asked) {
            return assigned.equals(brokers) && elections == asked;
        }

        Seen done() {
            return new Seen(assigned, elections, DONE);
        }
    }

    /** @param checkMillis how often partitions go back to the first of their brokers; -1 for never */
    OwnerBalance(Owners owners, Member self, Time time, long checkMillis) {
        this.owners = owners;
        this.self = self;
        this.time = time;
        this.checkMillis = checkMillis;
        this.nextCheckMillis = time.milliseconds() + checkMillis;
    }

    /**
     * This broker is about to open the partition. When the preferred owner could have had it, the assignment has changed while the partition was on its
     * way here, or only this broker had its end: then it goes on at once. One that was away, and is why this broker goes on, is not given it for having
     * come back. Thread-safe.
     */
    void opens(PartitionId id) {
        List<Integer> assigned = owners.assigned(id);
        boolean isAsked = !assigned.isEmpty() && owners.isServing(assigned.getFirst());
        seen.put(id, seen(id, assigned, isAsked));
    }

    /** Hands over what is due. Blocks; one call at a time. */
    void run(Collection<Partition> partitions, HandOver handOver) throws InterruptedException {
        boolean isDue = checkMillis >= 0 && time.milliseconds() >= nextCheckMillis;
        int moved = 0;
        for (Partition partition : partitions) {
            int target = target(partition, isDue);
            if (target != PartitionRecord.NO_OWNER) {
                LOG.infof(
                        "giving a partition to a broker that it is assigned to. partition=%s to=%d", partition, target);
                handOver.apply(partition, target);
                moved++;
                if (moved == MOST) {
                    // The others the next time, and soon.
                    return;
                }
            }
        }
        seen.keySet().removeIf(id -> owners.assigned(id).isEmpty());
        if (isDue) {
            nextCheckMillis = time.milliseconds() + checkMillis;
        }
    }

    /** Who should have it instead of this broker and can go on with it now. */
    private int target(Partition partition, boolean isDue) {
        List<Integer> assigned = owners.assigned(partition.id());
        if (!partition.isAvailable() || assigned.isEmpty()) {
            return PartitionRecord.NO_OWNER;
        }
        Seen now = look(partition.id(), assigned);
        int preferred = assigned.getFirst();
        if (preferred == self.broker()) {
            seen.put(partition.id(), now.done());
            return PartitionRecord.NO_OWNER;
        }
        boolean isAsked = now.sinceMillis() != Seen.DONE;
        if (!isAsked && !isDue) {
            return PartitionRecord.NO_OWNER;
        }
        if (isAsked && time.milliseconds() - now.sinceMillis() < PATIENCE_MILLIS && owners.isServing(preferred)) {
            if (canGoOn(partition, preferred)) {
                return preferred;
            }
            // It gets its copy with the next segment.
            partition.rollIfDue();
            return PartitionRecord.NO_OWNER;
        }
        if (isAsked && assigned.contains(self.broker())) {
            seen.put(partition.id(), now.done());
        }
        return firstOf(partition, assigned);
    }

    /** What has changed since it was seen here is carried out at once. */
    private Seen look(PartitionId id, List<Integer> assigned) {
        Seen before = seen.get(id);
        if (before != null && before.isOf(assigned, owners.placed(id).elections())) {
            return before;
        }
        Seen now = seen(id, assigned, true);
        seen.put(id, now);
        return now;
    }

    private Seen seen(PartitionId id, List<Integer> assigned, boolean isAsked) {
        return new Seen(assigned, owners.placed(id).elections(), isAsked ? time.milliseconds() : Seen.DONE);
    }

    private int firstOf(Partition partition, List<Integer> assigned) {
        for (int broker : assigned) {
            if (broker == self.broker()) {
                return PartitionRecord.NO_OWNER;
            }
            if (canGoOn(partition, broker)) {
                return broker;
            }
        }
        return PartitionRecord.NO_OWNER;
    }

    /** Whether it serves, and has a copy of everything that is not in the object store: then it need not wait for anything, nor do its readers. */
    private boolean canGoOn(Partition partition, int broker) {
        PartitionRecord record = partition.metadata().record();
        if (!owners.isServing(broker)) {
            return false;
        }
        return record == null
                || Stream.concat(
                                record.sealed().stream().map(SealedSegment::ensemble),
                                Stream.ofNullable(record.open()).map(OpenSegment::ensemble))
                        .allMatch(ensemble -> ensemble.stream()
                                .anyMatch(member -> member.broker() == broker && owners.isLive(member)));
    }
}
