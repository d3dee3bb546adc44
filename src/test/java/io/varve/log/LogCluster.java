package io.varve.log;

import static io.varve.log.LogWorld.soon;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecords;
import io.varve.cluster.StoredPartitionRecords;
import io.varve.cluster.Topic;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/** The logs of several brokers over one metadata store and one object store: all of it real but for the network between them. */
final class LogCluster implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    final EmbeddedStore store;
    final DirectReplicator network = new DirectReplicator();
    private final Path directory;
    private final boolean uploads;
    private final Map<Integer, LogWorld> brokers = new TreeMap<>();
    private final Map<Integer, LogWorld.Place> places = new TreeMap<>();

    /** Starts brokers 1 to {@code count}. */
    LogCluster(Path directory, int count, boolean uploads) {
        this.directory = directory;
        this.uploads = uploads;
        store = EmbeddedStore.open(directory.resolve("metadata"));
        for (int id = 1; id <= count; id++) {
            start(id);
        }
        for (LogWorld broker : brokers.values()) {
            for (int id = 1; id <= count; id++) {
                int other = id;
                soon().until(() -> broker.owners.isLive(member(other)));
            }
        }
    }

    static Member member(int id) {
        return new Member(id, "disk-" + id);
    }

    /** Starts a broker, in the boot that all brokers are in. */
    LogWorld start(int id) {
        return start(id, Boot.id());
    }

    /** Starts a broker whose machine is in boot {@code boot}. */
    LogWorld start(int id, Uuid boot) {
        LogWorld.Place place = new LogWorld.Place(
                member(id),
                store,
                directory.resolve("objects"),
                network.of(id),
                copies -> network.connect(id, copies),
                boot);
        LogWorld broker = new LogWorld(directory.resolve("broker-" + id), uploads, place);
        brokers.put(id, broker);
        places.put(id, place);
        register(id);
        return broker;
    }

    /** The broker, whose lease had run out, has another one. */
    void register(int id) {
        try {
            store.commit(Txn.builder()
                    .put("brokers/" + id, JSON.writeValueAsBytes(places.get(id).announcement()))
                    .build());
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    LogWorld broker(int id) {
        return brokers.get(id);
    }

    /** The broker reaches neither the others nor the metadata store; what it does not know it goes on believing. */
    void cutOff(int id) {
        broker(id).records.away(true);
        broker(id).leaseHeld.set(false);
        network.disconnect(id);
    }

    /** The broker can reach the metadata store again, and the others. */
    void heal(int id) {
        broker(id).records.away(false);
        network.reconnect(id);
    }

    /** The broker dies, and nobody knows it yet: its disk stays as it is. */
    void crash(int id) {
        broker(id).records.away(true);
        brokers.remove(id).close();
        network.disconnect(id);
    }

    /** The broker's lease runs out. */
    void expire(int id) {
        store.commit(Txn.builder().delete("brokers/" + id).build());
    }

    /** The broker dies, and its lease runs out. */
    void kill(int id) {
        crash(id);
        expire(id);
    }

    Topic create(String name, int replicas, Map<String, String> configs, List<Integer> assignment) {
        Topic topic =
                broker(assignment.getFirst()).topics.create(name, 1, (short) replicas, configs, List.of(assignment));
        for (LogWorld broker : brokers.values()) {
            soon().until(() -> broker.topics.byId(topic.id()).isPresent());
        }
        return topic;
    }

    /** The topic's partition on the broker that serves it, once that is {@code id}. */
    Partition served(int id, Topic topic) {
        PartitionId partition = id(topic);
        LogWorld broker = broker(id);
        soon().until(() -> {
            Partition found = broker.partitions.find(partition);
            return found != null && found.isAvailable();
        });
        return broker.partitions.find(partition);
    }

    PartitionId id(Topic topic) {
        return new PartitionId(topic.id(), 0);
    }

    Optional<PartitionRecord> find(Topic topic) {
        return new StoredPartitionRecords(store).get(id(topic)).map(PartitionRecords.Versioned::record);
    }

    PartitionRecord record(Topic topic) {
        return find(topic).orElseThrow();
    }

    @Override
    public void close() {
        brokers.values().forEach(LogWorld::close);
        store.close();
    }
}
