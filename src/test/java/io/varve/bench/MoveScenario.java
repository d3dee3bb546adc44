package io.varve.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.Node;

/** A partition is moved to another broker under a steady load, again and again: the longest time without an ack each time. */
final class MoveScenario implements ThreeBrokersScenario {
    private static final Figure GAP = Figure.lower("gap of acks in a planned move, 3 copies", "ms", Double.NaN);
    private static final String TOPIC = "move";
    private static final int RATE = 500;

    @Override
    public String name() {
        return "move";
    }

    @Override
    public Measured run(Trio trio, Options options) {
        int repetitions = options.quick() ? 10 : 30;
        List<Double> millis = new ArrayList<>();
        try (var topics = new Topics(trio.bootstrapServers())) {
            topics.create(TOPIC, Trio.BROKERS);
            try (var load = new SteadyLoad(trio.bootstrapServers(), TOPIC, 0, RATE, 100)) {
                load.awaitMore(3 * RATE);
                for (int i = 0; i < repetitions; i++) {
                    topics.awaitWhole(TOPIC);
                    var replicas = new ArrayList<>(topics.partitions(TOPIC).getFirst().replicas().stream()
                            .map(Node::id)
                            .toList());
                    Collections.rotate(replicas, -1 - replicas.indexOf(topics.leader(TOPIC, 0)));
                    load.forget();
                    load.awaitMore(RATE / 10);
                    long before = System.nanoTime();
                    topics.move(TOPIC, 0, replicas);
                    load.awaitMore(RATE / 2);
                    millis.add(load.longestGapSince(before) / 1e6);
                }
            }
        }
        return Measured.ofSamples(GAP, millis);
    }
}
