package io.nightjar.message;

/** The session of an attached connection, on this node or another. Thread-safe; never blocks. */
public interface SessionLink {
    void tell(SessionCommand command);

    /** Name of the node that holds the session, for {@code node_lost}. */
    String node();
}
