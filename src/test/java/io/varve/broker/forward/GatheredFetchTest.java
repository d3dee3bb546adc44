package io.varve.broker.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.broker.Reply;
import io.varve.replica.ForwardException.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Fetches that several owners have a part of. */
class GatheredFetchTest {
    private static final short VERSION = 17;

    private final World world = new World();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final FetchForwarding fetch = new FetchForwarding(world.where(), world.delivery(), timer);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    private static FetchRequest request(int minBytes, int maxBytes, int... partitions) {
        FetchTopic topic = new FetchTopic().setTopicId(World.TOPIC.id());
        for (int partition : partitions) {
            topic.partitions().add(new FetchPartition().setPartition(partition).setPartitionMaxBytes(1 << 20));
        }
        return new FetchRequest(
                new FetchRequestData()
                        .setMaxWaitMs(30_000)
                        .setMinBytes(minBytes)
                        .setMaxBytes(maxBytes)
                        .setRackId("a")
                        .setTopics(List.of(topic)),
                VERSION);
    }

    /** Answers every partition that was asked for, some with a record. */
    private static void answer(World.Asked asked, Errors error, boolean hasRecords) {
        FetchTopic wanted = ((FetchRequest) asked.body).data().topics().getFirst();
        FetchableTopicResponse topic = new FetchableTopicResponse().setTopicId(wanted.topicId());
        if (asked.broker == 1) {
            // As the handlers do: by both.
            topic.setTopic("t");
        }
        wanted.partitions()
                .forEach(each -> topic.partitions()
                        .add(new PartitionData()
                                .setPartitionIndex(each.partition())
                                .setErrorCode(error.code())
                                .setPreferredReadReplica(9)
                                .setRecords(
                                        hasRecords
                                                ? MemoryRecords.withRecords(
                                                        Compression.NONE, new SimpleRecord(new byte[100]))
                                                : MemoryRecords.EMPTY)));
        asked.answer(FetchResponse.of(new FetchResponseData().setResponses(List.of(topic))));
    }

    private static List<String> answers(CompletableFuture<Reply> reply) {
        FetchResponse response = (FetchResponse)
                ((Reply.Send) reply.orTimeout(1, TimeUnit.MINUTES).join()).response();
        assertThat(response.sessionId()).isZero();
        List<String> answers = new ArrayList<>();
        response.data()
                .responses()
                .forEach(topic -> topic.partitions().forEach(each -> {
                    assertThat(each.preferredReadReplica()).isEqualTo(-1);
                    answers.add(each.partitionIndex() + " "
                            + (each.errorCode() != 0
                                    ? Errors.forCode(each.errorCode())
                                    : FetchResponse.recordsSize(each) > 0 ? "records" : "nothing"));
                }));
        return answers;
    }

    @Test
    void eachOwnerIsAskedForItsShareWithTheClientsWait() {
        var _ = world.ask(fetch, request(1_000, 3_000_000, 0, 1, 2, 3));
        assertThat(world.asked).hasSize(3);
        assertThat(world.asked).allSatisfy(one -> {
            FetchRequest part = (FetchRequest) one.body;
            assertThat(part.maxWait()).isEqualTo(30_000);
            assertThat(part.minBytes()).isEqualTo(334);
            assertThat(part.maxBytes()).isEqualTo(1_000_000);
            assertThat(part.data().rackId()).isEmpty();
            assertThat(part.metadata()).isEqualTo(FetchMetadata.LEGACY);
        });
        assertThat(world.of(2).timeoutMillis).isEqualTo(35_000);
    }

    @Test
    void theFirstThatHasRecordsMakesTheOthersAnswer_inTheOrderOfTheRequest() {
        CompletableFuture<Reply> reply = world.ask(fetch, request(1, 1 << 20, 5, 0, 1));
        answer(world.of(2), Errors.NONE, true);
        assertThat(world.of(1).hurried).isTrue();
        assertThat(world.of(3).hurried).isTrue();
        assertThat(reply).isNotDone();
        answer(world.of(3), Errors.NONE, true);
        answer(world.of(1), Errors.NONE, false);
        assertThat(answers(reply)).containsExactly("5 records", "0 nothing", "1 records");
        // The answers' bytes are the connection's to release
        assertThat(((Reply.Send) reply.join()).holds()).containsExactly(world.of(2).answer, world.of(3).answer);
        assertThat(world.of(2).answer.refCnt()).isEqualTo(1);
    }

    @Test
    void withoutRecordsAllAreWaitedFor() {
        CompletableFuture<Reply> reply = world.ask(fetch, request(1, 1 << 20, 0, 1));
        answer(world.of(1), Errors.NONE, false);
        assertThat(world.of(2).hurried).isFalse();
        assertThat(reply).isNotDone();
        answer(world.of(2), Errors.NONE, false);
        assertThat(answers(reply)).containsExactly("0 nothing", "1 nothing");
    }

    @Test
    void anOwnerThatDoesNotAnswerInTimeIsLeftOut_andWhatComesLateIsGivenBack() {
        CompletableFuture<Reply> reply = world.ask(fetch, request(1, 1 << 20, 0, 1));
        answer(world.of(1), Errors.NONE, true);
        assertThat(answers(reply)).containsExactly("0 records", "1 nothing");
        answer(world.of(2), Errors.NONE, true);
        await().atMost(Duration.ofMinutes(1)).until(() -> world.of(2).answer.refCnt() == 0);
    }

    @Test
    void errorsDoNotKeepOthersWaiting_andAreNotAnsweredAtOnce() {
        CompletableFuture<Reply> reply = world.ask(fetch, request(1, 1 << 20, 0, 1));
        world.of(2).fail(Outcome.UNKNOWN);
        // A client that gets errors at once asks again at once
        assertThat(reply).isNotDone();
        await().atMost(Duration.ofMinutes(1)).until(() -> world.of(1).hurried);
        answer(world.of(1), Errors.NONE, false);
        assertThat(answers(reply)).containsExactly("0 nothing", "1 NOT_LEADER_OR_FOLLOWER");
    }

    @Test
    void anAnswerThatWasDroppedThrottlesTheClient() {
        CompletableFuture<Reply> reply = world.ask(fetch, request(1, 1 << 20, 1));
        world.of(2).fail(Outcome.ANSWER_DROPPED);
        assertThat(answers(reply)).containsExactly("1 nothing");
        assertThat(((Reply.Send) reply.join()).response().throttleTimeMs()).isEqualTo(500);
    }

    @Test
    void sealedDataIsReadHere_theRestAtItsOwner() {
        FetchRequest request = request(1, 1 << 20, 1, 2);
        request.data().topics().getFirst().partitions().getFirst().setFetchOffset(40);
        request.data().topics().getFirst().partitions().get(1).setFetchOffset(50);
        world.sealedTo = 50;
        CompletableFuture<Reply> reply = world.ask(fetch, request);
        assertThat(world.asked).extracting(one -> one.broker).containsExactly(1, 3);
        answer(world.of(1), Errors.NONE, true);
        answer(world.of(3), Errors.NONE, true);
        assertThat(answers(reply)).containsExactly("1 records", "2 records");
    }

    @Test
    void aSessionOfAnotherBrokerIsNotKnown() {
        FetchRequest request = request(1, 1 << 20, 1);
        request.data().setSessionId(77).setSessionEpoch(3);
        CompletableFuture<Reply> reply = world.ask(fetch, new FetchRequest(request.data(), VERSION));
        assertThat(((FetchResponse) ((Reply.Send) reply.join()).response()).error())
                .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
        assertThat(world.asked).isEmpty();
    }
}
