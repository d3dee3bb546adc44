/**
 * Consumer groups: Kafka's own group coordinator over the metadata store.
 *
 * <p>Guarantees: nothing is answered before the store has it; a stale owner of a shard can write nothing (rules 2 and 4). Uses
 * {@code cluster}, {@code metadata} and {@code observe}.
 */
@NullMarked
package io.varve.group;

import org.jspecify.annotations.NullMarked;
