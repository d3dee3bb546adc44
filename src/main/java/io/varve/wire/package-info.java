/**
 * Kafka's protocol on sockets: frames in, requests to their handlers in order, replies out in order.
 *
 * <p>Guarantees: a hostile frame costs its own connection and little memory; requests of one connection are pipelined within bounds;
 * records are not copied on their way from the socket to the handlers nor from a file to the socket. Uses {@code broker} and
 * {@code observe}.
 */
@NullMarked
package io.varve.wire;

import org.jspecify.annotations.NullMarked;
