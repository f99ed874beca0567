package io.nightjar.net;

import io.nightjar.connection.Handshake;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.message.ClientEvents;
import io.nightjar.message.ConnectedClient;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Tells that a client came and went. While nobody wants to know, each call is one read. */
final class Presence {
    private Presence() {}

    /** Its CONNACK is on the way. */
    static void connected(MqttChannel connection, Handshake.@Nullable Agreed agreed, boolean sessionPresent) {
        ClientEvents events = connection.context.clientEvents();
        if (events.isOn()) {
            connection.announced = true;
            events.connected(
                    client(connection, agreed == null ? null : (Long) agreed.sessionExpirySeconds()), sessionPresent);
        }
    }

    /** Told only if its coming was. */
    static void ended(MqttChannel connection, ConnectionEnd end) {
        if (connection.announced) {
            connection.context.clientEvents().disconnected(client(connection, null), end);
        }
    }

    private static ConnectedClient client(MqttChannel connection, @Nullable Long sessionExpirySeconds) {
        return new ConnectedClient(
                String.valueOf(connection.clientId),
                connection.username,
                connection.peer(),
                localPort(connection),
                connection.decoder.version(),
                connection.cleanStart,
                connection.keepAliveSeconds,
                sessionExpirySeconds,
                connection.listener.id(),
                connection.context.node(),
                connection.connectedAtMillis);
    }

    private static @Nullable Integer localPort(MqttChannel connection) {
        return connection.channel.localAddress() instanceof InetSocketAddress local ? local.getPort() : null;
    }
}
