package io.varve.simulation;

import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.varve.cluster.Leadership.Leader;
import io.varve.cluster.PartitionId;
import io.varve.log.FetchSource;
import io.varve.log.FileSlice;
import io.varve.log.LogException;
import io.varve.log.Partition;
import io.varve.log.Partitions;
import io.varve.log.ReadAnywhere;
import io.varve.log.ReadResult;
import io.varve.metadata.MetadataException;
import io.varve.tier.ObjectStoreException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/** Producers and consumers: they find the owner of a partition by asking any broker, try again as Kafka's clients do, and keep a {@link History}. */
final class SimClients {
    private static final int ANSWER_LIMIT_MILLIS = 3_000;
    private static final int READ_BYTES = 16 * 1024;

    private final Simulator simulator;
    private final SimProcess process;
    private final Supplier<List<SimBroker>> brokers;
    private boolean over;

    /** What clients of each partition were told last that was no success. */
    private final Map<String, String> troubles = new TreeMap<>();

    /** Up to where the partitions have been read that are being read from their start to their end. */
    private final Map<String, Long> readTo = new TreeMap<>();

    /** @param brokers that were started and are not known to be dead */
    SimClients(Simulator simulator, SimProcess process, Supplier<List<SimBroker>> brokers) {
        this.simulator = simulator;
        this.process = process;
        this.brokers = brokers;
    }

    /** What clients of each partition were told last that was no success. */
    Map<String, String> troubles() {
        return troubles;
    }

    /** Up to where those partitions have been read that are being read from their start to their end. */
    Map<String, Long> readTo() {
        return readTo;
    }

    /** Producers begin no new batch from now on. */
    void stop() {
        over = true;
    }

    private static final class Hold extends AbstractReferenceCounted {
        @Override
        protected void deallocate() {}

        @Override
        public ReferenceCounted touch(Object hint) {
            return this;
        }
    }

    /** An answer on its way; used by the simulation's threads only. */
    private final class Answer<T> {
        private final Waiters waiters = new Waiters();
        private @Nullable T value;
        private @Nullable Throwable error;
        private boolean done;

        void send(@Nullable T answer, @Nullable Throwable failure) {
            simulator.after(simulator.micros(50, 500), () -> {
                if (!done) {
                    value = answer;
                    error = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
                    done = true;
                    waiters.wake();
                }
            });
        }

        /** @throws ApiException what the broker has answered; retriable when it has not */
        T get() {
            simulator.after(TimeUnit.MILLISECONDS.toNanos(ANSWER_LIMIT_MILLIS), () -> {
                if (!done) {
                    done = true;
                    error = new org.apache.kafka.common.errors.TimeoutException("no answer");
                    waiters.wake();
                }
            });
            waiters.await(() -> done);
            if (error instanceof RuntimeException failure) {
                throw failure;
            }
            if (error != null) {
                throw new AssertionError(error);
            }
            return java.util.Objects.requireNonNull(value);
        }
    }

    private interface Request<T> {
        void handle(Partitions partitions, Answer<T> answer);
    }

    private <T> T ask(SimBroker broker, Request<T> request) {
        Answer<T> answer = new Answer<>();
        simulator.sleepNanos(simulator.micros(50, 500));
        broker.process().blocking().execute(() -> {
            try {
                Partitions serving = broker.partitions();
                if (serving == null) {
                    throw new NotLeaderOrFollowerException("still starting");
                }
                request.handle(serving, answer);
            } catch (LogException e) {
                // As the handlers of the broker answer it.
                answer.send(null, new KafkaStorageException(e.getMessage(), e));
            } catch (RuntimeException e) {
                answer.send(null, e);
            }
        });
        return answer.get();
    }

    /** The broker that serves {@code id} as far as another one knows; null when nobody can say. */
    private @Nullable SimBroker owner(PartitionId id) {
        List<SimBroker> all = brokers.get();
        if (all.isEmpty()) {
            return null;
        }
        SimBroker asked = all.get(simulator.random().nextInt(all.size()));
        Leader leader;
        try {
            leader = ask(asked, (partitions, answer) -> answer.send(partitions.of(id), null));
        } catch (RetriableException e) {
            return null;
        }
        return brokers.get().stream()
                .filter(broker -> broker.id() == leader.broker())
                .findFirst()
                .orElse(null);
    }

    private static Partition served(Partitions partitions, PartitionId id) {
        Partition partition = partitions.find(id);
        if (partition == null || !partition.isCurrent()) {
            throw new NotLeaderOrFollowerException("not served here");
        }
        partition.requireAvailable();
        return partition;
    }

    /** An idempotent producer with {@code acks=all} and one batch in flight, until {@link #stop}. */
    void produce(PartitionId id, History history, int producer, Runnable finished) {
        process.blocking().execute(() -> {
            int number = 0;
            while (!over) {
                simulator.sleepNanos(simulator.micros(2_000, 120_000));
                List<String> values = new ArrayList<>();
                int count = 1 + simulator.random().nextInt(3);
                int sequence = number;
                for (int i = 0; i < count; i++) {
                    String value = "p" + producer + "-" + number++;
                    values.add(value);
                    history.sent(value);
                }
                deliver(id, history, producer, sequence, values);
            }
            finished.run();
        });
    }

    private void deliver(PartitionId id, History history, int producer, int sequence, List<String> values) {
        while (true) {
            SimBroker owner = owner(id);
            if (owner != null) {
                try {
                    ByteBuffer batch = batch(producer, sequence, values);
                    long base = this.<Long>ask(owner, (partitions, answer) -> append(partitions, id, batch, answer));
                    for (int i = 0; i < values.size(); i++) {
                        history.acknowledged(base + i, values.get(i));
                    }
                    return;
                } catch (RetriableException e) {
                    // And again, as every client does.
                    troubles.put(history.partition(), "a batch on broker " + owner.id() + ": " + e);
                } catch (ApiException e) {
                    throw history.violation("a batch with sequence " + sequence + " of producer " + producer
                            + " was refused for good: " + e);
                }
            }
            simulator.sleepMillis(20 + simulator.random().nextInt(200));
        }
    }

    private static void append(Partitions partitions, PartitionId id, ByteBuffer batch, Answer<Long> answer) {
        Partition.Appended appended = served(partitions, id).append(batch, new Hold(), true);
        var _ = appended.safe().whenComplete((done, failure) -> answer.send(appended.baseOffset(), failure));
    }

    private ByteBuffer batch(int producer, int sequence, List<String> values) {
        SimpleRecord[] records = new SimpleRecord[values.size()];
        for (int i = 0; i < records.length; i++) {
            records[i] = new SimpleRecord(
                    process.time().milliseconds(), null, values.get(i).getBytes(StandardCharsets.US_ASCII));
        }
        return MemoryRecords.withIdempotentRecords(Compression.NONE, producer, (short) 0, sequence, records)
                .buffer();
    }

    /** A consumer that reads from the start on, and on until the simulation ends. */
    void consume(PartitionId id, History history) {
        process.blocking().execute(() -> {
            long next = 0;
            while (true) {
                simulator.sleepNanos(simulator.micros(5_000, 200_000));
                next = readOn(id, history, next, new TreeMap<>());
            }
        });
    }

    /** A consumer that asks any broker, whoever owns the partition, for what that one can serve by itself. */
    void consumeAnywhere(PartitionId id, History history) {
        process.blocking().execute(() -> {
            long next = 0;
            while (true) {
                simulator.sleepNanos(simulator.micros(5_000, 100_000));
                List<SimBroker> all = brokers.get();
                if (!all.isEmpty()) {
                    SimBroker asked = all.get(simulator.random().nextInt(all.size()));
                    long from = next;
                    next = readOn(
                            asked, history, from, new TreeMap<>(), partitions -> readAnywhere(partitions, id, from));
                }
            }
        });
    }

    /** Reads everything up to the high watermark, on the calling thread, and has the history checked with it. */
    void readAll(PartitionId id, History history, Runnable finished) {
        process.blocking().execute(() -> {
            TreeMap<Long, String> all = new TreeMap<>();
            long next = 0;
            while (next == 0 || next < history.highWatermark()) {
                readTo.put(history.partition(), next);
                next = readOn(id, history, next, all);
                simulator.sleepMillis(1);
            }
            history.complete(all);
            readTo.remove(history.partition());
            finished.run();
        });
    }

    private record Part(ByteBuffer bytes, long highWatermark) {}

    private long readOn(PartitionId id, History history, long from, Map<Long, String> into) {
        SimBroker owner = owner(id);
        if (owner == null) {
            troubles.put(history.partition(), "a read at offset " + from + ": nobody serves it");
            return from;
        }
        return readOn(owner, history, from, into, partitions -> read(owner, partitions, id, history, from));
    }

    private interface Read {
        Part run(Partitions partitions);
    }

    private long readOn(SimBroker broker, History history, long from, Map<Long, String> into, Read read) {
        Part part;
        try {
            part = ask(broker, (partitions, answer) -> answer.send(read.run(partitions), null));
        } catch (RetriableException | ObjectStoreException | MetadataException e) {
            // Answered as an error that a client retries.
            troubles.put(history.partition(), "a read at offset " + from + " on broker " + broker.id() + ": " + e);
            return from;
        } catch (ApiException e) {
            throw history.violation("a read at offset " + from + " was refused for good: " + e);
        }
        long next = from;
        for (Record record : records(broker, history, from, part)) {
            if (record.offset() < next) {
                continue;
            }
            if (record.offset() != next) {
                throw history.violation("offset " + record.offset() + " came where " + next + " was due");
            }
            if (record.offset() >= part.highWatermark()) {
                throw history.violation("offset " + record.offset() + " was read, the high watermark is "
                        + part.highWatermark() + " (rule 6)");
            }
            String value = StandardCharsets.US_ASCII.decode(record.value()).toString();
            history.read(record.offset(), value);
            into.put(record.offset(), value);
            next++;
        }
        return next;
    }

    private static Iterable<Record> records(SimBroker broker, History history, long from, Part part) {
        try {
            List<Record> records = new ArrayList<>();
            for (RecordBatch batch : MemoryRecords.readableRecords(part.bytes()).batches()) {
                batch.ensureValid();
                batch.forEach(records::add);
            }
            return records;
        } catch (CorruptRecordException | InvalidRecordException e) {
            throw history.violation(
                    "what was read from offset " + from + " on at broker " + broker.id() + " is damaged: " + e);
        }
    }

    private static Part read(SimBroker broker, Partitions partitions, PartitionId id, History history, long from) {
        Partition partition = served(partitions, id);
        history.highWatermark(partition.highWatermark(), broker.id());
        try {
            ByteBuffer bytes = bytes(partition.reader().read(from, READ_BYTES, true));
            // What the high watermark has become in the meantime may be shown by a partition that is still served only.
            return new Part(bytes, partition.highWatermark());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Part readAnywhere(Partitions partitions, PartitionId id, long from) {
        ReadAnywhere anywhere = partitions.anywhere();
        FetchSource source = anywhere.asMember(id, from)
                .or(() -> anywhere.find(id, from))
                .orElseThrow(() -> new NotLeaderOrFollowerException("only the owner can serve it"));
        try {
            return new Part(bytes(source.read(from, READ_BYTES, true)), source.highWatermark());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ByteBuffer bytes(ReadResult result) throws IOException {
        return switch (result) {
            case ReadResult.Nothing nothing -> ByteBuffer.allocate(0);
            case ReadResult.Hot(FileSlice slice) -> {
                ByteBuffer bytes = ByteBuffer.allocate(slice.length());
                int position = 0;
                while (bytes.hasRemaining()) {
                    int read = slice.channel().read(bytes, slice.position() + position);
                    if (read < 0) {
                        throw new EOFException("a file ends after " + position + " of the " + slice.length()
                                + " bytes from " + slice.position() + " that were to be read");
                    }
                    position += read;
                }
                slice.release().run();
                yield bytes.flip();
            }
            case ReadResult.Cold(ReadResult.ColdRead cold, int estimate) -> {
                ByteBuffer remote = cold.fetch();
                yield ByteBuffer.allocate(remote.remaining()).put(remote).flip();
            }
        };
    }
}
