package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The last {@value #BYTES} bytes of every object Varve writes: length of the body before it (int32), the body's CRC-32C, the
 * body's version (int32), and eight ASCII characters that say what it is. Big-endian. So any object can be understood from its
 * end (rule 10).
 *
 * @param bodyBytes length of the body
 * @param bodyCrc CRC-32C of the body
 * @param version of the body's format
 */
record Trailer(int bodyBytes, long bodyCrc, int version) {
    static final int BYTES = 20;
    private static final int MAGIC_BYTES = 8;

    /** A body of a data object is its footer; of a manifest page, the page. */
    enum Type {
        DATA_OBJECT("VARVEOBJ", 1),
        MANIFEST_PAGE("VARVEPAG", 1);

        private final String magic;
        private final int version;

        Type(String magic, int version) {
            this.magic = magic;
            this.version = version;
        }

        private byte[] magicBytes() {
            return magic.getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** {@code body} with its trailer. */
    static byte[] seal(Type type, byte[] body) {
        return ByteBuffer.allocate(body.length + BYTES)
                .put(body)
                .putInt(body.length)
                .putInt((int) Checksums.crc32c(body))
                .putInt(type.version)
                .put(type.magicBytes())
                .array();
    }

    /**
     * Reads the trailer at the end of {@code tail}.
     *
     * @param objectBytes length of the whole object
     * @throws ObjectStoreException of kind {@code CORRUPT} when there is none, {@code REFUSED} when it is of a newer Varve
     */
    static Trailer parse(Type type, ByteBuffer tail, long objectBytes, String key) {
        if (tail.remaining() < BYTES) {
            throw corrupt(key, "it is too short");
        }
        int at = tail.limit() - BYTES;
        byte[] magic = new byte[MAGIC_BYTES];
        tail.get(at + 12, magic);
        if (!Arrays.equals(magic, type.magicBytes())) {
            throw corrupt(key, "it does not end like a " + type);
        }
        var trailer = new Trailer(tail.getInt(at), Integer.toUnsignedLong(tail.getInt(at + 4)), tail.getInt(at + 8));
        if (trailer.version < 1) {
            throw corrupt(key, "its version is " + trailer.version);
        }
        if (trailer.version > type.version) {
            throw new ObjectStoreException(
                    Kind.REFUSED, "Object " + key + " was written by a newer version of Varve: upgrade this one", null);
        }
        if (trailer.bodyBytes < 0 || trailer.bodyBytes > objectBytes - BYTES) {
            throw corrupt(key, "its trailer names " + trailer.bodyBytes + " bytes");
        }
        return trailer;
    }

    /** @throws ObjectStoreException of kind {@code CORRUPT} when {@code body} is not what was written */
    void verify(ByteBuffer body, String key) {
        if (body.remaining() != bodyBytes || Checksums.crc32c(body) != bodyCrc) {
            throw corrupt(key, "the checksum of its footer does not match");
        }
    }

    private static ObjectStoreException corrupt(String key, String why) {
        return new ObjectStoreException(Kind.CORRUPT, "Object " + key + " is damaged: " + why, null);
    }
}
