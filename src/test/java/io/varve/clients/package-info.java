/**
 * Real, unmodified Kafka clients against a running Varve: the Java client, kcat (librdkafka), KafkaJS, confluent-kafka
 * for Python, and Kafka's own command-line tools. Every test here passes against Apache Kafka, too
 * ({@code -Dvarve.test.against=kafka}).
 */
@NullMarked
package io.varve.clients;

import org.jspecify.annotations.NullMarked;
