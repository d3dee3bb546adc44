package io.varve.tier;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a bucket.
 *
 * @param bucket its name
 * @param prefix put before every key; empty, or without slashes at its ends
 * @param endpoint of an S3-compatible store, or null for AWS
 * @param region of the bucket
 * @param pathStyle whether the bucket goes into the path instead of the host name, as most compatible stores want it
 * @param credentials or null for the AWS SDK's default chain (environment, profile, container, instance)
 * @param checksums when to add checksums to requests and verify those of responses
 * @param connectTimeout for a connection to be made, and for one of the pool to be free
 * @param requestTimeout for one HTTP request from its start to the end of its answer, plus a second for every 512 KiB sent
 * @param maxConnections that are open at any time
 */
public record S3Settings(
        String bucket,
        String prefix,
        @Nullable URI endpoint,
        String region,
        boolean pathStyle,
        @Nullable Credentials credentials,
        ChecksumMode checksums,
        Duration connectTimeout,
        Duration requestTimeout,
        int maxConnections) {

    /** Some compatible stores reject the checksums that the SDK adds by default. */
    public enum ChecksumMode {
        WHEN_SUPPORTED,
        WHEN_REQUIRED
    }

    /** Keys that never show in logs. */
    public record Credentials(String accessKey, String secretKey) {
        @Override
        public String toString() {
            return "Credentials[" + accessKey + ", ***]";
        }
    }

    public S3Settings {
        ObjectKeys.requirePrefix(prefix);
        if (prefix.endsWith("/")) {
            throw new IllegalArgumentException("prefix ends with a slash: " + prefix);
        }
    }

    /** AWS with the SDK's default credentials; the bucket is still to be named by {@link #at}. */
    public static S3Settings defaults(String region) {
        return new S3Settings(
                "",
                "",
                null,
                region,
                false,
                null,
                ChecksumMode.WHEN_SUPPORTED,
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                64);
    }

    public S3Settings at(String newBucket, String newPrefix) {
        return new S3Settings(
                newBucket,
                newPrefix,
                endpoint,
                region,
                pathStyle,
                credentials,
                checksums,
                connectTimeout,
                requestTimeout,
                maxConnections);
    }

    /** Of an S3-compatible store: by path, at {@code newEndpoint}. */
    public S3Settings compatible(URI newEndpoint, @Nullable Credentials newCredentials) {
        return new S3Settings(
                bucket,
                prefix,
                newEndpoint,
                region,
                true,
                newCredentials,
                checksums,
                connectTimeout,
                requestTimeout,
                maxConnections);
    }

    public S3Settings timeouts(Duration connect, Duration request) {
        return new S3Settings(
                bucket, prefix, endpoint, region, pathStyle, credentials, checksums, connect, request, maxConnections);
    }

    /** Whether the endpoint is reached without TLS. */
    boolean isPlain() {
        return endpoint != null && "http".equalsIgnoreCase(endpoint.getScheme());
    }

    /** Where this points, for messages. */
    String where() {
        return "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix) + (endpoint == null ? "" : " at " + endpoint);
    }
}
