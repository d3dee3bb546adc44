package io.varve.simulation;

import java.time.Duration;
import java.util.List;

/** What goes wrong in a run. Each fault is drawn from the seed, and ends by itself after a while, so that several go on at once. */
final class Faults {
    private final Simulator simulator;
    private final Simulation simulation;
    private final SimBroker.SimWorld world;

    Faults(Simulator simulator, Simulation simulation, SimBroker.SimWorld world) {
        this.simulator = simulator;
        this.simulation = simulation;
        this.world = world;
    }

    void run(int count) {
        for (int i = 0; i < count; i++) {
            next();
            simulator.runFor(Duration.ofNanos(simulator.micros(50_000, 3_000_000)));
        }
    }

    private void next() {
        switch (simulator.random().nextInt(8)) {
            case 0, 1 -> kill();
            case 2 -> pause();
            case 3, 4 -> cut();
            case 5 -> stopEtcd();
            case 6 -> failObjects();
            default -> drain();
        }
    }

    private SimBroker anyOf(List<SimBroker> brokers) {
        return brokers.get(simulator.random().nextInt(brokers.size()));
    }

    private void later(long millis, Runnable what) {
        simulator.after(Duration.ofMillis(millis).toNanos(), what);
    }

    private long between(int least, int most) {
        return simulator.random().nextLong(least, most + 1L);
    }

    private void startLater(SimBroker broker) {
        later(between(10, 5_000), () -> {
            if (simulation.dead().contains(broker.id())) {
                simulation.start(broker.id());
            }
        });
    }

    private void kill() {
        List<SimBroker> living = simulation.living();
        if (living.isEmpty()) {
            return;
        }
        SimBroker broker = anyOf(living);
        simulation.tell("kill " + broker.process().name());
        broker.process().kill();
        startLater(broker);
    }

    private void drain() {
        List<SimBroker> living = simulation.living();
        if (living.isEmpty()) {
            return;
        }
        SimBroker broker = anyOf(living);
        simulation.tell("drain " + broker.process().name());
        broker.process().onDeath(() -> startLater(broker));
        broker.process().blocking().execute(broker::drain);
    }

    private void pause() {
        List<SimBroker> living = simulation.living();
        if (living.isEmpty()) {
            return;
        }
        SimBroker broker = anyOf(living);
        long millis = between(100, 8_000);
        simulation.tell("pause " + broker.process().name() + " for " + millis + " ms");
        broker.process().pause();
        later(millis, broker.process()::goOn);
    }

    private void cut() {
        int from = simulator.random().nextInt(4);
        int to = (from + 1 + simulator.random().nextInt(3)) % 4;
        boolean both = simulator.random().nextBoolean();
        long millis = between(100, 6_000);
        simulation.tell("cut " + name(from) + " -> " + name(to) + (both ? " and back" : "") + " for " + millis + " ms");
        world.network().cut(from, to);
        if (both) {
            world.network().cut(to, from);
        }
        later(millis, () -> {
            world.network().join(from, to);
            world.network().join(to, from);
        });
    }

    private static String name(int machine) {
        return machine == SimStore.MACHINE ? "etcd" : "broker " + machine;
    }

    private void stopEtcd() {
        long millis = between(100, 6_000);
        simulation.tell("etcd is away for " + millis + " ms");
        world.etcd().stop();
        later(millis, world.etcd()::start);
    }

    private void failObjects() {
        int percent = 20 + simulator.random().nextInt(81);
        long millis = between(100, 10_000);
        simulation.tell("the object store fails " + percent + " % of requests for " + millis + " ms");
        world.objects().failing(percent);
        later(millis, () -> world.objects().failing(0));
    }
}
