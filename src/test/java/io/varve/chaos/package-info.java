/**
 * Chaos at the level of processes: three real brokers, a real etcd of three members, a real S3 server, real clients, and faults in an order that a
 * seed decides. {@code ./varve chaos} runs it; see docs/chaos.md. What was seen is judged in {@link io.varve.chaos.History} and nowhere else.
 */
@NullMarked
package io.varve.chaos;

import org.jspecify.annotations.NullMarked;
