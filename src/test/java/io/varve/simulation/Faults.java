package io.varve.simulation;

import io.varve.cluster.PartitionRecord.Member;
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
        switch (simulator.random().nextInt(17)) {
            case 0, 1, 2 -> kill();
            case 3, 4 -> pause();
            case 5, 6, 7 -> cut();
            case 8 -> stopEtcd();
            case 9 -> compactEtcd();
            case 10 -> failObjects();
            case 11 -> slowDisk();
            case 12 -> failDisk();
            case 13 -> fillDisk();
            case 14 -> loseMachine();
            case 15 -> slowNetwork();
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

    /**
     * The one machine whose power is cut and whose disk is lost, if any in this run is. What is on several machines and in the memory of each is safe
     * from one of them, not from several (design section 3a).
     */
    private SimMachine fragile() {
        return simulation.machine(1 + (int) Math.floorMod(simulator.seed(), 3L));
    }

    private void loseMachine() {
        SimMachine machine = fragile();
        Member disk = new Member(machine.id(), machine.diskId());
        boolean isDiskLost =
                simulator.random().nextBoolean() && simulation.oracle().isElsewhere(disk);
        simulation.tell((isDiskLost ? "the disk is lost of machine " : "power cut of machine ") + machine.id());
        simulation.broker(machine.id()).process().kill();
        if (isDiskLost) {
            machine.loseDisk();
        } else {
            machine.cutPower();
        }
        startLater(simulation.broker(machine.id()));
    }

    private void slowNetwork() {
        int machine = anyMachine().id();
        int delay = (int) between(20, 1_500);
        long millis = between(500, 8_000);
        simulation.tell("what machine " + machine + " sends takes " + delay + " ms longer for " + millis + " ms");
        world.network().slow(machine, delay);
        later(millis, () -> world.network().slow(machine, 0));
    }

    private SimMachine anyMachine() {
        return simulation.machine(1 + simulator.random().nextInt(3));
    }

    private void slowDisk() {
        SimMachine machine = anyMachine();
        int times = 2 << simulator.random().nextInt(7);
        long millis = between(500, 8_000);
        simulation.tell("the disk of machine " + machine.id() + " is " + times + " times slower for " + millis + " ms");
        SimDisk disk = machine.disk();
        disk.slowness(times);
        later(millis, () -> disk.slowness(1));
    }

    private void fillDisk() {
        SimMachine machine = anyMachine();
        long millis = between(100, 8_000);
        simulation.tell("the disk of machine " + machine.id() + " is full for " + millis + " ms");
        SimDisk disk = machine.disk();
        disk.full(true);
        later(millis, () -> disk.full(false));
    }

    /** A broker does not trust a disk any more that has failed once: it is started again some time later. */
    private void failDisk() {
        SimMachine machine = anyMachine();
        long millis = between(100, 4_000);
        simulation.tell("the disk of machine " + machine.id() + " fails for " + millis + " ms");
        SimDisk disk = machine.disk();
        SimBroker broker = simulation.broker(machine.id());
        disk.failing(true);
        later(millis, () -> disk.failing(false));
        later(millis + between(0, 2_000), () -> {
            boolean isPowerCut = machine == fragile() && simulator.random().nextBoolean();
            simulation.tell(
                    (isPowerCut ? "power cut of " : "kill ") + broker.process().name() + ", since its disk has failed");
            broker.process().kill();
            if (isPowerCut && broker == simulation.broker(machine.id())) {
                machine.cutPower();
            }
            startLater(broker);
        });
    }

    private void compactEtcd() {
        simulation.tell("etcd forgets its history");
        world.etcd().compact();
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
