package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** What an error of S3 means, in our words. */
final class S3Errors {
    /** Thrown before the first byte of a request was sent. */
    private static final Set<String> NOT_SENT = Set.of(
            ConnectException.class.getSimpleName(),
            UnknownHostException.class.getSimpleName(),
            NoRouteToHostException.class.getSimpleName(),
            "HttpHostConnectException",
            "ConnectTimeoutException",
            "ConnectionRequestTimeoutException",
            "SSLHandshakeException");

    private static final Set<String> TRY_LATER = Set.of(
            "SlowDown",
            "ServiceUnavailable",
            "RequestLimitExceeded",
            "Throttling",
            "ThrottlingException",
            "TooManyRequests",
            "RequestTimeout",
            "OperationAborted",
            "ConditionalRequestConflict");

    private final S3Settings settings;

    S3Errors(S3Settings settings) {
        this.settings = settings;
    }

    /** Of a request that changes nothing, or may be repeated. */
    ObjectStoreException reading(String what, SdkException e) {
        return of(what, e, Kind.UNAVAILABLE);
    }

    /** Of a request that may have created an object all the same. */
    ObjectStoreException creating(String what, SdkException e) {
        return of(what, e, Kind.OUTCOME_UNKNOWN);
    }

    private ObjectStoreException of(String what, SdkException e, Kind whenUnclear) {
        return e instanceof AwsServiceException answer
                ? answered(what, answer, whenUnclear)
                : unanswered(what, e, whenUnclear);
    }

    private ObjectStoreException answered(String what, AwsServiceException e, Kind whenUnclear) {
        int status = e.statusCode();
        String code = code(e);
        if (TRY_LATER.contains(code) || status == 429 || status == 503 || status == 507 || status == 408) {
            return failure(Kind.UNAVAILABLE, what, "the store is overloaded, full or starting", e);
        }
        if (status == 412) {
            return failure(Kind.EXISTS, what, "it exists", e);
        }
        if (code.equals("NoSuchBucket")) {
            return failure(Kind.REFUSED, what, "bucket '" + settings.bucket() + "' does not exist: create it", e);
        }
        if (status == 404 || status == 416) {
            return failure(Kind.NOT_FOUND, what, status == 404 ? "there is no such object" : "it is shorter", e);
        }
        if (status >= 500 && status != 501) {
            return failure(whenUnclear, what, "the store failed", e);
        }
        return failure(Kind.REFUSED, what, advice(status, code), e);
    }

    private static String advice(int status, String code) {
        return switch (code) {
            case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken" ->
                "the credentials are wrong or expired: check the access key and secret";
            case "RequestTimeTooSkewed" -> "this machine's clock is wrong: set it right";
            case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException" ->
                "the bucket is in another region: check the region and endpoint settings";
            case "NotImplemented" -> "the endpoint does not support this request";
            default ->
                status == 401 || status == 403
                        ? "access denied: the credentials need GetObject, PutObject, DeleteObject and ListBucket"
                        : "the store refused the request: check bucket, region, endpoint and path style";
        };
    }

    private ObjectStoreException unanswered(String what, SdkException e, Kind whenUnclear) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("credentials")) {
            return failure(Kind.REFUSED, what, "no credentials: set them in the environment or a profile", e);
        }
        return notSent(e)
                ? failure(Kind.UNAVAILABLE, what, "the store is not reachable", e)
                : failure(whenUnclear, what, "the store did not answer", e);
    }

    private static boolean notSent(Throwable e) {
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (NOT_SENT.contains(at.getClass().getSimpleName())) {
                return true;
            }
        }
        return false;
    }

    private ObjectStoreException failure(Kind kind, String what, String why, SdkException e) {
        String message = "Cannot " + what + " in " + settings.where() + ": " + why + " (" + detail(e) + ")";
        return new ObjectStoreException(kind, message, e);
    }

    private static String detail(SdkException e) {
        if (e instanceof AwsServiceException answer) {
            return answer.statusCode() + " " + code(answer);
        }
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.toString();
    }

    static boolean isNotImplemented(SdkException e) {
        return e instanceof AwsServiceException answer
                && (answer.statusCode() == 501 || code(answer).equals("NotImplemented"));
    }

    private static String code(AwsServiceException e) {
        @Nullable
        String code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
        return code == null ? "" : code;
    }
}
