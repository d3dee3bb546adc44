package io.varve.metadata;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * The metadata store on etcd (API v3), through its plain gRPC stubs with a deadline on every call. A read that fails is tried at every
 * other member once; a transaction is sent once. Thread-safe.
 */
public final class EtcdStore implements MetadataStore {
    private static final Logger LOG = Logger.getLogger(EtcdStore.class);

    /** Pages of a range are sized so that they come to about this many bytes, whatever the size of the values. */
    private static final long PAGE_BYTES = 4L << 20;

    private static final int FIRST_PAGE = 100;
    private static final int MAX_PAGE = 10_000;

    private final EtcdClient client;
    private final EtcdKeys keys;
    private final EtcdMaintenance maintenance;
    private final Set<AutoCloseable> open = ConcurrentHashMap.newKeySet();
    private volatile int maxOperations;

    /** Does not connect yet: see {@link #connect}. */
    EtcdStore(EtcdSettings settings) {
        this.client = new EtcdClient(settings);
        this.keys = new EtcdKeys(settings.prefix());
        this.maintenance = new EtcdMaintenance(client, keys);
    }

    /** Looks whether etcd has raised an alarm, so that {@link #problem} says so, or no longer. */
    public void checkAlarms() {
        maintenance.checkAlarms();
    }

    /**
     * Connects and checks that etcd answers, is new enough, and how large its transactions may be.
     *
     * @throws MetadataException {@code UNAVAILABLE} when it does not answer, {@code REFUSED} when it is too old
     */
    public static EtcdStore connect(EtcdSettings settings) {
        EtcdStore store = new EtcdStore(settings);
        try {
            String version = store.maintenance.requireVersion();
            store.maxOperations = store.maintenance.transactionLimit();
            store.maintenance.checkAlarms();
            LOG.infof(
                    "connected to etcd. endpoints=%s version=%s prefix=%s max_txn_ops=%d",
                    settings.endpoints(), version, settings.prefix(), store.maxOperations);
            store.warnOfSmallTransactions();
            return store;
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** The group coordinator's largest atomic batch has about as many operations as a large group has members. */
    private void warnOfSmallTransactions() {
        int wanted = EtcdMaintenance.wantedTransactionLimit();
        if (maxOperations < wanted) {
            LOG.warnf(
                    "etcd takes only about %d operations in a transaction: a consumer group with more members than that cannot be "
                            + "stored. Start etcd with --max-txn-ops=%d",
                    maxOperations, wanted);
        }
    }

    private KVGrpc.KVBlockingStub kv(ManagedChannel channel) {
        return client.bounded(KVGrpc.newBlockingStub(channel));
    }

    @Override
    public Optional<Entry> get(String key) {
        RangeRequest request = RangeRequest.newBuilder().setKey(keys.full(key)).build();
        RangeResponse response =
                client.read("get " + key, channel -> kv(channel).range(request));
        return response.getKvsList().stream().map(keys::entry).findFirst();
    }

    @Override
    public Range range(String prefix) {
        List<Entry> entries = new ArrayList<>();
        ByteString from = keys.full(prefix);
        ByteString end = EtcdKeys.endOf(from);
        long revision = 0;
        long limit = FIRST_PAGE;
        while (true) {
            RangeRequest request = RangeRequest.newBuilder()
                    .setKey(from)
                    .setRangeEnd(end)
                    .setLimit(limit)
                    .setRevision(revision)
                    .build();
            RangeResponse page =
                    client.read("range " + prefix, channel -> kv(channel).range(request));
            for (KeyValue kv : page.getKvsList()) {
                entries.add(keys.entry(kv));
            }
            revision = revision == 0 ? page.getHeader().getRevision() : revision;
            if (!page.getMore()) {
                return new Range(List.copyOf(entries), revision);
            }
            from = page.getKvs(page.getKvsCount() - 1).getKey().concat(EtcdKeys.ZERO);
            limit = nextPage(page);
        }
    }

    private static long nextPage(RangeResponse page) {
        long average = Math.max(1, page.getSerializedSize() / Math.max(1, page.getKvsCount()));
        return Math.clamp(PAGE_BYTES / average, 1, MAX_PAGE);
    }

    @Override
    public TxnResult commit(Txn txn) {
        txn.requireSize(MAX_VALUE_BYTES);
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
        TxnRequest built = request.build();
        Function<ManagedChannel, TxnResponse> send = channel -> kv(channel).txn(built);
        TxnResponse response =
                txn.operations().isEmpty() ? client.read("comparison", send) : client.write("transaction", send);
        return new TxnResult(response.getSucceeded(), response.getHeader().getRevision());
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
        client.requireOpen();
        EtcdWatch watch = EtcdWatch.create(client, keys, prefix, afterRevision, listener, open::remove);
        open.add(watch);
        watch.open();
        return watch;
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        client.requireOpen();
        EtcdLease lease = EtcdLease.grant(client, timeToLive, open::remove);
        open.add(lease);
        lease.start();
        return lease;
    }

    EtcdMaintenance maintenance() {
        return maintenance;
    }

    @Override
    public int maxOperations() {
        return maxOperations;
    }

    @Override
    public Optional<String> problem() {
        return client.problem();
    }

    @Override
    public void close() {
        for (AutoCloseable part : open) {
            closePart(part);
        }
        client.close();
    }

    private static void closePart(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LOG.debugf("a watch or lease did not end cleanly. cause=%s", e.getMessage());
        }
    }
}
