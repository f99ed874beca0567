package io.nightjar.trace;

import io.nightjar.mqtt.Packet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened to one client, as a trace writes it. It carries the packet itself, not its text, so that each
 * trace writes the payload its own way and the data path formats nothing.
 *
 * @param atMicros microseconds since 1970
 * @param tag what part of the broker speaks
 * @param msg one word with underscores: {@code mqtt_packet_received}, {@code connection_ended}
 * @param clientId raw
 * @param peer {@code ip:port}, empty if there is none
 * @param packet the packet it is about, or null; kept without its password and authentication data
 * @param fields name and value in order; a value is a String, Number, Boolean, a List of them, or {@link
 *     io.nightjar.mqtt.Bytes} for a payload; never a secret
 */
public record TraceEvent(
        long atMicros,
        Tag tag,
        Level level,
        String msg,
        String clientId,
        String peer,
        @Nullable Packet packet,
        Map<String, Object> fields) {

    public TraceEvent {
        packet = packet == null ? null : PacketSecrets.strip(packet);
        fields = fields.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** An event that is about no packet. */
    public TraceEvent(
            long atMicros, Tag tag, Level level, String msg, String clientId, String peer, Map<String, Object> fields) {
        this(atMicros, tag, level, msg, clientId, peer, null, fields);
    }

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
