package io.varve.tier;

import java.nio.ByteBuffer;

/** Reads the body before an object's trailer. */
final class SealedObject {
    private SealedObject() {}

    /** @param tailBytes how much to read at first, in the hope that it holds the whole body */
    static ByteBuffer body(ObjectStore store, String key, Trailer.Type type, int tailBytes) {
        long length = store.length(key);
        int tailLength = (int) Math.min(length, tailBytes);
        ByteBuffer tail = store.read(key, length - tailLength, tailLength);
        Trailer trailer = Trailer.parse(type, tail, length, key);
        int bodyInTail = tailLength - Trailer.BYTES;
        ByteBuffer body = trailer.bodyBytes() <= bodyInTail
                ? tail.slice(bodyInTail - trailer.bodyBytes(), trailer.bodyBytes())
                : store.read(key, length - Trailer.BYTES - trailer.bodyBytes(), trailer.bodyBytes());
        trailer.verify(body, key);
        return body;
    }
}
