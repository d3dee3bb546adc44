package io.varve.simulation;

import java.nio.file.Path;
import org.apache.kafka.common.Uuid;

/** A machine with a disk, which outlive the brokers that run there. */
final class SimMachine {
    private final Simulator simulator;
    private final int id;
    private SimDisk disk;
    private int disks;
    private int lives;
    private Uuid boot;

    SimMachine(Simulator simulator, int id) {
        this.simulator = simulator;
        this.id = id;
        this.disk = new SimDisk(simulator);
        this.boot = newBoot();
    }

    private Uuid newBoot() {
        return new Uuid(simulator.random().nextLong(), simulator.random().nextLong());
    }

    int id() {
        return id;
    }

    /** What it runs next: another process each time, with a wall clock that is wrong by up to two minutes. */
    SimProcess process() {
        String name = "broker-" + id + "." + ++lives;
        return new SimProcess(simulator, name, id, simulator.random().nextInt(240_000) - 120_000);
    }

    SimDisk disk() {
        return disk;
    }

    /** The disk's own id. */
    String diskId() {
        return "disk-" + id + "." + disks;
    }

    Path directory() {
        return disk.root().resolve("varve");
    }

    Uuid boot() {
        return boot;
    }

    /** Off and on again; what ran there must be dead. */
    void cutPower() {
        disk.cutPower();
        boot = newBoot();
    }

    /** It gets an empty disk; what ran there must be dead. */
    void loseDisk() {
        disk = new SimDisk(simulator);
        disks++;
    }
}
