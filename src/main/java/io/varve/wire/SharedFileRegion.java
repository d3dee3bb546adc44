package io.varve.wire;

import io.netty.channel.DefaultFileRegion;
import io.varve.broker.FileRecords;
import java.nio.channels.FileChannel;

/** Records sent from their file by sendfile. The file is shared: it is given back after use, not closed. */
final class SharedFileRegion extends DefaultFileRegion {
    private static final String JDK_CHANNEL = "sun.nio.ch.FileChannelImpl";

    private final FileRecords records;

    /** @throws IllegalArgumentException when the channel is not the JDK's own */
    SharedFileRegion(FileRecords records) {
        super(jdkChannel(records.channel()), records.position(), records.sizeInBytes());
        this.records = records;
    }

    /** Netty's native code takes the file descriptor out of the JDK's class; with another one it would crash the process. */
    private static FileChannel jdkChannel(FileChannel channel) {
        if (!channel.getClass().getName().equals(JDK_CHANNEL)) {
            throw new IllegalArgumentException("sendfile needs a file channel of the JDK, not " + channel.getClass());
        }
        return channel;
    }

    @Override
    protected void deallocate() {
        records.release();
    }
}
