package io.nightjar.net;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceEvent.Level;
import io.nightjar.trace.TraceEvent.Tag;
import io.nightjar.trace.TraceEvents;
import io.nightjar.trace.TraceSubject;
import io.nightjar.trace.Tracer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a connection tells the running traces. While none runs each call costs one volatile read; while some run, a
 * connected client that none of them wants costs one comparison more, since a connection remembers the answer until
 * other traces run.
 */
final class Tracing {
    private static final int BRIEF_CHARS = 100;

    private Tracing() {}

    /** A packet came, one that is no PUBLISH. */
    static void received(MqttChannel connection, Packet packet) {
        Tracer tracer = tracer(connection);
        if (tracer.isIdle()) {
            return;
        }
        List<String> filters = tracer.selectsByTopic() ? filters(packet) : List.of();
        if (isWanted(connection) || tracer.wantsFilters(filters)) {
            tracer.emit(
                    TraceEvents.packetReceived(micros(connection), clientId(connection), connection.peer(), packet),
                    subject(connection, null, filters));
        }
    }

    /**
     * A PUBLISH came.
     *
     * @param topic what it is for, where a Topic Alias stands for it too; null if it has none
     */
    static void received(MqttChannel connection, Packet.Publish publish, @Nullable String topic) {
        Tracer tracer = tracer(connection);
        if (tracer.isIdle() || !isWanted(connection) && (topic == null || !tracer.wantsTopic(topic))) {
            return;
        }
        boolean aliased = topic != null && publish.topic().isEmpty();
        tracer.emit(
                new TraceEvent(
                        micros(connection),
                        Tag.MQTT,
                        Level.DEBUG,
                        TraceEvents.RECEIVED,
                        clientId(connection),
                        connection.peer(),
                        publish,
                        aliased ? Map.of("topic", topic) : Map.of()),
                subject(connection, topic, List.of()));
    }

    private static List<String> filters(Packet packet) {
        if (packet instanceof Packet.Subscribe subscribe) {
            return subscribe.requests().stream()
                    .map(SubscriptionRequest::filter)
                    .toList();
        }
        return packet instanceof Packet.Unsubscribe unsubscribe ? unsubscribe.filters() : List.of();
    }

    /** A packet was encoded and goes to the socket. A trace by topic is told of a message, and not of its packet. */
    static void sent(MqttChannel connection, Packet packet) {
        Tracer tracer = tracer(connection);
        if (tracer.isIdle()) {
            return;
        }
        if (isWanted(connection)) {
            tracer.emit(
                    TraceEvents.packetSent(micros(connection), clientId(connection), connection.peer(), packet),
                    subject(connection, null, List.of()));
        }
        if (packet instanceof Packet.Publish publish && tracer.wantsTopic(publish.topic())) {
            delivered(connection, publish);
        }
    }

    private static void delivered(MqttChannel connection, Packet.Publish publish) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("topic", publish.topic());
        fields.put("qos", publish.qos().value());
        fields.put("retain", publish.retain());
        fields.put("dup", publish.dup());
        if (publish.packetId() != 0) {
            fields.put("packet_id", publish.packetId());
        }
        tracer(connection)
                .emit(
                        new TraceEvent(
                                micros(connection),
                                Tag.PUBLISH,
                                Level.DEBUG,
                                "message_delivered",
                                clientId(connection),
                                connection.peer(),
                                fields),
                        TraceSubject.topic(publish.topic()));
    }

    static void event(MqttChannel connection, Tag tag, Level level, String msg, Map<String, Object> fields) {
        event(connection, tag, level, msg, fields, null, List.of());
    }

    /** An event that is about messages of a topic, or about Topic Filters, beside the client. */
    static void event(
            MqttChannel connection,
            Tag tag,
            Level level,
            String msg,
            Map<String, Object> fields,
            @Nullable String topic,
            List<String> filters) {
        Tracer tracer = tracer(connection);
        if (tracer.isIdle()) {
            return;
        }
        if (isWanted(connection) || topic != null && tracer.wantsTopic(topic) || tracer.wantsFilters(filters)) {
            tracer.emit(
                    new TraceEvent(
                            micros(connection), tag, level, msg, clientId(connection), connection.peer(), fields),
                    subject(connection, topic, filters));
        }
    }

    /**
     * The transport was accepted: told at once to traces by address, and once ClientID and username are known to those
     * that select by them, with the time it happened.
     */
    static void accepted(MqttChannel connection) {
        Tracer tracer = tracer(connection);
        if (tracer.isIdle()) {
            return;
        }
        boolean again = connection.acceptTold;
        connection.acceptTold = true;
        TraceSubject subject =
                TraceSubject.client(connection.clientId, connection.username, again ? null : connection.peerAddress());
        if (tracer.wantsClient(subject.clientId(), subject.username(), subject.address())) {
            long ageMillis = connection.context.clock().millis() - connection.traffic.startMillis();
            tracer.emit(
                    new TraceEvent(
                            micros(connection) - ageMillis * 1000,
                            Tag.SOCKET,
                            Level.DEBUG,
                            "connection_accepted",
                            clientId(connection),
                            connection.peer(),
                            Map.of("listener", connection.listenerId(), "node", connection.context.node())),
                    subject);
        }
    }

    /** A layer below MQTT is there; what a proxy adds beside the address is not told, it may hold secrets. */
    static void layerFinished(MqttChannel connection) {
        Carrier carrier = connection.carrier;
        if (carrier != null && !tracer(connection).isIdle()) {
            boolean secured = carrier.isSecured();
            Map<String, Object> fields = new LinkedHashMap<>(carrier.evidence());
            event(
                    connection,
                    secured ? Tag.TLS : Tag.SOCKET,
                    Level.DEBUG,
                    secured ? "tls_handshake_finished" : "proxy_header_received",
                    fields);
        }
    }

    /** A message does not fit into the client's Maximum Packet Size. */
    static void dropped(MqttChannel connection, Packet.Publish publish) {
        if (!tracer(connection).isIdle()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("why", "too_large");
            fields.put("topic", publish.topic());
            fields.put("qos", publish.qos().value());
            event(connection, Tag.PUBLISH, Level.WARNING, "message_dropped", fields, publish.topic(), List.of());
        }
    }

    static void ended(MqttChannel connection, ConnectionEnd end) {
        Tracer tracer = tracer(connection);
        if (!tracer.isIdle() && isWanted(connection)) {
            tracer.emit(
                    TraceEvents.connectionEnded(
                            micros(connection), clientId(connection), connection.peer(), EndFields.of(end)),
                    subject(connection, null, List.of()));
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

    /** Whether a trace wants this client. What traces select by does not change any more once it has a session. */
    private static boolean isWanted(MqttChannel connection) {
        Tracer tracer = tracer(connection);
        int epoch = tracer.epoch();
        boolean settled = connection.session != null;
        if (settled && connection.traceMark >>> 1 == epoch) {
            return (connection.traceMark & 1) == 1;
        }
        boolean wanted = tracer.wantsClient(
                connection.clientId, connection.username, tracer.selectsByAddress() ? connection.peerAddress() : null);
        connection.traceMark = settled ? epoch << 1 | (wanted ? 1 : 0) : 0;
        return wanted;
    }

    private static TraceSubject subject(MqttChannel connection, @Nullable String topic, List<String> filters) {
        return new TraceSubject(connection.clientId, connection.username, connection.peerAddress(), topic, filters);
    }

    private static Tracer tracer(MqttChannel connection) {
        return connection.context.tracer();
    }

    private static String clientId(MqttChannel connection) {
        String clientId = connection.clientId;
        return clientId == null ? "" : clientId;
    }

    private static long micros(MqttChannel connection) {
        return ChronoUnit.MICROS.between(
                Instant.EPOCH, connection.context.wall().instant());
    }
}
