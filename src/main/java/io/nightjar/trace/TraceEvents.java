package io.nightjar.trace;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Reason;
import io.nightjar.trace.TraceEvent.Level;
import io.nightjar.trace.TraceEvent.Tag;
import java.util.Map;

/** The events that every connection has, so that each is spelled once. Times are microseconds since 1970. */
public final class TraceEvents {
    /** {@code msg} of the one line that every end of a connection is. */
    public static final String CONNECTION_ENDED = "connection_ended";

    /** {@code msg} of a packet that came. */
    public static final String RECEIVED = "mqtt_packet_received";

    private TraceEvents() {}

    public static TraceEvent packetReceived(long atMicros, String clientId, String peer, Packet packet) {
        return new TraceEvent(atMicros, Tag.MQTT, Level.DEBUG, RECEIVED, clientId, peer, packet, Map.of());
    }

    public static TraceEvent packetSent(long atMicros, String clientId, String peer, Packet packet) {
        return new TraceEvent(atMicros, Tag.MQTT, Level.DEBUG, "mqtt_packet_sent", clientId, peer, packet, Map.of());
    }

    /**
     * The end of a connection.
     *
     * @param fields what {@code EndFields.of} of room diagnosis makes of the end: reason, detail, side, facts, evidence
     */
    public static TraceEvent connectionEnded(long atMicros, String clientId, String peer, Map<String, Object> fields) {
        boolean normal = Reason.NORMAL.word().equals(fields.get("reason"));
        Level level = normal ? Level.INFO : Level.WARNING;
        return new TraceEvent(atMicros, Tag.SOCKET, level, CONNECTION_ENDED, clientId, peer, fields);
    }
}
