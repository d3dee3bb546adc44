package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.nio.ByteBuffer;

/** A small block of a data object with its own CRC-32C at its end, so that it can be checked without the object's footer. */
final class SealedBlock {
    private static final int CRC_BYTES = Integer.BYTES;

    private SealedBlock() {}

    static byte[] seal(byte[] payload) {
        return ByteBuffer.allocate(payload.length + CRC_BYTES)
                .put(payload)
                .putInt((int) Checksums.crc32c(payload))
                .array();
    }

    /**
     * @param what names the block in the error
     * @return the payload
     * @throws ObjectStoreException of kind {@code CORRUPT} when the block is damaged
     */
    static ByteBuffer open(ByteBuffer block, String what) {
        int payloadBytes = block.remaining() - CRC_BYTES;
        if (payloadBytes >= 0) {
            ByteBuffer payload = block.slice(block.position(), payloadBytes);
            long expected = Integer.toUnsignedLong(block.getInt(block.position() + payloadBytes));
            if (Checksums.crc32c(payload) == expected) {
                return payload;
            }
        }
        throw new ObjectStoreException(Kind.CORRUPT, "Damaged " + what + ": its checksum does not match", null);
    }
}
