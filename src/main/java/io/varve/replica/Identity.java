package io.varve.replica;

import java.util.Arrays;
import java.util.Objects;

/**
 * Who a broker is to the others.
 *
 * @param incarnation differs at every start
 * @param secret what all brokers of the cluster share and nobody else knows
 */
public record Identity(String clusterId, int broker, String disk, String incarnation, byte[] secret) {
    @Override
    public boolean equals(Object other) {
        return other instanceof Identity that
                && clusterId.equals(that.clusterId)
                && broker == that.broker
                && disk.equals(that.disk)
                && incarnation.equals(that.incarnation)
                && Arrays.equals(secret, that.secret);
    }

    @Override
    public int hashCode() {
        return Objects.hash(clusterId, broker, disk, incarnation);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "broker " + broker + " of cluster " + clusterId + " (disk " + disk + ", incarnation " + incarnation
                + ")";
    }
}
