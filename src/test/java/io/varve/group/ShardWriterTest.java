package io.varve.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.metadata.EmbeddedStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The life of one claim's writer. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShardWriterTest {
    @TempDir
    Path directory;

    private EmbeddedStore store;
    private ShardClaims claims;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
        claims = new ShardClaims(store, 1, "life");
    }

    @AfterEach
    void close() {
        store.close();
    }

    private ShardWriter writer(ShardClaims.Claim claim) {
        return new ShardWriter(claim, store, Time.SYSTEM, new GroupMetrics(new SimpleMeterRegistry()));
    }

    private static MemoryRecords offset(String group, long offset, String metadata) {
        GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
        CoordinatorRecord record = CoordinatorRecord.record(
                new OffsetCommitKey().setGroup(group).setTopic("orders").setPartition(0),
                new ApiMessageAndVersion(
                        new OffsetCommitValue().setOffset(offset).setMetadata(metadata), (short) 3));
        return MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord(serde.serializeKey(record), serde.serializeValue(record)));
    }

    @Test
    void nothingIsTakenBeforeTheShardIsLoadedAndAfterItIsGivenUp() {
        ShardWriter writer = writer(take(claims));

        // A former life of the coordinator may still have appends in its event queue.
        assertThatThrownBy(() -> writer.append(offset("billing", 1, ""))).isInstanceOf(NotCoordinatorException.class);
        writer.open(7);
        assertThat(writer.append(offset("billing", 2, ""))).isEqualTo(8);
        writer.close();
        assertThatThrownBy(() -> writer.append(offset("billing", 3, ""))).isInstanceOf(NotCoordinatorException.class);
        assertThatThrownBy(() -> writer.open(9)).isInstanceOf(NotCoordinatorException.class);

        assertThat(writer.run()).isEqualTo(ShardWriter.End.CLOSED);
        assertThat(store.range("groups/").entries()).isEmpty();
    }

    @Test
    void rule4AWriterOfAnEarlierEpochIsFencedAndSaysSo() {
        ShardWriter earlier = writer(take(claims));
        earlier.open(0);
        List<Long> confirmed = new ArrayList<>();
        earlier.register((partition, position) -> confirmed.add(position));
        assertThat(take(claims).epoch()).isEqualTo(2);

        earlier.append(offset("billing", 1, ""));

        assertThat(earlier.run()).isEqualTo(ShardWriter.End.FENCED);
        assertThat(confirmed).isEmpty();
        assertThat(store.range("groups/").entries()).isEmpty();
    }

    @Test
    void whatIsConfirmedIsStored() {
        ShardWriter writer = writer(take(claims));
        writer.open(0);
        CompletableFuture<Long> confirmed = new CompletableFuture<>();
        writer.register((partition, position) -> {
            assertThat(store.range("groups/0/offsets/").entries()).hasSize(2);
            confirmed.complete(position);
            writer.close();
        });
        writer.append(offset("billing", 1, ""));
        writer.append(offset("shipping", 2, ""));
        writer.append(offset("billing", 3, ""));

        assertThat(writer.run()).isEqualTo(ShardWriter.End.CLOSED);

        assertThat(confirmed).isCompletedWithValue(3L);
        assertThat(store.get("groups/0/offsets/billing/orders/0").orElseThrow().text())
                .contains("\"position\":2", "\"offset\":3");
    }

    @Test
    void whatWaitsForTheStoreIsBounded() {
        ShardWriter writer = writer(take(claims));
        writer.open(0);
        MemoryRecords large = offset("billing", 1, "x".repeat(30_000));
        int taken = 0;
        try {
            for (; taken < 1_000; taken++) {
                writer.append(large);
            }
        } catch (NotEnoughReplicasException e) {
            assertThat(e).hasMessageContaining("wait for the metadata store");
        }
        // 16 MiB of 30 kB each.
        assertThat(taken).isBetween(540, 560);

        MemoryRecords tooLarge = offset("billing", 1, "x".repeat(32_000));
        MemoryRecords many = MemoryRecords.withRecords(Compression.NONE, manyLarge());
        assertThatThrownBy(() -> writer.append(tooLarge)).isInstanceOf(NotEnoughReplicasException.class);
        assertThatThrownBy(() -> writer.append(many))
                .isInstanceOf(NotEnoughReplicasException.class)
                .hasMessageContaining("bytes");
    }

    /** 60 offsets with 30 kB each: more than etcd takes in a request. */
    private static SimpleRecord[] manyLarge() {
        GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
        SimpleRecord[] records = new SimpleRecord[60];
        for (int i = 0; i < records.length; i++) {
            CoordinatorRecord record = CoordinatorRecord.record(
                    new OffsetCommitKey().setGroup("large").setTopic("orders").setPartition(i),
                    new ApiMessageAndVersion(
                            new OffsetCommitValue().setOffset(1).setMetadata("x".repeat(30_000)), (short) 3));
            records[i] = new SimpleRecord(serde.serializeKey(record), serde.serializeValue(record));
        }
        return records;
    }

    @Test
    void aShardIsTakenOnlyFromAnOwnerThatIsGone() {
        ShardClaims others = new ShardClaims(store, 2, "other life");
        ShardClaims.Claim first = take(claims);

        assertThat(others.take(0, owner -> owner == null)).isEmpty();
        assertThat(others.take(0, owner -> owner.broker() == 1).orElseThrow().epoch())
                .isEqualTo(2);

        // Giving up what somebody else has by now changes nothing
        claims.release(first);
        assertThat(claims.take(0, owner -> owner.broker() != 2)).isEmpty();
    }

    @Test
    void aShardThatWasGivenUpIsNobodys() {
        claims.release(take(claims));

        assertThat(claims.take(0, owner -> owner.broker() == ShardClaims.NOBODY)
                        .orElseThrow()
                        .epoch())
                .isEqualTo(2);
    }

    private static ShardClaims.Claim take(ShardClaims from) {
        return from.take(0, _ -> true).orElseThrow();
    }
}
