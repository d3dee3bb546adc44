package io.varve.broker.forward;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.util.ReferenceCounted;
import io.varve.broker.Reply;
import io.varve.replica.ForwardException;
import io.varve.replica.ForwardException.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.jspecify.annotations.Nullable;

/**
 * A fetch of which several owners have a part each.
 *
 * <pre>
 *   WAITING --(a part has records)--> HURRIED --(all parts are here, or {@value #HURRY_MILLIS} ms)--> answered
 *      '------(all parts are here)----------------------------------------------------------------------^
 * </pre>
 *
 * As soon as one part has records the others are asked for what they have now. A part that is late then is answered without records; the client asks for it
 * again. A part with errors only waits {@value #PAUSE_MILLIS} ms for others, and an answer with errors only is held back as long: a client that finds a
 * partition moving asks again at once, and there is no other broker where it would look. Thread-safe.
 */
final class GatheredFetch {
    private static final int HURRY_MILLIS = 500;
    private static final int PAUSE_MILLIS = 100;

    /** What a client is asked to wait when answers have filled the memory that there is for them. */
    private static final int THROTTLE_MILLIS = 500;

    private static final Shape<FetchableTopicResponse, PartitionData> ANSWERED = new Shape<>(
            topic -> Shape.key(topic.topicId(), topic.topic()),
            FetchableTopicResponse::partitions,
            PartitionData::partitionIndex,
            (topic, partitions) -> new FetchableTopicResponse()
                    .setTopic(topic.topic())
                    .setTopicId(topic.topicId())
                    .setPartitions(partitions));

    private final FetchRequest whole;
    private final List<Part> parts;
    private final ScheduledExecutorService timer;
    private final CompletableFuture<Reply> reply = new CompletableFuture<>();
    private final List<FetchableTopicResponse> answers = new ArrayList<>();
    private final List<ReferenceCounted> holds = new ArrayList<>();

    @GuardedBy("this")
    private final List<Part> waiting;

    @GuardedBy("this")
    private boolean hurried;

    @GuardedBy("this")
    private boolean hasRecords;

    @GuardedBy("this")
    private boolean hasErrors;

    @GuardedBy("this")
    private boolean paused;

    @GuardedBy("this")
    private boolean answered;

    @GuardedBy("this")
    private int throttleMillis;

    @GuardedBy("this")
    private @Nullable ScheduledFuture<?> alarm;

    /** What one owner was asked. */
    record Part(FetchRequest request, Delivery.Delivered delivered) {}

    private GatheredFetch(FetchRequest whole, List<Part> parts, ScheduledExecutorService timer) {
        this.whole = whole;
        this.parts = parts;
        this.timer = timer;
        this.waiting = new ArrayList<>(parts);
    }

    /** Puts the answers to {@code parts} of a fetch together. */
    static CompletableFuture<Reply> of(FetchRequest whole, List<Part> parts, ScheduledExecutorService timer) {
        GatheredFetch fetch = new GatheredFetch(whole, parts, timer);
        fetch.start();
        return fetch.reply;
    }

    private void start() {
        if (parts.isEmpty()) {
            reply.complete(new Reply.Send(FetchResponse.of(new FetchResponseData())));
        }
        for (Part part : parts) {
            CompletableFuture<Void> _ = part.delivered().reply().handle((answer, failure) -> {
                take(part, answer, failure);
                return null;
            });
        }
    }

    private void take(Part part, @Nullable Reply answer, @Nullable Throwable failure) {
        List<Part> toHurry = List.of();
        synchronized (this) {
            if (answered) {
                discard(answer);
                return;
            }
            waiting.remove(part);
            if (answer instanceof Reply.Send(FetchResponse response, var held)) {
                holds.addAll(held);
                add(part, response.data());
            } else {
                fail(part, failure);
            }
            if (hasRecords && !hurried && !waiting.isEmpty()) {
                hurried = true;
                toHurry = List.copyOf(waiting);
                alarm(HURRY_MILLIS);
            }
        }
        toHurry.forEach(each -> each.delivered().hurry().run());
        answerIfComplete();
    }

    @GuardedBy("this")
    private void add(Part part, FetchResponseData response) {
        throttleMillis = Math.max(throttleMillis, response.throttleTimeMs());
        if (response.errorCode() != Errors.NONE.code()) {
            refuse(part, Errors.forCode(response.errorCode()));
            return;
        }
        for (FetchableTopicResponse topic : response.responses()) {
            for (PartitionData partition : topic.partitions()) {
                hasErrors |= partition.errorCode() != Errors.NONE.code();
                hasRecords |= FetchResponse.recordsSize(partition) > 0;
                // Clients of this listener know of one node only.
                partition.setPreferredReadReplica(FetchResponse.INVALID_PREFERRED_REPLICA_ID);
                partition.setCurrentLeader(new LeaderIdAndEpoch());
            }
            answers.add(topic);
        }
    }

    @GuardedBy("this")
    private void fail(Part part, @Nullable Throwable failure) {
        Throwable cause =
                failure == null ? new IllegalStateException("a fetch has an answer") : Failures.unwrap(failure);
        if (cause instanceof ForwardException e && e.outcome() == Outcome.ANSWER_DROPPED) {
            throttleMillis = Math.max(throttleMillis, THROTTLE_MILLIS);
            refuse(part, Errors.NONE);
        } else if (cause instanceof ForwardException) {
            refuse(part, Errors.NOT_LEADER_OR_FOLLOWER);
        } else {
            refuse(part, Errors.forException(cause));
        }
    }

    /** All partitions of a part get the same answer, without records. */
    @GuardedBy("this")
    private void refuse(Part part, Errors error) {
        hasErrors |= error != Errors.NONE;
        for (FetchTopic topic : part.request().data().topics()) {
            FetchableTopicResponse answer =
                    new FetchableTopicResponse().setTopic(topic.topic()).setTopicId(topic.topicId());
            topic.partitions()
                    .forEach(partition -> answer.partitions()
                            .add(FetchResponse.partitionResponse(partition.partition(), error)
                                    .setRecords(MemoryRecords.EMPTY)));
            answers.add(answer);
        }
    }

    private void answerIfComplete() {
        Reply.Send complete;
        synchronized (this) {
            if (answered) {
                return;
            }
            if (hasErrors && !hasRecords && !paused) {
                if (alarm == null) {
                    alarm(Math.min(PAUSE_MILLIS, Math.max(0, whole.maxWait())));
                }
                return;
            }
            if (!waiting.isEmpty()) {
                return;
            }
            complete = complete();
        }
        reply.complete(complete);
    }

    /** After the wait for those that were hurried, or that had errors only. */
    private void ring() {
        List<Part> toHurry = List.of();
        Reply.Send complete = null;
        synchronized (this) {
            alarm = null;
            if (answered) {
                return;
            }
            if (hurried) {
                waiting.forEach(part -> refuse(part, Errors.NONE));
                complete = complete();
            } else {
                paused = true;
                hurried = true;
                toHurry = List.copyOf(waiting);
                if (!toHurry.isEmpty()) {
                    alarm(HURRY_MILLIS);
                }
            }
        }
        if (complete != null) {
            reply.complete(complete);
            return;
        }
        toHurry.forEach(each -> each.delivered().hurry().run());
        answerIfComplete();
    }

    @GuardedBy("this")
    private void alarm(int millis) {
        if (alarm != null) {
            alarm.cancel(false);
        }
        try {
            alarm = timer.schedule(this::ring, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopping) {
            paused = true;
        }
    }

    @GuardedBy("this")
    private Reply.Send complete() {
        answered = true;
        if (alarm != null) {
            alarm.cancel(false);
        }
        FetchResponseData data = new FetchResponseData()
                .setThrottleTimeMs(throttleMillis)
                .setResponses(Shape.merge(FetchForwarding.ASKED, whole.data().topics(), ANSWERED, answers));
        return new Reply.Send(FetchResponse.of(data), List.copyOf(holds));
    }

    private static void discard(@Nullable Reply late) {
        if (late instanceof Reply.Send send) {
            send.holds().forEach(ReferenceCounted::release);
            ForwardedRequests.release(send.response());
        }
    }
}
