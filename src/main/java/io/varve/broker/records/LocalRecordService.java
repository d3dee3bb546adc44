package io.varve.broker.records;

import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.varve.broker.RecordService;
import io.varve.cluster.Topic;
import io.varve.log.Partition;
import io.varve.log.ReadResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** Appends and reads in the partitions of this broker, for callers inside it. */
public final class LocalRecordService implements RecordService {
    private final PartitionLookup lookup;
    private final Executor blocking;
    private final ScheduledExecutorService timer;
    private final Time time;

    public LocalRecordService(PartitionLookup lookup, Executor blocking, ScheduledExecutorService timer, Time time) {
        this.lookup = lookup;
        this.blocking = blocking;
        this.timer = timer;
        this.time = time;
    }

    /** The batch is in the heap: nothing has to be given back. */
    private static final class OnHeap extends AbstractReferenceCounted {
        @Override
        protected void deallocate() {}

        @Override
        public ReferenceCounted touch(Object hint) {
            return this;
        }
    }

    @Override
    public CompletableFuture<Appended> append(String topic, @Nullable Integer partition, List<NewRecord> records) {
        try {
            int index = partition != null
                    ? partition
                    : choose(topic, records.getFirst().key());
            Partition target = lookup.byName(topic, index);
            long now = time.milliseconds();
            Partition.Appended appended = target.append(batch(records, now).buffer(), new OnHeap(), true);
            long timestamp =
                    appended.appendTimeMillis() >= 0 ? appended.appendTimeMillis() : timestamp(records.getFirst(), now);
            return appended.safe().thenApply(done -> new Appended(index, appended.baseOffset(), timestamp));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(clientError(e));
        }
    }

    /** As Kafka's default partitioner: by the key's hash, without a key anywhere. */
    private int choose(String topic, byte @Nullable [] key) {
        int partitions = lookup.topics()
                .byName(topic)
                .map(Topic::partitions)
                .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + topic));
        return key == null
                ? ThreadLocalRandom.current().nextInt(partitions)
                : Utils.toPositive(Utils.murmur2(key)) % partitions;
    }

    private static MemoryRecords batch(List<NewRecord> records, long now) {
        SimpleRecord[] simple = new SimpleRecord[records.size()];
        for (int i = 0; i < simple.length; i++) {
            NewRecord record = records.get(i);
            simple[i] = new SimpleRecord(
                    timestamp(record, now),
                    record.key(),
                    record.value(),
                    record.headers().toArray(Header[]::new));
        }
        return MemoryRecords.withRecords(Compression.NONE, simple);
    }

    private static long timestamp(NewRecord record, long now) {
        Long given = record.timestamp();
        return given == null ? now : given;
    }

    @Override
    public CompletableFuture<Fetched> read(String topic, int partition, long offset, int maxBytes, int maxWaitMillis) {
        Partition source;
        ReadResult first;
        try {
            source = lookup.byName(topic, partition);
            first = source.reader().read(offset, maxBytes, true);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(clientError(e));
        }
        if (!(first instanceof ReadResult.Nothing) || maxWaitMillis <= 0) {
            return CompletableFuture.supplyAsync(() -> collect(source, offset, first), blocking);
        }
        CompletableFuture<Fetched> fetched = new CompletableFuture<>();
        TopicIdPartition id = new TopicIdPartition(source.topic().id(), source.topicPartition());
        FetchRequest.PartitionData wanted =
                new FetchRequest.PartitionData(id.topicId(), offset, 0, maxBytes, Optional.empty());
        DelayedFetch.start(
                List.of(FetchTarget.of(id, wanted, source.reader())), 1, maxWaitMillis, timer, blocking, null, () -> {
                    try {
                        fetched.complete(collect(source, offset, source.reader().read(offset, maxBytes, true)));
                    } catch (RuntimeException e) {
                        fetched.completeExceptionally(clientError(e));
                    }
                });
        return fetched;
    }

    private static Fetched collect(Partition source, long offset, ReadResult result) {
        ByteBuffer bytes = switch (result) {
            case ReadResult.Nothing nothing -> ByteBuffer.allocate(0);
            case ReadResult.Hot(var slice) -> {
                try {
                    yield readAll(slice.channel(), slice.position(), slice.length());
                } finally {
                    slice.release().run();
                }
            }
            case ReadResult.Cold(ReadResult.ColdRead read, int estimated) -> read.fetch();
        };
        List<StoredRecord> records = new ArrayList<>();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
            for (Record record : batch) {
                if (record.offset() >= offset) {
                    records.add(new StoredRecord(
                            record.offset(),
                            record.timestamp(),
                            batch.timestampType(),
                            Utils.toNullableArray(record.key()),
                            Utils.toNullableArray(record.value()),
                            Arrays.asList(record.headers())));
                }
            }
        }
        return new Fetched(source.logStartOffset(), source.highWatermark(), records);
    }

    private static ByteBuffer readAll(FileChannel channel, long position, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try {
            while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {
                // Goes on until everything is there or the file ends.
            }
        } catch (IOException e) {
            throw new KafkaStorageException("cannot read a segment file", e);
        }
        return bytes.flip();
    }

    private static Throwable clientError(RuntimeException failure) {
        return RecordErrors.of(failure).exception(failure.getMessage());
    }
}
