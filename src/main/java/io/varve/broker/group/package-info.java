/** The Kafka APIs of consumer groups, handed to Kafka's own coordinator. {@code GroupApis} lists them. */
@NullMarked
package io.varve.broker.group;

import org.jspecify.annotations.NullMarked;
