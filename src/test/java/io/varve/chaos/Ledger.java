package io.varve.chaos;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * What one partition is known to hold, from everything that was acknowledged and everything that was read: at an offset there is one record, for
 * ever. Takes 8 bytes an offset. Thread-safe.
 */
final class Ledger {
    private static final Logger LOG = Logger.getLogger(Ledger.class);
    private static final int FIRST_SIZE = 1_024;
    private static final Duration WORTH_SAYING = Duration.ofSeconds(15);

    private final String partition;
    private final Violations violations;

    /** By offset the packed name of the record, 0 where nothing is known. */
    private long[] known = new long[FIRST_SIZE];

    /** Acknowledged by a broker that did not say where, which the protocol allows for a repeated batch. */
    private final Set<Long> somewhere = new HashSet<>();

    private long lastNanos;
    private long longestNanos;
    private long acknowledgedEnd;
    private long readEnd;
    private long observedEnd;

    Ledger(String partition, Violations violations) {
        this.partition = partition;
        this.violations = violations;
    }

    /** A producer was told that its record is at this offset; -1 when it was not told where. */
    synchronized void acknowledged(RecordName name, long offset) {
        long now = System.nanoTime();
        long silence = lastNanos == 0 ? 0 : now - lastNanos;
        longestNanos = Math.max(longestNanos, silence);
        if (silence > WORTH_SAYING.toNanos()) {
            LOG.infof("a partition acknowledges again. partition=%s after_ms=%d", partition, silence / 1_000_000);
        }
        lastNanos = now;
        if (offset < 0) {
            somewhere.add(name.packed());
            return;
        }
        acknowledgedEnd = Math.max(acknowledgedEnd, offset + 1);
        learn("acknowledged", name, offset);
    }

    /** A consumer read this record at this offset. */
    synchronized void read(String reader, RecordName name, long offset) {
        readEnd = Math.max(readEnd, offset + 1);
        learn("read by " + reader, name, offset);
    }

    private void learn(String how, RecordName name, long offset) {
        int at = Math.toIntExact(offset);
        if (at >= known.length) {
            known = Arrays.copyOf(known, Math.max(at + 1, known.length * 2));
        }
        if (known[at] == 0) {
            known[at] = name.packed();
        } else if (known[at] != name.packed()) {
            violations.add(partition + ": offset " + offset + " is " + name + " (" + how + ") and was "
                    + RecordName.unpack(known[at]) + " before");
        }
    }

    /** An end that must not be undercut any more by an end offset that is asked for from now on. */
    synchronized long floor() {
        return Math.max(observedEnd, Math.max(acknowledgedEnd, readEnd));
    }

    /** An end offset was told to who had asked when the floor was this. */
    synchronized void end(long floor, long end) {
        if (end < floor) {
            violations.add(partition + ": the end offset went back to " + end + ", it was at least " + floor);
        }
        observedEnd = Math.max(observedEnd, end);
    }

    /** The longest time between two acknowledgements. */
    synchronized Duration longestSilence() {
        return Duration.ofNanos(longestNanos);
    }

    /** Compares the whole partition, which is read once more at the end, with everything that is known. */
    FinalReading finalReading() {
        return new FinalReading();
    }

    /** Takes the records from the first to the last, then {@link #end}. Not thread-safe. */
    final class FinalReading {
        private final Map<Integer, Long> lastOf = new HashMap<>();
        private long next;

        /** The next record. */
        void record(RecordName name, long offset) {
            if (offset != next) {
                violations.add(partition + ": after offset " + (next - 1) + " comes " + offset + " at the end");
            }
            next = offset + 1;
            somewhere.remove(name.packed());
            Long before = lastOf.put(name.sender(), name.number());
            if (before != null && before >= name.number()) {
                violations.add(partition + ": offset " + offset + " is " + name + ", which comes after its record "
                        + before + ": it is doubled or out of order");
            }
        }

        /** That was all. */
        void end() {
            synchronized (Ledger.this) {
                for (int at = Math.toIntExact(next); at < known.length; at++) {
                    if (known[at] != 0) {
                        violations.add(partition + ": offset " + at + " is gone, it was " + RecordName.unpack(known[at])
                                + "; the partition ends at " + next);
                    }
                }
                somewhere.forEach(packed ->
                        violations.add(partition + ": " + RecordName.unpack(packed) + " was acknowledged and is gone"));
            }
        }

        /** How many records there were. */
        long count() {
            return next;
        }
    }
}
