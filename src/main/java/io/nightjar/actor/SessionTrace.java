package io.nightjar.actor;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.session.AttachRequest;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceEvent.Level;
import io.nightjar.trace.TraceEvent.Tag;
import io.nightjar.trace.TraceSubject;
import io.nightjar.trace.Tracer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a session tells the running traces: that it began or was resumed, and of each message that it waits or why it
 * was dropped; what was delivered is told by the connection that took it. While no trace runs each call costs
 * one volatile read.
 */
final class SessionTrace {
    /** Why a message did not reach its subscriber, for which {@code SessionEffects.Drop} has no word. */
    static final String MAILBOX_FULL = "mailbox_full";

    private SessionTrace() {}

    static void attached(
            SessionServices services,
            String clientId,
            @Nullable AttachRequest connection,
            long attachment,
            boolean sessionPresent,
            int queued,
            @Nullable DisconnectReason displaced) {
        Tracer tracer = services.tracer();
        if (tracer.isIdle()) {
            return;
        }
        TraceSubject subject = subject(clientId, connection, null);
        if (wants(tracer, subject)) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("attachment", attachment);
            fields.put("queued", queued);
            fields.put("session_node", services.node());
            if (displaced != null) {
                fields.put(
                        "displaced",
                        displaced.reason().word() + "/" + displaced.detail().word());
                fields.putAll(displaced.facts());
            }
            String msg = sessionPresent ? "session_resumed" : "session_created";
            emit(services, Tag.SESSION, Level.DEBUG, msg, clientId, fields, subject);
        }
    }

    /** @param why a word; the message did not and will not reach the client */
    static void dropped(
            SessionServices services,
            String clientId,
            @Nullable AttachRequest connection,
            String why,
            Delivery delivery) {
        Tracer tracer = services.tracer();
        if (tracer.isIdle()) {
            return;
        }
        Message message = delivery.message();
        TraceSubject subject = subject(clientId, connection, message.topic());
        if (wants(tracer, subject) || tracer.wantsTopic(message.topic())) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("why", why);
            fields.put("topic", message.topic());
            fields.put("qos", delivery.qos().value());
            fields.put("publisher", message.publisher());
            emit(services, Tag.PUBLISH, Level.WARNING, "message_dropped", clientId, fields, subject);
        }
    }

    /** A message waits in the session, for a connection, an acknowledgement or room in the send buffer. */
    static void queued(
            SessionServices services, String clientId, Delivery delivery, boolean connected, int queueLength) {
        Message message = delivery.message();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("why", connected ? "window_or_send_buffer_full" : "not_connected");
        fields.put("topic", message.topic());
        fields.put("qos", delivery.qos().value());
        fields.put("queue_length", queueLength);
        TraceSubject subject = TraceSubject.topic(message.topic());
        emit(services, Tag.PUBLISH, Level.DEBUG, "message_queued", clientId, fields, subject);
    }

    /** @param options null if it was removed */
    static void subscription(
            SessionServices services, String clientId, String filter, @Nullable SubscriptionOptions options) {
        List<String> filters = List.of(filter);
        if (services.tracer().selectsByTopic() && services.tracer().wantsFilters(filters)) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("filter", filter);
            if (options != null) {
                fields.put("qos", options.qos().value());
            }
            String msg = options == null ? "subscription_removed" : "subscription_added";
            emit(services, Tag.SUBSCRIBE, Level.DEBUG, msg, clientId, fields, TraceSubject.filters(filters));
        }
    }

    private static TraceSubject subject(String clientId, @Nullable AttachRequest connection, @Nullable String topic) {
        if (connection == null) {
            return new TraceSubject(clientId, null, null, topic, List.of());
        }
        String address = connection.peerAddress();
        boolean bracketed = address.startsWith("[") && address.endsWith("]");
        return new TraceSubject(
                clientId,
                connection.username(),
                bracketed ? address.substring(1, address.length() - 1) : address,
                topic,
                List.of());
    }

    private static boolean wants(Tracer tracer, TraceSubject subject) {
        return tracer.wantsClient(subject.clientId(), subject.username(), subject.address());
    }

    private static void emit(
            SessionServices services,
            Tag tag,
            Level level,
            String msg,
            String clientId,
            Map<String, Object> fields,
            TraceSubject subject) {
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, services.wall().instant());
        services.tracer().emit(new TraceEvent(micros, tag, level, msg, clientId, "", fields), subject);
    }
}
