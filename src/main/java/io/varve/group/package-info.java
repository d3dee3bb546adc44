/**
 * Consumer groups: Kafka's own group coordinator over the metadata store.
 *
 * <p>Groups are spread over a fixed number of <em>shards</em> (Kafka's partitions of {@code __consumer_offsets}). A shard has one owner, who
 * claims it under an epoch (rule 2). Guarantees: nothing is answered before the store has it; every write compares the shard's epoch, so a
 * stale owner writes nothing (rule 4); when the outcome of a write is unknown, the shard is loaded again before it answers anything.
 *
 * <p>Keys: {@code shards/count}, {@code shards/<n>/epoch}, {@code groups/<n>/...}, {@code group-configs/<group>}. Uses {@code cluster},
 * {@code metadata} and {@code observe}.
 */
@NullMarked
package io.varve.group;

import org.jspecify.annotations.NullMarked;
