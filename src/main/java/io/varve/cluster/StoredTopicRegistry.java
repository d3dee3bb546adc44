package io.varve.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Range;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import io.varve.metadata.Watch;
import io.varve.metadata.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
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
    private static final String PREFIX = "topics/";
    private static final Duration RELIST_PAUSE = Duration.ofSeconds(1);

    private final MetadataStore store;
    private final Map<String, Versioned> byName = new ConcurrentHashMap<>();
    private final Map<Uuid, Topic> byId = new ConcurrentHashMap<>();

    @GuardedBy("this")
    private final List<Listener> listeners = new ArrayList<>();

    @GuardedBy("this")
    private long seenRevision;

    @GuardedBy("this")
    private @Nullable Watch watch;

    private volatile boolean closed;

    private record Versioned(Topic topic, long version) {}

    /** A topic as it is stored. */
    private record Stored(String id, int partitions, short replicationFactor, Map<String, String> configs) {
        Topic topic(String name) {
            return new Topic(name, Uuid.fromString(id), partitions, replicationFactor, configs);
        }

        static Stored of(Topic topic) {
            return new Stored(
                    topic.id().toString(),
                    topic.partitions(),
                    topic.replicationFactor(),
                    new TreeMap<>(topic.configs()));
        }
    }

    /** Reads all topics and follows their changes from then on. Blocks. */
    public StoredTopicRegistry(MetadataStore store) {
        this.store = store;
        list();
    }

    private synchronized void list() {
        Range range = store.range(PREFIX);
        Set<String> gone = new HashSet<>(byName.keySet());
        for (Entry entry : range.entries()) {
            changed(entry);
            gone.remove(name(entry.key()));
        }
        gone.forEach(this::removed);
        seen(range.revision());
        watch = store.watch(PREFIX, range.revision(), new Changes());
    }

    private final class Changes implements WatchListener {
        @Override
        public void onEvents(List<Event> events) {
            synchronized (StoredTopicRegistry.this) {
                for (Event event : events) {
                    switch (event) {
                        case Changed(Entry entry) -> {
                            changed(entry);
                            seen(entry.version());
                        }
                        case Removed(String key, long revision) -> {
                            removed(name(key));
                            seen(revision);
                        }
                    }
                }
            }
        }

        @Override
        public void onLost(MetadataException cause) {
            LOG.warnf("fell behind on topics, listing them again. cause=%s", cause.getMessage());
            Thread.ofVirtual().start(StoredTopicRegistry.this::relist);
        }
    }

    private void relist() {
        while (!closed) {
            try {
                list();
                return;
            } catch (MetadataException e) {
                LOG.warnf("cannot list topics, will try again. cause=%s", e.getMessage());
            }
            try {
                Thread.sleep(RELIST_PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static String name(String key) {
        return key.substring(PREFIX.length());
    }

    @GuardedBy("this")
    private void changed(Entry entry) {
        Topic topic = Json.read(entry, Stored.class).topic(name(entry.key()));
        Versioned before = byName.get(topic.name());
        if (before != null && before.version() >= entry.version()) {
            return;
        }
        if (before != null && !before.topic().id().equals(topic.id())) {
            removed(topic.name());
        }
        byId.put(topic.id(), topic);
        byName.put(topic.name(), new Versioned(topic, entry.version()));
        listeners.forEach(listener -> listener.onTopic(topic));
    }

    @GuardedBy("this")
    private void removed(String name) {
        Versioned before = byName.remove(name);
        if (before != null) {
            byId.remove(before.topic().id());
            listeners.forEach(listener -> listener.onTopicDeleted(before.topic()));
        }
    }

    @GuardedBy("this")
    private void seen(long revision) {
        seenRevision = Math.max(seenRevision, revision);
        notifyAll();
    }

    /** Waits until memory shows the change at {@code revision}, so that whoever made it sees it. */
    private synchronized void await(long revision) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (seenRevision < revision) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new MetadataException(
                        MetadataException.Kind.UNAVAILABLE, "the change is made but not visible here yet", null);
            }
            try {
                wait(Math.max(1, left / 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "interrupted", e);
            }
        }
    }

    @Override
    public Optional<Topic> byName(String name) {
        return Optional.ofNullable(byName.get(name)).map(Versioned::topic);
    }

    @Override
    public Optional<Topic> byId(Uuid id) {
        return Optional.ofNullable(byId.get(id));
    }

    @Override
    public Collection<Topic> all() {
        return byName.values().stream().map(Versioned::topic).toList();
    }

    @Override
    public Topic create(String name, int partitions, short replicationFactor, Map<String, String> configs) {
        Topic topic = new Topic(name, Uuid.randomUuid(), partitions, replicationFactor, configs);
        TxnResult result = store.commit(Txn.builder()
                .require(PREFIX + name, Txn.ABSENT)
                .put(PREFIX + name, Json.write(Stored.of(topic)))
                .build());
        if (!result.applied()) {
            throw new TopicExistsException("Topic '" + name + "' already exists.");
        }
        await(result.revision());
        LOG.infof("topic created. topic=%s id=%s partitions=%d", name, topic.id(), partitions);
        return topic;
    }

    @Override
    public void delete(Topic topic) {
        String key = PREFIX + topic.name();
        while (true) {
            Entry entry = current(topic);
            TxnResult result = store.commit(
                    Txn.builder().require(key, entry.version()).delete(key).build());
            if (result.applied()) {
                await(result.revision());
                deletePartitionRecords(topic);
                LOG.infof("topic deleted. topic=%s id=%s", topic.name(), topic.id());
                return;
            }
        }
    }

    /** A record that is left over by a crash right here names no topic any more; {@link #deleteOrphans} finds it. */
    private void deletePartitionRecords(Topic topic) {
        for (Entry entry :
                store.range(StoredPartitionRecords.PREFIX + topic.id() + "/").entries()) {
            store.commit(Txn.builder().delete(entry.key()).build());
        }
    }

    /** Removes the partition records of topics that are gone; for start-up. Blocks. */
    public void deleteOrphans() {
        for (Entry entry : store.range(StoredPartitionRecords.PREFIX).entries()) {
            String topicId = entry.key()
                    .substring(StoredPartitionRecords.PREFIX.length())
                    .split("/", 2)[0];
            if (!byId.containsKey(Uuid.fromString(topicId))) {
                LOG.infof("removing the record of a partition whose topic is gone. key=%s", entry.key());
                store.commit(Txn.builder()
                        .require(entry.key(), entry.version())
                        .delete(entry.key())
                        .build());
            }
        }
    }

    private Entry current(Topic topic) {
        return store.get(PREFIX + topic.name())
                .filter(entry ->
                        Json.read(entry, Stored.class).id().equals(topic.id().toString()))
                .orElseThrow(() -> new UnknownTopicOrPartitionException("topic " + topic.name() + " is gone"));
    }

    @Override
    public Topic addPartitions(Topic topic, int total) {
        return change(topic, now -> {
            if (total <= now.partitions()) {
                throw new InvalidPartitionsException("topic " + topic.name() + " has " + now.partitions()
                        + " partitions already: " + total + " would not be more");
            }
            return new Topic(now.name(), now.id(), total, now.replicationFactor(), now.configs());
        });
    }

    @Override
    public Topic alterConfigs(Topic topic, UnaryOperator<Map<String, String>> change) {
        return change(
                topic,
                now -> new Topic(
                        now.name(), now.id(), now.partitions(), now.replicationFactor(), change.apply(now.configs())));
    }

    private Topic change(Topic topic, UnaryOperator<Topic> change) {
        String key = PREFIX + topic.name();
        while (true) {
            Entry entry = current(topic);
            Topic next = change.apply(Json.read(entry, Stored.class).topic(topic.name()));
            TxnResult result = store.commit(Txn.builder()
                    .require(key, entry.version())
                    .put(key, Json.write(Stored.of(next)))
                    .build());
            if (result.applied()) {
                await(result.revision());
                return next;
            }
        }
    }

    @Override
    public synchronized void addListener(Listener listener) {
        listeners.add(listener);
        byName.values().forEach(known -> listener.onTopic(known.topic()));
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (watch != null) {
            watch.close();
        }
    }
}
