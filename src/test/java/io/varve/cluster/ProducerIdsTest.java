package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.FlakyStore.Fault;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.MetadataException;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerIdsTest {
    @TempDir
    Path directory;

    private FlakyStore store;

    @BeforeEach
    void open() {
        store = new FlakyStore(EmbeddedStore.open(directory));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void noIdIsHandedOutTwiceByConcurrentBrokers() throws Exception {
        Set<Long> seen = ConcurrentHashMap.newKeySet();
        List<Future<?>> takers = new ArrayList<>();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int broker = 0; broker < 3; broker++) {
                ProducerIds ids = new ProducerIds(store);
                for (int thread = 0; thread < 4; thread++) {
                    takers.add(pool.submit(() -> {
                        for (int i = 0; i < 600; i++) {
                            assertThat(seen.add(ids.next())).isTrue();
                        }
                    }));
                }
            }
            for (Future<?> taker : takers) {
                taker.get();
            }
        }
        assertThat(seen).hasSize(3 * 4 * 600);
    }

    @Test
    void aRestartLosesTheRestOfItsBlockRatherThanRepeatAnId() {
        ProducerIds before = new ProducerIds(store);
        assertThat(before.next()).isEqualTo(0);
        assertThat(before.next()).isEqualTo(1);

        assertThat(new ProducerIds(store).next()).isEqualTo(1_000);
        assertThat(store.get("producer-ids").orElseThrow().text()).isEqualTo("2000");
    }

    @Test
    void aBlockWhoseClaimGotNoAnswerIsNotUsed() {
        ProducerIds ids = new ProducerIds(store);
        store.failNext(Fault.APPLIED_WITHOUT_ANSWER);

        assertThatThrownBy(ids::next).isInstanceOf(MetadataException.class);
        assertThat(ids.next()).isEqualTo(1_000);
    }

    @Test
    void aDamagedCounterIsNamed() {
        store.commit(Txn.builder().put("producer-ids", "many").build());

        assertThatThrownBy(() -> new ProducerIds(store).next())
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("producer-ids")
                .hasMessageContaining("many");
    }
}
