package io.varve.log;

import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;

/** Stands for the network buffer of a request: must be held once, by the test, when all is done. */
final class Hold extends AbstractReferenceCounted {
    @Override
    protected void deallocate() {}

    @Override
    public ReferenceCounted touch(Object hint) {
        return this;
    }
}
