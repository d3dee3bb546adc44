package io.varve.broker.forward;

import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.SyncGroupRequest;

/** How long the answer to a forwarded request may take: as long as its owner may, and a little for the way. */
final class Patience {
    private static final long SLACK_MILLIS = 5_000;
    private static final long USUAL_MILLIS = 30_000;
    private static final long MAX_MILLIS = 30 * 60_000;

    /** A follower waits for the leader of its group, which may take as long as a rebalance: Kafka's default. */
    private static final long SYNC_MILLIS = 5 * 60_000;

    private Patience() {}

    static int millis(AbstractRequest request) {
        long millis = SLACK_MILLIS
                + switch (request) {
                    case FetchRequest fetch -> Math.max(0, fetch.maxWait());
                    case ProduceRequest produce -> Math.max(0, produce.timeout());
                    case DeleteRecordsRequest delete ->
                        Math.max(0, delete.data().timeoutMs());
                    case JoinGroupRequest join ->
                        Math.max(join.data().rebalanceTimeoutMs(), join.data().sessionTimeoutMs());
                    case SyncGroupRequest _ -> SYNC_MILLIS;
                    default -> USUAL_MILLIS;
                };
        return (int) Math.min(MAX_MILLIS, millis);
    }
}
