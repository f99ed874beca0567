package io.nightjar.mqtt;

import org.jspecify.annotations.Nullable;

/**
 * The distinct cause of an end, one word each; every one belongs to exactly one {@link Reason}. The table that people
 * read is {@code REASONS.md} beside this file, and a test compares the two row by row.
 */
public enum Detail {
    DISCONNECT(Reason.NORMAL, "disconnect", null, Answer.NOTHING, WillRule.NO, SessionRule.BY_EXPIRY),
    DISCONNECT_WITH_WILL(
            Reason.NORMAL, "disconnect_with_will", null, Answer.NOTHING, WillRule.YES, SessionRule.BY_EXPIRY),
    CLIENT_REPORTED(Reason.NORMAL, "client_reported", null, Answer.NOTHING, WillRule.YES, SessionRule.BY_EXPIRY),
    API(Reason.KICKED, "api", ReasonCode.ADMINISTRATIVE_ACTION, Answer.DISCONNECT, WillRule.YES, SessionRule.ENDED),
    CLI(Reason.KICKED, "cli", ReasonCode.ADMINISTRATIVE_ACTION, Answer.DISCONNECT, WillRule.YES, SessionRule.ENDED),
    DASHBOARD(
            Reason.KICKED,
            "dashboard",
            ReasonCode.ADMINISTRATIVE_ACTION,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.ENDED),
    BANNED(Reason.KICKED, "banned", ReasonCode.BANNED, Answer.DISCONNECT, WillRule.YES, SessionRule.ENDED),
    FLAPPING(Reason.KICKED, "flapping", ReasonCode.BANNED, Answer.DISCONNECT, WillRule.YES, SessionRule.ENDED),
    MESSAGE_RATE(
            Reason.KICKED,
            "message_rate",
            ReasonCode.MESSAGE_RATE_TOO_HIGH,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    QUOTA_EXCEEDED(
            Reason.KICKED,
            "quota_exceeded",
            ReasonCode.QUOTA_EXCEEDED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    SLOW_CONSUMER(
            Reason.KICKED,
            "slow_consumer",
            ReasonCode.QUOTA_EXCEEDED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    SERVER_BUSY(
            Reason.KICKED, "server_busy", ReasonCode.SERVER_BUSY, Answer.CONNACK, WillRule.NONE, SessionRule.UNTOUCHED),
    MAX_CONNECTIONS(
            Reason.KICKED,
            "max_connections",
            ReasonCode.QUOTA_EXCEEDED,
            Answer.CONNACK,
            WillRule.NONE,
            SessionRule.UNTOUCHED),
    DRAIN(
            Reason.KICKED,
            "drain",
            ReasonCode.USE_ANOTHER_SERVER,
            Answer.DISCONNECT,
            WillRule.DEFERRED,
            SessionRule.BY_EXPIRY),
    SERVER_SHUTTING_DOWN(
            Reason.KICKED,
            "server_shutting_down",
            ReasonCode.SERVER_SHUTTING_DOWN,
            Answer.DISCONNECT,
            WillRule.DEFERRED,
            SessionRule.BY_EXPIRY),
    LISTENER_STOPPED(
            Reason.KICKED,
            "listener_stopped",
            ReasonCode.ADMINISTRATIVE_ACTION,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    KEEP_ALIVE(
            Reason.KEEPALIVE_TIMEOUT,
            "keep_alive",
            ReasonCode.KEEP_ALIVE_TIMEOUT,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    CONNECT_TIMEOUT(Reason.KEEPALIVE_TIMEOUT, "connect_timeout", null, Answer.NOTHING, WillRule.NONE, SessionRule.NONE),
    AUTH_TIMEOUT(
            Reason.KEEPALIVE_TIMEOUT,
            "auth_timeout",
            ReasonCode.NOT_AUTHORIZED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    PONG_TIMEOUT(
            Reason.KEEPALIVE_TIMEOUT,
            "pong_timeout",
            ReasonCode.KEEP_ALIVE_TIMEOUT,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    BAD_USERNAME_OR_PASSWORD(
            Reason.NOT_AUTHORIZED,
            "bad_username_or_password",
            ReasonCode.BAD_USER_NAME_OR_PASSWORD,
            Answer.CONNACK,
            WillRule.NONE,
            SessionRule.UNTOUCHED),
    AUTHENTICATION_REFUSED(
            Reason.NOT_AUTHORIZED,
            "authentication_refused",
            ReasonCode.NOT_AUTHORIZED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    BAD_AUTHENTICATION_METHOD(
            Reason.NOT_AUTHORIZED,
            "bad_authentication_method",
            ReasonCode.BAD_AUTHENTICATION_METHOD,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    CONNECT_BANNED(
            Reason.NOT_AUTHORIZED,
            "connect_banned",
            ReasonCode.BANNED,
            Answer.CONNACK,
            WillRule.NONE,
            SessionRule.UNTOUCHED),
    PUBLISH_DENIED(
            Reason.NOT_AUTHORIZED,
            "publish_denied",
            ReasonCode.NOT_AUTHORIZED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    SUBSCRIBE_DENIED(
            Reason.NOT_AUTHORIZED,
            "subscribe_denied",
            ReasonCode.NOT_AUTHORIZED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    WILL_DENIED(
            Reason.NOT_AUTHORIZED,
            "will_denied",
            ReasonCode.NOT_AUTHORIZED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    CREDENTIALS_EXPIRED(
            Reason.NOT_AUTHORIZED,
            "credentials_expired",
            ReasonCode.NOT_AUTHORIZED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    PEER_FIN(Reason.TCP_CLOSED, "peer_fin", null, Answer.NOTHING, WillRule.YES, SessionRule.BY_EXPIRY),
    PEER_RESET(Reason.TCP_CLOSED, "peer_reset", null, Answer.NOTHING, WillRule.YES, SessionRule.BY_EXPIRY),
    TIMED_OUT(Reason.TCP_CLOSED, "timed_out", null, Answer.NOTHING, WillRule.YES, SessionRule.BY_EXPIRY),
    WRITE_FAILED(Reason.TCP_CLOSED, "write_failed", null, Answer.NOTHING, WillRule.YES, SessionRule.BY_EXPIRY),
    WEBSOCKET_CLOSED(Reason.TCP_CLOSED, "websocket_closed", null, Answer.NOTHING, WillRule.YES, SessionRule.BY_EXPIRY),
    DISCARDED_SAME_CLIENT(
            Reason.DISCARDED,
            "same_client",
            ReasonCode.SESSION_TAKEN_OVER,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.REPLACED),
    DISCARDED_CONFLICT(
            Reason.DISCARDED,
            "conflict",
            ReasonCode.SESSION_TAKEN_OVER,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.REPLACED),
    TAKEOVERED_SAME_CLIENT(
            Reason.TAKEOVERED,
            "same_client",
            ReasonCode.SESSION_TAKEN_OVER,
            Answer.DISCONNECT,
            WillRule.WITHOUT_DELAY,
            SessionRule.MOVES_ON),
    TAKEOVERED_CONFLICT(
            Reason.TAKEOVERED,
            "conflict",
            ReasonCode.SESSION_TAKEN_OVER,
            Answer.DISCONNECT,
            WillRule.WITHOUT_DELAY,
            SessionRule.MOVES_ON),
    NOT_MQTT(Reason.INTERNAL_ERROR, "not_mqtt", null, Answer.NOTHING, WillRule.NONE, SessionRule.NONE),
    TLS_HANDSHAKE(Reason.INTERNAL_ERROR, "tls_handshake", null, Answer.NOTHING, WillRule.NONE, SessionRule.NONE),
    WEBSOCKET_HANDSHAKE(
            Reason.INTERNAL_ERROR, "websocket_handshake", null, Answer.NOTHING, WillRule.NONE, SessionRule.NONE),
    PROXY_PROTOCOL(Reason.INTERNAL_ERROR, "proxy_protocol", null, Answer.NOTHING, WillRule.NONE, SessionRule.NONE),
    UNSUPPORTED_PROTOCOL_VERSION(
            Reason.INTERNAL_ERROR,
            "unsupported_protocol_version",
            ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
            Answer.CONNACK,
            WillRule.NONE,
            SessionRule.UNTOUCHED),
    CLIENT_IDENTIFIER_NOT_VALID(
            Reason.INTERNAL_ERROR,
            "client_identifier_not_valid",
            ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
            Answer.CONNACK,
            WillRule.NONE,
            SessionRule.UNTOUCHED),
    MALFORMED_PACKET(
            Reason.INTERNAL_ERROR,
            "malformed_packet",
            ReasonCode.MALFORMED_PACKET,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    PROTOCOL_ERROR(
            Reason.INTERNAL_ERROR,
            "protocol_error",
            ReasonCode.PROTOCOL_ERROR,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    PACKET_TOO_LARGE(
            Reason.INTERNAL_ERROR,
            "packet_too_large",
            ReasonCode.PACKET_TOO_LARGE,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    RECEIVE_MAXIMUM_EXCEEDED(
            Reason.INTERNAL_ERROR,
            "receive_maximum_exceeded",
            ReasonCode.RECEIVE_MAXIMUM_EXCEEDED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    TOPIC_ALIAS_INVALID(
            Reason.INTERNAL_ERROR,
            "topic_alias_invalid",
            ReasonCode.TOPIC_ALIAS_INVALID,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    TOPIC_NAME_INVALID(
            Reason.INTERNAL_ERROR,
            "topic_name_invalid",
            ReasonCode.TOPIC_NAME_INVALID,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    TOPIC_FILTER_INVALID(
            Reason.INTERNAL_ERROR,
            "topic_filter_invalid",
            ReasonCode.TOPIC_FILTER_INVALID,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    PAYLOAD_FORMAT_INVALID(
            Reason.INTERNAL_ERROR,
            "payload_format_invalid",
            ReasonCode.PAYLOAD_FORMAT_INVALID,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    QOS_NOT_SUPPORTED(
            Reason.INTERNAL_ERROR,
            "qos_not_supported",
            ReasonCode.QOS_NOT_SUPPORTED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    RETAIN_NOT_SUPPORTED(
            Reason.INTERNAL_ERROR,
            "retain_not_supported",
            ReasonCode.RETAIN_NOT_SUPPORTED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED(
            Reason.INTERNAL_ERROR,
            "shared_subscriptions_not_supported",
            ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED(
            Reason.INTERNAL_ERROR,
            "subscription_identifiers_not_supported",
            ReasonCode.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED(
            Reason.INTERNAL_ERROR,
            "wildcard_subscriptions_not_supported",
            ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    STORE_FAILED(
            Reason.INTERNAL_ERROR,
            "store_failed",
            ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.AS_STORED),
    SESSION_UNAVAILABLE(
            Reason.INTERNAL_ERROR,
            "session_unavailable",
            ReasonCode.SERVER_UNAVAILABLE,
            Answer.CONNACK,
            WillRule.YES,
            SessionRule.BY_EXPIRY),
    NODE_LOST(Reason.INTERNAL_ERROR, "node_lost", null, Answer.NOTHING, WillRule.YES, SessionRule.BY_EXPIRY),
    IMPLEMENTATION_ERROR(
            Reason.INTERNAL_ERROR,
            "implementation_error",
            ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR,
            Answer.DISCONNECT,
            WillRule.YES,
            SessionRule.RELOADED);

    /** Where the MQTT 5 Reason Code goes. */
    public enum Answer {
        /** Nothing can be sent any more, or nothing may. */
        NOTHING,
        /** CONNACK: the client was not accepted yet. */
        CONNACK,
        /** DISCONNECT after CONNACK; in CONNACK before it. */
        DISCONNECT
    }

    /** What becomes of the Will Message, subject to its Will Delay Interval. */
    public enum WillRule {
        /** There is none yet. */
        NONE,
        NO,
        YES,
        /** Only if the Will Delay Interval is 0: the session goes on [5.0/3.1.4-3]. */
        WITHOUT_DELAY,
        /** Kept with the session and published if the client does not come back. */
        DEFERRED
    }

    /** What becomes of the Session State. */
    public enum SessionRule {
        /** There is none yet. */
        NONE,
        UNTOUCHED,
        BY_EXPIRY,
        ENDED,
        REPLACED,
        MOVES_ON,
        AS_STORED,
        RELOADED
    }

    private final Reason reason;
    private final String word;
    private final @Nullable ReasonCode code;
    private final Answer answer;
    private final WillRule will;
    private final SessionRule session;

    Detail(Reason reason, String word, @Nullable ReasonCode code, Answer answer, WillRule will, SessionRule session) {
        this.reason = reason;
        this.word = word;
        this.code = code;
        this.answer = answer;
        this.will = will;
        this.session = session;
    }

    public Reason reason() {
        return reason;
    }

    /** As it stands in logs, traces, answers and labels; {@code same_client} and {@code conflict} have two reasons. */
    public String word() {
        return word;
    }

    /** The Reason Code that an MQTT 5 client gets, or null if none can be sent. */
    public @Nullable ReasonCode code() {
        return code;
    }

    public Answer answer() {
        return answer;
    }

    public WillRule will() {
        return will;
    }

    public SessionRule session() {
        return session;
    }

    /** Whether the client said in order that it has no more to say: what it said before is answered first. */
    public boolean isClientsLastWord() {
        return reason == Reason.NORMAL || this == PEER_FIN;
    }

    @Override
    public String toString() {
        return word;
    }
}
