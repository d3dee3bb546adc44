/** Varve, a Kafka-compatible log service. See {@code ARCHITECTURE.md} for the map. */
@NullMarked
package io.varve;

import org.jspecify.annotations.NullMarked;
