package io.varve.wire;

import io.netty.buffer.ByteBuf;
import io.varve.broker.Apis;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.RequestHeader;

/** Makes a request of a frame, by Kafka's own codec. Stateless; thread-safe. */
final class RequestDecoder {
    /** Room for the longest client id and some tagged fields; Kafka's parser of headers has no bounds of its own. */
    private static final int MAX_HEADER_BYTES = 64 * 1024;

    /** Versions that Kafka still marks as unstable are not served. */
    private static final boolean UNSTABLE_VERSIONS = false;

    private final Apis apis;

    RequestDecoder(Apis apis) {
        this.apis = apis;
    }

    /** A header with its parsed body. */
    record Decoded(RequestHeader header, AbstractRequest body) {}

    /**
     * Parses a frame.
     *
     * @throws FrameException when it is not a request this broker can answer
     */
    Decoded decode(ByteBuf frame) {
        ByteBuffer bytes = frame.nioBuffer();
        RequestHeader header = parseHeader(bytes);
        ApiKeys api = header.apiKey();
        if (api == ApiKeys.API_VERSIONS && !api.isVersionSupported(header.apiVersion())) {
            // KIP-511: a client ahead of us learns our versions from an answer of version 0.
            return new Decoded(
                    header, new ApiVersionsRequest(new ApiVersionsRequestData(), (short) 0, header.apiVersion()));
        }
        if (apis.handler(api) == null) {
            throw new FrameException("API " + api + " is not served by this broker");
        }
        if (!api.isVersionEnabled(header.apiVersion(), UNSTABLE_VERSIONS)) {
            throw new FrameException("version " + header.apiVersion() + " of " + api + " is not supported");
        }
        try {
            return new Decoded(
                    header, AbstractRequest.parseRequest(api, header.apiVersion(), new BoundedAccessor(bytes)).request);
        } catch (RuntimeException e) {
            // Whatever Kafka's parser stumbles over: the frame is not what it claims to be.
            throw new FrameException(
                    "cannot parse a request of " + api + " version " + header.apiVersion() + ": " + e.getMessage());
        }
    }

    private static RequestHeader parseHeader(ByteBuffer bytes) {
        int end = bytes.limit();
        bytes.limit(Math.min(end, MAX_HEADER_BYTES));
        try {
            RequestHeader header = RequestHeader.parse(bytes);
            bytes.limit(end);
            return header;
        } catch (RuntimeException e) {
            throw new FrameException("cannot parse a request header: " + e.getMessage());
        }
    }
}
