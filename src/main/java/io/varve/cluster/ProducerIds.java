package io.varve.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.metadata.Entry;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.util.Optional;

/**
 * Hands out producer ids, each once and for all, from blocks claimed by compare-and-swap at {@code producer-ids} (KIP-730). What is left
 * of a block is lost at a restart. Thread-safe; blocks when a block is used up.
 */
public final class ProducerIds {
    private static final String KEY = "producer-ids";
    private static final int BLOCK = 1_000;

    private final MetadataStore store;

    @GuardedBy("this")
    private long next;

    @GuardedBy("this")
    private long end;

    public ProducerIds(MetadataStore store) {
        this.store = store;
    }

    /** An id never handed out before. */
    public synchronized long next() {
        if (next == end) {
            long first = claim();
            next = first;
            end = first + BLOCK;
        }
        return next++;
    }

    /** After an unknown outcome the exception passes through: at worst a block is lost, never used twice. */
    private long claim() {
        while (true) {
            Optional<Entry> current = store.get(KEY);
            long first = current.map(ProducerIds::nextBlock).orElse(0L);
            boolean claimed = store.commit(Txn.builder()
                            .require(KEY, current.map(Entry::version).orElse(Txn.ABSENT))
                            .put(KEY, Long.toString(first + BLOCK))
                            .build())
                    .applied();
            if (claimed) {
                return first;
            }
        }
    }

    private static long nextBlock(Entry entry) {
        try {
            return Long.parseLong(entry.text().strip());
        } catch (NumberFormatException e) {
            throw new ClusterException("the value of key " + KEY + " in the metadata store is damaged: \""
                    + entry.text() + "\" is not a number");
        }
    }
}
