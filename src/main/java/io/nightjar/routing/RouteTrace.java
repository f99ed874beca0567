package io.nightjar.routing;

import io.nightjar.mqtt.Message;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceSubject;
import io.nightjar.trace.Tracer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the router tells the traces by topic: how many each message reached. Asked for only while one runs. */
final class RouteTrace {
    private RouteTrace() {}

    /**
     * Whom a message reached.
     *
     * @param subscribers of this node
     * @param nodes others that have some
     * @param dropped those of them whose link was full
     * @param publisherSpared whether No Local kept it from its publisher
     */
    record Reach(int subscribers, int nodes, List<String> dropped, boolean publisherSpared) {}

    /** A message was routed on the node where it was published. */
    static void routed(Tracer tracer, Message message, Reach reach) {
        if (!tracer.wantsTopic(message.topic())) {
            return;
        }
        Map<String, Object> fields = fields(message);
        fields.put("subscribers", reach.subscribers);
        fields.put("nodes", reach.nodes - reach.dropped.size());
        if (reach.subscribers + reach.nodes == 0) {
            fields.put("why", reach.publisherSpared ? "no_local" : "no_matching_subscription");
        }
        emit(tracer, "message_routed", message, fields);
        dropped(tracer, message, reach);
    }

    /** A message that a member of a shared subscription left behind goes to another. */
    static void handedOn(Tracer tracer, Message message, String sharedFilter, Reach reach) {
        if (!tracer.wantsTopic(message.topic())) {
            return;
        }
        Map<String, Object> fields = fields(message);
        fields.put("filter", sharedFilter);
        fields.put("subscribers", reach.subscribers);
        fields.put("nodes", reach.nodes - reach.dropped.size());
        if (reach.subscribers + reach.nodes == 0) {
            fields.put("why", "no_member_left");
        }
        emit(tracer, "message_handed_on", message, fields);
        dropped(tracer, message, reach);
    }

    private static void dropped(Tracer tracer, Message message, Reach reach) {
        for (String node : reach.dropped) {
            Map<String, Object> drop = fields(message);
            drop.put("why", "link_full");
            drop.put("node", node);
            emit(tracer, "message_dropped", message, drop);
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
