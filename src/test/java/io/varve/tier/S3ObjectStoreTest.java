package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.tier.ObjectStoreException.Kind;
import io.varve.tier.S3Settings.Credentials;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The S3 store against a real S3 server. */
@Tag("process")
class S3ObjectStoreTest extends ObjectStoreContract {
    private static final String BUCKET = "varve-contract";

    @TempDir
    static Path temp;

    private static MinioForTests minio;
    private static S3ObjectStore store;

    @BeforeAll
    static void start() throws IOException {
        minio = new MinioForTests(Files.createDirectory(temp.resolve("data")));
        S3Settings settings = minio.settings(BUCKET, "some/prefix");
        try (var clients = new S3Clients(settings)) {
            clients.repeating.createBucket(r -> r.bucket(BUCKET));
        }
        store = new S3ObjectStore(settings);
    }

    @AfterAll
    static void stop() {
        store.close();
        minio.close();
    }

    @Override
    ObjectStore store() {
        return store;
    }

    @Override
    ObjectStore unreachable() {
        try {
            URI nobody = URI.create("http://127.0.0.1:" + MinioForTests.freePort());
            return new S3ObjectStore(S3Settings.defaults("us-east-1")
                    .at(BUCKET, "")
                    .compatible(nobody, MinioForTests.CREDENTIALS)
                    .timeouts(Duration.ofSeconds(2), Duration.ofSeconds(2)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void keysAreBelowThePrefixAndShowWithoutIt() {
        store.create("inner/a", Contents.of("x"));
        try (var whole = new S3ObjectStore(minio.settings(BUCKET, ""))) {
            assertThat(whole.length("some/prefix/inner/a")).isEqualTo(1);
        }
        store.list("inner/", page -> assertThat(page.getFirst().key()).isEqualTo("inner/a"));
    }

    @Test
    void wrongCredentialsAreRefusedWithWords() {
        var settings = minio.settings(BUCKET, "").compatible(minio.endpoint(), new Credentials("varve-test", "wrong"));
        try (var locked = new S3ObjectStore(settings)) {
            assertRefused(locked, "check the access key and secret");
        }
        var unknown = minio.settings(BUCKET, "").compatible(minio.endpoint(), new Credentials("nobody", "wrong"));
        try (var locked = new S3ObjectStore(unknown)) {
            assertRefused(locked, "check the access key and secret");
        }
    }

    @Test
    void aMissingBucketIsRefusedWithWords() {
        try (var missing = new S3ObjectStore(minio.settings("not-made", ""))) {
            assertRefused(missing, "bucket 'not-made' does not exist");
            assertFails(Kind.REFUSED, () -> missing.length("a"));
        }
    }

    private static void assertRefused(ObjectStore store, String words) {
        assertThatThrownBy(() -> store.read("a", 0, 1)).hasMessageContaining(words);
        assertThatThrownBy(() -> ObjectStores.check(store)).hasMessageContaining(words);
        assertThatThrownBy(() -> store.create("a", Contents.of(Contents.random(1, 4 << 20))))
                .hasMessageContaining(words);
        assertFails(Kind.REFUSED, () -> store.create("a", Contents.of("x")));
    }

    @Test
    void rule7_largeObjectsGoUpInPartsAndOnlyOnce() {
        byte[] bytes = Contents.random(7, 40 << 20);
        try (var parts = new S3ObjectStore(minio.settings(BUCKET, "parts"), 20 << 20)) {
            parts.create("large", Contents.of(bytes));

            assertThat(parts.length("large")).isEqualTo(bytes.length);
            assertThat(Contents.bytes(parts.read("large", 0, bytes.length))).isEqualTo(bytes);
            assertFails(Kind.EXISTS, () -> parts.create("large", Contents.of(Contents.random(8, 21 << 20))));
            assertThat(parts.length("large")).isEqualTo(bytes.length);
        }
    }

    @Test
    void checksumsCanBeLeftOut() {
        S3Settings s = minio.settings(BUCKET, "plain");
        var required = new S3Settings(
                s.bucket(),
                s.prefix(),
                s.endpoint(),
                s.region(),
                s.pathStyle(),
                s.credentials(),
                S3Settings.ChecksumMode.WHEN_REQUIRED,
                s.connectTimeout(),
                s.requestTimeout(),
                s.maxConnections());
        try (var plain = new S3ObjectStore(required)) {
            plain.create("a", Contents.of("text"));
            assertThat(Contents.text(plain.read("a", 0, 4))).isEqualTo("text");
        }
    }

    @Test
    void aStoreThatNeverAnswersIsGivenUp() throws IOException {
        // Given a port that accepts and then says nothing
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var settings = S3Settings.defaults("us-east-1")
                    .at(BUCKET, "")
                    .compatible(URI.create("http://127.0.0.1:" + silent.getLocalPort()), MinioForTests.CREDENTIALS)
                    .timeouts(Duration.ofSeconds(1), Duration.ofMillis(300));
            try (var store = new S3ObjectStore(settings)) {
                // Then reads may be tried again, and nobody knows what became of a create
                assertFails(Kind.UNAVAILABLE, () -> store.read("a", 0, 1));
                assertFails(Kind.OUTCOME_UNKNOWN, () -> store.create("a", Contents.of("x")));
            }
        }
    }

    @Test
    void opensByAddress() {
        try (var opened = ObjectStores.open(URI.create("s3://" + BUCKET + "/some/prefix/"), minio.settings("", ""))) {
            ObjectStores.check(opened);
            store.create("opened/a", Contents.of("x"));
            assertThat(opened.length("opened/a")).isEqualTo(1);
        }
    }
}
