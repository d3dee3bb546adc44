package io.varve.metadata;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.varve.metadata.MetadataException.Kind;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Requests to etcd: each with a deadline and a classified error, reads with fail-over to the other members. Remembers what is wrong.
 * Thread-safe.
 */
final class EtcdClient implements AutoCloseable {
    private static final String FULL = "etcd has no space left and refuses writes: remove what else fills it, then run"
            + " 'etcdctl defrag' on every member and 'etcdctl alarm disarm', or raise its --quota-backend-bytes";

    private final EtcdChannels channels;
    private final Duration requestTimeout;
    private volatile @Nullable String unreachable;
    private volatile @Nullable String alarm;
    private volatile boolean closed;

    EtcdClient(EtcdSettings settings) {
        this.channels = new EtcdChannels(settings.endpoints());
        this.requestTimeout = settings.requestTimeout();
    }

    EtcdChannels channels() {
        return channels;
    }

    /** gRPC has no deadline unless it is given one. */
    <S extends AbstractStub<S>> S bounded(S stub) {
        return stub.withDeadlineAfter(requestTimeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Runs a request that changes nothing, at each member once. */
    <T> T read(String what, Function<ManagedChannel, T> request) {
        for (int attempt = 1; ; attempt++) {
            ManagedChannel channel = channels.current();
            try {
                T answer = request.apply(channel);
                unreachable = null;
                return answer;
            } catch (StatusRuntimeException e) {
                MetadataException failure = failed(EtcdErrors.ofRead(what, e), e, channel);
                if (failure.kind() != Kind.UNAVAILABLE || attempt >= channels.size()) {
                    throw failure;
                }
            }
        }
    }

    /** Runs a request that changes something: once, since a second time could be one too many. */
    <T> T write(String what, Function<ManagedChannel, T> request) {
        return once(what, request, EtcdErrors::ofWrite);
    }

    /** Runs a request once whose effect is of no consequence when its answer is lost. */
    <T> T harmless(String what, Function<ManagedChannel, T> request) {
        return once(what, request, EtcdErrors::ofRead);
    }

    private <T> T once(
            String what,
            Function<ManagedChannel, T> request,
            BiFunction<String, StatusRuntimeException, MetadataException> classify) {
        ManagedChannel channel = channels.current();
        try {
            T answer = request.apply(channel);
            unreachable = null;
            return answer;
        } catch (StatusRuntimeException e) {
            throw failed(classify.apply(what, e), e, channel);
        }
    }

    private MetadataException failed(MetadataException failure, StatusRuntimeException e, ManagedChannel channel) {
        if (closed) {
            return closed(failure);
        }
        switch (failure.kind()) {
            case UNAVAILABLE, OUTCOME_UNKNOWN -> {
                // A caller that was interrupted says nothing about etcd.
                if (e.getStatus().getCode() != Status.Code.CANCELLED) {
                    failed(channel, failure.getMessage());
                }
            }
            case NO_SPACE -> alarm = FULL;
            case REFUSED, COMPACTED, CLOSED -> {}
        }
        return failure;
    }

    private static MetadataException closed(@Nullable Throwable cause) {
        return new MetadataException(Kind.CLOSED, "the connection to etcd was closed", cause);
    }

    boolean isClosed() {
        return closed;
    }

    void requireOpen() {
        if (closed) {
            throw closed(null);
        }
    }

    /** Notes that a member did not answer and turns to the next one. */
    void failed(ManagedChannel channel, @Nullable String why) {
        unreachable = why == null ? "etcd does not answer" : why;
        channels.turnFrom(channel);
    }

    /** Notes that etcd answers. */
    void answered() {
        unreachable = null;
    }

    /** Notes which alarm etcd has raised, if any. */
    void alarm(@Nullable String name) {
        if (name == null) {
            alarm = null;
        } else {
            alarm = name.equals("NOSPACE") ? FULL : "etcd has raised an alarm: " + name;
        }
    }

    Optional<String> problem() {
        String silent = unreachable;
        return Optional.ofNullable(silent != null ? silent : alarm);
    }

    @Override
    public void close() {
        closed = true;
        channels.close();
    }
}
