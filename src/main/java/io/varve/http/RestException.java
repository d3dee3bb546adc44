package io.varve.http;

/** A request cannot be answered as asked; becomes Confluent's error body. */
final class RestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final int errorCode;

    /**
     * @param status of HTTP
     * @param errorCode Confluent's: the status, sometimes with two more digits
     */
    RestException(int status, int errorCode, String message) {
        super(message);
        this.status = status;
        this.errorCode = errorCode;
    }

    static RestException badRequest(String message) {
        return new RestException(400, 400, message);
    }

    int status() {
        return status;
    }

    ErrorBody body() {
        return new ErrorBody(errorCode, String.valueOf(getMessage()));
    }
}
