package io.varve.broker.forward;

import io.varve.broker.FileRecords;
import io.varve.replica.Piece;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.utils.ByteUtils;

/** Writes Kafka messages as pieces: a buffer for all fields, with the records in between where they are. */
final class GatheredMessage implements Writable {
    private final ByteBuffer fields;
    private final List<Piece> pieces = new ArrayList<>(4);
    private int cutAt;

    private GatheredMessage(int fieldBytes) {
        this.fields = ByteBuffer.allocate(fieldBytes);
    }

    /** A request, header and body, as it lies in memory. */
    static List<ByteBuffer> request(RequestHeader header, ApiMessage body) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.data().addSize(size, cache, header.headerVersion());
        body.addSize(size, cache, header.apiVersion());
        GatheredMessage out = new GatheredMessage(size.sizeExcludingZeroCopy());
        header.data().write(out, cache, header.headerVersion());
        body.write(out, cache, header.apiVersion());
        out.cut();
        List<ByteBuffer> buffers = new ArrayList<>(out.pieces.size());
        for (Piece piece : out.pieces) {
            if (!(piece instanceof Piece.Memory(ByteBuffer buffer))) {
                throw new IllegalStateException("a request has no files");
            }
            buffers.add(buffer);
        }
        return buffers;
    }

    /** The body of a response. */
    static List<Piece> response(ApiMessage body, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        body.addSize(size, cache, version);
        GatheredMessage out = new GatheredMessage(size.sizeExcludingZeroCopy());
        body.write(out, cache, version);
        out.cut();
        return out.pieces;
    }

    private void cut() {
        int end = fields.position();
        if (end > cutAt) {
            pieces.add(new Piece.Memory(fields.slice(cutAt, end - cutAt)));
            cutAt = end;
        }
    }

    @Override
    public void writeRecords(BaseRecords records) {
        cut();
        switch (records) {
            case FileRecords file ->
                pieces.add(new Piece.File(file.channel(), file.position(), file.sizeInBytes(), file::release));
            case MemoryRecords memory -> pieces.add(new Piece.Memory(memory.buffer()));
            case null, default -> throw new IllegalArgumentException("records of an unknown kind: " + records);
        }
    }

    @Override
    public void writeByteBuffer(ByteBuffer buffer) {
        cut();
        pieces.add(new Piece.Memory(buffer.duplicate()));
    }

    @Override
    public void writeByte(byte value) {
        fields.put(value);
    }

    @Override
    public void writeShort(short value) {
        fields.putShort(value);
    }

    @Override
    public void writeInt(int value) {
        fields.putInt(value);
    }

    @Override
    public void writeLong(long value) {
        fields.putLong(value);
    }

    @Override
    public void writeDouble(double value) {
        fields.putDouble(value);
    }

    @Override
    public void writeByteArray(byte[] value) {
        fields.put(value);
    }

    @Override
    public void writeUnsignedVarint(int value) {
        ByteUtils.writeUnsignedVarint(value, fields);
    }

    @Override
    public void writeVarint(int value) {
        ByteUtils.writeVarint(value, fields);
    }

    @Override
    public void writeVarlong(long value) {
        ByteUtils.writeVarlong(value, fields);
    }
}
