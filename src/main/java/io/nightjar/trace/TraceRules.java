package io.nightjar.trace;

import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.Topics;
import io.nightjar.mqtt.Utf8;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a trace may be and where it stands at a time. Pure; times are milliseconds since 1970. */
public final class TraceRules {
    public static final String CLIENT_ID = "clientid";
    public static final String CLIENT_ID_PREFIX = "clientid_prefix";
    public static final String USERNAME = "username";
    public static final String IP_ADDRESS = "ip_address";
    public static final String TOPIC = "topic";

    /** What a trace may select by. */
    public static final List<String> TYPES = List.of(CLIENT_ID, CLIENT_ID_PREFIX, USERNAME, IP_ADDRESS, TOPIC);

    public static final String TEXT = "text";
    public static final String JSON = "json";

    public static final int MAX_NAME = 256;
    public static final int MAX_PAYLOAD = 65_536;
    /** Bytes of the longest ClientID there can be [5.0/1.5.4]. */
    private static final int MAX_VALUE = 65_535;
    /** The year 9999: what RFC 3339 can say. */
    private static final long MAX_TIME = 253_402_300_799_999L;

    private static final Pattern NAME = Pattern.compile("^[A-Za-z]+[A-Za-z0-9-_]*$");

    private TraceRules() {}

    /** Where a trace stands. */
    public enum Status {
        WAITING("waiting"),
        RUNNING("running"),
        STOPPED("stopped");

        private final String word;

        Status(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /** Whether its lines show what messages say. */
    public static boolean showsPayloads(TraceDefinition trace) {
        return !trace.payloadEncode().equals("hidden");
    }

    /** Running from its start, inclusive, to its end, exclusive, unless an operator stopped it. */
    public static Status status(TraceDefinition trace, long nowMillis) {
        if (trace.stopped() || nowMillis >= trace.endAtMillis()) {
            return Status.STOPPED;
        }
        return nowMillis < trace.startAtMillis() ? Status.WAITING : Status.RUNNING;
    }

    /** The definition as it is kept: a start that is not after now is now. */
    public static TraceDefinition startingAt(TraceDefinition trace, long nowMillis) {
        return with(trace, Math.max(trace.startAtMillis(), nowMillis), trace.endAtMillis(), false);
    }

    /** The definition after an operator stopped it. */
    public static TraceDefinition stopped(TraceDefinition trace) {
        return with(trace, trace.startAtMillis(), trace.endAtMillis(), true);
    }

    private static TraceDefinition with(TraceDefinition trace, long start, long end, boolean stopped) {
        return new TraceDefinition(
                trace.name(),
                trace.type(),
                trace.value(),
                start,
                end,
                trace.formatter(),
                trace.payloadEncode(),
                trace.payloadLimit(),
                stopped);
    }

    /** What is wrong with a new definition and how to mend it, or null. The start is already {@link #startingAt}. */
    public static @Nullable String problem(TraceDefinition trace) {
        if (trace.name().length() > MAX_NAME || !NAME.matcher(trace.name()).matches()) {
            return "name must be letters, digits, - and _, start with a letter and have at most " + MAX_NAME
                    + " characters";
        }
        if (!TYPES.contains(trace.type())) {
            return "type must be one of " + String.join(", ", TYPES);
        }
        String value = valueProblem(trace.type(), trace.value());
        if (value != null) {
            return value;
        }
        if (!List.of(TEXT, JSON).contains(trace.formatter())) {
            return "formatter must be text or json";
        }
        if (!List.of(PayloadFormat.TEXT, PayloadFormat.HEX, PayloadFormat.HIDDEN)
                .contains(trace.payloadEncode())) {
            return "payload_encode must be text, hex or hidden";
        }
        if (trace.payloadLimit() < 0 || trace.payloadLimit() > MAX_PAYLOAD) {
            return "payload_limit must be 0 to " + MAX_PAYLOAD + " bytes";
        }
        return timeProblem(trace);
    }

    private static @Nullable String valueProblem(String type, String value) {
        if (value.isEmpty() || Utf8.size(value) > MAX_VALUE) {
            return type + " must have 1 to " + MAX_VALUE + " bytes in UTF-8";
        }
        if (value.indexOf('\0') >= 0) {
            return type + " must not hold U+0000: no client can send that [5.0/1.5.4-2]";
        }
        if (type.equals(IP_ADDRESS) && Cidr.parse(value) == null) {
            return "ip_address must be an IPv4 or IPv6 address such as 10.1.2.3 or fd00::1, or a range such as"
                    + " 10.1.0.0/16";
        }
        return type.equals(TOPIC) ? topicProblem(value) : null;
    }

    private static @Nullable String topicProblem(String value) {
        if (Topics.isShared(value)) {
            return "topic must be a topic filter without $share: name the filter behind the group, such as "
                    + "devices/# for $share/group/devices/#";
        }
        Topics.Fault fault = Topics.filterFault(value, Integer.MAX_VALUE);
        return fault == null ? null : "topic must be a topic filter such as devices/+/state: " + fault.problem();
    }

    private static @Nullable String timeProblem(TraceDefinition trace) {
        if (trace.endAtMillis() > MAX_TIME) {
            return "end_at must be before the year 10000";
        }
        if (trace.endAtMillis() <= trace.startAtMillis()) {
            return "end_at must be after start_at and after now; the trace would start at "
                    + Instant.ofEpochMilli(trace.startAtMillis());
        }
        return null;
    }

    /** Whether both select the same and would at some time run together. */
    public static boolean duplicates(TraceDefinition a, TraceDefinition b) {
        return !a.stopped()
                && !b.stopped()
                && a.type().equals(b.type())
                && sameValue(a.type(), a.value(), b.value())
                && a.startAtMillis() < b.endAtMillis()
                && b.startAtMillis() < a.endAtMillis();
    }

    /** Two texts may mean one range of addresses: 10.1.2.3/16 and 10.1.0.0/16. */
    private static boolean sameValue(String type, String a, String b) {
        if (!type.equals(IP_ADDRESS)) {
            return a.equals(b);
        }
        Cidr range = Cidr.parse(a);
        return range != null && range.equals(Cidr.parse(b));
    }
}
