package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.util.HashSet;
import java.util.Set;

/**
 * Ids for brokers that were given none: {@code broker-ids/<id>} says which disk has an id, for ever, since segments and assignments name it also
 * while the broker is away. Of two that want one id at a time, one gets it (compare-and-swap) and the other the next.
 */
public final class BrokerIds {
    private static final String PREFIX = "broker-ids/";
    private static final int FIRST = 1;

    /** Losing so often in a row takes so many brokers that start at the same time. */
    private static final int MAX_TRIES = 1_000;

    /** Whose an id is. */
    record Holder(String disk) {}

    private BrokerIds() {}

    /**
     * The lowest id that nobody has had, which is the disk's from then on. A process that ends before it has written it down on its disk leaves a gap.
     *
     * @throws MetadataException when the store does not answer
     */
    public static int assign(MetadataStore store, String disk) {
        for (int attempt = 0; attempt < MAX_TRIES; attempt++) {
            Set<Integer> taken = taken(store);
            int id = FIRST;
            while (taken.contains(id)) {
                id++;
            }
            if (claim(store, id, disk)) {
                return id;
            }
        }
        throw new ClusterException("no id for this broker after " + MAX_TRIES
                + " tries: other brokers kept taking them. Start it again, or set varve.broker.id");
    }

    /** Notes that an id is in use, so that it is assigned to nobody else. */
    public static void keep(MetadataStore store, int id, String disk) {
        boolean _ = claim(store, id, disk);
    }

    private static boolean claim(MetadataStore store, int id, String disk) {
        String key = PREFIX + id;
        try {
            return store.commit(Txn.builder()
                            .require(key, Txn.ABSENT)
                            .put(key, Json.write(new Holder(disk)))
                            .build())
                    .applied();
        } catch (MetadataException e) {
            if (e.kind() != MetadataException.Kind.OUTCOME_UNKNOWN) {
                throw e;
            }
            return store.get(key)
                    .map(entry -> Json.read(entry, Holder.class).disk().equals(disk))
                    .orElse(false);
        }
    }

    /** Also those of brokers that an earlier version of Varve registered or placed partitions on. */
    private static Set<Integer> taken(MetadataStore store) {
        Set<Integer> taken = new HashSet<>();
        store.range(PREFIX).entries().forEach(entry -> taken.add(id(entry, PREFIX)));
        store.range(BrokerRegistration.PREFIX)
                .entries()
                .forEach(entry -> taken.add(id(entry, BrokerRegistration.PREFIX)));
        for (Entry entry : store.range(StoredTopic.PREFIX).entries()) {
            StoredTopic.decode(entry).assignments().forEach(taken::addAll);
        }
        return taken;
    }

    private static int id(Entry entry, String prefix) {
        try {
            return Integer.parseInt(entry.key().substring(prefix.length()));
        } catch (NumberFormatException e) {
            throw new ClusterException("key " + entry.key() + " in the metadata store names no broker");
        }
    }
}
