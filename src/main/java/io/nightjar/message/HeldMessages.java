package io.nightjar.message;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages that a session holds for its client, a page of them.
 *
 * @param found whether there is such a session
 * @param stale whether the position asked for is gone, so that nobody knows what follows it
 * @param messages each with {@code topic, qos, retain, publish_at, from_clientid, payload_bytes}, in flight with
 *     {@code packet_id, state}, and where asked for {@code payload} (byte[]) and {@code payload_truncated}
 * @param next position to go on from, or null if that was all
 */
public record HeldMessages(boolean found, boolean stale, List<Map<String, Object>> messages, @Nullable String next) {
    /** Most bytes of topics and payloads in a page: it must fit into one message between nodes. */
    public static final int BYTES_MAX = 128 << 10;

    /** There is no such session. */
    public static final HeldMessages NONE = new HeldMessages(false, false, List.of(), null);

    /**
     * @param inflight those in flight; else those that wait
     * @param after where the page before ended, or empty
     * @param limit most messages
     * @param maxPayloadBytes most bytes of payloads, at most {@link #BYTES_MAX}; a payload that is longer by itself is
     *     cut
     * @param payload whether payloads are wanted
     */
    public record Query(boolean inflight, String after, int limit, int maxPayloadBytes, boolean payload) {}
}
