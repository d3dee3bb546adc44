package io.varve.log;

import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.SealedSegment;
import java.util.Optional;

/**
 * What this disk still has of a partition that another broker owns: sealed segments that are nowhere else yet. They are uploaded from
 * here; once the record does not need them any more, the files go. Thread-safe.
 */
final class Holding {
    private final PartitionMetadata metadata;
    private final LocalSegments locals;

    Holding(PartitionMetadata metadata, LocalSegments locals) {
        this.metadata = metadata;
        this.locals = locals;
    }

    /** Submits what has to be uploaded; what is submitted already is left alone. */
    void upload() {
        locals.submitSealed();
    }

    /**
     * Looks at the newest record and tries again what has not worked. Blocks on the metadata store.
     *
     * @return false when nothing is needed of this disk any more: its files are gone now
     */
    boolean tidy(Member self, long patienceMillis) {
        PartitionRecord record = metadata.change(current -> current, patienceMillis);
        if (record != null && isNeeded(record, self)) {
            upload();
            return true;
        }
        discard();
        return false;
    }

    /** Whether this disk has something, or may have, that the record knows nowhere else. */
    boolean isNeeded(Member self) {
        return Optional.ofNullable(metadata.record())
                .filter(record -> isNeeded(record, self))
                .isPresent();
    }

    private static boolean isNeeded(PartitionRecord record, Member self) {
        for (SealedSegment segment : record.sealed()) {
            if (segment.ensemble().contains(self)) {
                return true;
            }
        }
        return record.open() != null && record.open().ensemble().contains(self);
    }

    /** The topic is gone, or nothing of this is needed: removes the files. */
    void discard() {
        metadata.close();
        locals.deleteAll();
    }
}
