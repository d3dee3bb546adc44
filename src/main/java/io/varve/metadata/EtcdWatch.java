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
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A watch that outlives its connection: after a failure it starts again behind the last revision it has delivered, at the next member.
 */
final class EtcdWatch implements Watch {
    private static final Logger LOG = Logger.getLogger(EtcdWatch.class);
    private static final long RETRY_MILLIS = 200;
    private static final Metadata REQUIRE_LEADER = requireLeader();

    private final EtcdChannels channels;
    private final EtcdKeys keys;
    private final ByteString prefix;
    private final WatchListener listener;

    @GuardedBy("this")
    private long delivered;

    @GuardedBy("this")
    private int generation;

    @GuardedBy("this")
    private boolean closed;

    @GuardedBy("this")
    private @Nullable StreamObserver<WatchRequest> requests;

    private EtcdWatch(EtcdChannels channels, EtcdKeys keys, String prefix, long afterRevision, WatchListener listener) {
        this.channels = channels;
        this.keys = keys;
        this.prefix = keys.full(prefix);
        this.delivered = afterRevision;
        this.listener = listener;
    }

    /** A member that is cut off from the others must break the watch, not go silent. */
    private static Metadata requireLeader() {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
        return metadata;
    }

    static EtcdWatch start(
            EtcdChannels channels, EtcdKeys keys, String prefix, long afterRevision, WatchListener listener) {
        EtcdWatch watch = new EtcdWatch(channels, keys, prefix, afterRevision, listener);
        watch.open();
        return watch;
    }

    private synchronized void open() {
        if (closed) {
            return;
        }
        ManagedChannel channel = channels.current();
        StreamObserver<WatchRequest> stream = WatchGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(REQUIRE_LEADER))
                .watch(new Responses(++generation, channel));
        requests = stream;
        stream.onNext(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(prefix)
                        .setRangeEnd(EtcdKeys.endOf(prefix))
                        .setStartRevision(delivered + 1)
                        .setProgressNotify(true))
                .build());
    }

    private final class Responses implements StreamObserver<WatchResponse> {
        private final int mine;
        private final ManagedChannel channel;

        Responses(int mine, ManagedChannel channel) {
            this.mine = mine;
            this.channel = channel;
        }

        @Override
        public void onNext(WatchResponse response) {
            synchronized (EtcdWatch.this) {
                if (closed || mine != generation) {
                    return;
                }
                if (response.getCompactRevision() > 0) {
                    lose("revision " + (delivered + 1) + " is compacted up to " + response.getCompactRevision());
                } else if (response.getCanceled()) {
                    reopen(response.getCancelReason());
                } else {
                    deliver(response);
                }
            }
        }

        @Override
        public void onError(Throwable failure) {
            channels.turnFrom(channel);
            synchronized (EtcdWatch.this) {
                if (mine == generation) {
                    reopen(failure.getMessage());
                }
            }
        }

        @Override
        public void onCompleted() {
            synchronized (EtcdWatch.this) {
                if (mine == generation) {
                    reopen("etcd ended the watch");
                }
            }
        }
    }

    @GuardedBy("this")
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
            listener.onEvents(events);
        }
        if (!response.getCreated()) {
            delivered = Math.max(delivered, response.getHeader().getRevision());
        }
    }

    @GuardedBy("this")
    private void reopen(@Nullable String why) {
        if (closed) {
            return;
        }
        generation++;
        LOG.debugf(
                "watch interrupted, starting again. prefix=%s after=%d cause=%s",
                prefix.toStringUtf8(), delivered, why);
        CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
                .execute(this::open);
    }

    @GuardedBy("this")
    private void lose(String why) {
        closed = true;
        listener.onLost(new MetadataException(MetadataException.Kind.COMPACTED, "watch lost its place: " + why, null));
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (requests != null) {
            requests.onCompleted();
        }
    }
}
