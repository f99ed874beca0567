package io.nightjar.app;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Reason;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts every end and writes it as one line to the logger {@code io.nightjar.ends}; in a storm {@link LineBudget} of
 * them, and one line a second that counts the others by reason. A line costs 30 us of CPU from its words to the packed
 * file, more than the rest of an end, and ten thousand of them are read by nobody.
 */
final class EndLog implements Consumer<ConnectionEnd> {
    private static final Logger log = LoggerFactory.getLogger("io.nightjar.ends");

    /** A ClientID may have 65,535 bytes; a trace has all of them, the log does not. */
    private static final int LONGEST_TEXT = 512;

    private final Counters counters;
    private final String node;
    private final InstantSource clock;
    private final LineBudget budget;

    /** @param linesPerSecond most ends that are logged one by one */
    EndLog(Counters counters, String node, int linesPerSecond, InstantSource clock) {
        this.node = node;
        this.counters = counters;
        this.clock = clock;
        this.budget = new LineBudget(linesPerSecond, clock.millis());
    }

    @Override
    public void accept(ConnectionEnd end) {
        counters.ended(
                end.reason().detail(),
                end.verdict().side().toString(),
                end.evidence().listener());
        // The end of a connection that was on a node which is lost is told here, and its beginning was counted there.
        boolean here = end.evidence().node().equals(node);
        if (here && end.stage() == ConnectionEnd.Stage.CONNECTED) {
            counters.increment(Counter.CLIENTS_DISCONNECTED);
        }
        if (log.isInfoEnabled() && budget.take(end.reason().detail().reason(), clock.millis())) {
            log.info(line(end));
        }
    }

    /** Tells in one line of the ends that got none of their own since the last time, and counts the lines that were lost. */
    void tick() {
        counters.add(Counter.LOG_LINES_DROPPED, BoundedAppender.takeDropped());
        Map<Reason, Integer> unlogged = budget.takeUnlogged();
        if (unlogged.isEmpty()) {
            return;
        }
        int count = unlogged.values().stream().mapToInt(Integer::intValue).sum();
        counters.add(Counter.LOG_LINES_DROPPED, count);
        StringBuilder line =
                new StringBuilder(200).append("event=connections_ended count=").append(count);
        unlogged.forEach((reason, n) ->
                line.append(' ').append(reason.word()).append('=').append(n));
        log.info(
                "{} limit=\"nightjar.log.ends-per-second\" advice=\"each is in the flight recorder: GET /disconnects\"",
                line);
    }

    static String line(ConnectionEnd end) {
        StringBuilder line = new StringBuilder(400);
        line.append("event=connection_ended clientid=");
        quote(line, end.evidence().clientId());
        line.append(" peer=").append(end.evidence().peer());
        for (Map.Entry<String, Object> field : EndFields.of(end).entrySet()) {
            line.append(' ').append(field.getKey()).append('=');
            value(line, field.getValue());
        }
        return line.toString();
    }

    /** A value as a log line has it: in quotes unless it is a plain word. */
    static void value(StringBuilder line, Object value) {
        if (value instanceof Number || value instanceof Boolean) {
            line.append(value);
        } else if (value instanceof List<?> list) {
            quote(line, String.join(" ", list.stream().map(String::valueOf).toList()));
        } else {
            String text = value.toString();
            if (isWord(text)) {
                line.append(text);
            } else {
                quote(line, text);
            }
        }
    }

    private static boolean isWord(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** In quotes, cut to a length that a log can bear, with quotes, backslashes and everything that could break or forge a line escaped. */
    static void quote(StringBuilder line, String text) {
        line.append('"');
        for (int i = 0; i < Math.min(text.length(), LONGEST_TEXT); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                line.append('\\').append(c);
            } else if (c < ' ' || c == 0x7F || c >= 0x80 && c < 0xA0 || c == 0x2028 || c == 0x2029) {
                line.append(String.format("\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
        line.append('"');
        if (text.length() > LONGEST_TEXT) {
            line.append("...(").append(text.length()).append(" characters)");
        }
    }
}
