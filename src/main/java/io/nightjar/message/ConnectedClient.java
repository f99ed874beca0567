package io.nightjar.message;

import io.nightjar.mqtt.MqttVersion;
import org.jspecify.annotations.Nullable;

/**
 * A client at the moment of its CONNACK, as the events of it tell.
 *
 * @param clientId raw, as first sent or as assigned
 * @param peer {@code ip:port} of the client, an IPv6 address in brackets; empty if unknown
 * @param localPort port it connected to, null if unknown
 * @param version null if unknown
 * @param sessionExpirySeconds as granted, null if unknown
 * @param listener for example {@code tcp:default}
 * @param node node that has the socket
 * @param connectedAtMillis milliseconds since 1970, the same at its end
 */
public record ConnectedClient(
        String clientId,
        @Nullable String username,
        String peer,
        @Nullable Integer localPort,
        @Nullable MqttVersion version,
        @Nullable Boolean cleanStart,
        @Nullable Integer keepAliveSeconds,
        @Nullable Long sessionExpirySeconds,
        String listener,
        String node,
        long connectedAtMillis) {

    /** {@code tcp}, {@code tls}, {@code ws} or {@code wss}. */
    public String transport() {
        int colon = listener.indexOf(':');
        return colon < 0 ? listener : listener.substring(0, colon);
    }

    /** IP address without port and brackets. */
    public String address() {
        int colon = peer.lastIndexOf(':');
        String host = colon < 0 ? peer : peer.substring(0, colon);
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }
}
