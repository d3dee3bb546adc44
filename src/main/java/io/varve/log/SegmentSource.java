package io.varve.log;

import java.nio.ByteBuffer;

/** A segment's bytes and index, wherever they lie. Reading may block. */
interface SegmentSource {

    long baseOffset();

    /** Bytes that may be read. */
    int size();

    /** Fills {@code into} from {@code position} on, or as far as the segment goes. */
    void read(int position, ByteBuffer into);

    /** A position at or before the batch that holds {@code offset}, where a batch begins. */
    int indexedPosition(long offset);

    /** A position where a batch begins and before which no record has a timestamp of at least {@code timestamp}. */
    int indexedPositionBefore(long timestamp);
}
