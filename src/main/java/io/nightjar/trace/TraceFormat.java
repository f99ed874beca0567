package io.nightjar.trace;

import io.nightjar.mqtt.Bytes;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The lines of one trace. An event is exactly one line, whatever a client put into it, and a value cannot pass for
 * another field: what is not plain is quoted as a JSON string.
 *
 * <pre>{@code
 * 2026-11-23T14:05:09.123456Z [MQTT] dev-1@10.0.0.7:40000 msg: mqtt_packet_received, packet: PUBLISH(Q1, R0, D0, ...)
 * {"time":"2026-11-23T14:05:09.123456Z","level":"debug","msg":"mqtt_packet_received","meta":{"trace_tag":"MQTT",...}}
 * }</pre>
 *
 * Immutable, any thread.
 */
public final class TraceFormat {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Set<String> OWN_NAMES = Set.of("trace_tag", "clientid", "peername", "packet");
    private static final int STRING_LIMIT = 4096;
    private static final int LIST_LIMIT = 64;

    private final boolean json;
    private final PayloadFormat payloads;
    private final PacketFormat packets;

    private TraceFormat(boolean json, PayloadFormat payloads) {
        this.json = json;
        this.payloads = payloads;
        this.packets = new PacketFormat(payloads);
    }

    public static TraceFormat of(TraceDefinition definition) {
        return new TraceFormat(
                definition.formatter().equals(TraceRules.JSON),
                new PayloadFormat(definition.payloadEncode(), definition.payloadLimit()));
    }

    /** The line without its line feed. */
    public String line(TraceEvent event) {
        return json ? jsonLine(event) : textLine(event);
    }

    /** A time as it opens a line. */
    public static String time(long micros) {
        return TIME.format(
                Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000));
    }

    private String textLine(TraceEvent event) {
        StringBuilder out = new StringBuilder(256);
        out.append(time(event.atMicros())).append(" [").append(event.tag()).append("] ");
        if (event.clientId().isEmpty() && event.peer().isEmpty()) {
            out.append('-');
        } else {
            LineText.plainOrQuoted(out, event.clientId(), " @[]", STRING_LIMIT);
            if (!event.peer().isEmpty()) {
                LineText.plainOrQuoted(out.append('@'), event.peer(), " @", STRING_LIMIT);
            }
        }
        LineText.plainOrQuoted(out.append(" msg: "), event.msg(), " :", STRING_LIMIT);
        if (event.packet() != null) {
            out.append(", packet: ").append(packets.format(event.packet()));
        }
        for (Map.Entry<String, Object> field : event.fields().entrySet()) {
            LineText.plainOrQuoted(out.append(", "), field.getKey(), " :", STRING_LIMIT);
            textValue(out.append(": "), field.getValue());
        }
        return out.toString();
    }

    private void textValue(StringBuilder out, Object value) {
        if (value instanceof Bytes bytes) {
            payloads.write(out, bytes);
        } else if (value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof List<?> list) {
            out.append('[');
            for (int i = 0; i < Math.min(list.size(), LIST_LIMIT); i++) {
                LineText.plainOrQuoted(out.append(i == 0 ? "" : ", "), String.valueOf(list.get(i)), "[]", STRING_LIMIT);
            }
            if (list.size() > LIST_LIMIT) {
                out.append(", ...(").append(list.size() - LIST_LIMIT).append(" more)");
            }
            out.append(']');
        } else {
            LineText.plainOrQuoted(out, String.valueOf(value), "", STRING_LIMIT);
        }
    }

    private String jsonLine(TraceEvent event) {
        StringBuilder out = new StringBuilder(384);
        out.append("{\"time\":\"").append(time(event.atMicros()));
        out.append("\",\"level\":\"").append(event.level().name().toLowerCase(Locale.ROOT));
        LineText.quoted(out.append("\",\"msg\":"), event.msg(), STRING_LIMIT);
        out.append(",\"meta\":{\"trace_tag\":\"").append(event.tag()).append('"');
        LineText.quoted(out.append(",\"clientid\":"), event.clientId(), STRING_LIMIT);
        LineText.quoted(out.append(",\"peername\":"), event.peer(), STRING_LIMIT);
        if (event.packet() != null) {
            LineText.quoted(out.append(",\"packet\":"), packets.format(event.packet()), Integer.MAX_VALUE);
        }
        for (Map.Entry<String, Object> field : event.fields().entrySet()) {
            String name = OWN_NAMES.contains(field.getKey()) ? field.getKey() + "_" : field.getKey();
            LineText.quoted(out.append(','), name, STRING_LIMIT);
            jsonValue(out.append(':'), field.getValue());
        }
        return out.append("}}").toString();
    }

    private void jsonValue(StringBuilder out, Object value) {
        if (value instanceof Bytes bytes) {
            StringBuilder payload = new StringBuilder();
            payloads.write(payload, bytes);
            LineText.quoted(out, payload.toString(), Integer.MAX_VALUE);
        } else if (value instanceof Long || value instanceof Integer || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof Double number && Double.isFinite(number)) {
            out.append(value);
        } else if (value instanceof List<?> list) {
            out.append('[');
            for (int i = 0; i < Math.min(list.size(), LIST_LIMIT); i++) {
                jsonValue(out.append(i == 0 ? "" : ","), String.valueOf(list.get(i)));
            }
            out.append(']');
        } else {
            LineText.quoted(out, String.valueOf(value), STRING_LIMIT);
        }
    }
}
