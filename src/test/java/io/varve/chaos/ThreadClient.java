package io.varve.chaos;

/** A client in a thread of this process. */
abstract class ThreadClient implements Client {
    private final String name;
    private final Thread thread;
    private volatile boolean stopped;

    ThreadClient(String name) {
        this.name = name;
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    /** Does what the client does, until {@link #isStopped}. */
    abstract void run();

    final boolean isStopped() {
        return stopped;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final void start() {
        thread.start();
    }

    @Override
    public final void stop() throws InterruptedException {
        stopped = true;
        thread.join();
    }
}
