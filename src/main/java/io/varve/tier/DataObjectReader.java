package io.varve.tier;

import io.varve.tier.DataObjectFooter.Block;
import io.varve.tier.DataObjectFooter.SegmentEntry;
import io.varve.tier.ObjectStoreException.Kind;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Reads a data object that nothing else is known of, from its end (rule 10): for {@code segment dump}, rebuilding and repairs.
 * Everything that is returned but {@link #read} was checked against its checksum. Not cached. Thread-safe as far as the store is.
 */
public final class DataObjectReader {
    private static final int TAIL_BYTES = 64 * 1024;
    private static final int PIECE_BYTES = 4 << 20;

    private final ObjectStore store;
    private final String key;
    private final DataObjectFooter footer;

    private DataObjectReader(ObjectStore store, String key, DataObjectFooter footer) {
        this.store = store;
        this.key = key;
        this.footer = footer;
    }

    /**
     * Reads the footer, in two or three requests.
     *
     * @throws ObjectStoreException of kind {@code CORRUPT} when it is no data object or is damaged
     */
    public static DataObjectReader open(ObjectStore store, String key) {
        ByteBuffer body = SealedObject.body(store, key, Trailer.Type.DATA_OBJECT, TAIL_BYTES);
        return new DataObjectReader(store, key, Json.read(body, DataObjectFooter.class, key));
    }

    public DataObjectFooter footer() {
        return footer;
    }

    public ByteBuffer index(SegmentEntry segment) {
        return block(segment.index(), "index");
    }

    public ByteBuffer producerStates(SegmentEntry segment) {
        return block(segment.producerStates(), "producer-state block");
    }

    private ByteBuffer block(Block block, String what) {
        return SealedBlock.open(store.read(key, block.position(), block.bytes()), what + " in " + key);
    }

    /** Bytes of a segment, unchecked: Kafka's record batches have checksums of their own. */
    public ByteBuffer read(SegmentEntry segment, long position, int length) {
        if (position < 0 || length < 0 || position > segment.sizeBytes() - length) {
            throw new ObjectStoreException(
                    Kind.NOT_FOUND, "Segment in " + key + " has no " + length + " bytes at " + position, null);
        }
        return store.read(key, segment.position() + position, length);
    }

    /** @throws ObjectStoreException of kind {@code CORRUPT} when the segment is not what was written */
    public void verify(SegmentEntry segment) {
        var crc = new CRC32C();
        for (long position = 0; position < segment.sizeBytes(); position += PIECE_BYTES) {
            crc.update(read(segment, position, (int) Math.min(PIECE_BYTES, segment.sizeBytes() - position)));
        }
        if (crc.getValue() != segment.crc()) {
            throw new ObjectStoreException(
                    Kind.CORRUPT,
                    "Segment " + segment.baseOffset() + " of " + segment.partitionId() + " in " + key
                            + " is damaged: its checksum does not match",
                    null);
        }
    }
}
