package io.varve.broker.records;

import io.varve.broker.FileRecords;
import io.varve.log.FetchSource;
import io.varve.log.FileSlice;
import io.varve.log.ReadResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;

/**
 * Reads the partitions of a fetch once: hot ones as slices of their files, cold ones side by side on virtual threads within a budget of
 * memory. Thread-safe.
 */
final class FetchReader {
    private static final int KIB = 1024;

    private final Executor blocking;
    private final Semaphore coldKib;
    private final int coldBudgetKib;

    /** @param coldBudgetBytes how many bytes of records from the object store may be in memory for fetches under way */
    FetchReader(Executor blocking, long coldBudgetBytes) {
        this.blocking = blocking;
        this.coldBudgetKib = (int) (coldBudgetBytes / KIB);
        this.coldKib = new Semaphore(coldBudgetKib, true);
    }

    /** What one pass found. */
    static final class Pass {
        final LinkedHashMap<TopicIdPartition, PartitionData> data = new LinkedHashMap<>();
        final List<CompletableFuture<Void>> cold = new ArrayList<>();
        private int bytes;
        private boolean failed;

        /** A consumer is told to read elsewhere, and had better know at once. */
        private boolean directed;

        /** Whether there is something to answer at once. */
        boolean satisfies(int minBytes) {
            return failed || directed || !cold.isEmpty() || bytes >= minBytes;
        }

        /** Gives back the files of a pass that is not answered. */
        void release() {
            data.values().forEach(FetchReader::release);
        }

        /** Gives back the files that are not in {@code response}. */
        void releaseAllBut(FetchResponse response) {
            Set<Object> sent = Collections.newSetFromMap(new IdentityHashMap<>());
            response.data()
                    .responses()
                    .forEach(topic -> topic.partitions().forEach(partition -> sent.add(partition.records())));
            for (PartitionData read : data.values()) {
                if (!sent.contains(read.records())) {
                    FetchReader.release(read);
                }
            }
        }
    }

    /** Reads all targets, in order, up to {@code maxBytes} together, and at least one batch if there is one. */
    Pass read(List<FetchTarget> targets, int maxBytes) {
        Pass pass = new Pass();
        for (FetchTarget target : targets) {
            PartitionData data =
                    new PartitionData().setPartitionIndex(target.id().partition());
            pass.data.put(target.id(), data);
            FetchSource source = target.source();
            if (source == null) {
                fail(data, target.error());
                pass.failed = true;
                continue;
            }
            try {
                PartitionLookup.requireEpoch(
                        source, target.wanted().currentLeaderEpoch.orElse(-1));
                if (target.preferred() != FetchTarget.HERE) {
                    describe(data, source);
                    data.setPreferredReadReplica(target.preferred()).setRecords(MemoryRecords.EMPTY);
                    pass.directed = true;
                    continue;
                }
                int limit = Math.min(target.wanted().maxBytes, maxBytes - pass.bytes);
                ReadResult result = source.read(target.offset(), limit, pass.bytes == 0 && pass.cold.isEmpty());
                describe(data, source);
                take(pass, data, result);
            } catch (RuntimeException e) {
                fail(data, RecordErrors.of(e));
                pass.failed = true;
            }
        }
        return pass;
    }

    private void take(Pass pass, PartitionData data, ReadResult result) {
        switch (result) {
            case ReadResult.Nothing nothing -> data.setRecords(MemoryRecords.EMPTY);
            case ReadResult.Hot(FileSlice slice) -> {
                data.setRecords(new FileRecords(slice.channel(), slice.position(), slice.length(), slice.release()));
                pass.bytes += slice.length();
            }
            case ReadResult.Cold(ReadResult.ColdRead read, int estimatedBytes) -> {
                data.setRecords(MemoryRecords.EMPTY);
                pass.bytes += estimatedBytes;
                pass.cold.add(CompletableFuture.runAsync(() -> bring(data, read, estimatedBytes), blocking));
            }
        }
    }

    private void bring(PartitionData data, ReadResult.ColdRead read, int estimatedBytes) {
        int kib = Math.min(coldBudgetKib, estimatedBytes / KIB + 1);
        coldKib.acquireUninterruptibly(kib);
        try {
            data.setRecords(MemoryRecords.readableRecords(read.fetch()));
        } catch (RuntimeException e) {
            fail(data, RecordErrors.of(e));
        } finally {
            coldKib.release(kib);
        }
    }

    private static void describe(PartitionData data, FetchSource source) {
        long highWatermark = source.highWatermark();
        data.setHighWatermark(highWatermark)
                .setLastStableOffset(highWatermark)
                .setLogStartOffset(source.logStartOffset());
    }

    private static void fail(PartitionData data, Errors error) {
        release(data);
        data.setErrorCode(error.code())
                .setHighWatermark(FetchResponse.INVALID_HIGH_WATERMARK)
                .setLastStableOffset(FetchResponse.INVALID_LAST_STABLE_OFFSET)
                .setLogStartOffset(FetchResponse.INVALID_LOG_START_OFFSET)
                .setRecords(MemoryRecords.EMPTY);
    }

    private static void release(PartitionData data) {
        if (data.records() instanceof FileRecords records) {
            records.release();
            data.setRecords(MemoryRecords.EMPTY);
        }
    }
}
