package io.varve.broker.records;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;

/**
 * InitProducerId for idempotent producers (KIP-98): a fresh id each time, never given out before. Transactional ids are refused with an
 * error that clients do not retry.
 */
final class InitProducerIdHandler implements RequestHandler {
    private final LongSupplier producerIds;

    /** @param producerIds may block on the metadata store */
    InitProducerIdHandler(LongSupplier producerIds) {
        this.producerIds = producerIds;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        InitProducerIdRequest body = request.body(InitProducerIdRequest.class);
        if (body.data().transactionalId() != null) {
            return CompletableFuture.completedFuture(failure(Errors.INVALID_REQUEST));
        }
        return request.onVirtualThread(() -> {
            try {
                return new Reply.Send(new InitProducerIdResponse(new InitProducerIdResponseData()
                        .setProducerId(producerIds.getAsLong())
                        .setProducerEpoch((short) 0)));
            } catch (RuntimeException e) {
                return failure(RecordErrors.of(e));
            }
        });
    }

    private static Reply failure(Errors error) {
        return new Reply.Send(new InitProducerIdResponse(new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(RecordBatch.NO_PRODUCER_ID)
                .setProducerEpoch(RecordBatch.NO_PRODUCER_EPOCH)));
    }
}
