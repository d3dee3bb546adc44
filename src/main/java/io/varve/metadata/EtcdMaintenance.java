package io.varve.metadata;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AlarmRequest;
import io.etcd.jetcd.api.AlarmResponse;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.varve.metadata.MetadataException.Kind;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What etcd is and how it is: its version, its limits, its revision, its alarms, its history. Thread-safe; blocks. */
final class EtcdMaintenance {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");
    private static final int OLDEST_MAJOR = 3;
    private static final int OLDEST_MINOR = 4;

    /** Limits on a transaction's operations to try, largest first; 128 is etcd's default. */
    private static final int[] TRANSACTION_SIZES = {10_000, 5_000, 2_000, 1_000, 500, 250, 128, 64, 32, 16};

    private final EtcdClient client;
    private final ByteString probe;

    EtcdMaintenance(EtcdClient client, EtcdKeys keys) {
        this.client = client;
        this.probe = keys.full("probe");
    }

    /**
     * The version of the member that answers.
     *
     * @throws MetadataException when none does, or its version is too old
     */
    String requireVersion() {
        String version = client.read("status", channel -> EtcdVersion.ask(client, channel));
        Matcher parts = VERSION.matcher(version);
        if (!parts.matches() || isTooOld(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)))) {
            throw new MetadataException(
                    Kind.REFUSED,
                    "etcd " + version + " is too old: " + OLDEST_MAJOR + "." + OLDEST_MINOR + " or newer is needed",
                    null);
        }
        return version;
    }

    private static boolean isTooOld(int major, int minor) {
        return major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
    }

    /** The largest number of operations, of those tried, that etcd takes in a transaction ({@code --max-txn-ops}). */
    int transactionLimit() {
        for (int candidate : TRANSACTION_SIZES) {
            if (allows(candidate)) {
                return candidate;
            }
        }
        throw new MetadataException(
                Kind.REFUSED, "etcd takes no transaction of even 16 operations: raise its --max-txn-ops", null);
    }

    static int wantedTransactionLimit() {
        return TRANSACTION_SIZES[0];
    }

    /** Asks for a transaction whose compare can never hold: etcd checks its size and then does nothing. */
    private boolean allows(int operations) {
        RequestOp look = RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(probe).setCountOnly(true))
                .build();
        TxnRequest.Builder request = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(probe)
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(-1));
        for (int i = 0; i < operations; i++) {
            request.addSuccess(look);
        }
        try {
            client.read(
                    "probe of the transaction limit",
                    channel -> client.bounded(KVGrpc.newBlockingStub(channel)).txn(request.build()));
            return true;
        } catch (MetadataException e) {
            if (e.kind() == Kind.REFUSED) {
                return false;
            }
            throw e;
        }
    }

    /** The store's revision now. */
    long revision() {
        RangeRequest request =
                RangeRequest.newBuilder().setKey(probe).setCountOnly(true).build();
        return client.read(
                        "revision",
                        channel ->
                                client.bounded(KVGrpc.newBlockingStub(channel)).range(request))
                .getHeader()
                .getRevision();
    }

    /** Forgets history before {@code revision}; harmless when somebody else has done so already. */
    void compact(long revision) {
        CompactionRequest request =
                CompactionRequest.newBuilder().setRevision(revision).build();
        try {
            client.read(
                    "compaction",
                    channel -> client.bounded(KVGrpc.newBlockingStub(channel)).compact(request));
        } catch (MetadataException e) {
            if (e.kind() != Kind.COMPACTED) {
                throw e;
            }
        }
    }

    /** Looks whether etcd has raised an alarm, so that the store's problem says so, or no longer. */
    void checkAlarms() {
        AlarmRequest request = AlarmRequest.newBuilder()
                .setAction(AlarmRequest.AlarmAction.GET)
                .build();
        AlarmResponse response = client.read(
                "alarms",
                channel ->
                        client.bounded(MaintenanceGrpc.newBlockingStub(channel)).alarm(request));
        client.alarm(
                response.getAlarmsCount() == 0
                        ? null
                        : response.getAlarms(0).getAlarm().name());
    }
}
