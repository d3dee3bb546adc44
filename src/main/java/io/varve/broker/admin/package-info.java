/** The Kafka APIs that describe and change the cluster: metadata, topics, configs. {@code AdminApis} lists them. */
@NullMarked
package io.varve.broker.admin;

import org.jspecify.annotations.NullMarked;
