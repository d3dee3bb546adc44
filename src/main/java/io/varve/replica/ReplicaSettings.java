package io.varve.replica;

import java.security.SecureRandom;
import java.util.concurrent.ThreadFactory;
import org.apache.kafka.common.utils.Time;

/**
 * What both sides of the connections between brokers need.
 *
 * @param self this broker
 * @param versions of the protocol that it speaks
 * @param random for nonces
 * @param time to wait a moment by
 * @param threads for connections: one or two each, and more for a moment
 * @param timeoutMillis how long a member may take to acknowledge, and a stranger to say who it is
 * @param maxFrameBytes at least the largest batch and 1 KiB
 */
public record ReplicaSettings(
        Identity self,
        Versions versions,
        SecureRandom random,
        Time time,
        ThreadFactory threads,
        int timeoutMillis,
        int maxFrameBytes) {

    /** Runs {@code task} on a thread of its own. */
    void run(Runnable task) {
        threads.newThread(task).start();
    }

    Handshake handshake() {
        return new Handshake(self, versions, random);
    }
}
