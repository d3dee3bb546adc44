/**
 * The metadata store: a small, strongly consistent, ordered key-value store with transactions, watches and leases.
 *
 * <p>Guarantees: every transaction is atomic and linearizable; a watch delivers every change after its start revision, in
 * revision order, or says that it has lost its place. Uses nothing of Varve but {@code observe}.
 */
@NullMarked
package io.varve.metadata;

import org.jspecify.annotations.NullMarked;
