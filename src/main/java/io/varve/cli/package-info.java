/**
 * The command line. Client commands work over Kafka's own client libraries, so they serve any Kafka-compatible cluster and start
 * without the container; {@code dev} and {@code broker} load the configuration and start it.
 *
 * <p>Exit codes: 0 done, 1 it could not be done, 2 the command line or the configuration is wrong. What was asked for goes to standard
 * output, everything else to standard error.
 */
@NullMarked
package io.varve.cli;

import org.jspecify.annotations.NullMarked;
