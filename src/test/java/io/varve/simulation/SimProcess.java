package io.varve.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import org.apache.kafka.common.utils.Time;

/** A process on a simulated machine: its threads can be stopped for a while, or for ever between two steps, as by SIGSTOP and SIGKILL. */
final class SimProcess {
    private enum State {
        RUNNING,
        PAUSED,
        DEAD
    }

    private final Simulator simulator;
    private final String name;
    private final int machine;
    private final Time time;
    private final List<Simulator.Step> held = new ArrayList<>();
    private final List<Runnable> onDeath = new ArrayList<>();
    private State state = State.RUNNING;

    /**
     * @param machine where it runs: what is cut off is a machine
     * @param skewMillis how wrong its wall clock is
     */
    SimProcess(Simulator simulator, String name, int machine, long skewMillis) {
        this.simulator = simulator;
        this.name = name;
        this.machine = machine;
        this.time = new SimTime(simulator, skewMillis);
    }

    String name() {
        return name;
    }

    int machine() {
        return machine;
    }

    Time time() {
        return time;
    }

    Simulator simulator() {
        return simulator;
    }

    ThreadFactory threads() {
        return task -> simulator.thread(this, task);
    }

    Executor blocking() {
        return task -> simulator.thread(this, task).start();
    }

    boolean isDead() {
        return state == State.DEAD;
    }

    boolean isRunning() {
        return state == State.RUNNING;
    }

    /** What its host does when it dies. */
    void onDeath(Runnable action) {
        onDeath.add(action);
    }

    /** Whether a step may be taken; what may not be taken yet is kept. */
    boolean takes(Simulator.Step step) {
        if (state == State.PAUSED) {
            held.add(step);
        }
        return state == State.RUNNING;
    }

    void pause() {
        if (state == State.RUNNING) {
            state = State.PAUSED;
        }
    }

    void goOn() {
        if (state == State.PAUSED) {
            state = State.RUNNING;
            held.forEach(simulator::again);
            held.clear();
        }
    }

    void kill() {
        if (state != State.DEAD) {
            state = State.DEAD;
            held.clear();
            onDeath.forEach(Runnable::run);
            onDeath.clear();
        }
    }

    /** Runs {@code task} on a thread of its own every {@code interval}, one at a time. */
    void every(Duration interval, Runnable task) {
        blocking().execute(() -> {
            while (!isDead()) {
                simulator.sleepNanos(interval.toNanos());
                task.run();
            }
        });
    }
}
