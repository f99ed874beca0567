package io.nightjar.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.message.ConnectedClient;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the event of a client says and where: its topic, and its JSON with the fields that EMQX 5 has, by their names,
 * and ours behind them. Pure.
 */
final class ClientEventText {
    /** Longest topic that MQTT can carry, in bytes [5.0/1.5.4]; what is left is ASCII or counted. */
    private static final int LONGEST_TOPIC = 65_535;

    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private ClientEventText() {}

    /**
     * {@code $SYS/brokers/<node>/clients/<clientid>/<event>}. In the ClientID, {@code / + # %}, control characters and
     * what a strict client would not take for text stand as the {@code %XX} of their UTF-8 bytes, so that it is one level
     * and can be read back. One that is too long for a topic is cut and ends in a bare {@code %}, which nothing else does;
     * the JSON has it whole.
     */
    static String topic(String node, String clientId, String event) {
        String before = "$SYS/brokers/" + node + "/clients/";
        int room = LONGEST_TOPIC - before.length() - event.length() - 2;
        return before + level(clientId, room) + "/" + event;
    }

    private static String level(String clientId, int room) {
        StringBuilder level = new StringBuilder(clientId.length() + 16);
        int bytes = 0;
        for (int i = 0; i < clientId.length(); ) {
            int c = clientId.codePointAt(i);
            String text = Character.toString(c);
            String shown = needsEscape(c) ? escaped(text) : text;
            bytes += c < 0x80 ? shown.length() : shown.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > room) {
                return level.append('%').toString();
            }
            level.append(shown);
            i += text.length();
        }
        return level.toString();
    }

    private static boolean needsEscape(int c) {
        return c == '/'
                || c == '+'
                || c == '#'
                || c == '%'
                || Character.isISOControl(c)
                || c >= 0xD800 && c <= 0xDFFF
                || c >= 0xFDD0 && c <= 0xFDEF
                || (c & 0xFFFE) == 0xFFFE;
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(12);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            escaped.append('%').append(HEX.toHexDigits(b));
        }
        return escaped.toString();
    }

    /** JSON of {@code connected}. {@code expiry_interval} is in seconds, times are milliseconds since 1970. */
    static byte[] connected(ConnectedClient client, boolean sessionPresent, long nowMillis) {
        Map<String, Object> fields = common(client, nowMillis);
        put(fields, "keepalive", client.keepAliveSeconds());
        put(fields, "clean_start", client.cleanStart());
        put(fields, "expiry_interval", client.sessionExpirySeconds());
        fields.put("connack", 0); // only who was accepted is connected
        fields.put("session_present", sessionPresent);
        fields.put("peer", client.peer());
        fields.put("listener", client.listener());
        fields.put("transport", client.transport());
        fields.put("node", client.node());
        return json(fields);
    }

    /** JSON of {@code disconnected}: {@code reason} is one of our eight words, then all that is known of the end. */
    static byte[] disconnected(ConnectedClient client, ConnectionEnd end, long nowMillis) {
        Map<String, Object> fields = common(client, nowMillis);
        fields.put("reason", end.reason().reason().word());
        fields.put("disconnected_at", end.atMillis());
        put(fields, "keepalive", client.keepAliveSeconds());
        put(fields, "clean_start", client.cleanStart());
        fields.put("peer", client.peer());
        EndFields.of(end).forEach(fields::putIfAbsent);
        return json(fields);
    }

    private static Map<String, Object> common(ConnectedClient client, long nowMillis) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("clientid", client.clientId());
        fields.put("username", client.username()); // null: it gave none
        put(fields, "ipaddress", client.address().isEmpty() ? null : client.address());
        put(fields, "sockport", client.localPort());
        fields.put("protocol", "mqtt");
        if (client.version() != null) {
            fields.put("proto_name", client.version().protocolName());
            fields.put("proto_ver", client.version().level());
        }
        fields.put("connected_at", client.connectedAtMillis());
        fields.put("ts", nowMillis);
        return fields;
    }

    private static void put(Map<String, Object> fields, String name, @Nullable Object value) {
        if (value != null) {
            fields.put(name, value);
        }
    }

    /** By way of a String: half of a surrogate pair becomes a question mark there instead of an exception. */
    private static byte[] json(Map<String, Object> fields) {
        try {
            return MAPPER.writeValueAsString(fields).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("names, numbers and texts can always be written", e);
        }
    }
}
