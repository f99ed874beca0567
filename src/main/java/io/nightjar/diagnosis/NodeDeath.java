package io.nightjar.diagnosis;

import io.nightjar.mqtt.Detail;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The ends of connections whose node died before it could tell them. They are inferred at its next start, and say so: what
 * was not measured is absent.
 */
public final class NodeDeath {
    /** What is known of a connection since it began, of the fields of {@link RecordedEvent.Kind#CONNECTED}. */
    private static final List<String> KNOWN = List.of(
            "username",
            "listener",
            "certificate_subject",
            "protocol_version",
            "clean_start",
            "keep_alive_s",
            "session_expiry_s");

    /** The fields of a connect that {@link #show} looks at. */
    public static final Set<String> FIELDS = Set.copyOf(KNOWN);

    private NodeDeath() {}

    /** Shows why all of them ended. */
    public static void show(String node, EndFields.Sink sink) {
        sink.text("reason", Detail.NODE_LOST.reason().word());
        sink.text("detail", Detail.NODE_LOST.word());
        sink.text("side", Verdict.Side.SERVER.toString());
        sink.text("confidence", Verdict.Confidence.CERTAIN.toString());
        sink.text("connection_node", node);
        sink.flag(EndFields.INFERRED, true);
        sink.text(
                "advice",
                // The same for all, so that a recorder holds it once.
                "the node died and told no ends, so this one was inferred when it was started again: see why it died, in its"
                        + " last lines of log and in the kernel's");
        sink.text("node", node);
    }

    /**
     * Shows the end of one of them.
     *
     * @param connected how it began
     * @param atMillis when the node was last known to be alive
     */
    public static void show(String node, RecordedEvent connected, long atMillis, EndFields.Sink sink) {
        show(node, sink);
        Map<String, Object> fields = connected.fields();
        for (String name : KNOWN) {
            Object value = fields.get(name);
            if (value instanceof Boolean flag) {
                sink.flag(name, flag);
            } else if (value instanceof Integer number) {
                sink.number(name, (int) number);
            } else if (value instanceof Number number) {
                sink.number(name, number.longValue());
            } else if (value != null) {
                sink.text(name, value.toString());
            }
        }
        String listener = connected.text("listener");
        if (listener != null) {
            int colon = listener.indexOf(':');
            sink.text("transport", colon < 0 ? listener : listener.substring(0, colon));
        }
        sink.number("connected_for_ms", Math.max(0, atMillis - connected.atMillis()));
    }
}
