/**
 * Kafka's protocol on sockets: frames in, requests to their handlers in order, replies out in order.
 *
 * <pre>
 *   socket -> FrameAssembler -> Connection -> RequestDecoder -> handler -> ReplyQueue -> ResponseEncoder -> socket
 *                                   |
 *                              MemoryBudget
 * </pre>
 *
 * <p>Guarantees: a hostile frame costs its own connection and little memory; requests of one connection are pipelined within bounds, and
 * all together hold no more than the memory budget and one frame; a client that does not read is not served further; records are not
 * copied on their way to the handlers (but for the first {@value io.varve.wire.FrameAssembler#READ_BYTES} bytes of a large frame) nor
 * from a file to the socket. Uses {@code broker} and {@code observe}.
 */
@NullMarked
package io.varve.wire;

import org.jspecify.annotations.NullMarked;
