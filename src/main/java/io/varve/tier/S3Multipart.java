package io.varve.tier;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/**
 * Uploads large objects in parts, a few at a time. Nothing is visible before the last step, which is conditional like a plain
 * create. Parts are read from the content where they are, not held in memory. Thread-safe.
 */
final class S3Multipart {
    private static final Logger LOG = Logger.getLogger(S3Multipart.class);
    private static final long MIN_PART_BYTES = 16L << 20;
    private static final int MAX_PARTS = 10_000;
    private static final int PARALLEL_PARTS = 4;

    private final S3Clients clients;
    private final String bucket;
    private final long fromBytes;

    S3Multipart(S3Clients clients, String bucket, long fromBytes) {
        this.clients = clients;
        this.bucket = bucket;
        this.fromBytes = fromBytes;
    }

    boolean wants(ObjectContent content) {
        return content.length() > fromBytes;
    }

    void create(String key, ObjectContent content, boolean ifAbsent) {
        String upload = clients.repeating
                .createMultipartUpload(r -> r.bucket(bucket).key(key).contentType("application/octet-stream"))
                .uploadId();
        boolean done = false;
        try {
            List<CompletedPart> parts = uploadParts(key, upload, content);
            var complete = CompleteMultipartUploadRequest.builder()
                    .bucket(bucket)
                    .key(key)
                    .uploadId(upload)
                    .multipartUpload(m -> m.parts(parts));
            if (ifAbsent) {
                complete.ifNoneMatch("*");
            }
            clients.once.completeMultipartUpload(complete.build());
            done = true;
        } finally {
            if (!done) {
                abort(key, upload);
            }
        }
    }

    private List<CompletedPart> uploadParts(String key, String upload, ObjectContent content) {
        long length = content.length();
        long partBytes = Math.max(MIN_PART_BYTES, (length + MAX_PARTS - 1) / MAX_PARTS);
        int count = Math.toIntExact((length + partBytes - 1) / partBytes);
        var parts = new CompletedPart[count];
        var next = new AtomicInteger();
        var failure = new AtomicReference<@Nullable RuntimeException>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < PARALLEL_PARTS; i++) {
                threads.execute(() -> {
                    int part;
                    while (failure.get() == null && (part = next.getAndIncrement()) < count) {
                        long position = part * partBytes;
                        var body = new S3Body(content, position, Math.min(partBytes, length - position));
                        try {
                            parts[part] = uploadPart(key, upload, part + 1, body);
                        } catch (RuntimeException e) {
                            failure.compareAndSet(null, e);
                        }
                    }
                });
            }
        }
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
        return List.of(parts);
    }

    private CompletedPart uploadPart(String key, String upload, int number, S3Body body) {
        var request = UploadPartRequest.builder()
                .bucket(bucket)
                .key(key)
                .uploadId(upload)
                .partNumber(number)
                .contentLength(body.length())
                .build();
        try (body) {
            var response = clients.repeating.uploadPart(
                    request, RequestBody.fromContentProvider(body, body.length(), "application/octet-stream"));
            return CompletedPart.builder()
                    .partNumber(number)
                    .eTag(response.eTag())
                    .checksumCRC32(response.checksumCRC32())
                    .build();
        }
    }

    private void abort(String key, String upload) {
        try {
            clients.repeating.abortMultipartUpload(
                    r -> r.bucket(bucket).key(key).uploadId(upload));
        } catch (SdkException e) {
            LOG.debugf(
                    "Parts of an upload stay until the bucket's lifecycle rule removes them: key=%s error=%s", key, e);
        }
    }
}
