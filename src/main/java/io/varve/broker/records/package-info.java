/**
 * The Kafka APIs that write, read and describe records: Produce, Fetch, ListOffsets and their kin. {@code RecordApis} lists them.
 */
@NullMarked
package io.varve.broker.records;

import org.jspecify.annotations.NullMarked;
