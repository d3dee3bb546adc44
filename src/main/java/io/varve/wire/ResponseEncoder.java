package io.varve.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.varve.broker.FileRecords;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Turns a response into what the socket is to send: a buffer for all fields, with the records in between as they are, from memory
 * without a copy or from a file by sendfile.
 */
final class ResponseEncoder implements Writable {
    private static final int LENGTH_BYTES = 4;

    private final ByteBuf fields;
    private final List<Object> parts = new ArrayList<>(4);
    private int cutAt;

    private ResponseEncoder(ByteBuf fields) {
        this.fields = fields;
    }

    /**
     * A frame ready to be sent.
     *
     * @param bytes its length, with the length field
     * @param parts what it consists of, in order: each a {@link ByteBuf} or a {@link SharedFileRegion}, to be written or released
     */
    record Encoded(int bytes, List<Object> parts) {}

    /**
     * Encodes a response.
     *
     * @throws RuntimeException when the response cannot be said in the version of the request; its file records then are still the
     *     caller's to release
     */
    static Encoded encode(ByteBufAllocator allocator, RequestHeader request, AbstractResponse response) {
        ResponseHeader responseHeader = request.toResponseHeader();
        ApiMessage header = responseHeader.data();
        short headerVersion = responseHeader.headerVersion();
        short version = bodyVersion(request);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.addSize(size, cache, headerVersion);
        response.data().addSize(size, cache, version);
        ByteBuf fields = allocator.directBuffer(LENGTH_BYTES + size.sizeExcludingZeroCopy());
        ResponseEncoder encoder = new ResponseEncoder(fields);
        try {
            encoder.writeInt(size.totalSize());
            header.write(encoder, cache, headerVersion);
            response.data().write(encoder, cache, version);
            encoder.cut();
            return new Encoded(LENGTH_BYTES + size.totalSize(), encoder.parts);
        } catch (RuntimeException e) {
            encoder.releaseBuffers();
            throw e;
        } finally {
            fields.release();
        }
    }

    /** Not the files: they go back with the response they came with. */
    private void releaseBuffers() {
        for (Object part : parts) {
            if (part instanceof ByteBuf buffer) {
                buffer.release();
            }
        }
    }

    /** An ApiVersions request of a version from the future is answered in version 0. */
    private static short bodyVersion(RequestHeader request) {
        return request.isApiVersionSupported() ? request.apiVersion() : 0;
    }

    private void cut() {
        int end = fields.writerIndex();
        if (end > cutAt) {
            parts.add(fields.retainedSlice(cutAt, end - cutAt));
            cutAt = end;
        }
    }

    @Override
    public void writeRecords(BaseRecords records) {
        cut();
        switch (records) {
            case FileRecords file -> parts.add(new SharedFileRegion(file));
            case MemoryRecords memory -> parts.add(Unpooled.wrappedBuffer(memory.buffer()));
            case null, default -> throw new IllegalArgumentException("records of an unknown kind: " + records);
        }
    }

    @Override
    public void writeByteBuffer(ByteBuffer buffer) {
        cut();
        parts.add(Unpooled.wrappedBuffer(buffer.duplicate()));
    }

    @Override
    public void writeByte(byte value) {
        fields.writeByte(value);
    }

    @Override
    public void writeShort(short value) {
        fields.writeShort(value);
    }

    @Override
    public void writeInt(int value) {
        fields.writeInt(value);
    }

    @Override
    public void writeLong(long value) {
        fields.writeLong(value);
    }

    @Override
    public void writeDouble(double value) {
        fields.writeDouble(value);
    }

    @Override
    public void writeByteArray(byte[] value) {
        fields.writeBytes(value);
    }

    @Override
    public void writeUnsignedVarint(int value) {
        ByteBuffer room = room();
        ByteUtils.writeUnsignedVarint(value, room);
        advance(room);
    }

    @Override
    public void writeVarint(int value) {
        ByteBuffer room = room();
        ByteUtils.writeVarint(value, room);
        advance(room);
    }

    @Override
    public void writeVarlong(long value) {
        ByteBuffer room = room();
        ByteUtils.writeVarlong(value, room);
        advance(room);
    }

    private ByteBuffer room() {
        return fields.nioBuffer(fields.writerIndex(), fields.writableBytes());
    }

    private void advance(ByteBuffer room) {
        fields.writerIndex(fields.writerIndex() + room.position());
    }
}
