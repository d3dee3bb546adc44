package io.varve.metadata;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AlarmRequest;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The metadata store on etcd (API v3), through its plain gRPC stubs with a deadline on every call. Thread-safe. */
public final class EtcdStore implements MetadataStore {
    private static final Logger LOG = Logger.getLogger(EtcdStore.class);
    private static final int PAGE = 1_000;

    /** Sizes to try, largest first; the last is etcd's default. */
    private static final int[] TRANSACTION_SIZES = {10_000, 1_000, 128};

    private final EtcdSettings settings;
    private final EtcdChannels channels;
    private final EtcdKeys keys;
    private volatile @Nullable String problem;
    private volatile boolean closed;
    private volatile int maxOperations = 128;

    private EtcdStore(EtcdSettings settings) {
        this.settings = settings;
        this.channels = new EtcdChannels(settings.endpoints());
        this.keys = new EtcdKeys(settings.prefix());
    }

    /**
     * Connects and checks that etcd answers.
     *
     * @throws MetadataException when it does not
     */
    public static EtcdStore connect(EtcdSettings settings) {
        EtcdStore store = new EtcdStore(settings);
        try {
            StatusResponse status = store.read(
                    "status",
                    channel -> MaintenanceGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(settings.requestTimeout().toMillis(), TimeUnit.MILLISECONDS)
                            .status(StatusRequest.getDefaultInstance()));
            LOG.infof(
                    "connected to etcd. endpoints=%s version=%s prefix=%s",
                    settings.endpoints(), status.getVersion(), settings.prefix());
            store.findTransactionLimit();
            return store;
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** The group coordinator's largest atomic batch has about as many operations as a large group has members. */
    private void findTransactionLimit() {
        for (int candidate : TRANSACTION_SIZES) {
            if (allows(candidate)) {
                maxOperations = candidate;
                break;
            }
        }
        if (maxOperations < TRANSACTION_SIZES[0]) {
            LOG.warnf(
                    "etcd allows only about %d operations in a transaction: groups with more members than that cannot be stored. "
                            + "Start etcd with --max-txn-ops=%d",
                    maxOperations, TRANSACTION_SIZES[0]);
        }
    }

    private boolean allows(int operations) {
        TxnRequest.Builder probe = TxnRequest.newBuilder();
        for (int i = 0; i < operations; i++) {
            probe.addSuccess(RequestOp.newBuilder()
                    .setRequestRange(
                            RangeRequest.newBuilder().setKey(keys.full("probe")).setCountOnly(true)));
        }
        try {
            return kv(channels.current()).txn(probe.build()).getSucceeded();
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    private KVGrpc.KVBlockingStub kv(ManagedChannel channel) {
        return KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(settings.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Runs a request that changes nothing, at each member once. */
    private <T> T read(String what, Function<ManagedChannel, T> request) {
        for (int attempt = 1; ; attempt++) {
            ManagedChannel channel = channels.current();
            try {
                T answer = request.apply(channel);
                problem = null;
                return answer;
            } catch (StatusRuntimeException e) {
                MetadataException failure = failed(EtcdErrors.ofRead(what, e), channel);
                if (failure.kind() != MetadataException.Kind.UNAVAILABLE || attempt >= channels.size()) {
                    throw failure;
                }
            }
        }
    }

    private MetadataException failed(MetadataException failure, ManagedChannel channel) {
        if (closed) {
            return new MetadataException(MetadataException.Kind.CLOSED, "the connection to etcd was closed", failure);
        }
        switch (failure.kind()) {
            case UNAVAILABLE, OUTCOME_UNKNOWN -> {
                problem = failure.getMessage();
                channels.turnFrom(channel);
            }
            case NO_SPACE ->
                problem = "etcd has no space left: compact and defragment it, then disarm its NOSPACE alarm";
            case REFUSED, COMPACTED, CLOSED -> {}
        }
        return failure;
    }

    @Override
    public Optional<Entry> get(String key) {
        RangeRequest request = RangeRequest.newBuilder().setKey(keys.full(key)).build();
        RangeResponse response = read("get " + key, channel -> kv(channel).range(request));
        return response.getKvsList().stream().map(keys::entry).findFirst();
    }

    @Override
    public Range range(String prefix) {
        List<Entry> entries = new ArrayList<>();
        ByteString from = keys.full(prefix);
        ByteString end = EtcdKeys.endOf(from);
        long revision = 0;
        while (true) {
            RangeRequest request = RangeRequest.newBuilder()
                    .setKey(from)
                    .setRangeEnd(end)
                    .setLimit(PAGE)
                    .setRevision(revision)
                    .build();
            RangeResponse page = read("range " + prefix, channel -> kv(channel).range(request));
            for (KeyValue kv : page.getKvsList()) {
                entries.add(keys.entry(kv));
            }
            revision = revision == 0 ? page.getHeader().getRevision() : revision;
            if (!page.getMore()) {
                return new Range(List.copyOf(entries), revision);
            }
            from = page.getKvs(page.getKvsCount() - 1).getKey().concat(EtcdKeys.ZERO);
        }
    }

    @Override
    public TxnResult commit(Txn txn) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (Txn.Compare compare : txn.compares()) {
            request.addCompare(Compare.newBuilder()
                    .setKey(keys.full(compare.key()))
                    .setTarget(Compare.CompareTarget.MOD)
                    .setResult(Compare.CompareResult.EQUAL)
                    .setModRevision(compare.version()));
        }
        for (Txn.Operation operation : txn.operations()) {
            request.addSuccess(encode(operation));
        }
        ManagedChannel channel = channels.current();
        try {
            TxnResponse response = kv(channel).txn(request.build());
            problem = null;
            return new TxnResult(response.getSucceeded(), response.getHeader().getRevision());
        } catch (StatusRuntimeException e) {
            throw failed(EtcdErrors.ofWrite("transaction", e), channel);
        }
    }

    private RequestOp encode(Txn.Operation operation) {
        return switch (operation) {
            case Txn.Put put ->
                RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder()
                                .setKey(keys.full(put.key()))
                                .setValue(ByteString.copyFrom(put.value()))
                                .setLease(put.lease() == null ? 0 : put.lease().id()))
                        .build();
            case Txn.Delete delete ->
                RequestOp.newBuilder()
                        .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(keys.full(delete.key())))
                        .build();
        };
    }

    @Override
    public Watch watch(String prefix, long afterRevision, WatchListener listener) {
        return EtcdWatch.start(channels, keys, prefix, afterRevision, listener);
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        ManagedChannel channel = channels.current();
        long sentNanos = System.nanoTime();
        try {
            LeaseGrantResponse granted = LeaseGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(settings.requestTimeout().toMillis(), TimeUnit.MILLISECONDS)
                    .leaseGrant(LeaseGrantRequest.newBuilder()
                            .setTTL(Math.max(1, timeToLive.toSeconds()))
                            .build());
            return new EtcdLease(channels, granted.getID(), Duration.ofSeconds(granted.getTTL()), sentNanos);
        } catch (StatusRuntimeException e) {
            // A lease nobody keeps alive ends by itself: as good as never granted.
            throw failed(EtcdErrors.ofRead("grant lease", e), channel);
        }
    }

    /** The store's revision now. */
    long revision() {
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(keys.full("revision"))
                .setCountOnly(true)
                .build();
        return read("revision", channel -> kv(channel).range(request))
                .getHeader()
                .getRevision();
    }

    /** Forgets history before {@code revision}; harmless when somebody else has done so already. */
    void compact(long revision) {
        try {
            read(
                    "compact",
                    channel -> kv(channel)
                            .compact(CompactionRequest.newBuilder()
                                    .setRevision(revision)
                                    .build()));
        } catch (MetadataException e) {
            if (e.kind() != MetadataException.Kind.COMPACTED) {
                throw e;
            }
        }
    }

    /** Looks whether etcd has raised an alarm, so that {@link #problem} can say so. */
    void checkAlarms() {
        var alarms = read(
                "alarms",
                channel -> MaintenanceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(settings.requestTimeout().toMillis(), TimeUnit.MILLISECONDS)
                        .alarm(AlarmRequest.newBuilder()
                                .setAction(AlarmRequest.AlarmAction.GET)
                                .build()));
        if (alarms.getAlarmsCount() > 0) {
            problem = "etcd has raised an alarm: " + alarms.getAlarms(0).getAlarm();
        }
    }

    @Override
    public int maxOperations() {
        return maxOperations;
    }

    @Override
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public void close() {
        closed = true;
        channels.close();
    }
}
