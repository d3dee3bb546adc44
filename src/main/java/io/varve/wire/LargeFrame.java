package io.varve.wire;

import java.util.function.IntSupplier;

/**
 * Tells the connection that a frame is on its way that needs memory before it is complete. Reading is to stop until that memory was
 * claimed; the frame follows as the next message.
 *
 * @param bytes its length
 * @param received how many of them are here; to be asked on the event loop
 */
record LargeFrame(int bytes, IntSupplier received) {}
