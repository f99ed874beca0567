package io.nightjar.net;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.mqtt.Packet;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceEvents;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a connection tells the running traces. While none runs each call costs one volatile read. */
final class Tracing {
    private static final int BRIEF_CHARS = 100;

    private Tracing() {}

    static void received(MqttChannel connection, Packet packet) {
        String clientId = wanted(connection);
        if (clientId != null) {
            connection
                    .context
                    .tracer()
                    .emit(TraceEvents.packetReceived(micros(connection), clientId, connection.peer(), packet));
        }
    }

    static void sent(MqttChannel connection, Packet packet) {
        String clientId = wanted(connection);
        if (clientId != null) {
            connection
                    .context
                    .tracer()
                    .emit(TraceEvents.packetSent(micros(connection), clientId, connection.peer(), packet));
        }
    }

    static void event(
            MqttChannel connection,
            TraceEvent.Tag tag,
            TraceEvent.Level level,
            String msg,
            Map<String, Object> fields) {
        String clientId = wanted(connection);
        if (clientId != null) {
            connection
                    .context
                    .tracer()
                    .emit(new TraceEvent(micros(connection), tag, level, msg, clientId, connection.peer(), fields));
        }
    }

    /** The transport was accepted: told once the ClientID is known, with the time it happened. */
    static void accepted(MqttChannel connection) {
        String clientId = wanted(connection);
        if (clientId != null) {
            long ageMillis = connection.context.clock().millis() - connection.traffic.startMillis();
            connection
                    .context
                    .tracer()
                    .emit(new TraceEvent(
                            micros(connection) - ageMillis * 1000,
                            TraceEvent.Tag.SOCKET,
                            TraceEvent.Level.DEBUG,
                            "connection_accepted",
                            clientId,
                            connection.peer(),
                            Map.of("listener", connection.listener.id(), "node", connection.context.node())));
        }
    }

    static void ended(MqttChannel connection, ConnectionEnd end) {
        String clientId = wanted(connection);
        if (clientId != null) {
            connection
                    .context
                    .tracer()
                    .emit(TraceEvents.connectionEnded(
                            micros(connection), clientId, connection.peer(), EndFields.of(end)));
        }
    }

    /** A client's text cut to a length that suits a reason. */
    static String brief(String text) {
        if (text.length() <= BRIEF_CHARS) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(BRIEF_CHARS - 1)) ? BRIEF_CHARS - 1 : BRIEF_CHARS;
        return text.substring(0, end) + "...";
    }

    private static @Nullable String wanted(MqttChannel connection) {
        String clientId = connection.clientId;
        return clientId != null && connection.context.tracer().wants(clientId) ? clientId : null;
    }

    private static long micros(MqttChannel connection) {
        return ChronoUnit.MICROS.between(
                Instant.EPOCH, connection.context.wall().instant());
    }
}
