package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * An object store in an S3-compatible bucket. Creates are conditional ({@code If-None-Match: *}); where an endpoint does not know
 * that, it is said once and the uniqueness of names is all that protects objects from being overwritten. Objects over
 * {@link #MULTIPART_BYTES} go up in parts, several at a time. Reads are tried three times, creates once. Parts of uploads that
 * never ended are no objects: give the bucket a lifecycle rule that aborts incomplete multipart uploads after a day. Thread-safe.
 */
public final class S3ObjectStore implements ObjectStore {
    static final long MULTIPART_BYTES = 80L << 20;
    private static final Logger LOG = Logger.getLogger(S3ObjectStore.class);

    private final S3Settings settings;
    private final S3Clients clients;
    private final S3Errors errors;
    private final S3Multipart multipart;
    private final String keyPrefix;
    private volatile boolean conditional = true;

    /** Does not talk to the endpoint yet. */
    public S3ObjectStore(S3Settings settings) {
        this(settings, MULTIPART_BYTES);
    }

    S3ObjectStore(S3Settings settings, long multipartBytes) {
        this.settings = settings;
        this.clients = new S3Clients(settings);
        this.errors = new S3Errors(settings);
        this.multipart = new S3Multipart(clients, settings.bucket(), multipartBytes);
        this.keyPrefix = settings.prefix().isEmpty() ? "" : settings.prefix() + "/";
    }

    @Override
    public void create(String key, ObjectContent content) {
        ObjectKeys.requireKey(key);
        try {
            createOnce(key, content, conditional);
        } catch (SdkException e) {
            if (!conditional || !S3Errors.isNotImplemented(e)) {
                throw errors.creating("create object " + key, e);
            }
            createUnconditionally(key, content);
        }
    }

    private void createUnconditionally(String key, ObjectContent content) {
        LOG.warnf(
                "The endpoint does not support conditional writes; objects are protected by their unique names alone: store=%s",
                settings.where());
        conditional = false;
        try {
            createOnce(key, content, false);
        } catch (SdkException e) {
            throw errors.creating("create object " + key, e);
        }
    }

    private void createOnce(String key, ObjectContent content, boolean ifAbsent) {
        if (multipart.wants(content)) {
            multipart.create(keyPrefix + key, content, ifAbsent);
            return;
        }
        var request = PutObjectRequest.builder().bucket(settings.bucket()).key(keyPrefix + key);
        if (ifAbsent) {
            request.ifNoneMatch("*");
        }
        try (var body = new S3Body(content, 0, content.length())) {
            clients.once.putObject(
                    request.build(),
                    RequestBody.fromContentProvider(body, content.length(), "application/octet-stream"));
        } catch (UncheckedIOException | IllegalStateException e) {
            throw new ObjectStoreException(
                    Kind.OUTCOME_UNKNOWN, "The content of object " + key + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public ByteBuffer read(String key, long position, int length) {
        ObjectKeys.requireKey(key);
        if (position < 0 || length < 0) {
            throw outside(key, position, length);
        }
        if (length == 0) {
            // HTTP has no empty range.
            if (position > length(key)) {
                throw outside(key, position, length);
            }
            return ByteBuffer.allocate(0);
        }
        ByteBuffer bytes = get(key, position, length);
        if (bytes.remaining() != length) {
            throw outside(key, position, length);
        }
        return bytes;
    }

    private ByteBuffer get(String key, long position, int length) {
        String range = "bytes=" + position + "-" + (position + length - 1);
        try {
            return clients.repeating.getObject(
                    r -> r.bucket(settings.bucket()).key(keyPrefix + key).range(range),
                    (response, body) -> readBody(response, body, length));
        } catch (SdkException e) {
            throw errors.reading("read object " + key, e);
        }
    }

    /** Reads up to {@code length} bytes, so that an endpoint that ignores ranges cannot flood us. */
    private static ByteBuffer readBody(GetObjectResponse response, InputStream body, int length) {
        if (response.contentRange() == null) {
            throw SdkClientException.create("the endpoint ignores ranges");
        }
        int expected = (int) Math.min(length, response.contentLength());
        byte[] bytes = new byte[expected];
        try {
            if (body.readNBytes(bytes, 0, expected) != expected) {
                throw new EOFException("the answer ends early");
            }
        } catch (IOException e) {
            throw RetryableException.create("the answer broke off", e);
        }
        return ByteBuffer.wrap(bytes);
    }

    private static ObjectStoreException outside(String key, long position, int length) {
        return new ObjectStoreException(
                Kind.NOT_FOUND, "Object " + key + " has no " + length + " bytes at " + position, null);
    }

    @Override
    public long length(String key) {
        ObjectKeys.requireKey(key);
        try {
            return clients.repeating
                    .headObject(r -> r.bucket(settings.bucket()).key(keyPrefix + key))
                    .contentLength();
        } catch (SdkException e) {
            ObjectStoreException failure = errors.reading("look at object " + key, e);
            if (failure.kind() == Kind.NOT_FOUND) {
                requireBucket();
            }
            throw failure;
        }
    }

    /** An answer to HEAD has no body, so it does not say whether it is the object or the whole bucket that is missing. */
    private void requireBucket() {
        ObjectStores.check(this);
    }

    @Override
    public void list(String prefix, Consumer<List<StoredObject>> visitor) {
        ObjectKeys.requirePrefix(prefix);
        String from = null;
        do {
            ListObjectsV2Response page = listPage(prefix, from);
            if (!page.contents().isEmpty()) {
                visitor.accept(stored(page.contents()));
            }
            from = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
        } while (from != null);
    }

    private ListObjectsV2Response listPage(String prefix, @Nullable String from) {
        try {
            return clients.repeating.listObjectsV2(
                    r -> r.bucket(settings.bucket()).prefix(keyPrefix + prefix).continuationToken(from));
        } catch (SdkException e) {
            throw errors.reading("list objects", e);
        }
    }

    private List<StoredObject> stored(List<S3Object> objects) {
        var result = new ArrayList<StoredObject>(objects.size());
        for (S3Object object : objects) {
            result.add(new StoredObject(
                    object.key().substring(keyPrefix.length()),
                    object.size(),
                    object.lastModified().toEpochMilli()));
        }
        return result;
    }

    @Override
    public void delete(String key) {
        ObjectKeys.requireKey(key);
        try {
            clients.repeating.deleteObject(r -> r.bucket(settings.bucket()).key(keyPrefix + key));
        } catch (SdkException e) {
            throw errors.reading("delete object " + key, e);
        }
    }

    @Override
    public OptionalLong clockMillis() {
        return clients.date.millis();
    }

    @Override
    public void close() {
        clients.close();
    }
}
