package io.nightjar.actor;

import io.nightjar.message.Connection;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * A socket of this node that has a number, and where its exchange with a session elsewhere stands. Guarded by itself:
 * the gateway calls it for the link from the session's node, the socket's loop through {@link RemoteSessionLink}.
 */
final class LocalConnection {
    private final long number;
    private final WeakReference<Connection> connection;
    private long sessionUid;
    private long lastSequence;
    private int pendingPackets;
    private long pendingBytes;
    private @Nullable RemoteSessionLink session;

    LocalConnection(long number, WeakReference<Connection> connection) {
        this.number = number;
        this.connection = connection;
    }

    long number() {
        return number;
    }

    @Nullable
    Connection connection() {
        return connection.get();
    }

    synchronized @Nullable RemoteSessionLink session() {
        return session;
    }

    synchronized void session(RemoteSessionLink link) {
        session = link;
    }

    /** Where an item of a session's node stands in the sequence of this connection. */
    synchronized Order take(long uid, long sequence) {
        if (sessionUid == 0) {
            sessionUid = uid;
        }
        if (sessionUid != uid || sequence <= lastSequence) {
            return Order.OLD;
        } else if (sequence > lastSequence + 1) {
            return Order.GAP;
        }
        lastSequence = sequence;
        return Order.NEXT;
    }

    /** A packet was handed to the socket and is not acknowledged to the session's node. */
    synchronized void handedOver(int bytes) {
        pendingPackets++;
        pendingBytes += bytes;
    }

    /** Whether enough is pending to be worth an acknowledgement. */
    synchronized boolean owes(int packets, int bytes) {
        return pendingPackets >= packets || pendingBytes >= bytes;
    }

    /** What is pending, and from now on no more. */
    synchronized Consumed settle() {
        Consumed consumed = new Consumed(pendingPackets, pendingBytes);
        pendingPackets = 0;
        pendingBytes = 0;
        return consumed;
    }

    /** Packets and bytes that a socket took. */
    record Consumed(int packets, long bytes) {}

    enum Order {
        NEXT,
        /** Seen already, or from a node that does not have the session. */
        OLD,
        /** Something between was lost. */
        GAP
    }
}
