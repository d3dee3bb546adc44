package io.varve.replica;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Bytes of a message that are gathered only when it is written. */
public sealed interface Piece {

    /** How many there are. */
    int bytes();

    /** Gives back what it holds, when it was written or will not be; called once. */
    void release();

    /** Bytes in memory that stay as they are until the message is written. */
    record Memory(ByteBuffer buffer) implements Piece {
        @Override
        public int bytes() {
            return buffer.remaining();
        }

        @Override
        public void release() {
            // The garbage collector's.
        }
    }

    /** Bytes of a file. */
    record File(FileChannel channel, long position, int bytes, Runnable onRelease) implements Piece {
        @Override
        public void release() {
            onRelease.run();
        }
    }
}
