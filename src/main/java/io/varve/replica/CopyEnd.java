package io.varve.replica;

/**
 * How far a copy of a segment goes.
 *
 * @param endOffset the offset after its last record
 * @param sizeBytes of its batches: where the next one would begin
 * @param maxTimestamp the largest record timestamp in milliseconds, or -1
 * @param isComplete whether everything this copy ever acknowledged is certainly in it. Not so once the machine has been restarted: what the
 *     copy had in memory only is gone.
 */
public record CopyEnd(long endOffset, int sizeBytes, long maxTimestamp, boolean isComplete) {}
