package io.varve.replica;

import io.varve.cluster.InternalAddress;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Byte streams between brokers; blocking, so that the same code runs over sockets and over a simulated network. Thread-safe. */
public interface Network {

    /** Connects. Blocks up to {@code timeoutMillis}. */
    Link connect(InternalAddress address, int timeoutMillis) throws IOException;

    /**
     * Whether the host at {@code address} says that nobody takes connections there: a process that did is gone. False when it cannot be said.
     * Blocks up to {@code timeoutMillis}.
     */
    boolean isDeserted(InternalAddress address, int timeoutMillis);

    /** Takes connections. */
    Port listen(InternalAddress address) throws IOException;

    /** Where connections come in. */
    interface Port extends Closeable {
        /** The port number: the one that was asked for, or a free one when that was 0. */
        int number();

        /** Blocks until somebody connects, or the port is closed: then it throws. */
        Link accept() throws IOException;
    }

    /** A connection. One thread may read while another writes; closing it ends both with an exception. */
    interface Link extends Closeable {
        /** Reads what is there, at least a byte; blocks for that. Returns -1 at the end. */
        int read(ByteBuffer into) throws IOException;

        /** Writes everything; blocks for that. */
        void write(ByteBuffer[] buffers) throws IOException;

        /** The other side's address, for the log. */
        String remote();
    }
}
