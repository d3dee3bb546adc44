/**
 * Copies of open segments on other brokers: ships batches to the members of an ensemble, takes in those of other owners, fences.
 *
 * <p>Guarantees: a batch is reported as copied only after the member's segment file has it (rule 3); a copy is never resumed, so a
 * member that was lost for a moment is lost for that segment (rule 5); a fenced member takes nothing of a lower epoch (rule 4). What a
 * copy is on disk is the business of {@code log}, through {@link io.varve.replica.CopyHost}. Requests are forwarded to other brokers in the order they were
 * given, at most once each ({@link io.varve.replica.Forwarder}); what they mean is the business of {@code broker}. Uses {@code cluster} and {@code observe}.
 */
@NullMarked
package io.varve.replica;

import org.jspecify.annotations.NullMarked;
