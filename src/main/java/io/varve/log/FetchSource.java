package io.varve.log;

import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;

/**
 * What a fetch of one partition reads from on this broker: the partition as its owner has it ({@link PartitionReader}), or what another broker
 * can serve of it ({@link ReadAnywhere}). Shows only what is safe (rule 6): what was read once never vanishes. Thread-safe.
 */
public interface FetchSource {

    /**
     * Reads batches from the one that holds {@code offset} on. Never blocks for long: records that must be brought from the object
     * store are returned as a task.
     *
     * @param maxBytes bound on the bytes returned; the last batch may be cut short, as Kafka does
     * @param wholeFirst whether the first batch is returned whole even when it is larger than that
     * @throws OffsetOutOfRangeException when {@code offset} is before the log start or after the log end
     * @throws NotLeaderOrFollowerException when only the owner can serve it
     * @throws ApiException what else keeps it from being served
     */
    ReadResult read(long offset, int maxBytes, boolean wholeFirst);

    /** An estimate of the bytes that may be read from {@code offset} on, for {@code fetch.min.bytes}. */
    long availableBytes(long offset);

    /** Whether more may come here: if not, a fetch need not wait, and {@link #read} says why. */
    boolean isServed();

    /** The offset after the last record that is safe, as far as is known here: another broker than the owner may know less. */
    long highWatermark();

    /** The first offset that may be read. */
    long logStartOffset();

    /** The leader epoch, as far as is known here. */
    int leaderEpoch();

    /** Calls {@code listener} whenever the high watermark has moved or the partition is not served any more; it must be quick. */
    void addAdvanceListener(Runnable listener);

    void removeAdvanceListener(Runnable listener);
}
