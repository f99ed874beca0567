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
    /** True of an end that nobody saw. */
    public static final String INFERRED = "inferred";

    private EndFields() {}

    /** Where the names and values go, one call each. Of two equal names the earlier counts. */
    public interface Sink {
        void text(String name, String value);

        void number(String name, long value);

        void number(String name, int value);

        void flag(String name, boolean value);

        /** @param marks at least one */
        void marks(String name, List<Evidence.PacketMark> marks);
    }

    /** Values are String, Number, Boolean or a List of String. Of two equal names the earlier stays. */
    public static Map<String, Object> of(ConnectionEnd end) {
        MapSink sink = new MapSink();
        show(end, sink);
        return Collections.unmodifiableMap(sink.fields);
    }

    /** Shows them one after the other, without a map between. */
    public static void show(ConnectionEnd end, Sink sink) {
        sink.text("reason", end.reason().reason().word());
        sink.text("detail", end.reason().detail().word());
        sink.text("side", end.verdict().side().toString());
        sink.text("confidence", end.verdict().confidence().toString());
        ReasonCode code = end.reason().wireCode();
        text(sink, "reason_code", code == null ? null : code.hex());
        end.reason().facts().forEach((name, value) -> {
            if (name.equals(INFERRED)) {
                sink.flag(name, true);
            } else {
                sink.text(name, value);
            }
        });
        String advice = end.verdict().advice();
        text(sink, "advice", advice.isEmpty() ? null : advice);
        showEvidence(end.evidence(), sink);
    }

    private static void showEvidence(Evidence evidence, Sink sink) {
        text(sink, "username", evidence.username());
        sink.text("listener", evidence.listener());
        sink.text("transport", evidence.transport());
        texts(sink, evidence.carrier());
        sink.text("node", evidence.node());
        text(sink, "protocol_version", evidence.protocolVersion());
        Boolean cleanStart = evidence.cleanStart();
        if (cleanStart != null) {
            sink.flag("clean_start", cleanStart);
        }
        number(sink, "keep_alive_s", evidence.keepAliveSeconds());
        number(sink, "session_expiry_s", evidence.sessionExpirySeconds());
        sink.number("connected_for_ms", evidence.connectedForMillis());
        measured(sink, "packets_in", evidence.packetsIn());
        measured(sink, "packets_out", evidence.packetsOut());
        measured(sink, "messages_in", evidence.messagesIn());
        measured(sink, "messages_out", evidence.messagesOut());
        measured(sink, "bytes_in", evidence.bytesIn());
        measured(sink, "bytes_out", evidence.bytesOut());
        number(sink, "last_in_age_ms", evidence.lastInAgeMillis());
        number(sink, "last_out_age_ms", evidence.lastOutAgeMillis());
        number(sink, "inflight", evidence.inflight());
        number(sink, "queued", evidence.queued());
        sink.number("dropped", evidence.dropped());
        marks(sink, "last_in", evidence.lastIn());
        marks(sink, "last_out", evidence.lastOut());
        values(sink, evidence.socket());
    }

    private static void measured(Sink sink, String name, long value) {
        if (value != Evidence.UNMEASURED) {
            sink.number(name, value);
        }
    }

    private static void text(Sink sink, String name, @Nullable String value) {
        if (value != null) {
            sink.text(name, value);
        }
    }

    private static void texts(Sink sink, Map<String, String> texts) {
        if (!texts.isEmpty()) {
            texts.forEach(sink::text);
        }
    }

    private static void values(Sink sink, Map<String, Object> values) {
        values.forEach((name, value) -> {
            if (value instanceof Number number) {
                sink.number(name, number.longValue());
            } else {
                sink.text(name, value.toString());
            }
        });
    }

    private static void number(Sink sink, String name, @Nullable Long value) {
        if (value != null) {
            sink.number(name, (long) value);
        }
    }

    private static void number(Sink sink, String name, @Nullable Integer value) {
        if (value != null) {
            sink.number(name, (int) value);
        }
    }

    private static void marks(Sink sink, String name, List<Evidence.PacketMark> marks) {
        if (!marks.isEmpty()) {
            sink.marks(name, marks);
        }
    }

    private static final class MapSink implements Sink {
        private final Map<String, Object> fields = new LinkedHashMap<>();

        @Override
        public void text(String name, String value) {
            fields.putIfAbsent(name, value);
        }

        @Override
        public void number(String name, long value) {
            fields.putIfAbsent(name, value);
        }

        @Override
        public void number(String name, int value) {
            fields.putIfAbsent(name, value);
        }

        @Override
        public void flag(String name, boolean value) {
            fields.putIfAbsent(name, value);
        }

        @Override
        public void marks(String name, List<Evidence.PacketMark> marks) {
            fields.putIfAbsent(
                    name, marks.stream().map(Evidence.PacketMark::toString).toList());
        }
    }
}
