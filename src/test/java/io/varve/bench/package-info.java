/**
 * The benchmark against Apache Kafka: both on this machine, in one run, with the same clients, in pairs. Its results are
 * ratios; see {@code docs/benchmark.md}.
 */
@NullMarked
package io.varve.bench;

import org.jspecify.annotations.NullMarked;
