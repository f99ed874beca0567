package io.nightjar.diagnosis;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened to one client, as the flight recorder keeps it.
 *
 * @param atMillis milliseconds since 1970
 * @param clientId raw, as first sent; empty if the connection ended before it was read
 * @param peer {@code ip:port} of the client, empty if the event belongs to the Session alone
 * @param fields name and value in order: String, Long, Integer, Boolean or a List of String. For the three ends they are
 *     what {@link EndFields#of} gives
 */
public record RecordedEvent(long atMillis, Kind kind, String clientId, String peer, Map<String, Object> fields) {
    public RecordedEvent {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** What happened. */
    public enum Kind {
        /** CONNACK with success was sent. */
        CONNECTED,
        /** An end before any CONNECT was read: TLS, PROXY protocol, WebSocket, not MQTT, or nothing came. */
        FAILED,
        /** An end between CONNECT and CONNACK: refused, or the client left first. */
        REFUSED,
        /** The end of an accepted connection. */
        ENDED,
        SUBSCRIBED,
        UNSUBSCRIBED,
        /** A publish, subscription or Will was denied, and the connection went on. */
        DENIED,
        /** Messages for this client were dropped. */
        DROPPED,
        /** The Keep Alive was nearly missed. */
        NEAR_MISS,
        /** The Session ended: expired, discarded or kicked. */
        SESSION_ENDED,
        /** The node was started; of no client, as the next. */
        NODE_STARTED,
        /** The node was stopped in order. What died has none. */
        NODE_STOPPED;

        private final String word = name().toLowerCase(Locale.ROOT);

        /** As the HTTP API spells it. */
        public String word() {
            return word;
        }

        /** Whether a Network Connection ended. */
        public boolean isEnd() {
            return this == FAILED || this == REFUSED || this == ENDED;
        }
    }

    /** The kind of an end. */
    public static Kind kindOf(ConnectionEnd.Stage stage) {
        return switch (stage) {
            case BEFORE_CONNECT -> Kind.FAILED;
            case CONNECTING -> Kind.REFUSED;
            case CONNECTED -> Kind.ENDED;
        };
    }

    /** A field as text, or null if there is none. */
    public @Nullable String text(String name) {
        Object value = fields.get(name);
        return value == null ? null : value.toString();
    }

    /** A field as a number, or null if there is none. */
    public @Nullable Long number(String name) {
        return fields.get(name) instanceof Number number ? (Long) number.longValue() : null;
    }

    /** How many events it stands for: of what comes again and again some are only counted. */
    public long times() {
        Long more = number(kind == Kind.DROPPED ? "count" : "repeated");
        return more == null ? 1 : Math.max(0, more);
    }

    /** IP address of the peer without port and brackets, empty if there is none. */
    public String address() {
        return address(peer);
    }

    /** IP address of {@code ip:port} without port and brackets. */
    public static String address(String peer) {
        int colon = peer.lastIndexOf(':');
        String host = colon < 0 ? peer : peer.substring(0, colon);
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
