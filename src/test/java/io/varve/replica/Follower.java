package io.varve.replica;

import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.varve.cluster.PartitionRecord.Member;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An owner's copy in the tests: appends text, remembers what it hears. */
final class Follower implements SegmentCopy.Listener {
    final List<String> heard = new CopyOnWriteArrayList<>();
    final List<Hold> holds = new CopyOnWriteArrayList<>();
    final List<Integer> positions = new CopyOnWriteArrayList<>();
    volatile boolean open;
    volatile long copiedTo;
    volatile int copiedBytes;
    private final SegmentCopy copy;
    private final StringBuilder sent = new StringBuilder();

    /** Counts what keeps a batch alive; one reference is the test's own. */
    static final class Hold extends AbstractReferenceCounted {
        @Override
        protected void deallocate() {}

        @Override
        public ReferenceCounted touch(Object hint) {
            return this;
        }
    }

    Follower(Replicator replicator, Member member, SegmentId segment) {
        copiedTo = segment.baseOffset();
        copy = replicator.open(member, segment, new byte[] {1, 2}, this);
    }

    void append(String text) {
        ByteBuffer batch = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        Hold hold = new Hold();
        holds.add(hold);
        copy.append(sent.length(), batch, hold, 42);
        sent.append(text);
    }

    SegmentCopy copy() {
        return copy;
    }

    String sent() {
        return sent.toString();
    }

    boolean hasAll() {
        return copiedBytes == sent.length();
    }

    boolean isLost() {
        return heard.stream().anyMatch(word -> word.startsWith("lost"));
    }

    /** Whether the connection holds nothing of it any more. */
    boolean isReleased() {
        return holds.stream().allMatch(hold -> hold.refCnt() == 1);
    }

    @Override
    public void onOpen() {
        open = true;
        heard.add("open");
    }

    @Override
    public void onCopied(long endOffset, int position) {
        if (endOffset < copiedTo || position < copiedBytes) {
            heard.add("moved back to " + endOffset);
        }
        positions.add(position);
        copiedTo = endOffset;
        copiedBytes = position;
        if (isLost()) {
            heard.add("copied after it was lost");
        }
    }

    @Override
    public void onLost(String reason) {
        heard.add("lost: " + reason);
    }
}
