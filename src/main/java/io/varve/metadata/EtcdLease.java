package io.varve.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import org.jboss.logging.Logger;

/**
 * A lease in etcd with a deadline of our own. The deadline counts from when the last <em>answered</em> keep-alive was <em>sent</em>, on
 * the monotonic clock: etcd counts from when it received it, which is later, so this side always gives up first.
 */
final class EtcdLease implements Lease {
    private static final Logger LOG = Logger.getLogger(EtcdLease.class);

    /** Keep-alives per time to live: two may get lost. */
    private static final int BEATS = 3;

    private final EtcdChannels channels;
    private final long id;
    private final long timeToLiveNanos;
    private final Thread keeper;
    private volatile long deadlineNanos;
    private volatile boolean closed;

    @GuardedBy("this")
    private boolean lost;

    @GuardedBy("this")
    private final List<Runnable> onLost = new ArrayList<>();

    EtcdLease(EtcdChannels channels, long id, Duration timeToLive, long grantSentNanos) {
        this.channels = channels;
        this.id = id;
        this.timeToLiveNanos = timeToLive.toNanos();
        this.deadlineNanos = grantSentNanos + timeToLiveNanos;
        this.keeper = Thread.ofVirtual().name("etcd-lease").start(this::keep);
    }

    private void keep() {
        try {
            while (!closed && isHeld()) {
                Thread.sleep(Duration.ofNanos(timeToLiveNanos / BEATS));
                beat();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!closed) {
            lose();
        }
    }

    private void beat() throws InterruptedException {
        ManagedChannel channel = channels.current();
        long sentNanos = System.nanoTime();
        try {
            long ttlSeconds = keepAlive(channel);
            if (ttlSeconds <= 0) {
                deadlineNanos = System.nanoTime();
            } else {
                deadlineNanos = sentNanos + timeToLiveNanos;
            }
        } catch (ExecutionException | TimeoutException e) {
            LOG.debugf("keep-alive failed. lease=%x cause=%s", id, e.getMessage());
            channels.turnFrom(channel);
        }
    }

    private long keepAlive(ManagedChannel channel) throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<Long> answer = new CompletableFuture<>();
        StreamObserver<LeaseKeepAliveRequest> stream = LeaseGrpc.newStub(channel)
                .withDeadlineAfter(timeToLiveNanos, TimeUnit.NANOSECONDS)
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
            return answer.get(timeToLiveNanos / BEATS, TimeUnit.NANOSECONDS);
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
        LOG.warnf("lease lost: etcd has not confirmed it in time. lease=%x", id);
        actions.forEach(action -> Thread.ofVirtual().start(action));
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public boolean isHeld() {
        return !closed && deadlineNanos - System.nanoTime() > 0;
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
        if (closed) {
            return;
        }
        closed = true;
        keeper.interrupt();
        try {
            LeaseGrpc.newBlockingStub(channels.current())
                    .withDeadlineAfter(2, TimeUnit.SECONDS)
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
        } catch (StatusRuntimeException e) {
            LOG.debugf("could not revoke a lease, it ends by itself. lease=%x cause=%s", id, e.getMessage());
        }
    }
}
