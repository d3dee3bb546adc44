/**
 * The Kafka APIs that describe and change the cluster: metadata, topics, configs. {@code AdminApis} lists them. Answers, error codes
 * and messages are those of Kafka's brokers and controllers; what differs is said in {@code docs/protocol.md}.
 *
 * <p>What is only read comes from memory and is answered at once; what changes something, or asks the metadata store, runs on a virtual
 * thread. Uses {@code cluster} and {@code metadata} (its errors).
 */
@NullMarked
package io.varve.broker.admin;

import org.jspecify.annotations.NullMarked;
