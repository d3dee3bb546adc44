package io.varve.cluster;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.metadata.Entry;
import io.varve.metadata.MetadataStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.kafka.common.Node;

/**
 * The registered brokers, kept in memory by one watch. This broker is always among them, also while its lease is not confirmed: what it
 * may serve then is not decided here. Thread-safe.
 */
public final class LiveBrokers implements ClusterView, AutoCloseable {
    private final String clusterId;
    private final Announcement self;
    private final Map<Integer, Announcement> byId = new ConcurrentSkipListMap<>();
    private final Runnable onRemoved;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Mirror mirror;
    private volatile Supplier<Optional<Integer>> placer = Optional::empty;

    /**
     * Reads who is registered and follows it from then on; {@code registration} is told, by {@code blocking}, when this broker's own key goes.
     * Blocks.
     */
    public LiveBrokers(MetadataStore store, String clusterId, BrokerRegistration registration, Executor blocking) {
        this(store, clusterId, registration.info(), () -> blocking.execute(registration::reassert));
    }

    /** Reads who is registered and follows it from then on, for a broker that does not register. Blocks. */
    public LiveBrokers(MetadataStore store, String clusterId, Announcement self) {
        this(store, clusterId, self, () -> {});
    }

    private LiveBrokers(MetadataStore store, String clusterId, Announcement self, Runnable onRemoved) {
        this.onRemoved = onRemoved;
        this.clusterId = clusterId;
        this.self = self;
        byId.put(self.id(), self);
        this.mirror = Mirror.start(store, BrokerRegistration.PREFIX, new Image());
    }

    private final class Image implements Mirror.Image {
        @Override
        public void put(Entry entry) {
            Announcement announcement = Json.read(entry, Announcement.class);
            // Under this broker's id there may still be an incarnation before.
            if (announcement.id() != self.id() || announcement.incarnation().equals(self.incarnation())) {
                byId.put(announcement.id(), announcement);
                tell();
            }
        }

        @Override
        public void remove(String key) {
            String id = key.substring(BrokerRegistration.PREFIX.length());
            if (!id.equals(Integer.toString(self.id()))) {
                byId.values().removeIf(announcement -> id.equals(Integer.toString(announcement.id())));
                tell();
            } else {
                onRemoved.run();
            }
        }
    }

    private void tell() {
        listeners.forEach(Runnable::run);
    }

    @Override
    public void addListener(Runnable listener) {
        listeners.add(listener);
    }

    /** All brokers that are registered now, in the order of their ids. */
    @Override
    public List<Announcement> announcements() {
        return List.copyOf(byId.values());
    }

    /** What the broker with this id says of itself, while it is registered. */
    public Optional<Announcement> find(int id) {
        return Optional.ofNullable(byId.get(id));
    }

    @Override
    public String clusterId() {
        return clusterId;
    }

    @Override
    public int self() {
        return self.id();
    }

    /** Every broker serves admin requests; all name the same one, while they know one. */
    @Override
    public int controller() {
        return placer.get().filter(elected -> find(elected).isPresent()).orElse(self.id());
    }

    /** Who the elected placer is, which clients are told to be the controller. */
    public void placedBy(Supplier<Optional<Integer>> elected) {
        placer = elected;
    }

    @Override
    public List<Node> brokers() {
        return byId.values().stream()
                .map(each -> new Node(each.id(), each.host(), each.port(), each.rack()))
                .toList();
    }

    @Override
    public void close() {
        mirror.close();
    }
}
