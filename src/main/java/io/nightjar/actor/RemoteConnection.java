package io.nightjar.actor;

import io.nightjar.message.ClientView;
import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Packet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A Network Connection whose socket is on another node, as its session sees it. What it is told goes to that node's
 * {@link ConnectionGateway}, numbered, so that a loss is noticed: then the connection ends with
 * {@code session_unavailable}, the client returns, and the standard's resend repairs what was lost.
 *
 * <p>{@link #isWritable} is a window: packets and bytes under way that the socket's node has not acknowledged. A node
 * acknowledges only while the socket takes more, so a slow client holds its session back across nodes too.
 *
 * <p>Guarded by itself; called on the session's loop and by the link from the socket's node.
 */
final class RemoteConnection implements Connection {
    /** Views that may wait for their answer at once; a further one is answered as it is. */
    private static final int MOST_QUERIES = 64;

    private final LinkNode here;
    private final String node;
    private final long uid;
    private final long number;
    private final Map<Long, Query> queries = new LinkedHashMap<>();
    private @Nullable SessionLink session;
    private long attachment;
    private long sent;
    private long received;
    private long lastQuery;
    private int packetsUnderWay;
    private long bytesUnderWay;
    private boolean heldBack;
    private boolean ended;

    RemoteConnection(LinkNode here, String node, long uid, long number) {
        this.here = here;
        this.node = node;
        this.uid = uid;
        this.number = number;
    }

    @Override
    public String node() {
        return node;
    }

    long uid() {
        return uid;
    }

    long number() {
        return number;
    }

    @Override
    public void attached(long newAttachment, boolean sessionPresent, SessionLink link) {
        attached(newAttachment, sessionPresent, link, null);
    }

    @Override
    public synchronized void attached(
            long newAttachment, boolean sessionPresent, SessionLink link, @Nullable DisconnectReason displaced) {
        if (ended) {
            return;
        }
        attachment = newAttachment;
        session = link;
        here.remotes().add(this);
        if (!offer(LinkItems.attached(number, ++sent, here.name(), newAttachment, sessionPresent, displaced))) {
            lost("queue_full");
        }
    }

    @Override
    public synchronized void send(Packet packet) {
        if (ended) {
            return;
        }
        byte[] item = LinkItems.packet(number, ++sent, packet);
        if (!offer(item)) {
            lost("queue_full");
            return;
        }
        packetsUnderWay++;
        bytesUnderWay += item.length;
    }

    @Override
    public synchronized boolean isWritable() {
        boolean open = packetsUnderWay < here.settings().connectionPackets()
                && bytesUnderWay < here.settings().connectionBytes();
        heldBack |= !open;
        return open;
    }

    @Override
    public synchronized void end(DisconnectReason reason) {
        if (!ended) {
            over();
            must(LinkItems.end(number, reason));
        }
    }

    @Override
    public void inspect(ClientView view, Consumer<ClientView> reply) {
        synchronized (this) {
            if (!ended && queries.size() < MOST_QUERIES && offer(LinkItems.inspect(number, ++lastQuery, view))) {
                queries.put(lastQuery, new Query(view, reply));
                return;
            }
        }
        reply.accept(view);
    }

    /** A command of the socket for the session. */
    synchronized void onCommand(long sequence, SessionCommand command) {
        SessionLink link = session;
        if (ended || link == null || sequence <= received) {
            return;
        }
        if (sequence > received + 1) {
            lost("gap");
            return;
        }
        received = sequence;
        if (command instanceof SessionCommand.Detach detach && !detach.detail().isClientsLastWord()) {
            over(); // else the session answers what came before and then ends it
        }
        link.tell(command);
    }

    /** Bytes that the socket's node has not acknowledged. */
    synchronized long bytesUnderWay() {
        return bytesUnderWay;
    }

    /** The socket took this much. */
    synchronized void onConsumed(int packets, long bytes) {
        packetsUnderWay = Math.max(0, packetsUnderWay - packets);
        bytesUnderWay = Math.max(0, bytesUnderWay - bytes);
        SessionLink link = session;
        boolean opens = packetsUnderWay * 2L <= here.settings().connectionPackets()
                && bytesUnderWay * 2 <= here.settings().connectionBytes();
        if (heldBack && opens && link != null && !ended) {
            heldBack = false;
            link.tell(new SessionCommand.Writable(attachment, true));
        }
    }

    void onInspected(long query, ClientView view) {
        Query asked;
        synchronized (this) {
            asked = queries.remove(query);
        }
        if (asked != null) {
            asked.reply().accept(view);
        }
    }

    /** The socket was gone before it could be attached. */
    synchronized void onGone() {
        SessionLink link = session;
        if (!ended && link != null) {
            over();
            link.tell(new SessionCommand.Detach(attachment, Detail.SESSION_UNAVAILABLE, null));
        }
    }

    /** The socket's node left the cluster. */
    synchronized void nodeGone() {
        over();
    }

    private boolean offer(byte[] item) {
        return here.lanes(uid).sessions().offer(item, PeerLink.Priority.ORDINARY);
    }

    private void must(byte[] item) {
        here.lanes(uid).sessions().offer(item, PeerLink.Priority.MUST);
    }

    /** Something for or from this connection was lost: it cannot go on, and both sides must know. */
    private void lost(String how) {
        over();
        must(LinkItems.end(
                number, DisconnectReason.of(Detail.SESSION_UNAVAILABLE, "link", how, "session_node", here.name())));
        SessionLink link = session;
        if (link != null) {
            link.tell(new SessionCommand.Detach(attachment, Detail.SESSION_UNAVAILABLE, null));
        }
    }

    private void over() {
        ended = true;
        here.remotes().remove(this);
        queries.values().forEach(query -> query.reply().accept(query.view()));
        queries.clear();
    }

    private record Query(ClientView view, Consumer<ClientView> reply) {}
}
