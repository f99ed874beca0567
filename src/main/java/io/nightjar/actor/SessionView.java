package io.nightjar.actor;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.diagnosis.Evidence;
import io.nightjar.diagnosis.Verdicts;
import io.nightjar.message.ClientView;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.session.AttachRequest;
import io.nightjar.session.LastEnd;
import io.nightjar.session.SessionEffects.Drop;
import io.nightjar.session.SessionState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A session as others see it: for the API, and for an end that its connection cannot tell any more. */
final class SessionView {
    private SessionView() {}

    static ClientView of(SessionState state, SessionServices services, String listener, long connectedAtMillis) {
        Map<String, Object> fields = new LinkedHashMap<>();
        AttachRequest connection = state.connection();
        LastEnd lastEnd = state.lastEnd();
        long drift = services.wall().millis() - services.clock().millis();
        fields.put("clientid", state.clientId());
        fields.put("connected", state.isAttached());
        fields.put("session_node", services.node());
        fields.put("created_at", state.createdAtMillis() + drift);
        fields.put("expiry_interval", state.sessionExpirySeconds());
        fields.put("subscriptions_cnt", state.subscriptionCount());
        fields.put("inflight_cnt", state.inflightCount());
        fields.put("mqueue_len", state.queueLength());
        fields.put("mqueue_max", services.limits().queuedMessages());
        fields.put("mqueue_dropped", state.dropped(Drop.QUEUE_FULL));
        fields.put("send_msg.dropped", state.dropped());
        fields.put("send_msg.dropped.expired", state.dropped(Drop.EXPIRED));
        fields.put("send_msg.dropped.queue_full", state.dropped(Drop.QUEUE_FULL));
        fields.put("send_msg.dropped.too_large", state.dropped(Drop.TOO_LARGE));
        fields.put("awaiting_rel_cnt", state.awaitingRelCount());
        fields.put("awaiting_rel_max", services.limits().awaitingRel());
        fields.put("is_bridge", false);
        fields.put("durable", false);
        if (lastEnd != null) {
            fields.put("last_reason", lastEnd.detail().reason().word());
            fields.put("last_detail", lastEnd.detail().word());
            fields.put("last_end_at", lastEnd.atMillis() + drift);
        }
        if (connection != null) {
            came(fields, connection, listener, connectedAtMillis);
            fields.put("node", connection.node());
            fields.put("subscriptions_max", connection.maxSubscriptions());
            fields.put("inflight_max", connection.receiveMaximum());
        } else {
            if (lastEnd != null && lastEnd.connection() != null) {
                came(fields, lastEnd.connection(), listener, connectedAtMillis);
            }
            fields.put("node", services.node());
            fields.put("disconnected_at", state.changedAtMillis() + drift);
            fields.put("is_expired", false);
        }
        return new ClientView(fields);
    }

    /** How the connection came that is attached, or was the last one. */
    private static void came(
            Map<String, Object> fields, AttachRequest connection, String listener, long connectedAtMillis) {
        if (connection.username() != null) {
            fields.put("username", connection.username());
        }
        fields.put("ip_address", connection.peerAddress().replaceAll("[\\[\\]]", ""));
        fields.put(
                "port",
                Integer.parseInt(connection.peer().substring(connection.peer().lastIndexOf(':') + 1)));
        fields.put("listener", listener);
        fields.put("transport", transport(listener));
        fields.put("proto_name", connection.version().protocolName());
        fields.put("proto_ver", connection.version().level());
        fields.put("connected_at", connectedAtMillis);
        fields.put("keepalive", connection.keepAliveSeconds());
        fields.put("clean_start", connection.cleanStart());
    }

    private static String transport(String listener) {
        int colon = listener.indexOf(':');
        return colon < 0 ? listener : listener.substring(0, colon);
    }

    /** The end of a connection whose node left the cluster: what the session knew of it. */
    static ConnectionEnd lost(
            SessionState state, SessionServices services, String listener, long connectedAtMillis, String node) {
        AttachRequest connection = state.connection();
        MqttVersion version = connection == null ? null : connection.version();
        long now = services.wall().millis();
        Evidence evidence = new Evidence(
                state.clientId(),
                connection == null ? null : connection.username(),
                connection == null ? "" : connection.peer(),
                listener,
                transport(listener),
                Map.of(),
                node,
                version == null ? null : version.toString(),
                connection == null ? null : connection.cleanStart(),
                connection == null ? null : connection.keepAliveSeconds(),
                state.sessionExpirySeconds(),
                now - connectedAtMillis,
                Evidence.UNMEASURED,
                Evidence.UNMEASURED,
                Evidence.UNMEASURED,
                Evidence.UNMEASURED,
                Evidence.UNMEASURED,
                Evidence.UNMEASURED,
                null,
                null,
                state.inflightCount(),
                state.queueLength(),
                state.dropped(),
                List.of(),
                List.of(),
                Map.of());
        DisconnectReason reason =
                DisconnectReason.of(Detail.NODE_LOST, "connection_node", node, EndFields.INFERRED, "true");
        return new ConnectionEnd(now, ConnectionEnd.Stage.CONNECTED, reason, evidence, Verdicts.of(reason, evidence));
    }

    /** The subscriptions with the names of the API document. */
    static List<Map<String, Object>> subscriptions(SessionState state, String node) {
        return state.subscriptions().stream()
                .map(subscription -> {
                    Map<String, Object> fields = new LinkedHashMap<>();
                    fields.put("clientid", state.clientId());
                    fields.put("node", node);
                    fields.put("topic", subscription.filter());
                    fields.put("qos", subscription.options().qos().value());
                    fields.put("nl", subscription.options().noLocal() ? 1 : 0);
                    fields.put("rap", subscription.options().retainAsPublished() ? 1 : 0);
                    fields.put("rh", subscription.options().retainHandling());
                    fields.put("durable", false);
                    return fields;
                })
                .toList();
    }
}
