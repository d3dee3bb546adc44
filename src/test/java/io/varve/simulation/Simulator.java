package io.varve.simulation;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs all threads of a simulation one at a time on the thread that calls {@link #runUntil}, and lets its clock pass when none of them can go on. They
 * are virtual threads whose continuations come here ({@code java.lang.ThreadBuilders.newVirtualThread} takes an executor); which of those that
 * can go on is next is drawn from the seed. So code that blocks is simulated as it is, and a seed gives the same run each time, as long as nothing
 * looks at another clock, makes another thread, or draws another number.
 *
 * <p>Since no two threads run at once and none is interrupted before it parks, what belongs to the simulation itself needs no locks.
 */
final class Simulator {
    /** What a step of a thread takes at most. */
    private static final int STEP_NANOS = 5_000;

    /** Of real time: a busy machine may take its while. */
    private static final int OUTSIDE_LIMIT_SECONDS = 60;

    private static final Method NEW_VIRTUAL_THREAD = hidden(
            "java.lang.ThreadBuilders", "newVirtualThread", Executor.class, String.class, int.class, Runnable.class);

    private static final Method OWNER =
            hidden("java.util.concurrent.locks.AbstractOwnableSynchronizer", "getExclusiveOwnerThread");

    private static final Method CARRIER = hidden("java.lang.Thread", "currentCarrierThread");

    private final Thread carrier = Thread.currentThread();
    private final long seed;
    private final Random random;
    private final List<Step> ready = new ArrayList<>();

    /** What goes on after it has waited for one of the JVM's own threads. */
    private final LinkedBlockingQueue<Step> freed = new LinkedBlockingQueue<>();

    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private long nowNanos;
    private long steps;
    private long trace;
    private long nextTimer;
    private @Nullable Throwable failure;

    /** What a thread does until it waits the next time. */
    record Step(Runner runner, Runnable continuation) {}

    private record Timer(long atNanos, long number, Runnable task) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            return atNanos != other.atNanos ? Long.compare(atNanos, other.atNanos) : Long.compare(number, other.number);
        }
    }

    Simulator(long seed) {
        this.seed = seed;
        random = new Random(seed);
    }

    private static Method hidden(String type, String name, Class<?>... parameters) {
        try {
            Method method = Class.forName(type).getDeclaredMethod(name, parameters);
            method.setAccessible(true);
            return method;
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("this JDK has no way to run virtual threads on another executor", e);
        }
    }

    /** Whether the caller is one of the simulation's threads, or the one that runs them. */
    boolean isHere() {
        try {
            return carrier.equals(CARRIER.invoke(null));
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new LinkageError("cannot tell which thread runs this one", e);
        }
    }

    /** A virtual thread that runs here when it is started, as one of {@code process}. */
    Thread thread(SimProcess process, Runnable task) {
        Runner runner = new Runner(process);
        Runnable guarded = () -> {
            try {
                task.run();
            } catch (Throwable e) {
                fail(e);
            }
        };
        try {
            Thread thread = (Thread) NEW_VIRTUAL_THREAD.invoke(null, runner, process.name(), 0, guarded);
            runner.thread = thread;
            return thread;
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new LinkageError("cannot make a virtual thread", e);
        }
    }

    /** Takes the continuations of one thread. */
    final class Runner implements Executor {
        private final SimProcess process;
        private @Nullable Thread thread;
        private boolean queued;

        Runner(SimProcess process) {
            this.process = process;
        }

        @Override
        public void execute(Runnable continuation) {
            if (isHere()) {
                queued = true;
                ready.add(new Step(this, continuation));
            } else {
                freed.add(new Step(this, continuation));
            }
        }

        /** Runs the thread until it waits for something of the simulation. */
        void run(Runnable continuation) {
            queued = false;
            continuation.run();
            while (isHeldUp()) {
                awaitFreed().run();
            }
        }

        /**
         * Whether it waits for a monitor or a lock that one of the JVM's own threads has. Some of those in the JDK are shared with them, with a
         * cleaner or the reference handler for example: such a moment is no part of the simulation, and is waited for in real time.
         */
        private boolean isHeldUp() {
            Thread self = thread;
            return !queued
                    && self != null
                    && switch (self.getState()) {
                        case TERMINATED -> false;
                        // Whatever has nothing to be notified by sleeps, inside the JDK, in real time.
                        case TIMED_WAITING -> LockSupport.getBlocker(self) == null;
                        case WAITING -> isLockOfAnother(LockSupport.getBlocker(self));
                        case NEW, RUNNABLE, BLOCKED -> true;
                    };
        }

        private Runnable awaitFreed() {
            try {
                Step freedStep = freed.poll(OUTSIDE_LIMIT_SECONDS, TimeUnit.SECONDS);
                if (freedStep == null || freedStep.runner() != this) {
                    throw new AssertionError("held up, by a thread that waits itself: " + thread + " at "
                            + (thread == null ? "" : List.of(thread.getStackTrace())));
                }
                return freedStep.continuation();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static boolean isLockOfAnother(@Nullable Object blocker) {
        if (!(blocker instanceof AbstractOwnableSynchronizer lock)
                || !lock.getClass().getName().startsWith(ReentrantLock.class.getName())) {
            return false;
        }
        try {
            Thread owner = (Thread) OWNER.invoke(lock);
            return owner == null || !owner.isVirtual();
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new LinkageError("cannot tell who has a lock", e);
        }
    }

    /** What was kept of a process that was paused. */
    void again(Step step) {
        ready.add(step);
    }

    /** Nanoseconds since the simulation began. */
    long nanos() {
        return nowNanos;
    }

    Random random() {
        return random;
    }

    /** Calls {@code task} after a while, on no thread of the simulation: it must not block. */
    void after(long nanos, Runnable task) {
        timers.add(new Timer(nowNanos + Math.max(0, nanos), nextTimer++, task));
    }

    /** The simulation ends with this. */
    void fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    /** A number that two runs share when they took the same steps. */
    long trace() {
        return trace;
    }

    long seed() {
        return seed;
    }

    long steps() {
        return steps;
    }

    /**
     * Runs until {@code done}.
     *
     * @throws AssertionError when {@code limit} of simulated time has passed before, nothing is left to wait for, or a thread has failed
     */
    void runUntil(String what, Duration limit, BooleanSupplier done) {
        long deadline = nowNanos + limit.toNanos();
        while (!done.getAsBoolean()) {
            if (nowNanos > deadline) {
                throw new AssertionError("not within " + limit.toSeconds() + " s of simulated time: " + what);
            }
            step();
            if (failure != null) {
                throw new AssertionError("a thread has failed: " + failure, failure);
            }
        }
    }

    /** Runs for {@code duration} of simulated time. */
    void runFor(Duration duration) {
        long end = nowNanos + duration.toNanos();
        boolean[] over = new boolean[1];
        after(duration.toNanos(), () -> over[0] = true);
        runUntil("the end of a pause", duration.plusSeconds(1), () -> over[0] || nowNanos > end);
    }

    private void step() {
        while (!timers.isEmpty() && timers.peek().atNanos() <= nowNanos) {
            timers.poll().task().run();
        }
        if (ready.isEmpty()) {
            Timer next = timers.poll();
            if (next == null) {
                throw new AssertionError("every thread waits, and nothing is left to wake one");
            }
            nowNanos = Math.max(nowNanos, next.atNanos());
            next.task().run();
            return;
        }
        if (!freed.isEmpty()) {
            throw new AssertionError("woken by a thread that is none of the simulation's: "
                    + freed.peek().runner().thread);
        }
        int chosen = random.nextInt(ready.size());
        Step step = ready.get(chosen);
        ready.set(chosen, ready.getLast());
        ready.removeLast();
        nowNanos += random.nextInt(STEP_NANOS);
        steps++;
        trace = trace * 31 + chosen * 7_919L + nowNanos;
        if (step.runner().process.takes(step)) {
            step.runner().run(step.continuation());
        }
    }

    /** Blocks the calling thread, one of the simulation's, for a while. */
    void sleepNanos(long nanos) {
        boolean[] over = new boolean[1];
        Thread sleeper = Thread.currentThread();
        after(nanos, () -> {
            over[0] = true;
            LockSupport.unpark(sleeper);
        });
        while (!over[0] && !Thread.currentThread().isInterrupted()) {
            LockSupport.park();
        }
    }

    void sleepMillis(long millis) {
        sleepNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    /** A while between {@code least} and {@code most} microseconds. */
    long micros(int least, int most) {
        return TimeUnit.MICROSECONDS.toNanos(least + random.nextInt(most - least + 1));
    }

    boolean oneIn(int count) {
        return random.nextInt(count) == 0;
    }
}
