package io.varve.wire;

import io.netty.channel.DefaultFileRegion;
import io.varve.broker.FileRecords;

/** Records sent from their file by sendfile. The file is shared: it is given back after use, not closed. */
final class SharedFileRegion extends DefaultFileRegion {
    private final FileRecords records;

    SharedFileRegion(FileRecords records) {
        super(records.channel(), records.position(), records.sizeInBytes());
        this.records = records;
    }

    @Override
    protected void deallocate() {
        records.release();
    }
}
