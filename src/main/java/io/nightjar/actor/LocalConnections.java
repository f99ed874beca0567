package io.nightjar.actor;

import io.nightjar.message.Connection;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of this node whose session is, or may be, on another: each has a number by which the other node names it.
 * A connection gets its number when its {@code Attach} is first written for another node, and loses it at its end.
 *
 * <p>Connections are held weakly, by identity of the object that was attached: whoever owns the socket holds it while it
 * is open. So one that ended while its {@code Attach} was still waiting to be written leaves nothing behind.
 * Thread-safe.
 */
public final class LocalConnections {
    private final AtomicLong lastNumber = new AtomicLong();
    private final Map<Long, LocalConnection> byNumber = new ConcurrentHashMap<>();
    private final Map<Connection, LocalConnection> byConnection = new WeakHashMap<>();

    /** The number of a connection of this node, 1 and up, never used twice; the same for the same connection. */
    public long register(Connection connection) {
        synchronized (byConnection) {
            LocalConnection known = byConnection.get(connection);
            if (known == null) {
                known = new LocalConnection(lastNumber.incrementAndGet(), new WeakReference<>(connection));
                byConnection.put(connection, known);
                byNumber.put(known.number(), known);
            }
            return known.number();
        }
    }

    /** Forgets a connection at its end, if it has a number. */
    public void remove(Connection connection) {
        LocalConnection known;
        synchronized (byConnection) {
            known = byConnection.remove(connection);
        }
        if (known != null) {
            byNumber.remove(known.number());
        }
    }

    /** Connections that have a number. */
    public int size() {
        return byNumber.size();
    }

    @Nullable
    Connection connection(long number) {
        LocalConnection known = byNumber.get(number);
        return known == null ? null : known.connection();
    }

    @Nullable
    LocalConnection get(long number) {
        return byNumber.get(number);
    }

    /** Forgets those whose connection is gone without a word. */
    void sweep() {
        byNumber.values().removeIf(known -> known.connection() == null);
    }
}
