package io.varve.log;

import io.varve.cluster.Owners;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;

/**
 * Gives partitions that are served here to the brokers that they are assigned to: at once when this broker is not among those (a reassignment),
 * now and then when it is not the first of them, as Kafka does with preferred leaders. A few at a time, since each is a short pause for its
 * clients. Safety does not depend on it. One call at a time.
 */
final class OwnerBalance {
    private static final Logger LOG = Logger.getLogger(OwnerBalance.class);

    /** In one call. */
    private static final int MOST = 10;

    private final Owners owners;
    private final Member self;
    private final Time time;
    private final long checkMillis;
    private long nextCheckMillis;

    /** Hands a partition over, see {@link Partition#handOver}. */
    interface HandOver {
        void apply(Partition partition, int successor) throws InterruptedException;
    }

    /** @param checkMillis how often partitions go back to the first of their brokers; -1 for never */
    OwnerBalance(Owners owners, Member self, Time time, long checkMillis) {
        this.owners = owners;
        this.self = self;
        this.time = time;
        this.checkMillis = checkMillis;
        this.nextCheckMillis = time.milliseconds() + checkMillis;
    }

    /** Hands over what is due. Blocks. */
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
        boolean isAssigned = assigned.contains(self.broker());
        for (int broker : assigned) {
            if (broker == self.broker()) {
                return PartitionRecord.NO_OWNER;
            }
            if ((isDue || !isAssigned) && canGoOn(partition, broker, assigned.size())) {
                return broker;
            }
        }
        return PartitionRecord.NO_OWNER;
    }

    /** Whether it is there and need not wait for anything, unless it could never have a copy. */
    private boolean canGoOn(Partition partition, int broker, int copies) {
        PartitionRecord record = partition.metadata().record();
        List<Member> holders = record == null ? List.of() : record.holdersOfTheEnd();
        boolean hasCopy = holders.stream().anyMatch(member -> member.broker() == broker && owners.isLive(member));
        return hasCopy || ((copies == 1 || holders.isEmpty()) && owners.isLive(broker));
    }
}
