package io.nightjar.net;

import io.nightjar.connection.Handshake;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.message.ClientEvents;
import io.nightjar.message.ConnectedClient;
import io.nightjar.mqtt.DisconnectReason;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells the flight recorder that a client came, and who wants to know that one came and went. */
final class Presence {
    private Presence() {}

    /** Its CONNACK is on the way. */
    static void connected(
            MqttChannel connection,
            Handshake.@Nullable Agreed agreed,
            boolean sessionPresent,
            @Nullable DisconnectReason displaced) {
        Long expiry = agreed == null ? null : (Long) agreed.sessionExpirySeconds();
        record(connection, expiry == null ? 0 : expiry, sessionPresent, how(connection.carrier, displaced));
        ClientEvents events = connection.context.clientEvents();
        if (events.isOn()) {
            connection.announced = true;
            events.connected(client(connection, expiry), sessionPresent);
        }
    }

    private static void record(
            MqttChannel connection, long sessionExpirySeconds, boolean sessionPresent, Map<String, String> how) {
        connection
                .context
                .recorder()
                .connected(
                        connection.context.wall().millis(),
                        new FlightRecorder.Client(
                                String.valueOf(connection.clientId),
                                connection.username,
                                connection.peer(),
                                connection.listenerId(),
                                String.valueOf(connection.decoder.version()),
                                connection.cleanStart,
                                connection.keepAliveSeconds,
                                sessionExpirySeconds),
                        sessionPresent,
                        how);
    }

    /** What carries it, and whom it displaced: both peers, so that a conflict shows on the newcomer's side, too. */
    private static Map<String, String> how(@Nullable Carrier carrier, @Nullable DisconnectReason displaced) {
        Map<String, String> how = carrier == null ? Map.of() : carrier.evidence();
        if (displaced == null) {
            return how;
        }
        Map<String, String> more = new LinkedHashMap<>(how);
        more.put(
                "displaced",
                displaced.reason().word() + "/" + displaced.detail().word());
        more.putAll(displaced.facts());
        return more;
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
                connection.listenerId(),
                connection.context.node(),
                connection.connectedAtMillis);
    }

    private static @Nullable Integer localPort(MqttChannel connection) {
        return connection.channel.localAddress() instanceof InetSocketAddress local ? local.getPort() : null;
    }
}
