package io.varve.broker.admin;

import io.varve.metadata.MetadataException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.jboss.logging.Logger;

/** What a client is told when an admin request fails. */
final class AdminErrors {
    private static final Logger LOG = Logger.getLogger(AdminErrors.class);

    private AdminErrors() {}

    static ApiError of(RuntimeException failure) {
        if (failure instanceof MetadataException e) {
            LOG.warnf("metadata store did not do what an admin request asked. cause=%s", e.getMessage());
            return switch (e.kind()) {
                case UNAVAILABLE, COMPACTED, CLOSED ->
                    new ApiError(Errors.REQUEST_TIMED_OUT, "the metadata store is away: nothing was changed");
                case OUTCOME_UNKNOWN ->
                    new ApiError(
                            Errors.REQUEST_TIMED_OUT,
                            "the metadata store did not answer: the change may or may not have been made");
                case NO_SPACE, REFUSED -> new ApiError(Errors.POLICY_VIOLATION, e.getMessage());
            };
        }
        ApiError error = ApiError.fromThrowable(failure);
        if (error.error() == Errors.UNKNOWN_SERVER_ERROR) {
            LOG.error("unexpected failure of an admin request", failure);
        }
        return error;
    }
}
