package io.varve.log;

import io.varve.cluster.Owners;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecords;
import io.varve.replica.Replicator;
import io.varve.tier.Offloadable;
import io.varve.tier.RemoteSegments;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * What all partitions of a broker share.
 *
 * @param self this broker and its disk, as ensembles name them
 * @param boot of this machine, see {@link Boot}
 * @param leaseHeld whether this broker's lease certainly holds
 * @param blocking runs each task on a virtual thread of its own
 * @param offload takes segments that want to go to the object store
 * @param withdraw forgets what was to be uploaded of a partition, but for what is just on its way
 * @param random for the spread of retries
 */
record LogContext(
        Member self,
        Uuid boot,
        Time time,
        BooleanSupplier leaseHeld,
        Executor blocking,
        PartitionRecords records,
        Owners owners,
        Replicator replicator,
        Journal journal,
        OpenFiles openFiles,
        SegmentFiles files,
        RemoteSegments remote,
        Consumer<Offloadable> offload,
        Consumer<PartitionId> withdraw,
        DiskSpace disk,
        Random random,
        BatchValidator validator,
        LogMetrics metrics) {}
