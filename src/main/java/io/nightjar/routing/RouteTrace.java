package io.nightjar.routing;

import io.nightjar.mqtt.Message;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceSubject;
import io.nightjar.trace.Tracer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the router tells the traces by topic: how many each message reached. Asked for only while one runs. */
final class RouteTrace {
    private RouteTrace() {}

    /**
     * A message was routed on the node where it was published.
     *
     * @param subscribers of this node
     * @param nodes others that got it for theirs
     * @param publisherSpared whether No Local kept it from its publisher
     */
    static void routed(Tracer tracer, Message message, int subscribers, int nodes, boolean publisherSpared) {
        if (tracer.wantsTopic(message.topic())) {
            Map<String, Object> fields = fields(message);
            fields.put("subscribers", subscribers);
            fields.put("nodes", nodes);
            if (subscribers + nodes == 0) {
                fields.put("why", publisherSpared ? "no_local" : "no_matching_subscription");
            }
            emit(tracer, "message_routed", message, fields);
        }
    }

    /** A message of another node was routed to subscribers of this one. */
    static void fromPeer(Tracer tracer, Message message, int subscribers) {
        if (tracer.wantsTopic(message.topic())) {
            Map<String, Object> fields = fields(message);
            fields.put("subscribers", subscribers);
            emit(tracer, "message_routed_from_node", message, fields);
        }
    }

    private static Map<String, Object> fields(Message message) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("topic", message.topic());
        fields.put("qos", message.qos().value());
        fields.put("retain", message.retain());
        return fields;
    }

    private static void emit(Tracer tracer, String msg, Message message, Map<String, Object> fields) {
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        TraceEvent event = new TraceEvent(
                micros, TraceEvent.Tag.PUBLISH, TraceEvent.Level.DEBUG, msg, message.publisher(), "", fields);
        tracer.emit(event, TraceSubject.topic(message.topic()));
    }
}
