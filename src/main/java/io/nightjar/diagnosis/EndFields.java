package io.nightjar.diagnosis;

import io.nightjar.mqtt.ReasonCode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An end as names and values in one order, the same for the log line, the trace and every answer: first what it was and
 * whose side it came from, then the facts of the cause, then the evidence. What is unknown is absent. ClientID and peer
 * are not here, since a line names them in its own place.
 */
public final class EndFields {
    private EndFields() {}

    /** Values are String, Number, Boolean or a List of String. Of two equal names the earlier stays. */
    public static Map<String, Object> of(ConnectionEnd end) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("reason", end.reason().reason().word());
        fields.put("detail", end.reason().detail().word());
        fields.put("side", end.verdict().side().toString());
        fields.put("confidence", end.verdict().confidence().toString());
        ReasonCode code = end.reason().wireCode();
        add(fields, "reason_code", code == null ? null : code.hex());
        end.reason().facts().forEach((name, value) -> add(fields, name, value));
        String advice = end.verdict().advice();
        add(fields, "advice", advice.isEmpty() ? null : advice);
        addEvidence(fields, end.evidence());
        return Collections.unmodifiableMap(fields);
    }

    private static void addEvidence(Map<String, Object> fields, Evidence evidence) {
        add(fields, "username", evidence.username());
        add(fields, "listener", evidence.listener());
        add(fields, "transport", evidence.transport());
        evidence.carrier().forEach((name, value) -> add(fields, name, value));
        add(fields, "node", evidence.node());
        add(fields, "protocol_version", evidence.protocolVersion());
        add(fields, "clean_start", evidence.cleanStart());
        add(fields, "keep_alive_s", evidence.keepAliveSeconds());
        add(fields, "session_expiry_s", evidence.sessionExpirySeconds());
        add(fields, "connected_for_ms", evidence.connectedForMillis());
        add(fields, "packets_in", evidence.packetsIn());
        add(fields, "packets_out", evidence.packetsOut());
        add(fields, "messages_in", evidence.messagesIn());
        add(fields, "messages_out", evidence.messagesOut());
        add(fields, "bytes_in", evidence.bytesIn());
        add(fields, "bytes_out", evidence.bytesOut());
        add(fields, "last_in_age_ms", evidence.lastInAgeMillis());
        add(fields, "last_out_age_ms", evidence.lastOutAgeMillis());
        add(fields, "inflight", evidence.inflight());
        add(fields, "queued", evidence.queued());
        add(fields, "dropped", evidence.dropped());
        add(fields, "last_in", marks(evidence.lastIn()));
        add(fields, "last_out", marks(evidence.lastOut()));
        evidence.socket().forEach((name, value) -> add(fields, name, value));
    }

    private static @Nullable List<String> marks(List<Evidence.PacketMark> marks) {
        return marks.isEmpty()
                ? null
                : marks.stream().map(Evidence.PacketMark::toString).toList();
    }

    private static void add(Map<String, Object> fields, String name, @Nullable Object value) {
        if (value != null) {
            fields.putIfAbsent(name, value);
        }
    }
}
