package io.nightjar.diagnosis;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Many connections that ended for one reason at one place and time.
 *
 * @param value the address, network, listener or node; empty for an instant
 * @param reason word of their reason
 * @param detail word of their detail, or null if they have several
 * @param details how many of each
 * @param clients different ClientIDs, exact up to 255
 * @param fromMillis time of the first, milliseconds since 1970
 * @param toMillis time of the last
 * @param idle how long they had been idle, or null if that is unknown
 * @param clientIds some of them, at most 5
 */
public record Storm(
        Cause cause,
        String value,
        String reason,
        @Nullable String detail,
        Map<String, Long> details,
        long count,
        long clients,
        long fromMillis,
        long toMillis,
        @Nullable Idle idle,
        Verdict verdict,
        List<String> clientIds) {
    public Storm {
        details = Map.copyOf(details);
        clientIds = List.copyOf(clientIds);
    }
}
