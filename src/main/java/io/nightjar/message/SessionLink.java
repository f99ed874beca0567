package io.nightjar.message;

import org.jspecify.annotations.Nullable;

/** The session of an attached connection, on this node or another. Thread-safe; never blocks. */
public interface SessionLink {
    void tell(SessionCommand command);

    /** Name of the node that holds the session, for {@code node_lost}. */
    String node();

    /** What its client has not got yet, or null if that cannot be seen from the calling thread. */
    default @Nullable Backlog backlog() {
        return null;
    }

    /**
     * @param inflight QoS 1 and 2 messages on the way
     * @param queued messages that wait
     * @param dropped messages that were dropped since the Session began
     */
    record Backlog(int inflight, int queued, long dropped) {}
}
