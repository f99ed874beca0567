package io.nightjar.diagnosis;

import io.nightjar.mqtt.PacketType;
import org.jspecify.annotations.Nullable;

/**
 * Where connections and Sessions tell what happened, always. Every call returns at once, from any thread, and never
 * fails: what cannot be kept is counted. Times are milliseconds since 1970.
 */
public interface FlightRecorder {
    /** Keeps nothing. */
    FlightRecorder NONE = new NoRecorder();

    /** A connection ended: refused, failed or ended, by its stage. */
    void ended(ConnectionEnd end);

    /**
     * A client was accepted.
     *
     * @param carrier what {@link Evidence#carrier} would be: certificate_subject, sni, proxy, ...
     */
    void connected(long atMillis, Client client, boolean sessionPresent, java.util.Map<String, String> carrier);

    /** @param code Reason Code of SUBACK */
    void subscribed(long atMillis, String clientId, String filter, int code);

    void unsubscribed(long atMillis, String clientId, String filter);

    /**
     * The connection went on, the request did not.
     *
     * @param what PUBLISH or SUBSCRIBE, or CONNECT for a Will
     * @param rule which rule said no, or null
     */
    void denied(long atMillis, String clientId, String peer, PacketType what, String topic, @Nullable String rule);

    /**
     * Messages for the client were dropped. A recorder may keep one of many, with their number.
     *
     * @param why the word of the cause: queue_full, expired, too_large, not_writable, mailbox, session_ended
     */
    void dropped(long atMillis, String clientId, String why, String topic);

    /** A packet came late, but before the Keep Alive ended the connection. */
    void nearMiss(long atMillis, String clientId, String peer, long silentMillis, int keepAliveSeconds);

    /** @param why {@code expired}, {@code discarded} or {@code kicked}; not told where it ends with every connection */
    void sessionEnded(long atMillis, String clientId, String why);

    /** Who was accepted and how. */
    record Client(
            String clientId,
            @Nullable String username,
            String peer,
            String listener,
            String protocolVersion,
            boolean cleanStart,
            int keepAliveSeconds,
            long sessionExpirySeconds) {}
}
