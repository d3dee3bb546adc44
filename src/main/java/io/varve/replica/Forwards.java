package io.varve.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.InternalAddress;
import io.varve.observe.Metric;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The ways by which requests are forwarded to all other brokers: one connection each, made when it is first needed. A broker that could not be
 * reached is left alone for a moment, in which everything for it fails at once. Thread-safe.
 */
public final class Forwards implements Forwarder, AutoCloseable {
    /** How often {@link #check} is to be called; what has no answer in time is given up that much later. */
    public static final int CHECK_MILLIS = 100;

    private final ForwardLink.Shared shared;
    private final IntFunction<Optional<InternalAddress>> addresses;

    @GuardedBy("links")
    private final Map<Integer, ForwardLink> links = new HashMap<>();

    @GuardedBy("links")
    private boolean closed;

    /**
     * Bounds.
     *
     * @param maxQueuedBytes what may wait to be written to one broker; a request that goes over it fails
     * @param maxAnswersBytes answers of all brokers that clients have not taken yet; larger ones that go over it are dropped
     * @param maxAnswerBytes one answer; a longer one ends the connection
     */
    public record Bounds(long maxQueuedBytes, long maxAnswersBytes, int maxAnswerBytes) {}

    /** @param addresses where a broker is reached; empty when it does not live */
    public Forwards(
            ReplicaSettings settings,
            Network network,
            IntFunction<Optional<InternalAddress>> addresses,
            Bounds bounds,
            MeterRegistry meters) {
        ForwardBudget answers = new ForwardBudget(bounds.maxAnswersBytes());
        Metric.FORWARDED_RESPONSE_BYTES_IN_FLIGHT.gauge(meters, answers::usedBytes);
        this.shared = new ForwardLink.Shared(
                settings,
                network,
                new ForwardMetrics(meters),
                answers,
                bounds.maxQueuedBytes(),
                bounds.maxAnswerBytes(),
                CHECK_MILLIS);
        this.addresses = addresses;
    }

    @Override
    public Call forward(int broker, Outbound request) {
        return link(broker).forward(request);
    }

    private ForwardLink link(int broker) {
        synchronized (links) {
            ForwardLink link = links.get(broker);
            if (link == null) {
                link = new ForwardLink(broker, shared);
                links.put(broker, link);
                if (closed) {
                    link.die("this broker stops");
                } else {
                    link.start(() -> addresses.apply(broker));
                }
            }
            return link;
        }
    }

    /** Gives up what has had no answer in time, and everything of brokers that do not live any more. Never blocks; one call at a time. */
    public void check() {
        List<ForwardLink> left = new ArrayList<>();
        List<ForwardLink> gone = new ArrayList<>();
        synchronized (links) {
            links.values().removeIf(ForwardLink::isForgotten);
            links.forEach((broker, link) -> (addresses.apply(broker).isPresent() ? left : gone).add(link));
        }
        gone.forEach(link -> link.die("it does not live any more"));
        left.forEach(ForwardLink::check);
    }

    @Override
    public void close() {
        List<ForwardLink> all;
        synchronized (links) {
            closed = true;
            all = new ArrayList<>(links.values());
        }
        all.forEach(link -> link.die("this broker stops"));
    }
}
