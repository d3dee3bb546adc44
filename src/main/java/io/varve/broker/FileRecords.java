package io.varve.broker;

import java.nio.channels.FileChannel;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * Records that lie in a file, for a response: sent from the page cache to the socket without passing through the broker's memory.
 * Whoever takes it out of a response calls {@link #release} exactly once.
 */
public final class FileRecords implements BaseRecords {
    private final FileChannel channel;
    private final long position;
    private final int length;
    private final Runnable onRelease;

    /** @param onRelease gives the file back; called once */
    public FileRecords(FileChannel channel, long position, int length, Runnable onRelease) {
        this.channel = channel;
        this.position = position;
        this.length = length;
        this.onRelease = onRelease;
    }

    public FileChannel channel() {
        return channel;
    }

    public long position() {
        return position;
    }

    @Override
    public int sizeInBytes() {
        return length;
    }

    public void release() {
        onRelease.run();
    }

    /** Kafka's own network layer is not used. */
    @Override
    public RecordsSend<? extends BaseRecords> toSend() {
        throw new UnsupportedOperationException("file records are sent by wire");
    }
}
