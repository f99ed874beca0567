package io.nightjar.http;

/** A call is answered with an error: a status, one of the API's codes, and a message that says what to change. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final int retryAfterSeconds;

    ApiException(int status, String code, String message) {
        this(status, code, message, 0);
    }

    private ApiException(int status, String code, String message, int retryAfterSeconds) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    /** Seconds for the header Retry-After; 0 if there is none. */
    int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /** A parameter or the body is wrong. */
    static ApiException badRequest(String message) {
        return new ApiException(400, "BAD_REQUEST", message);
    }

    static ApiException notFound(String message) {
        return new ApiException(404, "NOT_FOUND", message);
    }

    static ApiException clientNotFound(String clientId) {
        return new ApiException(404, "CLIENTID_NOT_FOUND", "no node has a session of ClientID " + Text.quote(clientId));
    }

    static ApiException tooMany(String message, int retryAfterSeconds) {
        return new ApiException(429, "EXCEED_LIMIT", message, retryAfterSeconds);
    }

    /** A limit of this node is reached; what it counts ends by itself. */
    static ApiException limitReached(String message) {
        return new ApiException(503, "EXCEED_LIMIT", message, 5);
    }

    static ApiException busy(String message) {
        return new ApiException(503, "SERVICE_UNAVAILABLE", message, 1);
    }
}
