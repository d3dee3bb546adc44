package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.replica.CopyEnd;
import io.varve.replica.ReplicaException;
import io.varve.replica.SegmentId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Finds where the open segment of an owner that is gone ends (rules 4 and 5): fences the members that can be reached and looks at what they
 * have. Each member has everything that was acknowledged, so any copy that is certainly whole gives an end that covers it; this broker's own
 * before all others, since its bytes are here. Blocks. Thread-safe.
 */
final class OpenSegmentEnd {
    private final LogContext context;

    OpenSegmentEnd(LogContext context) {
        this.context = context;
    }

    /**
     * What was found.
     *
     * @param sealed the segment with its end and all who have it to there; null when no end can be told
     * @param problem why not, or why the end is not certain, in words; empty when it is
     */
    record Found(@Nullable SealedSegment sealed, String problem) {}

    /**
     * @param epoch what members refuse all lower epochs of
     * @param own this disk's copy; empty when it has none
     * @param allowLoss whether an end may be taken that is only the best there is
     */
    Found find(PartitionId id, OpenSegment open, int epoch, Optional<CopyEnd> own, boolean allowLoss) {
        boolean isOwnEnough = own.isPresent() && own.get().isComplete();
        // This broker's own first: it is chosen before others that are whole as well.
        Map<Member, CopyEnd> ends = new LinkedHashMap<>();
        own.ifPresent(end -> ends.put(context.self(), end));
        StringBuilder missing = new StringBuilder();
        if (own.isEmpty()) {
            if (open.ensemble().contains(context.self())) {
                missing.append(words(context.self(), "has no copy"));
            }
        } else if (!isOwnEnough) {
            missing.append(words(context.self(), "may have lost the end of its copy when the machine was restarted"));
        }
        Map<Member, CompletableFuture<Optional<CopyEnd>>> asked = new LinkedHashMap<>();
        for (Member member : open.ensemble()) {
            if (!member.equals(context.self())
                    && (!isOwnEnough || context.owners().isLive(member))) {
                SegmentId segment = new SegmentId(id, open.baseOffset(), open.epoch());
                asked.put(
                        member,
                        CompletableFuture.supplyAsync(
                                () -> context.replicator().fence(member, segment, epoch), context.blocking()));
            }
        }
        asked.forEach((member, answer) -> {
            try {
                answer.join()
                        .ifPresentOrElse(
                                end -> ends.put(member, end), () -> missing.append(words(member, "has no copy")));
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof ReplicaException)) {
                    throw e;
                }
                missing.append(words(member, e.getCause().getMessage()));
            }
        });
        Copy chosen = choose(open, ends, allowLoss);
        SealedSegment sealed = chosen == null ? null : sealed(open, chosen, ends);
        boolean isCertain = chosen != null && chosen.end().isComplete();
        return new Found(
                sealed,
                isCertain
                        ? ""
                        : "open segment from " + open.baseOffset() + " on " + open.ensemble()
                                + ": no copy that is certainly whole can be reached: " + missing);
    }

    private record Copy(Member holder, CopyEnd end) {}

    private static String words(Member member, @Nullable String what) {
        return "broker " + member.broker() + " " + what + "; ";
    }

    /** Whose end it is; null when nobody's can be relied on. */
    private @Nullable Copy choose(OpenSegment open, Map<Member, CopyEnd> ends, boolean allowLoss) {
        Copy whole = null;
        Copy longest = null;
        for (Map.Entry<Member, CopyEnd> each : ends.entrySet()) {
            Copy copy = new Copy(each.getKey(), each.getValue());
            if (copy.end().isComplete() && isBetter(copy, whole)) {
                whole = copy;
            }
            if (longest == null || copy.end().endOffset() > longest.end().endOffset()) {
                longest = copy;
            }
        }
        if (whole != null) {
            return whole;
        }
        // Every copy lost what its machine had not written yet. With all of them here, the longest is all there is.
        return allowLoss || ends.keySet().containsAll(open.ensemble()) ? longest : null;
    }

    /** This broker's own whole copy before all others, since its bytes are here; of those of others the longest. */
    private boolean isBetter(Copy copy, @Nullable Copy whole) {
        return whole == null
                || (!whole.holder().equals(context.self())
                        && copy.end().endOffset() > whole.end().endOffset());
    }

    private static SealedSegment sealed(OpenSegment open, Copy chosen, Map<Member, CopyEnd> ends) {
        CopyEnd end = chosen.end();
        List<Member> holders = new ArrayList<>(List.of(chosen.holder()));
        ends.forEach((member, its) -> {
            if (!member.equals(chosen.holder()) && its.isComplete() && its.endOffset() >= end.endOffset()) {
                holders.add(member);
            }
        });
        return new SealedSegment(
                open.baseOffset(), end.endOffset(), open.epoch(), end.sizeBytes(), end.maxTimestamp(), holders);
    }
}
