package io.varve.log;

import java.nio.ByteBuffer;

/** What a read of a partition found. */
public sealed interface ReadResult {

    /** Nothing to read yet: the offset is at the high watermark, or no bytes were wanted. */
    record Nothing() implements ReadResult {}

    /** Records in a local file; whoever takes it releases it. */
    record Hot(FileSlice slice) implements ReadResult {}

    /** Records that must be brought from the object store: {@link ColdRead#fetch()} blocks, call it on a virtual thread. */
    record Cold(ColdRead read, int estimatedBytes) implements ReadResult {}

    /** Brings records from the object store. */
    @FunctionalInterface
    interface ColdRead {
        /**
         * Record batches, the first of which holds the offset asked for.
         *
         * @throws io.varve.tier.ObjectStoreException when the store cannot deliver
         */
        ByteBuffer fetch();
    }
}
