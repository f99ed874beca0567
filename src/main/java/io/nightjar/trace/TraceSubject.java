package io.nightjar.trace;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whom and what an event is about, as far as it is known at that moment: what traces select by. A part that is null or
 * empty selects nothing.
 *
 * @param clientId raw
 * @param username as authenticated, or as claimed until then
 * @param address IP address without port and brackets; behind a proxy the client's
 * @param topic Topic Name of the message it is about
 * @param filters Topic Filters it is about, shared ones with their group
 */
public record TraceSubject(
        @Nullable String clientId,
        @Nullable String username,
        @Nullable String address,
        @Nullable String topic,
        List<String> filters) {

    public TraceSubject {
        filters = List.copyOf(filters);
    }

    /** A client and nothing else. */
    public static TraceSubject client(@Nullable String clientId, @Nullable String username, @Nullable String address) {
        return new TraceSubject(clientId, username, address, null, List.of());
    }

    /** A message and no client. */
    public static TraceSubject topic(String topic) {
        return new TraceSubject(null, null, null, topic, List.of());
    }

    /** Topic Filters and no client. */
    public static TraceSubject filters(List<String> filters) {
        return new TraceSubject(null, null, null, null, filters);
    }
}
