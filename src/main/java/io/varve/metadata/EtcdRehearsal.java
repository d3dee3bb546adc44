package io.varve.metadata;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.etcd.jetcd.api.AlarmResponse;
import io.etcd.jetcd.api.DeleteRangeResponse;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.PutResponse;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchResponse;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Takes the client of etcd through what a broker's start needs of it, without an etcd, so that the code for it is loaded: sends every
 * kind of request to a server that turns them all down, and reads every kind of answer from bytes of its own.
 */
public final class EtcdRehearsal {
    private static final Logger LOG = Logger.getLogger(EtcdRehearsal.class);
    private static final ByteString ANY = ByteString.copyFromUtf8("k");

    private EtcdRehearsal() {}

    /** Never fails; takes at most the settings' request timeout for each of a few requests. */
    public static void run(EtcdSettings settings) {
        EtcdStore store = new EtcdStore(settings);
        try {
            requests(store).forEach(EtcdRehearsal::attempt);
            answers().forEach(EtcdRehearsal::read);
        } finally {
            store.close();
        }
    }

    private static List<Runnable> requests(EtcdStore store) {
        return List.of(
                store.maintenance()::requireVersion,
                store.maintenance()::transactionLimit,
                store.maintenance()::checkAlarms,
                () -> store.get("k"),
                () -> store.range("k"),
                () -> store.commit(Txn.builder()
                        .require("k", Txn.ABSENT)
                        .put("k", "v")
                        .delete("l")
                        .build()),
                () -> store.grantLease(Duration.ofSeconds(10)),
                () -> store.watch("k", 0, new Unheard()));
    }

    private static void attempt(Runnable request) {
        try {
            request.run();
        } catch (MetadataException turnedDown) {
            LOG.debugf("turned down, as meant. cause=%s", turnedDown.getMessage());
        }
    }

    private static List<Message> answers() {
        ResponseHeader header = ResponseHeader.newBuilder().setRevision(1).build();
        KeyValue entry = KeyValue.newBuilder().setKey(ANY).setValue(ANY).build();
        RangeResponse range =
                RangeResponse.newBuilder().setHeader(header).addKvs(entry).build();
        PutResponse put = PutResponse.newBuilder().setHeader(header).build();
        DeleteRangeResponse delete =
                DeleteRangeResponse.newBuilder().setHeader(header).build();
        return List.of(
                range,
                TxnResponse.newBuilder()
                        .setHeader(header)
                        .addResponses(ResponseOp.newBuilder().setResponsePut(put))
                        .addResponses(ResponseOp.newBuilder().setResponseDeleteRange(delete))
                        .addResponses(ResponseOp.newBuilder().setResponseRange(range))
                        .build(),
                LeaseGrantResponse.newBuilder().setHeader(header).setID(1).build(),
                LeaseKeepAliveResponse.newBuilder().setHeader(header).setID(1).build(),
                WatchResponse.newBuilder()
                        .setHeader(header)
                        .addEvents(io.etcd.jetcd.api.Event.newBuilder().setKv(entry))
                        .build(),
                AlarmResponse.newBuilder().setHeader(header).build());
    }

    private static void read(Message answer) {
        try {
            answer.getParserForType().parseFrom(answer.toByteString());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("protobuf cannot read what it has written", e);
        }
    }

    private static final class Unheard implements WatchListener {
        @Override
        public void onEvents(List<WatchListener.Event> events) {}

        @Override
        public void onLost(MetadataException cause) {}
    }
}
