package io.varve.bench;

import io.varve.testkit.ApacheKafka;
import java.util.List;
import java.util.stream.Collectors;

/** Three nodes of Apache Kafka. */
record KafkaTrio(List<ApacheKafka> nodes) implements Trio {
    @Override
    public void launch() {
        nodes.forEach(ApacheKafka::launch);
    }

    @Override
    public void launch(int broker) {
        node(broker).launch();
    }

    @Override
    public void kill9(int broker) {
        node(broker).kill9();
    }

    @Override
    public String bootstrapServers() {
        return nodes.stream().map(ApacheKafka::bootstrapServers).collect(Collectors.joining(","));
    }

    @Override
    public List<Long> pids() {
        return nodes.stream().map(ApacheKafka::pid).toList();
    }

    @Override
    public List<Long> helperPids() {
        return List.of();
    }

    @Override
    public void close() {
        nodes.forEach(ApacheKafka::close);
    }

    private ApacheKafka node(int broker) {
        return nodes.get(broker - 1);
    }
}
