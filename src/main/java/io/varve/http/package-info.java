/**
 * HTTP: health, and records, topics and clusters by the shapes of Confluent's REST API v3. Everything here waits on virtual threads;
 * topics are changed by the same handlers that answer the Kafka port, so the same checks hold.
 *
 * <p>Uses {@code server}, {@code broker}, {@code cluster} and {@code observe}.
 */
@NullMarked
package io.varve.http;

import org.jspecify.annotations.NullMarked;
