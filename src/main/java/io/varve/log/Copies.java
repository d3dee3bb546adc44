package io.varve.log;

import io.netty.util.ReferenceCounted;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.replica.Replicator;
import io.varve.replica.SegmentCopy;
import io.varve.replica.SegmentId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * The copies of an open segment on the other members of its ensemble, as its owner sees them. All of it under the partition's lock; what the
 * copies report comes in through {@link Events}, which takes it.
 */
final class Copies {
    private static final Logger LOG = Logger.getLogger(Copies.class);

    /** Applies what a copy reports. Called without the lock. */
    interface Events {
        /** @param change to be run under the partition's lock */
        void onCopy(Runnable change);
    }

    private enum State {
        OPENING,
        OPEN,
        LOST
    }

    private static final class Follower {
        final Member member;
        State state = State.OPENING;
        long endOffset;
        int position;

        Follower(Member member, long endOffset) {
            this.member = member;
            this.endOffset = endOffset;
        }
    }

    private record Fed(Follower follower, SegmentCopy copy) {}

    private final Member self;

    /** All that were asked; until the record names the ensemble, who answers is in it. */
    private final List<Fed> fed = new ArrayList<>();

    /** What the record names. A lost one stays: nothing is safe that it has not got, until the record leaves it out (rules 3 and 5). */
    private List<Follower> named = List.of();

    /** One was lost before the record named it. It may have been away since, and without the record it keeps nothing: what it had does not count. */
    private boolean namedTooLate;

    private final Set<Member> lost = new HashSet<>();

    /** Before its start a copy has nothing that could be safe. */
    private long toldHighWatermark;

    /** No copies. */
    Copies(Member self) {
        this.self = self;
    }

    /** Begins a copy on every member of {@code ensemble} but the first, which is the owner. */
    void open(Replicator replicator, SegmentId segment, byte[] producers, List<Member> ensemble, Events events) {
        toldHighWatermark = segment.baseOffset();
        for (Member member : ensemble.subList(1, ensemble.size())) {
            Follower follower = new Follower(member, segment.baseOffset());
            fed.add(new Fed(
                    follower, replicator.open(member, segment, producers, new Reports(follower, segment, events))));
        }
    }

    private final class Reports implements SegmentCopy.Listener {
        private final Follower follower;
        private final SegmentId segment;
        private final Events events;

        Reports(Follower follower, SegmentId segment, Events events) {
            this.follower = follower;
            this.segment = segment;
            this.events = events;
        }

        @Override
        public void onOpen() {
            events.onCopy(() -> follower.state = State.OPEN);
        }

        @Override
        public void onCopied(long endOffset, int position) {
            events.onCopy(() -> {
                follower.endOffset = endOffset;
                follower.position = position;
            });
        }

        @Override
        public void onLost(String reason) {
            LOG.warnf(
                    "a member is left out of an ensemble. segment=%s member=%s cause=%s",
                    segment, follower.member, reason);
            events.onCopy(() -> {
                follower.state = State.LOST;
                lost.add(follower.member);
            });
        }
    }

    /** Ships a batch to those that are there. */
    void append(int position, ByteBuffer batch, ReferenceCounted hold, long highWatermark) {
        for (Fed each : fed) {
            if (each.follower().state != State.LOST) {
                each.copy().append(position, batch, hold, highWatermark);
            }
        }
    }

    /** Tells them how far the partition is safe, if that is news. */
    void advance(long highWatermark) {
        if (highWatermark > toldHighWatermark) {
            toldHighWatermark = highWatermark;
            for (Fed each : fed) {
                each.copy().advance(highWatermark);
            }
        }
    }

    /** Whether every member that was asked has begun its copy, or is lost. */
    boolean isAnswered() {
        return fed.stream().noneMatch(each -> each.follower().state == State.OPENING);
    }

    /** How many brokers have it: the owner, and the members that are not lost. Asked at every append. */
    int inSync() {
        int count = 1;
        for (Fed each : fed) {
            if (each.follower().state != State.LOST) {
                count++;
            }
        }
        return count;
    }

    /** The owner and all members that are not lost. */
    List<Member> ensemble() {
        List<Member> ensemble = new ArrayList<>(List.of(self));
        for (Fed each : fed) {
            if (each.follower().state != State.LOST) {
                ensemble.add(each.follower().member);
            }
        }
        return ensemble;
    }

    /** The record names {@code ensemble} from now on; other copies are given up. */
    void name(List<Member> ensemble) {
        for (Fed each : fed) {
            if (!ensemble.contains(each.follower().member)) {
                each.copy().close();
            }
        }
        fed.removeIf(each -> !ensemble.contains(each.follower().member));
        named = fed.stream().map(Fed::follower).toList();
        namedTooLate = hasLost();
    }

    /** Whether the record names a member that is lost. Asked at every append. */
    boolean hasLost() {
        for (Follower follower : named) {
            if (follower.state == State.LOST) {
                return true;
            }
        }
        return false;
    }

    /** The members that were lost since the last call. */
    Set<Member> takeLost() {
        Set<Member> taken = Set.copyOf(lost);
        lost.clear();
        return taken;
    }

    /** Whether nobody but the owner is in the ensemble that the record names. */
    boolean isAlone() {
        return named.isEmpty();
    }

    /** Whether all that are not lost have everything before {@code endOffset}. */
    boolean haveAll(long endOffset) {
        return fed.stream()
                .allMatch(each -> each.follower().state == State.LOST
                        || (each.follower().state == State.OPEN && each.follower().endOffset >= endOffset));
    }

    /** What every member that the record names has, and at most {@code limit}. */
    Watermark common(Watermark limit) {
        if (namedTooLate) {
            return new Watermark(limit.segmentBase(), limit.segmentBase(), 0);
        }
        Watermark common = limit;
        for (Follower follower : named) {
            if (follower.endOffset < common.offset()) {
                common = new Watermark(follower.endOffset, limit.segmentBase(), follower.position);
            }
        }
        return common;
    }

    /** The segment is sealed: tells those that have it all. */
    void seal() {
        fed.forEach(each -> each.copy().seal());
    }

    void close() {
        fed.forEach(each -> each.copy().close());
    }
}
