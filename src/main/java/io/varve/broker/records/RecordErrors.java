package io.varve.broker.records;

import io.varve.log.LogException;
import io.varve.metadata.MetadataException;
import io.varve.tier.ObjectStoreException;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.protocol.Errors;
import org.jboss.logging.Logger;

/** What a client is told when something goes wrong below the handlers. */
final class RecordErrors {
    private static final Logger LOG = Logger.getLogger(RecordErrors.class);

    private RecordErrors() {}

    /** Kafka's error for {@code failure}; what nobody foresaw is logged. */
    static Errors of(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return switch (cause) {
            case LogException e -> storageError(e);
            case ObjectStoreException e -> storageError(e);
            case MetadataException e -> {
                LOG.warnf("metadata store is away, the client will retry. cause=%s", e.getMessage());
                yield Errors.COORDINATOR_NOT_AVAILABLE;
            }
            default -> {
                Errors error = Errors.forException(cause);
                if (error == Errors.UNKNOWN_SERVER_ERROR) {
                    LOG.error("unexpected failure of a request", cause);
                }
                yield error;
            }
        };
    }

    private static Errors storageError(RuntimeException e) {
        LOG.warnf("storage failed, the client will retry. cause=%s", e.getMessage());
        return Errors.KAFKA_STORAGE_ERROR;
    }
}
