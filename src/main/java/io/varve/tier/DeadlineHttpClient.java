package io.varve.tier;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * Bounds every HTTP request from its start until its answer is read, by closing its connection. The SDK's own time-outs interrupt
 * the calling thread instead, and an interrupt that meets a thread reading a segment file closes that file for everybody.
 */
final class DeadlineHttpClient implements SdkHttpClient {
    /** A sender slower than this is as good as dead. */
    private static final long MIN_BYTES_PER_SECOND = 512 * 1024;

    private final SdkHttpClient delegate;
    private final Duration timeout;
    private final ScheduledThreadPoolExecutor timer;

    DeadlineHttpClient(SdkHttpClient delegate, Duration timeout) {
        this.delegate = delegate;
        this.timeout = timeout;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("s3-deadlines").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        ExecutableHttpRequest prepared = delegate.prepareRequest(request);
        long millis = timeout.toMillis() + TimeUnit.SECONDS.toMillis(bodyBytes(request) / MIN_BYTES_PER_SECOND);
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                Future<?> deadline = timer.schedule(prepared::abort, millis, TimeUnit.MILLISECONDS);
                boolean bodyLeft = false;
                try {
                    HttpExecuteResponse response = prepared.call();
                    bodyLeft = response.responseBody().isPresent();
                    return bodyLeft ? cancelWhenRead(response, deadline) : response;
                } finally {
                    if (!bodyLeft) {
                        deadline.cancel(false);
                    }
                }
            }

            @Override
            public void abort() {
                prepared.abort();
            }
        };
    }

    private static long bodyBytes(HttpExecuteRequest request) {
        return request.httpRequest()
                .firstMatchingHeader("Content-Length")
                .map(Long::parseLong)
                .orElse(0L);
    }

    private static HttpExecuteResponse cancelWhenRead(HttpExecuteResponse response, Future<?> deadline) {
        AbortableInputStream body = response.responseBody().orElseThrow();
        InputStream watched = new FilterInputStream(body) {
            @Override
            public void close() throws IOException {
                deadline.cancel(false);
                super.close();
            }
        };
        return HttpExecuteResponse.builder()
                .response(response.httpResponse())
                .responseBody(AbortableInputStream.create(watched, () -> {
                    deadline.cancel(false);
                    body.abort();
                }))
                .build();
    }

    @Override
    public String clientName() {
        return delegate.clientName();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        delegate.close();
    }
}
