package io.nightjar.actor;

import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.WireCommands;
import io.nightjar.message.WireInput;
import io.nightjar.message.WireOutput;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The session of a socket of this node, when it lives on another: numbers the commands and puts them into the lane to
 * that node. What the lane cannot take ends the connection with {@code session_unavailable}.
 *
 * <p>Changes of writability do not travel as commands: while the socket takes no more its node owes acknowledgements,
 * and the window of {@link RemoteConnection} closes.
 */
final class RemoteSessionLink implements SessionLink {
    private final LinkNode here;
    private final LocalConnection local;
    private final String node;
    private final long uid;
    private final long attachment;
    private long sent;
    private boolean over;

    RemoteSessionLink(LinkNode here, LocalConnection local, String node, long uid, long attachment) {
        this.here = here;
        this.local = local;
        this.node = node;
        this.uid = uid;
        this.attachment = attachment;
    }

    @Override
    public String node() {
        return node;
    }

    @Override
    public void tell(SessionCommand command) {
        if (command instanceof SessionCommand.Writable writable) {
            if (writable.writable()) {
                settle();
            }
        } else if (!offer(command)) {
            Connection connection = local.connection();
            if (connection != null) {
                connection.end(
                        DisconnectReason.of(Detail.SESSION_UNAVAILABLE, "link", "queue_full", "session_node", node));
            }
        }
    }

    /** Acknowledges what the socket took. */
    void settle() {
        LocalConnection.Consumed consumed = local.settle();
        if (consumed.packets() > 0) {
            here.lanes(uid).sessions().offer(LinkItems.consumed(local.number(), consumed), PeerLink.Priority.MUST);
        }
    }

    /** Tells the session that the connection is over; only the first time counts. */
    void detach(Detail detail) {
        tell(new SessionCommand.Detach(attachment, detail, null));
    }

    private synchronized boolean offer(SessionCommand command) {
        if (over) {
            return true;
        }
        boolean last = command instanceof SessionCommand.Detach;
        WireOutput out = LinkItems.start(LinkItems.COMMAND, local.number(), 64);
        out.writeLong(++sent);
        WireCommands.write(out, command, NoReferences.INSTANCE);
        boolean taken = here.lanes(uid)
                .sessions()
                .offer(out.toArray(), last ? PeerLink.Priority.MUST : PeerLink.Priority.ORDINARY);
        over = last;
        return taken || last;
    }

    /** Commands of an attached connection hold no references; if one ever does, that is our fault and says so. */
    enum NoReferences implements WireCommands.References {
        INSTANCE;

        @Override
        public String address(ActorRef<?> actor) {
            throw new IllegalArgumentException("a connection does not send references to actors");
        }

        @Override
        public <T> ActorRef<T> actor(String address) {
            throw new IllegalArgumentException("a connection does not send references to actors");
        }

        @Override
        public void writeConnection(WireOutput out, Connection connection) {
            throw new IllegalArgumentException("a connection does not attach through its session link");
        }

        @Override
        public Connection readConnection(WireInput in) {
            throw new IllegalArgumentException("a connection does not attach through its session link");
        }
    }
}
