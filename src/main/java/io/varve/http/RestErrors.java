package io.varve.http;

import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** What Kafka's exceptions are in HTTP: Confluent's statuses and error codes. */
final class RestErrors {
    private static final Set<Class<? extends ApiException>> BAD_REQUESTS = Set.of(
            InvalidReplicationFactorException.class,
            InvalidPartitionsException.class,
            InvalidRequestException.class,
            InvalidReplicaAssignmentException.class,
            InvalidTopicException.class,
            InvalidConfigurationException.class,
            InvalidTimestampException.class,
            PolicyViolationException.class,
            TopicExistsException.class,
            UnsupportedVersionException.class);

    private RestErrors() {}

    /** What a failed future's exception becomes. */
    static RestException of(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return switch (cause) {
            case RestException told -> told;
            case UnknownTopicOrPartitionException unknown -> unknownTopicOrPartition();
            case AuthenticationException who -> new RestException(401, 40101, message);
            case AuthorizationException no -> new RestException(403, 40301, message);
            case ThrottlingQuotaExceededException slow -> new RestException(429, 42901, message);
            case RecordTooLargeException large -> new RestException(413, 413, message);
            case RecordBatchTooLargeException large -> new RestException(413, 413, message);
            case OffsetOutOfRangeException range -> new RestException(416, 416, message);
            case BrokerNotAvailableException away -> new RestException(503, 50302, message);
            case RetriableException later -> new RestException(500, 50003, message);
            case ApiException refused when isBadRequest(refused) -> new RestException(400, 40002, message);
            case KafkaException other -> new RestException(500, 50002, message);
            default -> new RestException(500, 500, "Internal Server Error");
        };
    }

    static RestException unknownTopicOrPartition() {
        return new RestException(404, 40403, "This server does not host this topic-partition.");
    }

    private static boolean isBadRequest(ApiException refused) {
        return BAD_REQUESTS.stream().anyMatch(kind -> kind.isInstance(refused));
    }
}
