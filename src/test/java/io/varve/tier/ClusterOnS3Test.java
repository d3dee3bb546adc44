package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.ClusterException;
import io.varve.testkit.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose a bucket is, and what time it is there, on a real S3 server. */
@Tag("process")
class ClusterOnS3Test {
    @TempDir
    Path temp;

    @Test
    void aBucketPrefixIsOneClusters_itsClockIsRead_andABucketThatGoesIsSaid() throws Exception {
        Path bucket = Files.createDirectories(temp.resolve("data/shared"));
        try (var minio = new MinioForTests(temp.resolve("data"));
                var store = new S3ObjectStore(minio.settings("shared", "prefix"));
                var elsewhere = new S3ObjectStore(minio.settings("shared", "another"))) {
            // Given a bucket prefix of cluster a
            var ours = claimed(store, "a", Time.SYSTEM);
            assertThatThrownBy(() -> claimed(store, "b", Time.SYSTEM))
                    .isInstanceOf(ClusterException.class)
                    .hasMessageContaining("holds cluster a");
            claimed(elsewhere, "b", Time.SYSTEM);

            // Then its clock is this machine's, and a clock that is five minutes late is found so
            assertThat(ours.clockWarning()).isEmpty();
            assertThat(claimed(store, "a", new Late(Duration.ofMinutes(5))).clockWarning())
                    .hasValueSatisfying(words -> assertThat(words).contains("s behind the object store's"));

            // And when the bucket is gone, that is said, until there is one again, which is not the same
            Folders.delete(bucket);
            ours.check();
            assertThat(ours.problem())
                    .hasValueSatisfying(words -> assertThat(words).contains("'shared' does not exist: create it"));
            Files.createDirectories(bucket);
            ours.check();
            assertThat(ours.problem()).isEmpty();
            assertThat(ours.warning())
                    .hasValueSatisfying(words -> assertThat(words).contains("emptied or replaced"));
            assertThat(ClusterMark.read(store)).contains("a");
        }
    }

    private static ClusterObjectStore claimed(ObjectStore store, String cluster, Time time) {
        var claimed = new ClusterObjectStore(store, cluster, time, new SimpleMeterRegistry());
        claimed.claim();
        return claimed;
    }

    /** The system's time with a wall clock that is behind. */
    private static final class Late implements Time {
        private final long millis;

        Late(Duration by) {
            millis = by.toMillis();
        }

        @Override
        public long milliseconds() {
            return SYSTEM.milliseconds() - millis;
        }

        @Override
        public long nanoseconds() {
            return SYSTEM.nanoseconds();
        }

        @Override
        public void sleep(long ms) {
            SYSTEM.sleep(ms);
        }

        @Override
        public void waitObject(Object obj, Supplier<Boolean> condition, long deadlineMs) throws InterruptedException {
            SYSTEM.waitObject(obj, condition, deadlineMs + millis);
        }
    }
}
