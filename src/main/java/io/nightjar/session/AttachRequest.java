package io.nightjar.session;

import io.nightjar.diagnosis.ReturnOrConflict;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Will;
import org.jspecify.annotations.Nullable;

/**
 * What a session needs to know of a Network Connection that wants it.
 *
 * @param sessionExpirySeconds in force, after the broker's maximum; {@link #EXPIRY_NEVER} = never
 * @param requestedExpirySeconds as the client sent it, before any clamp
 * @param receiveMaximum most QoS 1 and 2 PUBLISH in flight to the client, 1 to 65,535
 * @param maximumPacketSize largest packet the client takes, in bytes; {@link Integer#MAX_VALUE} if it set none
 * @param peer {@code ip:port}
 * @param node name of the node that holds the socket
 * @param maxSubscriptions most subscriptions while this connection has the session
 * @param certificateSubject of the client's certificate, or null if it showed none
 */
public record AttachRequest(
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
        String node,
        int maxSubscriptions,
        @Nullable String certificateSubject) {

    /** Session Expiry Interval that never runs out [5.0/3.1.2.11.2]. */
    public static final long EXPIRY_NEVER = 0xFFFF_FFFFL;

    /** IP address of the client without the port. */
    public String peerAddress() {
        int colon = peer.lastIndexOf(':');
        return colon < 0 ? peer : peer.substring(0, colon);
    }

    /** The same without its Will Message, whose payload is not kept beyond the connection. */
    AttachRequest withoutWill() {
        return will == null
                ? this
                : new AttachRequest(
                        version,
                        cleanStart,
                        sessionExpirySeconds,
                        requestedExpirySeconds,
                        receiveMaximum,
                        maximumPacketSize,
                        keepAliveSeconds,
                        null,
                        username,
                        peer,
                        node,
                        maxSubscriptions,
                        certificateSubject);
    }

    /** Who this is, for {@link ReturnOrConflict}. */
    ReturnOrConflict.Peer fingerprint() {
        return new ReturnOrConflict.Peer(
                peerAddress(),
                version,
                keepAliveSeconds,
                username,
                will == null ? null : will.topic(),
                certificateSubject);
    }
}
