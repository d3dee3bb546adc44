package io.varve.metadata;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.varve.metadata.MetadataException.Kind;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** What an error of etcd or of the way to it means. */
final class EtcdErrors {
    private EtcdErrors() {}

    /** Classifies the failure of a request that changes nothing. */
    static MetadataException ofRead(String what, StatusRuntimeException e) {
        return classify(what, e, Kind.UNAVAILABLE);
    }

    /** Classifies the failure of a request that may have changed something although it failed. */
    static MetadataException ofWrite(String what, StatusRuntimeException e) {
        return classify(what, e, wasNeverSent(e) ? Kind.UNAVAILABLE : Kind.OUTCOME_UNKNOWN);
    }

    private static MetadataException classify(String what, StatusRuntimeException e, Kind otherwise) {
        String detail = detail(e);
        Kind kind = switch (e.getStatus().getCode()) {
            case RESOURCE_EXHAUSTED -> exhausted(detail);
            case INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, UNAUTHENTICATED, FAILED_PRECONDITION -> Kind.REFUSED;
            case OUT_OF_RANGE -> Kind.COMPACTED;
            case CANCELLED, UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, ABORTED -> otherwise;
            case OK, ALREADY_EXISTS, UNIMPLEMENTED, DATA_LOSS -> Kind.REFUSED;
        };
        return new MetadataException(kind, "etcd: " + what + ": " + detail, e);
    }

    private static String detail(StatusRuntimeException e) {
        String description = e.getStatus().getDescription();
        String detail = description == null ? e.getStatus().getCode().toString() : description;
        Throwable cause = e.getCause();
        return cause == null || cause.getMessage() == null ? detail : detail + " (" + cause.getMessage() + ")";
    }

    /** One code for three things that etcd says before it has done anything. */
    private static Kind exhausted(String detail) {
        if (detail.contains("database space exceeded")) {
            return Kind.NO_SPACE;
        }
        return detail.contains("too many requests") ? Kind.UNAVAILABLE : Kind.REFUSED;
    }

    /** Only a connection that was never made is certain to have carried nothing. */
    private static boolean wasNeverSent(StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
            return false;
        }
        for (@Nullable Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException
                    || cause instanceof NoRouteToHostException
                    || cause instanceof UnknownHostException) {
                return true;
            }
        }
        return false;
    }
}
