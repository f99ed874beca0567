package io.nightjar.actor;

import io.nightjar.message.HeldMessages;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Message;
import io.nightjar.session.HeldMessage;
import io.nightjar.session.SessionState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages that a session holds, by the names of the API document; a page of them that fits between nodes. */
final class HeldView {
    /** Names and numbers of one message. */
    private static final int MESSAGE_BYTES = 250;

    private final long drift;
    private final HeldMessages.Query query;
    private int payloadLeft;

    /** A message with a topic and a ClientID of the greatest lengths still fits beside these. */
    private int othersLeft = HeldMessages.BYTES_MAX / 2;

    private HeldView(SessionServices services, HeldMessages.Query query) {
        this.drift = services.wall().millis() - services.clock().millis();
        this.query = query;
        this.payloadLeft = query.payload() ? Math.min(query.maxPayloadBytes(), HeldMessages.BYTES_MAX) : 0;
    }

    static HeldMessages of(SessionState state, SessionServices services, HeldMessages.Query query) {
        @Nullable
        List<HeldMessage> held = query.inflight()
                ? state.inflight(query.after(), query.limit() + 1)
                : state.waiting(query.after(), query.limit() + 1);
        return held == null ? new HeldMessages(true, true, List.of(), null) : new HeldView(services, query).page(held);
    }

    private HeldMessages page(List<HeldMessage> held) {
        List<Map<String, Object>> messages = new ArrayList<>();
        for (HeldMessage one : held) {
            boolean first = messages.isEmpty();
            if (messages.size() == query.limit() || !first && !takes(one.delivery())) {
                return new HeldMessages(
                        true, false, messages, held.get(messages.size() - 1).position());
            }
            messages.add(fields(one));
        }
        return new HeldMessages(true, false, messages, null);
    }

    private boolean takes(@Nullable Delivery delivery) {
        int payload = delivery == null || !query.payload()
                ? 0
                : delivery.message().payload().size();
        return weight(delivery) <= othersLeft && payload <= payloadLeft;
    }

    /** Bytes on the way between nodes, about, without the payload. */
    private static int weight(@Nullable Delivery delivery) {
        return delivery == null
                ? MESSAGE_BYTES
                : MESSAGE_BYTES
                        + 3
                                * (delivery.message().topic().length()
                                        + delivery.message().publisher().length());
    }

    private Map<String, Object> fields(HeldMessage held) {
        Map<String, Object> fields = new LinkedHashMap<>();
        Delivery delivery = held.delivery();
        othersLeft -= weight(delivery);
        if (held.packetId() > 0) {
            fields.put("packet_id", held.packetId());
            fields.put("state", delivery == null ? "released" : "sent");
        }
        if (delivery == null) {
            return fields;
        }
        Message message = delivery.message();
        fields.put("topic", message.topic());
        fields.put("qos", delivery.qos().value());
        fields.put("retain", delivery.retain());
        fields.put("publish_at", message.createdAtMillis() + drift);
        if (!message.publisher().isEmpty()) {
            fields.put("from_clientid", message.publisher());
        }
        fields.put("payload_bytes", message.payload().size());
        if (query.payload()) {
            payload(fields, message);
        }
        return fields;
    }

    private void payload(Map<String, Object> fields, Message message) {
        int size = Math.min(message.payload().size(), payloadLeft);
        fields.put("payload", Arrays.copyOf(message.payload().toArray(), size));
        if (size < message.payload().size()) {
            fields.put("payload_truncated", true);
        }
        payloadLeft -= size;
    }
}
