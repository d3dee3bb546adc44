package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataException.Kind;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Topics as JSON under {@code topics/<name>}, kept in memory by one watch. */
public final class StoredTopicRegistry implements TopicRegistry {
    private static final Logger LOG = Logger.getLogger(StoredTopicRegistry.class);

    /** A change that keeps losing or keeps ending unknown is given back to the caller after this many tries. */
    private static final int MAX_TRIES = 50;

    private static final int MAX_DELETES = 100;

    private final MetadataStore store;
    private final Supplier<Uuid> ids;
    private final Map<String, Topic> byName = new ConcurrentHashMap<>();
    private final Map<Uuid, Topic> byId = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final Mirror mirror;

    /** Reads all topics and follows their changes from then on. Blocks. */
    public StoredTopicRegistry(MetadataStore store) {
        this(store, Uuid::randomUuid);
    }

    /** As {@link #StoredTopicRegistry(MetadataStore)}; new topics get ids of {@code ids}, which never gives one twice. */
    public StoredTopicRegistry(MetadataStore store, Supplier<Uuid> ids) {
        this.store = store;
        this.ids = ids;
        this.mirror = Mirror.start(store, StoredTopic.PREFIX, new Image());
    }

    private final class Image implements Mirror.Image {
        @Override
        public void put(Entry entry) {
            Topic topic = StoredTopic.decode(entry);
            Topic before = byName.get(topic.name());
            if (before != null && !before.id().equals(topic.id())) {
                remove(entry.key());
            }
            byId.put(topic.id(), topic);
            byName.put(topic.name(), topic);
            tell(listener -> listener.onTopic(topic));
        }

        @Override
        public void remove(String key) {
            Topic before = byName.remove(StoredTopic.name(key));
            if (before != null) {
                byId.remove(before.id());
                tell(listener -> listener.onTopicDeleted(before));
            }
        }
    }

    /** What one listener does wrong must not keep the change from the others. */
    private void tell(Consumer<Listener> change) {
        for (Listener listener : listeners) {
            try {
                change.accept(listener);
            } catch (RuntimeException e) {
                LOG.errorf(e, "a listener failed on a topic's change. listener=%s", listener.getClass());
            }
        }
    }

    @Override
    public Optional<Topic> byName(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    @Override
    public Optional<Topic> byId(Uuid id) {
        return Optional.ofNullable(byId.get(id));
    }

    @Override
    public Collection<Topic> all() {
        List<Topic> all = new ArrayList<>();
        mirror.whileStill(() -> all.addAll(byName.values()));
        return List.copyOf(all);
    }

    @Override
    public Topic create(
            String name,
            int partitions,
            short replicationFactor,
            Map<String, String> configs,
            List<List<Integer>> assignments) {
        Topic topic = new Topic(name, ids.get(), partitions, replicationFactor, configs, assignments);
        String key = StoredTopic.key(name);
        Txn txn = Txn.builder()
                .require(key, Txn.ABSENT)
                .put(key, StoredTopic.encode(topic))
                .build();
        long revision;
        try {
            TxnResult result = store.commit(txn);
            if (!result.applied()) {
                throw exists(name);
            }
            revision = result.revision();
        } catch (MetadataException e) {
            revision = createdAfterAll(topic, e);
        }
        mirror.await(revision);
        LOG.infof("topic created. topic=%s id=%s partitions=%d", name, topic.id(), partitions);
        return topic;
    }

    private static TopicExistsException exists(String name) {
        return new TopicExistsException("Topic '" + name + "' already exists.");
    }

    private long createdAfterAll(Topic topic, MetadataException failure) {
        if (failure.kind() != Kind.OUTCOME_UNKNOWN) {
            throw failure;
        }
        Entry stored = store.get(StoredTopic.key(topic.name())).orElseThrow(() -> failure);
        if (!StoredTopic.decode(stored).id().equals(topic.id())) {
            throw exists(topic.name());
        }
        return stored.version();
    }

    @Override
    public void delete(Topic topic) {
        String key = StoredTopic.key(topic.name());
        for (int attempt = 1; ; attempt++) {
            Optional<Entry> entry = stored(topic);
            if (entry.isEmpty()) {
                if (attempt == 1) {
                    throw gone(topic);
                }
                // By a try whose answer was lost, or by somebody else meanwhile.
                break;
            }
            try {
                TxnResult result = store.commit(Txn.builder()
                        .require(key, entry.get().version())
                        .delete(key)
                        .build());
                if (result.applied()) {
                    mirror.await(result.revision());
                    break;
                }
            } catch (MetadataException e) {
                requireAnotherTry(attempt, e);
            }
            requireAnotherTry(attempt, null);
        }
        LOG.infof("topic deleted. topic=%s id=%s", topic.name(), topic.id());
        deletePartitionRecords(topic);
    }

    private static UnknownTopicOrPartitionException gone(Topic topic) {
        return new UnknownTopicOrPartitionException("topic " + topic.name() + " is gone");
    }

    private static void requireAnotherTry(int attempt, @Nullable MetadataException failure) {
        if (failure != null && failure.kind() != Kind.OUTCOME_UNKNOWN) {
            throw failure;
        }
        if (attempt >= MAX_TRIES) {
            throw new MetadataException(
                    Kind.UNAVAILABLE, "the topic keeps changing: gave up after " + attempt + " tries", failure);
        }
    }

    /** The topic is gone already: what cannot be removed now is found by {@link #deleteOrphans}. */
    private void deletePartitionRecords(Topic topic) {
        try {
            deleteAll(store.range(StoredPartitionRecords.PREFIX + topic.id() + "/")
                    .entries());
        } catch (MetadataException e) {
            LOG.warnf(
                    "records of a deleted topic's partitions are left until the next start of a broker. topic=%s id=%s cause=%s",
                    topic.name(), topic.id(), e.getMessage());
        }
    }

    private void deleteAll(List<Entry> entries) {
        int most = Math.min(MAX_DELETES, store.maxOperations());
        for (int from = 0; from < entries.size(); from += most) {
            Txn.Builder txn = Txn.builder();
            entries.subList(from, Math.min(entries.size(), from + most)).forEach(entry -> txn.delete(entry.key()));
            store.commit(txn.build());
        }
    }

    /** Removes the partition records of topics that are gone; for start-up. Blocks. */
    public void deleteOrphans() {
        List<Entry> records = store.range(StoredPartitionRecords.PREFIX).entries();
        // Listed after the records: the topic of a record that is there was created before it, so it is seen unless
        // deleted.
        Set<Uuid> living = new HashSet<>();
        store.range(StoredTopic.PREFIX)
                .entries()
                .forEach(entry -> living.add(StoredTopic.decode(entry).id()));
        List<Entry> orphans = records.stream()
                .filter(entry ->
                        !living.contains(StoredPartitionRecords.id(entry.key()).topicId()))
                .toList();
        if (!orphans.isEmpty()) {
            LOG.infof("removing the records of partitions whose topics are gone. partitions=%d", orphans.size());
            deleteAll(orphans);
        }
    }

    /** The topic's entry, unless it is gone or another topic has its name. */
    private Optional<Entry> stored(Topic topic) {
        return store.get(StoredTopic.key(topic.name()))
                .filter(entry -> StoredTopic.decode(entry).id().equals(topic.id()));
    }

    @Override
    public Topic addPartitions(Topic topic, int total, List<List<Integer>> added) {
        return change(topic, now -> {
            if (total <= now.partitions()) {
                throw new InvalidPartitionsException("topic " + topic.name() + " has " + now.partitions()
                        + " partitions already: " + total + " would not be more");
            }
            return now.withPartitions(total, extended(now, added));
        });
    }

    /** Those of the new partitions go to their places; a topic that has none, of an earlier version, keeps none. */
    private static List<List<Integer>> extended(Topic now, List<List<Integer>> added) {
        if (now.assignments().size() != now.partitions()) {
            return now.assignments();
        }
        List<List<Integer>> all = new ArrayList<>(now.assignments());
        all.addAll(added);
        return all;
    }

    @Override
    public Topic reassign(Topic topic, UnaryOperator<Topic> change) {
        return change(topic, change);
    }

    @Override
    public Topic alterConfigs(Topic topic, UnaryOperator<Map<String, String>> change) {
        return change(topic, now -> now.withConfigs(change.apply(now.configs())));
    }

    private Topic change(Topic topic, UnaryOperator<Topic> change) {
        String key = StoredTopic.key(topic.name());
        for (int attempt = 1; ; attempt++) {
            Entry entry = stored(topic).orElseThrow(() -> gone(topic));
            Topic before = StoredTopic.decode(entry);
            Topic next = change.apply(before);
            if (next.equals(before)) {
                return before;
            }
            try {
                TxnResult result = store.commit(Txn.builder()
                        .require(key, entry.version())
                        .put(key, StoredTopic.encode(next))
                        .build());
                if (result.applied()) {
                    mirror.await(result.revision());
                    return next;
                }
            } catch (MetadataException e) {
                requireAnotherTry(attempt, e);
                Entry after = stored(topic).orElseThrow(() -> gone(topic));
                if (StoredTopic.decode(after).equals(next)) {
                    mirror.await(after.version());
                    return next;
                }
            }
            requireAnotherTry(attempt, null);
        }
    }

    @Override
    public void addListener(Listener listener) {
        mirror.whileStill(() -> {
            listeners.add(listener);
            byName.values().forEach(listener::onTopic);
        });
    }

    @Override
    public void close() {
        mirror.close();
    }
}
