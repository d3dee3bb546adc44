package io.varve.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * The leader of a partition is killed (kill -9) under a steady load: how long until a record that was sent afterwards is
 * acknowledged by another broker. It is started again before the next one is killed.
 */
final class FailoverScenario implements ThreeBrokersScenario {
    private static final Figure NEXT_ACK = Figure.lower("kill -9 to the next ack, 3 copies", "ms", Double.NaN);
    private static final String TOPIC = "failover";
    private static final int RATE = 500;

    @Override
    public String name() {
        return "failover";
    }

    @Override
    public Measured run(Trio trio, Options options) {
        int repetitions = options.quick() ? 3 : 10;
        List<Double> millis = new ArrayList<>();
        try (var topics = new Topics(trio.bootstrapServers())) {
            topics.create(TOPIC, Trio.BROKERS);
            try (var load = new SteadyLoad(trio.bootstrapServers(), TOPIC, 0, RATE, 100)) {
                for (int i = 0; i < repetitions; i++) {
                    load.awaitMore(RATE);
                    topics.awaitWhole(TOPIC);
                    int leader = topics.leader(TOPIC, 0);
                    load.forget();
                    long killed = System.nanoTime();
                    trio.kill9(leader);
                    // What the dead one may still have acknowledged was sent before it was gone.
                    long acked = load.awaitAckOfSentAfter(System.nanoTime());
                    millis.add((acked - killed) / 1e6);
                    trio.launch(leader);
                    trio.awaitAll();
                }
            }
        }
        return Measured.ofSamples(NEXT_ACK, millis);
    }
}
