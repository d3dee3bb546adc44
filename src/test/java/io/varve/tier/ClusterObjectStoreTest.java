package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.ClusterException;
import io.varve.tier.FaultyObjectStore.CreateFault;
import io.varve.tier.ObjectStoreException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bucket prefix belongs to one cluster, whatever comes of the store. */
class ClusterObjectStoreTest {
    private static final ObjectContent DATA = Contents.of("data");

    @TempDir
    Path folder;

    private final ManualTime time = new ManualTime();
    private final MemoryObjectStore objects = new MemoryObjectStore(time);
    private final FaultyObjectStore faulty = new FaultyObjectStore(objects);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private ClusterObjectStore of(String cluster) {
        return of(cluster, faulty);
    }

    private ClusterObjectStore of(String cluster, ObjectStore store) {
        return new ClusterObjectStore(store, cluster, time, new SimpleMeterRegistry());
    }

    @Test
    void theFirstClusterKeepsThePrefix_andAnotherIsRefusedWithWords() {
        // Given a bucket that a broker of cluster a has found without a mark, with what an earlier version has left
        objects.create("data/00/old", DATA);
        of("a").claim();
        assertThat(objects.keys()).containsExactly("cluster.json", "data/00/old");
        assertThat(StandardCharsets.UTF_8
                        .decode(objects.read("cluster.json", 0, 512))
                        .toString())
                .startsWith("{\"cluster\":\"a\"}");

        // Then others of that cluster are welcome, and those of another are not
        assertThatCode(() -> of("a").claim()).doesNotThrowAnyException();
        assertThatThrownBy(() -> of("b").claim())
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("holds cluster a")
                .hasMessageContaining("of cluster b")
                .hasMessageContaining("varve.object-store.url");
    }

    @Test
    void brokersThatStartAtOnceAgree() throws Exception {
        // Given brokers of two clusters that meet at one empty folder
        var store = new FolderObjectStore(folder);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> claims = IntStream.range(0, 16)
                    .<Callable<String>>mapToObj(i -> () -> {
                        String cluster = i % 2 == 0 ? "a" : "b";
                        try {
                            of(cluster, store).claim();
                            return cluster;
                        } catch (ClusterException refused) {
                            return "refused";
                        }
                    })
                    .toList();
            var outcomes = threads.invokeAll(claims);

            // Then all of one cluster start, and none of the other
            var started = new ArrayList<String>();
            for (var outcome : outcomes) {
                started.add(outcome.get());
            }
            assertThat(started).filteredOn("refused"::equals).hasSize(8);
            assertThat(started)
                    .filteredOn(word -> !word.equals("refused"))
                    .hasSize(8)
                    .containsOnly(ClusterMark.read(store).orElseThrow());
        }
    }

    @Test
    void withoutConditionalWritesBothSeeTheLastOfTwo() {
        // Given a store that overwrites, and another cluster that writes its mark right after ours
        var overwriting = new Overwriting(objects, "b");

        // Then the one that was overwritten is refused too
        assertThatThrownBy(() -> of("a", overwriting).claim()).isInstanceOf(ClusterException.class);
        assertThatCode(() -> of("b").claim()).doesNotThrowAnyException();
    }

    @Test
    void anAnswerThatGetsLostDoesNotMatter() {
        faulty.failCreates(CreateFault.UNKNOWN_AFTER_SUCCESS);
        assertThatCode(() -> of("a").claim()).doesNotThrowAnyException();
        assertThat(ClusterMark.read(objects)).contains("a");
    }

    @Test
    void anObjectOfThatNameThatIsNotVarvesIsRefusedWithWords() {
        objects.create("cluster.json", DATA);
        assertThatThrownBy(() -> of("a").claim())
                .isInstanceOfSatisfying(
                        ObjectStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                .hasMessageContaining("is not Varve's");
    }

    @Test
    void rule8AStoreThatIsAwayAtTheStartIsLookedAtBeforeAnythingIsWrittenOrDeleted() {
        // Given a bucket of another cluster that does not answer when a broker starts
        of("b").claim();
        objects.create("data/00/theirs", DATA);
        var ours = of("a");
        faulty.down(true);
        assertThatCode(ours::claim).doesNotThrowAnyException();

        // When it answers again
        faulty.down(false);

        // Then it is as it was
        assertRefused(() -> ours.create("data/00/ours", DATA));
        assertRefused(() -> ours.delete("data/00/theirs"));
        assertThat(objects.keys()).containsExactly("cluster.json", "data/00/theirs");
        assertThat(ours.problem()).hasValueSatisfying(words -> assertThat(words).contains("holds cluster b"));
        assertThat(ours.holds()).isFalse();
    }

    @Test
    void aBucketThatWasEmptiedIsSaid_andTakesWhatComes() {
        // Given
        var ours = of("a");
        ours.claim();
        ours.create("data/00/x", DATA);
        assertThat(ours.warning()).isEmpty();
        // When it is gone, and an empty one takes its place
        objects.lose("data/00/x");
        objects.lose("cluster.json");
        ours.check();
        // Then
        assertThat(ours.warning()).hasValueSatisfying(words -> assertThat(words).contains("emptied or replaced"));
        assertThat(ours.problem()).isEmpty();
        ours.create("data/00/y", DATA);
        assertThat(objects.keys()).containsExactly("cluster.json", "data/00/y");
    }

    @Test
    void aStoreThatDoesNotAnswerForAWhileIsAProblem_alsoWithNothingToUpload() {
        var ours = of("a");
        ours.claim();
        faulty.down(true);
        ours.check();
        assertThat(ours.problem()).isEmpty();
        time.advance(Duration.ofSeconds(31));
        ours.check();
        assertThat(ours.problem()).hasValueSatisfying(words -> assertThat(words).contains("Looks at the object store"));
        faulty.down(false);
        ours.check();
        assertThat(ours.problem()).isEmpty();
    }

    @Test
    void clocksThatDifferAreSaidFromHalfAMinuteOn() {
        // Given a store whose clock is right
        var clocked = new Clocked(objects);
        var ours = new ClusterObjectStore(clocked, "a", time, meters);
        clocked.aheadMillis = 0;
        ours.claim();
        assertThat(ours.clockWarning()).isEmpty();
        assertThat(skew()).isBetween(-1.0, 1.0);
        // When this machine's clock is late
        clocked.aheadMillis = Duration.ofMinutes(5).toMillis();
        ours.check();
        // Then
        assertThat(ours.clockWarning())
                .hasValueSatisfying(
                        words -> assertThat(words).contains("300 s behind").contains("NTP"));
        assertThat(skew()).isBetween(-301.0, -299.0);
        clocked.aheadMillis = -Duration.ofMinutes(2).toMillis();
        ours.check();
        assertThat(ours.clockWarning())
                .hasValueSatisfying(words -> assertThat(words).contains("s ahead of"));
        assertThat(ours.problem()).isEmpty();
    }

    private double skew() {
        return meters.get("varve.clock.skew").gauge().value();
    }

    private static void assertRefused(Runnable step) {
        assertThatThrownBy(step::run)
                .isInstanceOfSatisfying(
                        ObjectStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                .hasMessageContaining("holds cluster b");
    }

    /** A store with a clock of its own, which tells whole seconds. */
    private final class Clocked extends Wrapper {
        private volatile long aheadMillis;

        Clocked(MemoryObjectStore store) {
            super(store);
        }

        @Override
        public OptionalLong clockMillis() {
            return OptionalLong.of((time.milliseconds() + aheadMillis) / 1000 * 1000);
        }
    }

    /** A store without conditional writes, where another cluster comes right after each mark. */
    private static final class Overwriting extends Wrapper {
        private final MemoryObjectStore objects;
        private final String other;

        Overwriting(MemoryObjectStore objects, String other) {
            super(objects);
            this.objects = objects;
            this.other = other;
        }

        @Override
        public void create(String key, ObjectContent content) {
            super.create(key, content);
            objects.lose(key);
            ClusterMark.create(objects, other);
        }
    }

    private static class Wrapper implements ObjectStore {
        private final ObjectStore store;

        Wrapper(ObjectStore store) {
            this.store = store;
        }

        @Override
        public void create(String key, ObjectContent content) {
            store.create(key, content);
        }

        @Override
        public ByteBuffer read(String key, long position, int length) {
            return store.read(key, position, length);
        }

        @Override
        public long length(String key) {
            return store.length(key);
        }

        @Override
        public void list(String prefix, Consumer<List<StoredObject>> visitor) {
            store.list(prefix, visitor);
        }

        @Override
        public void delete(String key) {
            store.delete(key);
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
