package io.varve.cluster;

import java.util.List;
import org.apache.kafka.common.Node;

/** Who is in the cluster, as clients are told. Answers from memory. Thread-safe. */
public interface ClusterView {

    String clusterId();

    /** The id of the broker that answers. */
    int self();

    /** The id of the broker that clients take for the controller: any that can serve admin requests. */
    int controller();

    /** The live brokers, with the addresses clients reach them by. */
    List<Node> brokers();

    /** What the live brokers say of themselves. */
    List<BrokerRegistration.Announcement> announcements();

    /** Calls {@code listener} after a broker has come, gone or changed, on the watch's thread: it must be quick and must not throw. */
    void addListener(Runnable listener);
}
