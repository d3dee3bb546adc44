/**
 * The cold tier: sealed segments in an object store. Writes data objects, reads them back in ranges through a bounded cache, keeps
 * manifest pages, and sweeps what nothing references any more.
 *
 * <p>Guarantees: an object is written once under a name never used before and referenced only after the store confirmed it
 * (rule 7); only the sweeper deletes (rule 8); every object describes itself (rule 10). Uses {@code cluster}, {@code metadata}
 * and {@code observe}.
 */
@NullMarked
package io.varve.tier;

import org.jspecify.annotations.NullMarked;
