package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.FlakyStore.Fault;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterIdentityTest {
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
    void theFirstBrokersIdIsKept() {
        assertThat(ClusterIdentity.establish(store, Optional.of("cluster-a"))).isEqualTo("cluster-a");
        assertThat(ClusterIdentity.establish(store, Optional.empty())).isEqualTo("cluster-a");
        assertThat(store.get("cluster").orElseThrow().text()).isEqualTo("{\"id\":\"cluster-a\"}");
    }

    @Test
    void aClusterThatIsNotNamedGetsARandomKafkaId() {
        String id = ClusterIdentity.establish(store, Optional.empty());

        assertThat(Uuid.fromString(id).toString()).isEqualTo(id);
        assertThat(ClusterIdentity.establish(store, Optional.of(id))).isEqualTo(id);
    }

    @Test
    void anotherClustersBrokerIsRefusedWithWords() {
        ClusterIdentity.establish(store, Optional.of("cluster-a"));

        assertThatThrownBy(() -> ClusterIdentity.establish(store, Optional.of("cluster-b")))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("cluster-a")
                .hasMessageContaining("varve.cluster.id is cluster-b");
    }

    @Test
    void anAnswerThatGetsLostDoesNotMatter() {
        store.failNext(Fault.APPLIED_WITHOUT_ANSWER);

        assertThat(ClusterIdentity.establish(store, Optional.of("cluster-a"))).isEqualTo("cluster-a");
    }

    @Test
    void rule8AStoreThatWasEmptiedIsNotTheClustersAndDoesNotBecomeIt() {
        ClusterIdentity.establish(store, Optional.of("cluster-a"));
        assertThat(ClusterIdentity.holds(store, "cluster-a")).isTrue();
        assertThat(ClusterIdentity.holds(store, "cluster-b")).isFalse();

        store.commit(Txn.builder().delete("cluster").build());

        assertThat(ClusterIdentity.holds(store, "cluster-a")).isFalse();
        assertThat(ClusterIdentity.holds(store, "cluster-a")).isFalse();
        assertThat(store.get("cluster")).isEmpty();
    }
}
