package io.nightjar.actor;

import io.nightjar.message.SessionCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The connections on other nodes that are attached to sessions of this node, by node and number. Thread-safe. */
final class RemoteConnections {
    private final Map<Key, RemoteConnection> attached = new ConcurrentHashMap<>();

    void add(RemoteConnection connection) {
        attached.put(new Key(connection.uid(), connection.number()), connection);
    }

    void remove(RemoteConnection connection) {
        attached.remove(new Key(connection.uid(), connection.number()), connection);
    }

    @Nullable
    RemoteConnection get(long uid, long number) {
        return attached.get(new Key(uid, number));
    }

    int size() {
        return attached.size();
    }

    /** A command of a socket's node for its session. One for a connection that ended here is old and dropped. */
    void onCommand(long uid, long number, long sequence, SessionCommand command) {
        RemoteConnection connection = get(uid, number);
        if (connection != null) {
            connection.onCommand(sequence, command);
        }
    }

    /** A node left: its sockets are gone. Their sessions hear of it as {@link SessionCommand.NodeLost}. */
    void nodeGone(long uid) {
        List<RemoteConnection> lost = new ArrayList<>();
        attached.forEach((key, connection) -> {
            if (key.uid() == uid) {
                lost.add(connection);
            }
        });
        lost.forEach(RemoteConnection::nodeGone);
    }

    private record Key(long uid, long number) {}
}
