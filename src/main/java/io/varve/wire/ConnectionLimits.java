package io.varve.wire;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/** Counts connections, all and by address. Thread-safe. */
final class ConnectionLimits {
    private final int max;
    private final int maxPerAddress;

    @GuardedBy("this")
    private final Map<InetAddress, Integer> open = new HashMap<>();

    @GuardedBy("this")
    private int total;

    ConnectionLimits(int max, int maxPerAddress) {
        this.max = max;
        this.maxPerAddress = maxPerAddress;
    }

    /** Counts one more, unless that would be too many. */
    synchronized boolean admit(InetAddress address) {
        if (total >= max || open.getOrDefault(address, 0) >= maxPerAddress) {
            return false;
        }
        total++;
        open.merge(address, 1, Integer::sum);
        return true;
    }

    /** One that was admitted has closed. */
    synchronized void leave(InetAddress address) {
        total--;
        open.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }

    @Override
    public String toString() {
        return max + " in all, " + maxPerAddress + " of one address";
    }
}
