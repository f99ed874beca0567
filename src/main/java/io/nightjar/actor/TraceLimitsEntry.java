package io.nightjar.actor;

import io.nightjar.message.Traces;
import io.nightjar.trace.TraceDefinition;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The limits that were changed while the cluster runs. They reach the other nodes and the disk the way traces do, as an
 * entry under a name that no trace can have.
 */
final class TraceLimitsEntry {
    static final String NAME = "/limits";

    private static final Pattern VALUE = Pattern.compile("max_traces=(\\d{1,9}) max_file_size=(\\d{1,18})");

    private TraceLimitsEntry() {}

    static boolean is(TraceEntry entry) {
        return entry.name().equals(NAME);
    }

    /** @param afterMillis version of the entry before, or 0 */
    static TraceEntry of(Traces.Limits limits, long afterMillis, long nowMillis) {
        String value = "max_traces=" + limits.maxTraces() + " max_file_size=" + limits.maxFileSize();
        TraceDefinition carrier = new TraceDefinition(NAME, "limits", value, 0, 0, "text", "hidden", 0, true);
        return TraceEntry.create(carrier, afterMillis, nowMillis);
    }

    /** What an entry holds, or null if this version cannot read it. */
    static Traces.@Nullable Limits read(TraceEntry entry) {
        Matcher value = VALUE.matcher(entry.definition().value());
        return value.matches()
                ? new Traces.Limits(Integer.parseInt(value.group(1)), Long.parseLong(value.group(2)))
                : null;
    }
}
