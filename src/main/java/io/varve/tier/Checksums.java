package io.varve.tier;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC-32C (Castagnoli), as unsigned 32-bit numbers. */
final class Checksums {
    private Checksums() {}

    /** Of what is left of {@code bytes}, which stays as it is. */
    static long crc32c(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate());
        return crc.getValue();
    }

    static long crc32c(byte[] bytes) {
        return crc32c(ByteBuffer.wrap(bytes));
    }
}
