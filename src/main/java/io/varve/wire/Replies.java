package io.varve.wire;

import io.netty.util.ReferenceCounted;
import io.varve.broker.FileRecords;
import io.varve.broker.Reply;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.requests.FetchResponse;

/** Gives back what a reply holds when nobody is left to send it to. */
final class Replies {
    private Replies() {}

    static void discard(Reply reply) {
        if (reply instanceof Reply.Send send) {
            send.holds().forEach(ReferenceCounted::release);
        }
        if (reply instanceof Reply.Send(FetchResponse fetch, var _)) {
            for (FetchableTopicResponse topic : fetch.data().responses()) {
                for (PartitionData partition : topic.partitions()) {
                    if (partition.records() instanceof FileRecords records) {
                        records.release();
                    }
                }
            }
        }
    }
}
