package io.nightjar.trace;

import java.util.Map;

/**
 * One thing that happened to one client, as a trace writes it.
 *
 * @param atMicros microseconds since 1970
 * @param tag what part of the broker speaks
 * @param msg one word with underscores: {@code mqtt_packet_received}, {@code connection_ended}
 * @param clientId raw
 * @param peer {@code ip:port}
 * @param fields name and value in order; a value is a String, Number, Boolean or a List of them; never a secret
 */
public record TraceEvent(
        long atMicros, Tag tag, Level level, String msg, String clientId, String peer, Map<String, Object> fields) {

    /** What part of the broker speaks. */
    public enum Tag {
        MQTT,
        SOCKET,
        AUTHN,
        AUTHZ,
        PUBLISH,
        SUBSCRIBE,
        SESSION,
        TLS,
        TRACE
    }

    /** How much it matters. */
    public enum Level {
        DEBUG,
        INFO,
        WARNING,
        ERROR
    }
}
