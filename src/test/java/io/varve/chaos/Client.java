package io.varve.chaos;

import org.apache.kafka.common.TopicPartition;

/** A client of a run, in a thread or a process of its own. What it sees goes to the {@link History}. Thread-safe. */
interface Client {
    String name();

    /** Begins. */
    void start();

    /** Ends in good order, and returns when it has. */
    void stop() throws InterruptedException;

    /** How far it is in a partition: acknowledged sends, or the next offset to read. -1 in a partition that is none of its own. */
    long progress(TopicPartition partition);
}
