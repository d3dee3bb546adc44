package io.varve.wire;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** A plain socket that speaks Kafka's frames as it is told to, right or wrong. */
final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final DataOutputStream out;
    private final Map<Integer, RequestHeader> asked = new HashMap<>();
    private int nextCorrelationId = 100;

    RawClient(int port) throws IOException {
        this(port, 0);
    }

    /** @param receiveBufferBytes 0 for the system's choice */
    RawClient(int port, int receiveBufferBytes) throws IOException {
        if (receiveBufferBytes > 0) {
            socket.setReceiveBufferSize(receiveBufferBytes);
        }
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    /** Sends a request and returns its correlation id. */
    int send(AbstractRequest request) throws IOException {
        return send(request, request.version());
    }

    int send(AbstractRequest request, short headerVersion) throws IOException {
        RequestHeader header = new RequestHeader(request.apiKey(), headerVersion, "raw", nextCorrelationId++);
        sendFrame(frame(request, header));
        asked.put(header.correlationId(), header);
        return header.correlationId();
    }

    static byte[] frame(AbstractRequest request, RequestHeader header) {
        ByteBuffer bytes = request.serializeWithHeader(header);
        byte[] frame = new byte[bytes.remaining()];
        bytes.get(frame);
        return frame;
    }

    void sendFrame(byte[] frame) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(Integer.BYTES + frame.length)
                .putInt(frame.length)
                .put(frame);
        sendBytes(whole.array());
    }

    void sendBytes(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** Reads the next response, and checks that it can be parsed as the answer to the request it names. */
    Answer receive() throws IOException {
        byte[] frame = receiveFrame();
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        int correlationId = bytes.getInt(0);
        RequestHeader header = asked.remove(correlationId);
        if (header == null) {
            throw new AssertionError("an answer to something that was not asked: correlation id " + correlationId);
        }
        return new Answer(correlationId, AbstractResponse.parseResponse(bytes, header));
    }

    record Answer(int correlationId, AbstractResponse response) {
        <T extends AbstractResponse> T as(Class<T> type) {
            return type.cast(response);
        }
    }

    byte[] receiveFrame() throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        return frame;
    }

    DataInputStream in() {
        return in;
    }

    /** Whether the server has closed this connection; waits for it. Answers on the way are read and dropped. */
    boolean isClosedByServer() throws IOException {
        try {
            in.transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (SocketException | EOFException reset) {
            return true;
        }
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
