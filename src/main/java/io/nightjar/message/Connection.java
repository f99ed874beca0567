package io.nightjar.message;

import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Packet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A Network Connection as its session sees it: the Netty channel itself when both are on one node, a batch to the other
 * node's gateway when not. The session cannot tell. Safe to call from any thread; nothing here blocks.
 */
public interface Connection {
    /** The session is this connection's now. CONNACK goes out; packets that follow carry the attachment number. */
    void attached(long attachment, boolean sessionPresent, SessionLink session);

    /** As {@link #attached(long, boolean, SessionLink)}; {@code displaced} is why the connection before it ended, if so. */
    default void attached(
            long attachment, boolean sessionPresent, SessionLink session, @Nullable DisconnectReason displaced) {
        attached(attachment, sessionPresent, session);
    }

    /** When the client was last heard of, in the node's clock, or {@link Long#MIN_VALUE} if that is not at hand. */
    default long lastHeardMillis() {
        return Long.MIN_VALUE;
    }

    /** Sends a packet; one flush for all packets of one turn of the event loop. Ignored once the connection ended. */
    void send(Packet packet);

    /** Whether the send buffer takes more. If not, {@link SessionCommand.Writable} comes when it does again. */
    boolean isWritable();

    /** Ends the connection for this reason, or refuses it if it is not attached yet. The first end is the only one. */
    void end(DisconnectReason reason);

    /** Adds what only the connection knows (its counters) to a view of the client and hands it on. */
    void inspect(ClientView view, Consumer<ClientView> reply);

    /** Name of the node that holds the socket. */
    String node();
}
