package io.varve.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.jspecify.annotations.Nullable;

/**
 * What a partition remembers of its idempotent producers (KIP-98): per producer id the epoch and the last
 * {@value #BATCHES_KEPT} batches, enough to answer a retry with the offsets of the first try and to refuse a gap. Not thread-safe.
 */
final class ProducerStates {
    /** As many as a client may have in flight ({@code max.in.flight.requests.per.connection}). */
    static final int BATCHES_KEPT = 5;

    private static final int FORMAT = 1;
    private static final long NOT_SILENT = -1;
    private static final int HEADER_BYTES = 12;
    private static final int PRODUCER_BYTES = 11;
    private static final int BATCH_BYTES = 32;

    /** A batch that was appended. */
    record AppendedBatch(int firstSequence, int lastSequence, long baseOffset, long endOffset, long timestamp) {}

    private static final class State {
        short epoch;
        final List<AppendedBatch> batches = new ArrayList<>(1);

        /** When it was first seen to be silent, in milliseconds, or {@link #NOT_SILENT}. */
        long silentSince = NOT_SILENT;

        State(short epoch) {
            this.epoch = epoch;
        }

        AppendedBatch last() {
            return batches.getLast();
        }
    }

    private final Map<Long, State> states = new HashMap<>();

    /**
     * Checks a batch that is about to be appended.
     *
     * @return the earlier batch when this one is a repetition of it, or null when it is new and may be appended
     * @throws InvalidProducerEpochException when a newer producer has taken the id over
     * @throws OutOfOrderSequenceException when batches before this one are missing
     */
    @Nullable
    AppendedBatch check(Batch batch) {
        State state = states.get(batch.producerId());
        if (state == null) {
            // Nothing is known (expired, or its records are past retention): any sequence is as good a start as
            // another.
            return null;
        }
        if (batch.producerEpoch() < state.epoch) {
            throw new InvalidProducerEpochException("producer " + batch.producerId() + " has epoch "
                    + batch.producerEpoch() + ", but epoch " + state.epoch + " has written already");
        }
        if (batch.producerEpoch() > state.epoch) {
            if (batch.baseSequence() != 0) {
                throw outOfOrder(batch, "a new epoch must start at sequence 0");
            }
            return null;
        }
        for (AppendedBatch earlier : state.batches) {
            if (earlier.firstSequence() == batch.baseSequence() && earlier.lastSequence() == batch.lastSequence()) {
                return earlier;
            }
        }
        int expected = state.last().lastSequence() == Integer.MAX_VALUE
                ? 0
                : state.last().lastSequence() + 1;
        if (batch.baseSequence() != expected) {
            throw outOfOrder(batch, "expected sequence " + expected);
        }
        return null;
    }

    private static OutOfOrderSequenceException outOfOrder(Batch batch, String why) {
        return new OutOfOrderSequenceException("producer " + batch.producerId() + " epoch " + batch.producerEpoch()
                + " sent sequence " + batch.baseSequence() + ": " + why);
    }

    /** Remembers a batch that has its offsets. */
    void appended(Batch batch) {
        State state = states.computeIfAbsent(batch.producerId(), id -> new State(batch.producerEpoch()));
        if (batch.producerEpoch() != state.epoch) {
            state.epoch = batch.producerEpoch();
            state.batches.clear();
        }
        state.silentSince = NOT_SILENT;
        if (state.batches.size() == BATCHES_KEPT) {
            state.batches.removeFirst();
        }
        state.batches.add(new AppendedBatch(
                batch.baseSequence(),
                batch.lastSequence(),
                batch.baseOffset(),
                batch.endOffset(),
                batch.maxTimestamp()));
    }

    /**
     * Forgets producers that have been silent for longer than {@code limitMillis}. That counts from the first call after their last
     * batch, or after a start, and not from the times of their records: those are the client's, and may be of long ago.
     */
    void expire(long nowMillis, long limitMillis) {
        states.values().removeIf(state -> {
            if (state.silentSince == NOT_SILENT) {
                state.silentSince = nowMillis;
            }
            return nowMillis - state.silentSince > limitMillis;
        });
    }

    List<ProducerState> producers() {
        List<ProducerState> producers = new ArrayList<>(states.size());
        states.forEach((id, state) -> producers.add(new ProducerState(
                id, state.epoch, state.last().lastSequence(), state.last().timestamp())));
        return producers;
    }

    boolean isEmpty() {
        return states.isEmpty();
    }

    /** A snapshot: {@code int format, int producers, int crc32c}, then the producers; nothing at all when there are none. */
    byte[] encode() {
        if (states.isEmpty()) {
            return new byte[0];
        }
        int bytes = HEADER_BYTES;
        for (State state : states.values()) {
            bytes += PRODUCER_BYTES + state.batches.size() * BATCH_BYTES;
        }
        ByteBuffer encoded =
                ByteBuffer.allocate(bytes).putInt(FORMAT).putInt(states.size()).putInt(0);
        states.forEach((id, state) -> {
            encoded.putLong(id).putShort(state.epoch).put((byte) state.batches.size());
            for (AppendedBatch batch : state.batches) {
                encoded.putInt(batch.firstSequence())
                        .putInt(batch.lastSequence())
                        .putLong(batch.baseOffset())
                        .putLong(batch.endOffset())
                        .putLong(batch.timestamp());
            }
        });
        encoded.putInt(8, checksum(encoded.flip()));
        return encoded.array();
    }

    /**
     * Reads a snapshot.
     *
     * @throws LogException when it is damaged or of an unknown format
     */
    static ProducerStates decode(ByteBuffer snapshot) {
        ProducerStates states = new ProducerStates();
        if (!snapshot.hasRemaining()) {
            return states;
        }
        ByteBuffer in = snapshot.slice();
        if (in.remaining() < HEADER_BYTES || in.getInt() != FORMAT) {
            throw new LogException("producer snapshot has an unknown format");
        }
        int producers = in.getInt();
        if (in.getInt() != checksum(snapshot.slice())) {
            throw new LogException("producer snapshot is damaged: checksum does not match");
        }
        for (int i = 0; i < producers; i++) {
            long id = in.getLong();
            State state = new State(in.getShort());
            int batches = in.get();
            for (int j = 0; j < batches; j++) {
                state.batches.add(
                        new AppendedBatch(in.getInt(), in.getInt(), in.getLong(), in.getLong(), in.getLong()));
            }
            states.states.put(id, state);
        }
        return states;
    }

    private static int checksum(ByteBuffer snapshot) {
        CRC32C crc = new CRC32C();
        crc.update(snapshot.slice(0, 8));
        crc.update(snapshot.slice(HEADER_BYTES, snapshot.limit() - HEADER_BYTES));
        return (int) crc.getValue();
    }
}
