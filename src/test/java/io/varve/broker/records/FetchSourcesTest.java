package io.varve.broker.records;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.log.FetchSource;
import io.varve.log.ReadResult;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a fetch answers by what its partitions can be read from: here, elsewhere (KIP-392), under another epoch (KIP-320), later. */
class FetchSourcesTest {
    private static final int EPOCH = 5;

    private final TopicIdPartition id = new TopicIdPartition(Uuid.randomUuid(), 0, "a");
    private final FetchReader reader = new FetchReader(Runnable::run, 1 << 20);
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Source source = new Source();

    /** A partition with nothing behind its high watermark. */
    private static final class Source implements FetchSource {
        final List<Runnable> listeners = new CopyOnWriteArrayList<>();
        final AtomicInteger reads = new AtomicInteger();
        volatile boolean served = true;
        volatile long highWatermark = 7;

        @Override
        public ReadResult read(long offset, int maxBytes, boolean wholeFirst) {
            reads.incrementAndGet();
            if (!served) {
                throw new NotLeaderOrFollowerException("it is the owner's to read");
            }
            return new ReadResult.Nothing();
        }

        @Override
        public long availableBytes(long offset) {
            return 10;
        }

        @Override
        public boolean isServed() {
            return served;
        }

        @Override
        public long highWatermark() {
            return highWatermark;
        }

        @Override
        public long logStartOffset() {
            return 2;
        }

        @Override
        public int leaderEpoch() {
            return EPOCH;
        }

        @Override
        public void addAdvanceListener(Runnable listener) {
            listeners.add(listener);
        }

        @Override
        public void removeAdvanceListener(Runnable listener) {
            listeners.remove(listener);
        }
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    private FetchRequest.PartitionData wanted(int epoch) {
        return new FetchRequest.PartitionData(id.topicId(), 7, 0, 1000, Optional.of(epoch));
    }

    private PartitionData read(FetchTarget target) {
        return reader.read(List.of(target), 1000).data.get(id);
    }

    @Test
    void whoIsToReadElsewhereIsToldAtOnceAndGetsNoRecords() {
        FetchTarget target = new FetchTarget(id, wanted(EPOCH), source, Errors.NONE, 3);
        FetchReader.Pass pass = reader.read(List.of(target), 1000);
        assertThat(pass.satisfies(1)).isTrue();
        PartitionData data = pass.data.get(id);
        assertThat(data.preferredReadReplica()).isEqualTo(3);
        assertThat(data.highWatermark()).isEqualTo(7);
        assertThat(data.logStartOffset()).isEqualTo(2);
        assertThat(data.records().sizeInBytes()).isZero();
        assertThat(data.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(source.reads).hasValue(0);
    }

    @Test
    void whoReadsHereIsSentNowhere() {
        PartitionData data = read(FetchTarget.of(id, wanted(EPOCH), source));
        assertThat(data.preferredReadReplica()).isEqualTo(-1);
        assertThat(source.reads).hasValue(1);
    }

    @Test
    void anEpochThatIsOverOrNotKnownIsRefusedBeforeAnythingElse() {
        assertThat(read(new FetchTarget(id, wanted(EPOCH - 1), source, Errors.NONE, 3))
                        .errorCode())
                .isEqualTo(Errors.FENCED_LEADER_EPOCH.code());
        assertThat(read(FetchTarget.of(id, wanted(EPOCH + 1), source)).errorCode())
                .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH.code());
        assertThat(source.reads).hasValue(0);
    }

    @Test
    void whatOnlyTheOwnerCanReadIsRefusedSoThatClientsGoThere() {
        source.served = false;
        PartitionData data = read(FetchTarget.of(id, wanted(EPOCH), source));
        assertThat(data.errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(data.highWatermark()).isEqualTo(-1);
    }

    @Test
    void aFetchWaitsUntilThereIsMore() {
        AtomicInteger completed = waiting();
        source.listeners.getFirst().run();
        assertThat(completed).hasValue(0);
        source.highWatermark = 8;
        source.listeners.getFirst().run();
        assertThat(completed).hasValue(1);
        assertThat(source.listeners).isEmpty();
    }

    @Test
    void aFetchDoesNotWaitWhereNothingMoreComes() {
        AtomicInteger completed = waiting();
        source.served = false;
        source.listeners.getFirst().run();
        assertThat(completed).hasValue(1);
        assertThat(waiting()).hasValue(1);
    }

    private AtomicInteger waiting() {
        AtomicInteger completed = new AtomicInteger();
        DelayedFetch.start(
                List.of(FetchTarget.of(id, wanted(EPOCH), source)),
                1,
                600_000,
                timer,
                Runnable::run,
                null,
                completed::incrementAndGet);
        return completed;
    }
}
