package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.testkit.Cluster;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The Java admin client on what partitions hold: offsets, deleted records, log folders, producers. */
@RealClient
class JavaAdminDataTest {
    private static final long NOON = 1_700_000_000_000L;

    private final Cluster cluster;
    private final Admin admin;

    JavaAdminDataTest(Cluster cluster) {
        this.cluster = cluster;
        this.admin = Clients.admin(cluster);
    }

    @AfterEach
    void close() {
        admin.close();
    }

    @Test
    void deletesRecordsBelowAnOffset() {
        String topic = Clients.topic(cluster, "delete", 1, Map.of());
        var partition = new TopicPartition(topic, 0);
        Clients.sendNumbers(cluster, topic, 0, 50);
        // When
        var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(33)));
        // Then
        assertThat(Clients.get(deleted.lowWatermarks().get(partition)).lowWatermark())
                .isEqualTo(33);
        assertThat(offset(partition, OffsetSpec.earliest())).isEqualTo(33);
        assertThat(Clients.readAll(cluster, topic))
                .hasSize(17)
                .extracting(ConsumerRecord::value)
                .startsWith("33")
                .endsWith("49");
        // -1 means: all there is
        Clients.get(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1)))
                .all());
        assertThat(offset(partition, OffsetSpec.earliest())).isEqualTo(50);
        // and more than that is refused
        assertThatThrownBy(() -> Clients.get(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(51)))
                        .all()))
                .isInstanceOf(OffsetOutOfRangeException.class);
    }

    @Test
    void listsOffsetsByEverySpec() {
        // Given ten records, the sixth with the largest timestamp
        String topic = Clients.topic(cluster, "specs", 1, Map.of());
        var partition = new TopicPartition(topic, 0);
        try (var producer = Clients.producer(cluster, Map.of())) {
            for (int i = 0; i < 10; i++) {
                long time = i == 5 ? NOON + 1_000 : NOON + i;
                Clients.send(producer, new ProducerRecord<>(topic, 0, time, "k", Integer.toString(i)));
            }
        }
        // Then
        assertThat(offset(partition, OffsetSpec.earliest())).isZero();
        assertThat(offset(partition, OffsetSpec.latest())).isEqualTo(10);
        assertThat(offset(partition, OffsetSpec.maxTimestamp())).isEqualTo(5);
        assertThat(offset(partition, OffsetSpec.forTimestamp(NOON + 3))).isEqualTo(3);
        assertThat(offset(partition, OffsetSpec.forTimestamp(NOON + 6))).isEqualTo(5);
        assertThat(offset(partition, OffsetSpec.forTimestamp(NOON + 1_001))).isEqualTo(-1);
        assertThat(offset(partition, OffsetSpec.earliestLocal())).isZero();
    }

    @Test
    void tellsAboutAnEmptyPartition() {
        var partition = new TopicPartition(Clients.topic(cluster, "empty", 1, Map.of()), 0);
        assertThat(offset(partition, OffsetSpec.earliest())).isZero();
        assertThat(offset(partition, OffsetSpec.latest())).isZero();
        assertThat(offset(partition, OffsetSpec.maxTimestamp())).isEqualTo(-1);
        assertThat(offset(partition, OffsetSpec.forTimestamp(0))).isEqualTo(-1);
    }

    @Test
    void showsHowMuchEachPartitionKeeps() {
        String topic = Clients.topic(cluster, "size", 2, Map.of());
        Clients.sendNumbers(cluster, topic, 0, 1_000);
        int broker =
                Clients.get(admin.describeCluster().nodes()).iterator().next().id();
        var folders = Clients.get(admin.describeLogDirs(List.of(broker)).allDescriptions())
                .get(broker);
        assertThat(folders).hasSize(1);
        var folder = folders.values().iterator().next();
        assertThat(folder.error()).isNull();
        assertThat(folder.totalBytes().getAsLong())
                .isGreaterThan(folder.usableBytes().getAsLong());
        var replica = folder.replicaInfos().get(new TopicPartition(topic, 0));
        assertThat(replica.size()).isGreaterThan(1_000);
        assertThat(replica.offsetLag()).isZero();
        assertThat(replica.isFuture()).isFalse();
    }

    @Test
    void showsWhoProduces() {
        String topic = Clients.topic(cluster, "producers", 1, Map.of());
        var partition = new TopicPartition(topic, 0);
        // Given one idempotent producer that sent three batches
        try (var producer = Clients.producer(cluster, Map.of())) {
            for (int i = 0; i < 3; i++) {
                Clients.get(producer.send(new ProducerRecord<>(topic, 0, "k", "v")));
            }
        }
        // Then
        List<ProducerState> states = Clients.get(
                        admin.describeProducers(List.of(partition)).partitionResult(partition))
                .activeProducers();
        assertThat(states).singleElement().satisfies(state -> {
            assertThat(state.producerId()).isGreaterThanOrEqualTo(0);
            assertThat(state.producerEpoch()).isZero();
            assertThat(state.lastSequence()).isEqualTo(2);
            assertThat(state.lastTimestamp()).isPositive();
            assertThat(state.currentTransactionStartOffset()).isEmpty();
        });
    }

    private long offset(TopicPartition partition, OffsetSpec spec) {
        return Clients.get(admin.listOffsets(Map.of(partition, spec)).partitionResult(partition))
                .offset();
    }
}
