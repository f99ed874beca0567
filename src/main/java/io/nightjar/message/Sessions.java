package io.nightjar.message;

/** The way from a connection to its session, wherever in the cluster that lives. Thread-safe; never blocks. */
public interface Sessions {
    /** Asks the session of the ClientID to take this connection. It answers on the connection. */
    void attach(String clientId, Connection connection, ConnectionInfo info);
}
