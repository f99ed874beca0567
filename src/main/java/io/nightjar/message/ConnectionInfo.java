package io.nightjar.message;

import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Will;
import org.jspecify.annotations.Nullable;

/**
 * What a CONNECT that was accepted says, and who sent it: all that the session needs of a Network Connection.
 *
 * @param sessionExpirySeconds in force, after the broker's maximum; {@link #EXPIRY_NEVER} = never
 * @param requestedExpirySeconds as the client sent it, before any clamp [5.0/3.14.2-2 compares with this]
 * @param receiveMaximum most QoS 1 and 2 PUBLISH in flight to the client, 1 to 65,535, the broker's own limit included
 * @param maximumPacketSize largest packet the client takes, in bytes; {@link Integer#MAX_VALUE} if it set none
 * @param keepAliveSeconds in force
 * @param peer {@code ip:port}
 * @param node name of the node that holds the socket
 */
public record ConnectionInfo(
        MqttVersion version,
        boolean cleanStart,
        long sessionExpirySeconds,
        long requestedExpirySeconds,
        int receiveMaximum,
        int maximumPacketSize,
        int keepAliveSeconds,
        @Nullable Will will,
        @Nullable String username,
        String peer,
        String listener,
        String transport,
        String node,
        long connectedAtMillis) {

    /** Session Expiry Interval that never runs out [5.0/3.1.2.11.2]. */
    public static final long EXPIRY_NEVER = 0xFFFF_FFFFL;

    /** IP address of the client without the port. */
    public String peerAddress() {
        int colon = peer.lastIndexOf(':');
        return colon < 0 ? peer : peer.substring(0, colon);
    }
}
