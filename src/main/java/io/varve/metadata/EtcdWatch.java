package io.varve.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A watch that outlives its connection: after a failure it starts again behind the last revision it has delivered, at the next member.
 *
 * <p>One stream is alive at a time, and gRPC calls its observer from one thread at a time; the next stream is opened only from there, so
 * the listener is never called by two, and no lock is held while it is.
 */
final class EtcdWatch implements Watch {
    private static final Logger LOG = Logger.getLogger(EtcdWatch.class);
    private static final long RETRY_MILLIS = 200;
    private static final Metadata REQUIRE_LEADER = requireLeader();

    private final EtcdClient client;
    private final EtcdKeys keys;
    private final ByteString prefix;
    private final WatchDelivery listener;
    private final Consumer<EtcdWatch> onEnd;
    private volatile long delivered;

    @GuardedBy("this")
    private @Nullable Stream current;

    @GuardedBy("this")
    private boolean closed;

    private EtcdWatch(
            EtcdClient client,
            EtcdKeys keys,
            String prefix,
            long afterRevision,
            WatchListener listener,
            Consumer<EtcdWatch> onEnd) {
        this.client = client;
        this.keys = keys;
        this.prefix = keys.full(prefix);
        this.delivered = afterRevision;
        this.listener = new WatchDelivery(prefix, listener);
        this.onEnd = onEnd;
    }

    /** A member that is cut off from the others must break the watch, not go silent. */
    private static Metadata requireLeader() {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
        return metadata;
    }

    /** @param onEnd hears once the watch is lost or closed */
    static EtcdWatch create(
            EtcdClient client,
            EtcdKeys keys,
            String prefix,
            long afterRevision,
            WatchListener listener,
            Consumer<EtcdWatch> onEnd) {
        return new EtcdWatch(client, keys, prefix, afterRevision, listener, onEnd);
    }

    void open() {
        Stream stream = new Stream(client.channels().current());
        synchronized (this) {
            if (closed) {
                return;
            }
            current = stream;
        }
        stream.begin();
    }

    private synchronized boolean isCurrent(Stream stream) {
        return !closed && stream.equals(current);
    }

    /** One connection's worth of the watch. */
    private final class Stream implements ClientResponseObserver<WatchRequest, WatchResponse> {
        private final ManagedChannel channel;
        private volatile @Nullable ClientCallStreamObserver<WatchRequest> requests;

        Stream(ManagedChannel channel) {
            this.channel = channel;
        }

        void begin() {
            WatchGrpc.newStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(REQUIRE_LEADER))
                    .watch(this)
                    .onNext(WatchRequest.newBuilder()
                            .setCreateRequest(WatchCreateRequest.newBuilder()
                                    .setKey(prefix)
                                    .setRangeEnd(EtcdKeys.endOf(prefix))
                                    .setStartRevision(delivered + 1)
                                    .setProgressNotify(true))
                            .build());
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
            requests = stream;
        }

        @Override
        public void onNext(WatchResponse response) {
            if (!isCurrent(this)) {
                return;
            }
            client.answered();
            if (response.getCompactRevision() > 0) {
                lose("revision " + (delivered + 1) + " is compacted up to " + response.getCompactRevision());
                cancel();
            } else if (response.getCanceled()) {
                reopen(this, response.getCancelReason());
                cancel();
            } else {
                deliver(response);
            }
        }

        @Override
        public void onError(Throwable failure) {
            if (isCurrent(this)) {
                client.failed(channel, "a watch broke: " + failure.getMessage());
                reopen(this, failure.getMessage());
            }
        }

        @Override
        public void onCompleted() {
            reopen(this, "etcd ended the watch");
        }

        void cancel() {
            ClientCallStreamObserver<WatchRequest> stream = requests;
            if (stream != null) {
                stream.cancel("the watch is over", null);
            }
        }
    }

    private void deliver(WatchResponse response) {
        List<WatchListener.Event> events = new ArrayList<>(response.getEventsCount());
        for (Event event : response.getEventsList()) {
            events.add(
                    event.getType() == Event.EventType.DELETE
                            ? new WatchListener.Removed(
                                    keys.relative(event.getKv().getKey()),
                                    event.getKv().getModRevision())
                            : new WatchListener.Changed(keys.entry(event.getKv())));
        }
        if (!events.isEmpty()) {
            listener.events(events);
            // Not the header's revision: while a watch catches up that is ahead of events still to come.
            delivered =
                    response.getEvents(response.getEventsCount() - 1).getKv().getModRevision();
        } else if (!response.getCreated()) {
            // Progress, which etcd reports only when there is nothing left to deliver before it.
            delivered = Math.max(delivered, response.getHeader().getRevision());
        }
    }

    private void reopen(Stream ended, @Nullable String why) {
        synchronized (this) {
            if (closed || !ended.equals(current) || client.isClosed()) {
                return;
            }
            current = null;
        }
        LOG.debugf(
                "watch interrupted, starting again. prefix=%s after=%d cause=%s",
                prefix.toStringUtf8(), delivered, why);
        CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
                .execute(this::open);
    }

    private void lose(String why) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        onEnd.accept(this);
        listener.lost(why);
    }

    @Override
    public void close() {
        Stream stream;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            stream = current;
        }
        onEnd.accept(this);
        if (stream != null) {
            stream.cancel();
        }
    }
}
