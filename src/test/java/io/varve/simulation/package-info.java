/**
 * Whole clusters in one thread, from one seed: the real {@code log}, {@code replica}, {@code cluster} and {@code tier} on a simulated clock, network,
 * metadata store and object store, with faults, and a check of everything that clients were told. See {@code docs/simulation.md}.
 */
@NullMarked
package io.varve.simulation;

import org.jspecify.annotations.NullMarked;
