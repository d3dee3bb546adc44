/**
 * What the cluster agrees on: brokers, topics, partition records, producer ids, and who owns what. Everything lives in the
 * metadata store as readable JSON and changes only by compare-and-swap (rule 1).
 *
 * <p>Uses {@code metadata} and {@code observe}.
 */
@NullMarked
package io.varve.cluster;

import org.jspecify.annotations.NullMarked;
