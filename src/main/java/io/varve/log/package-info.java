/**
 * A partition: append, read, seal; the hot segments on local disk and the journal that makes appends durable.
 *
 * <p>Guarantees: what was acknowledged survives kill -9 and power loss (rule 3); readers see only what is safe (rule 6); a failed
 * sync fails every waiter (rule 9). Uses {@code tier}, {@code cluster}, {@code metadata} and {@code observe}.
 */
@NullMarked
package io.varve.log;

import org.jspecify.annotations.NullMarked;
