package io.varve.group;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.ClusterView;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.Node;

/** A cluster whose brokers come and go as a test says; the one that looks is always among them. */
public final class FakeCluster implements ClusterView {
    private final int self;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile List<Integer> live;

    /** Nobody but {@code self} lives, as far as it can see. */
    public FakeCluster(int self) {
        this(self, self);
    }

    /** @param live who is there, as far as {@code self} can see */
    FakeCluster(int self, Integer... live) {
        this.self = self;
        this.live = List.of(live);
    }

    /** Who is there from now on. */
    void live(Integer... brokers) {
        live = List.of(brokers);
        listeners.forEach(Runnable::run);
    }

    @Override
    public String clusterId() {
        return "cluster";
    }

    @Override
    public int self() {
        return self;
    }

    @Override
    public int controller() {
        return self;
    }

    @Override
    public List<Node> brokers() {
        return live.stream().map(id -> new Node(id, "host-" + id, 9092)).toList();
    }

    @Override
    public List<Announcement> announcements() {
        return live.stream()
                .map(id -> new Announcement(id, "incarnation", "host-" + id, 9092, null))
                .toList();
    }

    @Override
    public void addListener(Runnable listener) {
        listeners.add(listener);
    }
}
