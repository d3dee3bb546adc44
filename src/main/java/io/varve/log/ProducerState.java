package io.varve.log;

/**
 * An idempotent producer as a partition remembers it.
 *
 * @param lastSequence sequence number of its last record
 * @param lastTimestamp largest timestamp of its last batch, in milliseconds
 */
public record ProducerState(long producerId, short epoch, int lastSequence, long lastTimestamp) {}
