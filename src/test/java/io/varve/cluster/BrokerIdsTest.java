package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cluster.FlakyStore.Fault;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerIdsTest {
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
    void brokersThatStartAtTheSameTimeGetDifferentIds_theLowest() throws Exception {
        List<Future<Integer>> ids = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            for (int index = 0; index < 8; index++) {
                String disk = "disk-" + index;
                ids.add(pool.submit(() -> BrokerIds.assign(store, disk)));
            }
        }
        List<Integer> assigned = new ArrayList<>();
        for (Future<Integer> id : ids) {
            assigned.add(id.get());
        }
        assertThat(assigned).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void anIdThatAnybodyHasOrHadIsNotAssigned() {
        BrokerIds.keep(store, 1, "given");
        store.commit(Txn.builder().put("brokers/2", "{}").build());
        try (StoredTopicRegistry topics = new StoredTopicRegistry(store)) {
            topics.create("t", 1, (short) 2, Map.of(), List.of(List.of(3, 5)));
        }

        assertThat(BrokerIds.assign(store, "new")).isEqualTo(4);
        assertThat(BrokerIds.assign(store, "newer")).isEqualTo(6);
        assertThat(store.get("broker-ids/4").orElseThrow().text()).isEqualTo("{\"disk\":\"new\"}");
    }

    @Test
    void anAnswerThatIsLostCostsNoId() {
        store.failNext(Fault.APPLIED_WITHOUT_ANSWER);

        assertThat(BrokerIds.assign(store, "new")).isEqualTo(1);
    }
}
