package io.varve.server;

import io.varve.cluster.ClusterView;
import java.util.List;
import org.apache.kafka.common.Node;

/** The cluster as it is with one broker. */
record LoneBrokerView(String clusterId, Node node) implements ClusterView {
    @Override
    public int self() {
        return node.id();
    }

    @Override
    public int controller() {
        return node.id();
    }

    @Override
    public List<Node> brokers() {
        return List.of(node);
    }
}
