package io.varve.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * A lease in etcd with a deadline of our own. The deadline counts from when the last <em>answered</em> keep-alive was <em>sent</em>, on
 * the monotonic clock: etcd counts from when it received it, which is later, so this side always gives up first.
 */
final class EtcdLease implements Lease {
    private static final Logger LOG = Logger.getLogger(EtcdLease.class);

    /** A keep-alive is sent every third of the time to live, and given up after a quarter: then there is time for two more. */
    private static final int BEATS = 3;

    private static final int BEAT_LIMITS = 4;
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long REVOKE_MILLIS = 2_000;

    private final EtcdClient client;
    private final long id;
    private final long timeToLiveNanos;
    private final Consumer<EtcdLease> onEnd;
    private final Thread keeper;
    private volatile long deadlineNanos;
    private volatile boolean closed;

    @GuardedBy("this")
    private boolean lost;

    @GuardedBy("this")
    private final List<Runnable> onLost = new ArrayList<>();

    private EtcdLease(EtcdClient client, long id, Duration timeToLive, long grantSentNanos, Consumer<EtcdLease> onEnd) {
        this.client = client;
        this.id = id;
        this.timeToLiveNanos = timeToLive.toNanos();
        this.deadlineNanos = grantSentNanos + timeToLiveNanos;
        this.onEnd = onEnd;
        this.keeper = Thread.ofVirtual().name("etcd-lease").unstarted(this::keep);
    }

    /**
     * Grants a lease; {@link #start} keeps it alive.
     *
     * @param onEnd hears once the lease is lost or closed
     */
    static EtcdLease grant(EtcdClient client, Duration timeToLive, Consumer<EtcdLease> onEnd) {
        LeaseGrantRequest request = LeaseGrantRequest.newBuilder()
                .setTTL(Math.max(1, timeToLive.toSeconds()))
                .build();
        long sentNanos = System.nanoTime();
        // A lease that was granted without our hearing of it ends by itself: as good as never granted.
        LeaseGrantResponse granted = client.harmless(
                "grant of a lease",
                channel -> client.bounded(LeaseGrpc.newBlockingStub(channel)).leaseGrant(request));
        // etcd may give more time than was asked for: its election time-out is a lower bound.
        return new EtcdLease(client, granted.getID(), Duration.ofSeconds(granted.getTTL()), sentNanos, onEnd);
    }

    void start() {
        keeper.start();
    }

    private long leftNanos() {
        return deadlineNanos - System.nanoTime();
    }

    private void keep() {
        try {
            boolean answered = true;
            while (!closed && leftNanos() > 0) {
                long pauseNanos = answered ? timeToLiveNanos / BEATS : RETRY_NANOS;
                Thread.sleep(Duration.ofNanos(Math.clamp(pauseNanos, 0, Math.max(0, leftNanos()))));
                answered = !closed && leftNanos() > 0 && beat();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!closed) {
            lose();
        }
    }

    /** Sends one keep-alive; true when etcd has answered it. */
    private boolean beat() throws InterruptedException {
        ManagedChannel channel = client.channels().current();
        long sentNanos = System.nanoTime();
        try {
            long ttlSeconds = keepAlive(channel, Math.min(timeToLiveNanos / BEAT_LIMITS, Math.max(1, leftNanos())));
            client.answered();
            deadlineNanos = ttlSeconds > 0 ? sentNanos + timeToLiveNanos : System.nanoTime();
            return true;
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            LOG.debugf("keep-alive failed. lease=%x cause=%s", id, cause.getMessage());
            if (!closed) {
                client.failed(channel, "etcd does not confirm the lease: " + cause.getMessage());
            }
            return false;
        }
    }

    private long keepAlive(ManagedChannel channel, long limitNanos)
            throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<Long> answer = new CompletableFuture<>();
        StreamObserver<LeaseKeepAliveRequest> stream = LeaseGrpc.newStub(channel)
                .withDeadlineAfter(limitNanos, TimeUnit.NANOSECONDS)
                .leaseKeepAlive(new StreamObserver<>() {
                    @Override
                    public void onNext(LeaseKeepAliveResponse response) {
                        answer.complete(response.getTTL());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        answer.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {
                        answer.completeExceptionally(new IllegalStateException("etcd ended the keep-alive"));
                    }
                });
        stream.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
        try {
            return answer.get(limitNanos, TimeUnit.NANOSECONDS);
        } finally {
            stream.onCompleted();
        }
    }

    private void lose() {
        List<Runnable> actions;
        synchronized (this) {
            lost = true;
            actions = List.copyOf(onLost);
            onLost.clear();
        }
        LOG.warnf("lease lost: etcd has not confirmed it in time, or has ended it. lease=%x", id);
        actions.forEach(action -> Thread.ofVirtual().start(action));
        onEnd.accept(this);
        // etcd may hold it longer than we do: others need not wait for that.
        revoke();
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public boolean isHeld() {
        return !closed && leftNanos() > 0;
    }

    @Override
    public void onLost(Runnable action) {
        synchronized (this) {
            if (!lost) {
                onLost.add(action);
                return;
            }
        }
        Thread.ofVirtual().start(action);
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        keeper.interrupt();
        onEnd.accept(this);
        revoke();
    }

    private void revoke() {
        try {
            LeaseGrpc.newBlockingStub(client.channels().current())
                    .withDeadlineAfter(REVOKE_MILLIS, TimeUnit.MILLISECONDS)
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
        } catch (StatusRuntimeException e) {
            LOG.debugf("could not revoke a lease, it ends by itself. lease=%x cause=%s", id, e.getMessage());
        }
    }
}
