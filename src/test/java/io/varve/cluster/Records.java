package io.varve.cluster;

import io.varve.cluster.PartitionRecord.EpochStart;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import java.util.List;

/** Partition records for tests. */
final class Records {
    private Records() {}

    static PartitionRecord empty() {
        return withEpoch(0);
    }

    static PartitionRecord withEpoch(int epoch) {
        return new PartitionRecord(
                PartitionRecord.VERSION, epoch, 1, 0, null, List.of(), List.of(), List.of(), List.of(), 0);
    }

    /** One with something in every field. */
    static PartitionRecord full() {
        Member member = new Member(1, "disk-1");
        return new PartitionRecord(
                PartitionRecord.VERSION,
                7,
                1,
                5,
                new OpenSegment(40, 7, List.of(member, new Member(2, "disk-2"))),
                List.of(new SealedSegment(30, 40, 6, 1_000, 1_700_000_000_000L, List.of(member))),
                List.of(new OffloadedSegment(20, 30, 5, -1, "data/a", 10, 900, 910, 50, 0xFFFF_FFFFL)),
                List.of(new ManifestPage("pages/b", 5, 20, 3, 12_345, 1_600_000_000_000L)),
                List.of(new EpochStart(5, 0), new EpochStart(7, 40)),
                40);
    }
}
