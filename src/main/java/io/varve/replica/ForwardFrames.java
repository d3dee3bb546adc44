package io.varve.replica;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The frames of a connection for forwarded requests, from version {@value Versions#FORWARDING} of the internal protocol on: {@code int length} of what
 * follows, {@code byte type}, {@code long number} of the request, then by type:
 *
 * <pre>
 *  forwarding broker to owner                              owner to forwarding broker
 *   7 forwarding, as the first frame; its number is 0      17 answer    body of the response
 *   8 request    client, byte length, address,             18 nothing
 *                header and body of the request            19 hang up   words
 *   9 hurry                                                20 declined  words: not carried out
 *  client: short length, UTF-8
 * </pre>
 */
final class ForwardFrames {
    static final byte FORWARDING = 7;
    static final byte REQUEST = 8;
    static final byte HURRY = 9;
    static final byte ANSWER = 17;
    static final byte NOTHING = 18;
    static final byte HANG_UP = 19;
    static final byte DECLINED = 20;

    private static final int MAX_CLIENT_BYTES = 256;

    private ForwardFrames() {}

    /** What comes before {@code following} bytes of a body. */
    static ByteBuffer head(byte type, long number, int following) {
        return ByteBuffer.allocate(Integer.BYTES + Frames.HEAD_BYTES)
                .putInt(Frames.HEAD_BYTES + following)
                .put(type)
                .putLong(number)
                .flip();
    }

    /** What comes before the {@code following} bytes of a Kafka request. */
    static ByteBuffer request(long number, String client, byte[] address, int following) {
        byte[] name = client.getBytes(StandardCharsets.UTF_8);
        int nameBytes = Math.min(name.length, MAX_CLIENT_BYTES);
        int envelope = Short.BYTES + nameBytes + 1 + address.length;
        return ByteBuffer.allocate(Integer.BYTES + Frames.HEAD_BYTES + envelope)
                .putInt(Frames.HEAD_BYTES + envelope + following)
                .put(REQUEST)
                .putLong(number)
                .putShort((short) nameBytes)
                .put(name, 0, nameBytes)
                .put((byte) address.length)
                .put(address)
                .flip();
    }

    static String client(ByteBuffer frame) {
        byte[] name = new byte[Math.min(Short.toUnsignedInt(frame.getShort()), frame.remaining())];
        frame.get(name);
        return new String(name, StandardCharsets.UTF_8);
    }

    static byte[] address(ByteBuffer frame) {
        byte[] address = new byte[Math.min(Byte.toUnsignedInt(frame.get()), frame.remaining())];
        frame.get(address);
        return address;
    }
}
