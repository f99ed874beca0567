package io.nightjar.actor;

import io.nightjar.message.ClientView;
import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.Wire;
import io.nightjar.message.WireCommands;
import io.nightjar.message.WireInput;
import io.nightjar.message.WirePackets;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Packet;
import java.io.NotSerializableException;
import org.jspecify.annotations.Nullable;

/**
 * Where the lanes for sessions end on this node: what sessions elsewhere say to sockets here, and what sockets elsewhere
 * say to sessions here. Called by the receiver of each peer's lane, in that lane's order; different peers at once.
 *
 * <p>Each connection's items are numbered. A number that is missing means that something was lost on the way; the
 * connection then ends with {@code session_unavailable}, on which the client returns and everything unacknowledged is
 * sent again [5.0/4.4.0-1]: nothing is lost silently.
 */
final class ConnectionGateway implements PeerLinkReceiver.Items {
    private final LinkNode here;

    ConnectionGateway(LinkNode here) {
        this.here = here;
    }

    @Override
    public void accept(long uid, int kind, WireInput in) throws NotSerializableException {
        int itemBytes = 1 + in.remaining(); // all of the item, as its sender counts it into the window
        long number = in.readLong();
        switch (kind) {
            case LinkItems.ATTACHED -> attached(uid, number, in);
            case LinkItems.PACKET -> packet(uid, number, in.readLong(), WirePackets.read(in), itemBytes);
            case LinkItems.END -> end(number, Wire.readDisconnectReason(in));
            case LinkItems.INSPECT -> inspect(uid, number, in.readLong(), Wire.readClientView(in));
            case LinkItems.COMMAND -> {
                long sequence = in.readLong();
                SessionCommand command = WireCommands.read(in, RemoteSessionLink.NoReferences.INSTANCE);
                here.remotes().onCommand(uid, number, sequence, command);
            }
            case LinkItems.CONSUMED, LinkItems.INSPECTED, LinkItems.GONE -> answer(uid, number, kind, in);
            default -> throw in.bad("no item of a session is of kind " + kind);
        }
    }

    private void attached(long uid, long number, WireInput in) throws NotSerializableException {
        long sequence = in.readLong();
        String node = in.readString();
        long attachment = in.readLong();
        boolean sessionPresent = in.readBoolean();
        DisconnectReason displaced = Wire.readNullableReason(in);
        LocalConnection local = here.connections().get(number);
        Connection connection = local == null ? null : local.connection();
        if (local == null || connection == null) {
            here.lanes(uid).sessions().offer(LinkItems.gone(number), PeerLink.Priority.MUST);
        } else if (inOrder(local, connection, uid, sequence)) {
            RemoteSessionLink session = new RemoteSessionLink(here, local, node, uid, attachment);
            local.session(session);
            connection.attached(attachment, sessionPresent, session, displaced);
        }
    }

    private void packet(long uid, long number, long sequence, Packet packet, int bytes) {
        LocalConnection local = here.connections().get(number);
        Connection connection = local == null ? null : local.connection();
        if (local == null || connection == null || !inOrder(local, connection, uid, sequence)) {
            return;
        }
        connection.send(packet);
        local.handedOver(bytes);
        RemoteSessionLink session = local.session();
        boolean worthIt = local.owes(
                Math.max(1, here.settings().connectionPackets() / 4),
                Math.max(1, here.settings().connectionBytes() / 4));
        // First counted, then asked: a socket that becomes writable in between settles what is counted.
        if (worthIt && session != null && connection.isWritable()) {
            session.settle();
        }
    }

    private boolean inOrder(LocalConnection local, Connection connection, long uid, long sequence) {
        LocalConnection.Order order = local.take(uid, sequence);
        if (order == LocalConnection.Order.GAP) {
            RemoteSessionLink session = local.session();
            connection.end(DisconnectReason.of(
                    Detail.SESSION_UNAVAILABLE, "link", "gap", "session_node", session == null ? "" : session.node()));
            if (session != null) {
                session.detach(Detail.SESSION_UNAVAILABLE);
            }
            here.connections().remove(connection);
        }
        return order == LocalConnection.Order.NEXT;
    }

    private void end(long number, DisconnectReason reason) {
        Connection connection = here.connections().connection(number);
        if (connection != null) {
            connection.end(reason);
        }
    }

    private void inspect(long uid, long number, long query, ClientView view) {
        Connection connection = here.connections().connection(number);
        if (connection == null) {
            inspected(uid, number, query, view);
        } else {
            connection.inspect(view, full -> inspected(uid, number, query, full));
        }
    }

    private void inspected(long uid, long number, long query, ClientView view) {
        here.lanes(uid).sessions().offer(LinkItems.inspected(number, query, view), PeerLink.Priority.MUST);
    }

    private void answer(long uid, long number, int kind, WireInput in) throws NotSerializableException {
        @Nullable RemoteConnection remote = here.remotes().get(uid, number);
        if (remote == null) {
            return;
        }
        switch (kind) {
            case LinkItems.CONSUMED -> remote.onConsumed(in.readInt(), in.readLong());
            case LinkItems.INSPECTED -> remote.onInspected(in.readLong(), Wire.readClientView(in));
            default -> remote.onGone();
        }
    }
}
