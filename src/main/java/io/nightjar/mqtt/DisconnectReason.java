package io.nightjar.mqtt;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why one Network Connection ended: born once, in the room that knows.
 *
 * @param detail the cause; it names the reason
 * @param code the Reason Code on the wire where it differs from the detail's own (server_busy by rate, drain), else null
 * @param facts what this cause alone knows (the rule that denied, the byte that was wrong, who kicked), in order;
 *     measured facts of the connection are not here but in the evidence
 */
public record DisconnectReason(Detail detail, @Nullable ReasonCode code, Map<String, String> facts) {
    public DisconnectReason {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }

    public static DisconnectReason of(Detail detail) {
        return new DisconnectReason(detail, null, Map.of());
    }

    /** Facts as name, value, name, value. */
    public static DisconnectReason of(Detail detail, String... namesAndValues) {
        Map<String, String> facts = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            facts.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new DisconnectReason(detail, null, facts);
    }

    public DisconnectReason withCode(ReasonCode other) {
        return new DisconnectReason(detail, other, facts);
    }

    /** This reason with one more fact at the end. */
    public DisconnectReason with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(facts);
        more.put(name, value);
        return new DisconnectReason(detail, code, more);
    }

    public Reason reason() {
        return detail.reason();
    }

    /** The Reason Code for the wire, or null where nothing can be sent. */
    public @Nullable ReasonCode wireCode() {
        return code != null ? code : detail.code();
    }
}
