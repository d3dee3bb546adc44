package io.varve.wire;

import io.netty.buffer.ByteBuf;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;

/**
 * The bytes of a request together with their share of the memory budget: the share is given back when nobody uses the bytes any
 * more, and no sooner. A produce with {@code acks=1} is answered long before the journal is done with its records; that is what keeps
 * the journal's queue within the budget. Thread-safe.
 */
final class HeldFrame extends AbstractReferenceCounted {
    private final ByteBuf bytes;
    private final MemoryBudget.Claim claim;

    /** @param claim a granted one */
    HeldFrame(ByteBuf bytes, MemoryBudget.Claim claim) {
        this.bytes = bytes;
        this.claim = claim;
    }

    @Override
    protected void deallocate() {
        bytes.release();
        claim.giveBack();
    }

    @Override
    public ReferenceCounted touch(Object hint) {
        bytes.touch(hint);
        return this;
    }
}
