package io.varve.tier;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * Never uses a connection again on which a request with a body was refused. A server that answers before it has read the whole
 * body may close the connection without saying so (MinIO does after 412), and the next request on it would fail for nothing.
 */
final class RefusalHttpClient implements SdkHttpClient {
    private static final long MAX_ANSWER_BYTES = 1 << 20;

    private final SdkHttpClient delegate;

    RefusalHttpClient(SdkHttpClient delegate) {
        this.delegate = delegate;
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        ExecutableHttpRequest prepared = delegate.prepareRequest(request);
        if (request.contentStreamProvider().isEmpty()) {
            return prepared;
        }
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                HttpExecuteResponse response = prepared.call();
                return response.httpResponse().isSuccessful() ? response : withoutConnection(response);
            }

            @Override
            public void abort() {
                prepared.abort();
            }
        };
    }

    private static HttpExecuteResponse withoutConnection(HttpExecuteResponse response) throws IOException {
        Optional<AbortableInputStream> body = response.responseBody();
        long length = response.httpResponse()
                .firstMatchingHeader("Content-Length")
                .map(Long::parseLong)
                .orElse(-1L);
        if (body.isEmpty() || length < 0 || length > MAX_ANSWER_BYTES) {
            return response;
        }
        // Not a byte further: the end of the body would hand the connection back to the pool.
        byte[] answer = body.get().readNBytes((int) length);
        body.get().abort();
        return HttpExecuteResponse.builder()
                .response(response.httpResponse())
                .responseBody(AbortableInputStream.create(new ByteArrayInputStream(answer)))
                .build();
    }

    @Override
    public String clientName() {
        return delegate.clientName();
    }

    @Override
    public void close() {
        delegate.close();
    }
}
