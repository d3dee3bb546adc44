/**
 * The one-address listener: every broker answers for everything and forwards what it does not own.
 *
 * <p>Guarantees: clients are told of one node only; what a client sent to one partition arrives there in its order; nothing is sent twice, and where it is
 * not known whether something was done, the client is told so by an error that it tries again after. Handlers of {@link io.varve.broker.Apis} carry
 * out what is this broker's, {@link io.varve.replica.Forwarder} brings the rest to others. Records are passed through, never decoded.
 */
@NullMarked
package io.varve.broker.forward;

import org.jspecify.annotations.NullMarked;
