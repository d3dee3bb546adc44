package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.cluster.FlakyStore.Fault;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.MetadataException;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredTopicRegistryTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final short ONE = 1;

    @TempDir
    Path directory;

    private FlakyStore store;
    private StoredTopicRegistry registry;

    @BeforeEach
    void open() {
        store = new FlakyStore(EmbeddedStore.open(directory));
        registry = new StoredTopicRegistry(store);
    }

    @AfterEach
    void close() {
        registry.close();
        store.close();
    }

    @Test
    void aCreatedTopicIsVisibleAtOnceAndReadableInTheStore() {
        Topic created = registry.create("orders", 3, ONE, Map.of("retention.ms", "1000"));

        assertThat(registry.byName("orders")).contains(created);
        assertThat(registry.byId(created.id())).contains(created);
        assertThat(registry.all()).containsExactly(created);
        assertThat(store.get("topics/orders").orElseThrow().text())
                .isEqualTo("{\"version\":1,\"id\":\"" + created.id()
                        + "\",\"partitions\":3,\"replicationFactor\":1,\"configs\":{\"retention.ms\":\"1000\"}}");
    }

    @Test
    void aNameIsTakenOnce() {
        registry.create("orders", 1, ONE, Map.of());

        assertThatThrownBy(() -> registry.create("orders", 2, ONE, Map.of())).isInstanceOf(TopicExistsException.class);
        assertThat(registry.byName("orders").orElseThrow().partitions()).isEqualTo(1);
    }

    @Test
    void everyRegistrySeesWhatAnotherOneDoes() {
        try (StoredTopicRegistry other = new StoredTopicRegistry(store)) {
            Topic topic = registry.create("t", 1, ONE, Map.of());
            await().atMost(LIMIT).until(() -> other.byId(topic.id()).isPresent());
            other.delete(topic);
            await().atMost(LIMIT).until(() -> registry.byName("t").isEmpty());
            Topic again = registry.create("t", 2, ONE, Map.of());

            await().atMost(LIMIT).until(() -> other.byName("t").equals(registry.byName("t")));
            assertThat(again.id()).isNotEqualTo(topic.id());
            assertThat(other.byId(topic.id())).isEmpty();
        }
    }

    @Test
    void deletingATopicRemovesItsPartitionRecordsAndNoOthers() {
        StoredPartitionRecords records = new StoredPartitionRecords(store);
        Topic doomed = registry.create("doomed", 250, ONE, Map.of());
        Topic other = registry.create("other", 1, ONE, Map.of());
        for (int i = 0; i < 250; i++) {
            records.compareAndSet(new PartitionId(doomed.id(), i), Txn.ABSENT, Records.empty());
        }
        records.compareAndSet(new PartitionId(other.id(), 0), Txn.ABSENT, Records.empty());

        registry.delete(doomed);

        assertThat(registry.byName("doomed")).isEmpty();
        assertThat(records.all()).containsOnlyKeys(new PartitionId(other.id(), 0));
        assertThatThrownBy(() -> registry.delete(doomed)).isInstanceOf(UnknownTopicOrPartitionException.class);
    }

    @Test
    void aTopicThatWasCreatedAgainIsNotTheOneBefore() {
        Topic before = registry.create("t", 1, ONE, Map.of());
        registry.delete(before);
        Topic again = registry.create("t", 1, ONE, Map.of());

        assertThatThrownBy(() -> registry.delete(before)).isInstanceOf(UnknownTopicOrPartitionException.class);
        assertThatThrownBy(() -> registry.addPartitions(before, 5))
                .isInstanceOf(UnknownTopicOrPartitionException.class);
        assertThat(registry.byName("t")).contains(again);
    }

    @Test
    void orphansAreTheRecordsOfTopicsThatAreGone() {
        StoredPartitionRecords records = new StoredPartitionRecords(store);
        Topic living = registry.create("living", 1, ONE, Map.of());
        PartitionId kept = new PartitionId(living.id(), 0);
        records.compareAndSet(kept, Txn.ABSENT, Records.empty());
        records.compareAndSet(new PartitionId(Uuid.randomUuid(), 7), Txn.ABSENT, Records.empty());

        registry.deleteOrphans();

        assertThat(records.all()).containsOnlyKeys(kept);
    }

    @Test
    void partitionsOnlyGrow() {
        Topic topic = registry.create("t", 3, ONE, Map.of());

        assertThat(registry.addPartitions(topic, 5).partitions()).isEqualTo(5);
        assertThat(registry.byName("t").orElseThrow().partitions()).isEqualTo(5);
        assertThatThrownBy(() -> registry.addPartitions(topic, 5)).isInstanceOf(InvalidPartitionsException.class);
    }

    @Test
    void rule1_concurrentChangesOfConfigsLoseNone() throws Exception {
        Topic topic = registry.create("t", 1, ONE, Map.of());
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Topic>> changes = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                String name = "config." + i;
                changes.add(pool.submit(() -> registry.alterConfigs(topic, with(name, "x"))));
            }
            for (Future<Topic> change : changes) {
                change.get();
            }
        }
        assertThat(registry.byName("t").orElseThrow().configs()).hasSize(20);
    }

    private static UnaryOperator<Map<String, String>> with(String name, String value) {
        return configs -> {
            Map<String, String> changed = new HashMap<>(configs);
            changed.put(name, value);
            return changed;
        };
    }

    @Test
    void whatHappenedWhileTheWatchWasLostIsSeenAfterwards() {
        Topic gone = registry.create("gone", 1, ONE, Map.of());
        Topic changed = registry.create("changed", 1, ONE, Map.of());
        Topic same = registry.create("same", 1, ONE, Map.of());
        Recorder recorder = new Recorder();
        registry.addListener(recorder);
        recorder.heard.clear();

        store.loseWatches(() -> {
            try (StoredTopicRegistry other = new StoredTopicRegistry(store)) {
                other.delete(gone);
                other.addPartitions(changed, 9);
                other.create("new", 1, ONE, Map.of());
            }
        });

        await().atMost(LIMIT).until(() -> recorder.heard.size() >= 3);
        assertThat(recorder.heard).containsExactlyInAnyOrder("-gone", "changed/9", "new/1");
        assertThat(registry.byName("same")).contains(same);
        registry.create("after", 1, ONE, Map.of());
        assertThat(recorder.heard).contains("after/1");
    }

    @Test
    void aLostWatchIsTakenUpAgainWhenTheStoreIsBack() {
        registry.create("t", 1, ONE, Map.of());
        store.loseWatches(() -> store.down(true));
        store.down(false);

        await().atMost(LIMIT)
                .ignoreException(MetadataException.class)
                .until(() -> registry.create("later-" + Uuid.randomUuid(), 1, ONE, Map.of()) != null);
    }

    @Test
    void aListenerHearsOfEveryChangeInOrder() {
        Topic early = registry.create("early", 1, ONE, Map.of());
        Recorder recorder = new Recorder();
        registry.addListener(recorder);
        assertThat(recorder.heard).containsExactly("early/1");

        registry.addPartitions(early, 2);
        registry.create("late", 1, ONE, Map.of());
        registry.delete(early);

        assertThat(recorder.heard).containsExactly("early/1", "early/2", "late/1", "-early");
    }

    @Test
    void aListenerThatFailsDoesNotKeepAChangeFromTheOthers() {
        registry.addListener(new Recorder() {
            @Override
            public void onTopic(Topic topic) {
                throw new IllegalStateException("thrown by the test");
            }
        });
        Recorder recorder = new Recorder();
        registry.addListener(recorder);

        registry.create("t", 1, ONE, Map.of());

        assertThat(recorder.heard).containsExactly("t/1");
        assertThat(registry.byName("t")).isPresent();
    }

    @Test
    void anAnswerThatGetsLostIsLookedUp() {
        store.failNext(Fault.APPLIED_WITHOUT_ANSWER);
        Topic topic = registry.create("t", 1, ONE, Map.of());
        assertThat(registry.byName("t")).contains(topic);

        store.failNext(Fault.APPLIED_WITHOUT_ANSWER);
        assertThat(registry.addPartitions(topic, 4).partitions()).isEqualTo(4);
        store.failNext(Fault.LOST_BEFORE_IT_WAS_APPLIED);
        assertThat(registry.addPartitions(topic, 6).partitions()).isEqualTo(6);

        store.failNext(Fault.APPLIED_WITHOUT_ANSWER);
        registry.delete(topic);
        await().atMost(LIMIT).until(() -> registry.byName("t").isEmpty());
    }

    @Test
    void aCreationThatWasNotMadeSaysSo() {
        store.failNext(Fault.LOST_BEFORE_IT_WAS_APPLIED);

        assertThatThrownBy(() -> registry.create("t", 1, ONE, Map.of()))
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.OUTCOME_UNKNOWN));
        assertThat(registry.byName("t")).isEmpty();
    }

    @Test
    void fieldsOfALaterVersionAreIgnoredAndANewerFormatIsRefused() {
        String id = Uuid.randomUuid().toString();
        store.commit(Txn.builder()
                .put(
                        "topics/later",
                        "{\"version\":1,\"id\":\"" + id
                                + "\",\"partitions\":2,\"replicationFactor\":1,\"configs\":{},\"colour\":\"red\"}")
                .build());
        await().atMost(LIMIT).until(() -> registry.byName("later").isPresent());
        store.commit(
                Txn.builder().put("topics/newer", "{\"version\":99,\"id\":7}").build());

        assertThatThrownBy(() -> new StoredTopicRegistry(store))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("topics/newer")
                .hasMessageContaining("upgrade");
        registry.create("after", 1, ONE, Map.of());
        assertThat(registry.byName("newer")).isEmpty();
    }

    /** Writes down what a listener hears. */
    private static class Recorder implements TopicRegistry.Listener {
        final List<String> heard = new CopyOnWriteArrayList<>();

        @Override
        public void onTopic(Topic topic) {
            heard.add(topic.name() + "/" + topic.partitions());
        }

        @Override
        public void onTopicDeleted(Topic topic) {
            heard.add("-" + topic.name());
        }
    }
}
