package io.nightjar.diagnosis;

import io.nightjar.mqtt.PacketType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Facts measured at the instant a connection ended, never guesses. What was not known yet (a refused client's Keep
 * Alive) or cannot be measured here (socket figures off Linux) is null or absent, never zero.
 *
 * @param clientId raw, as first sent; empty if the connection ended before it was read
 * @param peer {@code ip:port} of the client
 * @param listener for example {@code tcp:default}
 * @param transport {@code tcp}, {@code tls}, {@code ws} or {@code wss}
 * @param carrier what lies below MQTT by name, in order: proxy (its {@code ip:port}), tls_version, sni and
 *     certificate_subject, where there are such
 * @param connectedForMillis since the transport was accepted
 * @param lastInAgeMillis since the last whole packet came in, or null if none did
 * @param lastOutAgeMillis since the last packet went out, or null if none did
 * @param lastIn the last packets that came in, oldest first, at most 8
 * @param lastOut the last packets that went out, oldest first, at most 8
 * @param inflight QoS 1 and 2 messages on the way to the client; null if its Session is on another node
 * @param queued messages that waited in its Session; null if that is on another node
 * @param dropped messages for it that were dropped, by its Session too if that is on this node
 * @param socket figures of the operating system by name ({@code tcp_state}, {@code tcp_rtt_us}, ...) and {@code
 *     unsent_bytes} in our buffer, in order: Long or String
 */
public record Evidence(
        String clientId,
        @Nullable String username,
        String peer,
        String listener,
        String transport,
        Map<String, String> carrier,
        String node,
        @Nullable String protocolVersion,
        @Nullable Boolean cleanStart,
        @Nullable Integer keepAliveSeconds,
        @Nullable Long sessionExpirySeconds,
        long connectedForMillis,
        long packetsIn,
        long packetsOut,
        long messagesIn,
        long messagesOut,
        long bytesIn,
        long bytesOut,
        @Nullable Long lastInAgeMillis,
        @Nullable Long lastOutAgeMillis,
        @Nullable Integer inflight,
        @Nullable Integer queued,
        long dropped,
        List<PacketMark> lastIn,
        List<PacketMark> lastOut,
        Map<String, Object> socket) {
    /** Of packets, messages and bytes: nobody counted them. They are absent then, never 0. */
    public static final long UNMEASURED = -1;

    /** One packet that passed: its type, Packet Identifier (0 if none), whole size in bytes and age. */
    public record PacketMark(PacketType type, int packetId, int size, long ageMillis) {
        @Override
        public String toString() {
            return type + (packetId == 0 ? "" : "#" + packetId) + "(" + size + "B," + ageMillis + "ms)";
        }
    }
}
