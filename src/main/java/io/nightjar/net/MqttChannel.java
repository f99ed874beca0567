package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.nightjar.auth.Authorizer;
import io.nightjar.connection.Admission;
import io.nightjar.connection.InboundAliases;
import io.nightjar.connection.InboundQuota;
import io.nightjar.connection.KeepAlive;
import io.nightjar.connection.Traffic;
import io.nightjar.message.ClientView;
import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.TimerWheel;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Network Connection on its Netty channel: reads packets, drives the handshake, ends exactly once.
 *
 * <pre>
 * AWAITING_CONNECT -- CONNECT --> AUTHENTICATING (perhaps after a wait) -- accepted --> ATTACHING -- attached --> CONNECTED
 *        AUTHENTICATING -- challenge --> AWAITING_AUTH -- AUTH --> AUTHENTICATING
 *        CONNECTED -- DISCONNECT, FIN --> LEAVING -- the session answered all before it --> ENDED
 *        any of them -- end(reason) --> ENDED
 * </pre>
 *
 * <p>All fields belong to the channel's event loop; {@link #send}, {@link #attached} and {@link #end} may come from any
 * thread and hop there. While the handshake waits for others nothing is read, so that a client cannot fill memory.
 */
final class MqttChannel extends ChannelInboundHandlerAdapter implements Connection {
    private static final Logger log = LoggerFactory.getLogger(MqttChannel.class);

    /** How long a client may take to close after our last packet. */
    private static final long LINGER_MILLIS = 2_000;

    /**
     * A deadline that fires this late tells that this loop stood still, not the client: what came meanwhile waits in the
     * socket and is read before anybody is blamed.
     */
    private static final long LATE_MILLIS = 1_000;

    /** How long after a write that failed the end of what the client sent is looked for. */
    private static final long READ_END_MILLIS = 20;

    enum State {
        AWAITING_CONNECT,
        AUTHENTICATING,
        AWAITING_AUTH,
        ATTACHING,
        CONNECTED,
        LEAVING,
        ENDED
    }

    final NetContext context;
    final ListenerSettings listener;
    final Channel channel;
    final PacketDecoder decoder;
    final Traffic traffic;
    final Inbound inbound;
    final Outbound outbound;

    /** Null on plain TCP. */
    final @Nullable Carrier carrier;

    private final Door door;
    private final Deadline deadline = new Deadline();
    private State state = State.AWAITING_CONNECT;
    private boolean counted;

    /** Why it ended or, while it leaves, will. */
    private @Nullable DisconnectReason endReason;

    /** The client closed in order, with a FIN or above TCP, perhaps behind what is not read yet. */
    private @Nullable DisconnectReason closed;

    /** Its FIN came. */
    private boolean inputOver;

    /** Null where packets travel on the bare bytes. */
    private @Nullable Envelope envelope;

    /** Until CONNACK went out. */
    private @Nullable ConnectPhase connectPhase;

    @Nullable
    String clientId;

    @Nullable
    String username;

    /** Who it is for the authorizer; null before the first PUBLISH. */
    Authorizer.@Nullable Client publisher;

    @Nullable
    SessionLink session;

    long attachment;
    int keepAliveSeconds;
    boolean cleanStart;
    boolean unanswerable;

    /** The kernel asks the client's host whether it is still there. */
    private boolean probing;

    /** Whether its coming was told, so that its going is. */
    boolean announced;

    /** Whether traces by address know that it was accepted. */
    boolean acceptTold;

    /** What {@link Tracing} remembers: for which selection of traces, and in the last bit whether they want it. */
    int traceMark;

    /** When the handshake was done, milliseconds since 1970. */
    long connectedAtMillis;

    long requestedExpirySeconds;

    /** From the client's first Topic Alias on. */
    @Nullable
    InboundAliases aliases;

    @Nullable
    InboundQuota quota;

    /** Where CONNECT names an Authentication Method. */
    @Nullable
    AuthExchange exchange;

    MqttChannel(NetContext context, ListenerSettings listener, Door door, Channel channel) {
        this.context = context;
        this.listener = listener;
        this.door = door;
        this.channel = channel;
        this.decoder = new PacketDecoder(listener.limits().maxPacketSize());
        this.traffic = new Traffic(context.clock().millis());
        this.inbound = new Inbound(this);
        this.outbound = new Outbound(this);
        this.carrier = Carrier.of(listener);
    }

    // ---- the channel's life

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context.counters().increment(Counter.CONNECTIONS_ACCEPTED);
        peer(); // so that the address is still known when the socket is gone
        int now = door.open().incrementAndGet();
        counted = true;
        Descriptors.Room room =
                channel instanceof SocketChannel ? context.descriptors().enter() : Descriptors.Room.FREE;
        DisconnectReason full = room == Descriptors.Room.FREE
                ? overLimit(now)
                : context.descriptors().refusal();
        connectPhase = new ConnectPhase(this, full);
        if (room == Descriptors.Room.NONE && full != null) {
            endAndClose(full);
            return;
        }
        deadline.set(connectDeadline());
        if (listener.proxy() == null) { // else the client's address is not known yet
            Tracing.accepted(this);
        }
    }

    private @Nullable DisconnectReason overLimit(int open) {
        int most = listener.maxConnections();
        return open <= most
                ? null
                : DisconnectReason.of(Detail.MAX_CONNECTIONS, "limit", listener.key() + ".max-connections=" + most);
    }

    /** One more layer below MQTT is there. */
    void layerFinished() {
        if (state == State.AWAITING_CONNECT) {
            deadline.set(connectDeadline());
            if (!acceptTold) {
                Tracing.accepted(this);
            }
            Tracing.layerFinished(this);
        }
    }

    /** It had to wait for us, which does not count against it. */
    void waited() {
        deadline.set(connectDeadline());
    }

    private long connectDeadline() {
        return traffic.startMillis()
                + (carrier == null
                        ? listener.connectTimeoutMillis()
                        : carrier.timeoutMillis() + carrier.waitedMillis());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        boolean handshaking = state == State.AUTHENTICATING || state == State.ATTACHING;
        if (handshaking && inbound.unread() != null) {
            return; // it said all it had to say behind its CONNECT and left: that is heard first, see attachedOnLoop
        }
        endOnLoop(closed != null ? closed : DisconnectReason.of(Detail.PEER_FIN));
        deadline.cancel();
        outbound.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslCloseCompletionEvent completion && completion.isSuccess()) {
            peerClosed(DisconnectReason.of(Detail.PEER_FIN, "tls", "close_notify"));
        } else if (event instanceof ChannelInputShutdownEvent) {
            inputOver = true;
            peerClosed(DisconnectReason.of(Detail.PEER_FIN));
            if (state == State.ENDED) {
                outbound.flush(); // last words that wait for the end of the turn
                channel.close();
            }
        }
    }

    /** The client closed its side in order. Ours stays open until what it sent before is answered. */
    void peerClosed(DisconnectReason reason) {
        closed = closed == null ? reason : closed;
        switch (state) {
            case AWAITING_CONNECT, AWAITING_AUTH -> endOnLoop(closed);
            case AUTHENTICATING -> endUnlessMoreIsUnread(closed);
            case CONNECTED -> leaveIfAllIsRead();
            case ATTACHING, LEAVING, ENDED -> {}
        }
    }

    /**
     * Who sent a CONNECT only and left before it was decided has no use for the answer, and may be back on another
     * connection: letting the old one in would take that one's session. Who sent more behind it is heard.
     */
    private void endUnlessMoreIsUnread(DisconnectReason reason) {
        if (inbound.waiting() == 0) {
            endOnLoop(reason);
        }
    }

    private void leaveIfAllIsRead() {
        DisconnectReason reason = closed;
        if (reason == null || inbound.isPaused() || state != State.CONNECTED) {
            return;
        } else if (reason.detail().isClientsLastWord()) {
            leave(reason, null);
        } else {
            endOnLoop(reason);
        }
    }

    /** Comes once for each closed channel, even where {@link #channelInactive} does not: closed while it moves. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (counted) {
            counted = false;
            door.open().decrementAndGet();
            if (channel instanceof SocketChannel) {
                context.descriptors().leave();
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof ClosedChannelException) {
            return; // the sequel of what is told already or by channelInactive
        }
        DisconnectReason reason = SocketFaults.reason(cause, log);
        if (reason.detail() == Detail.WRITE_FAILED && !isOver()) {
            // The client closed before: how, the socket's other side tells, which was not read yet.
            channel.config().setAutoRead(true);
            channel.eventLoop().schedule(() -> writeFailed(reason), READ_END_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            endAndClose(reason);
        }
    }

    private void writeFailed(DisconnectReason reason) {
        String errno = reason.facts().get("errno");
        DisconnectReason fin = closed;
        endAndClose(fin == null ? reason : errno == null ? fin : fin.with("errno", errno));
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        outbound.writabilityChanged();
    }

    // ---- reading

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        inbound.read((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        inbound.readComplete();
        outbound.flush();
    }

    /** Whether what came so far may be taken apart now. */
    boolean mayRead() {
        return state == State.AWAITING_CONNECT
                || !inbound.isPaused() && (state == State.AWAITING_AUTH || state == State.CONNECTED);
    }

    /** Whether nothing that the client sends counts any more. */
    boolean isOver() {
        return state == State.LEAVING || state == State.ENDED;
    }

    /** A packet came, whole and well-formed. */
    void received(Packet packet) {
        ConnectPhase phase = connectPhase;
        if (phase == null) {
            InboundPackets.received(this, packet);
        } else if (packet instanceof Packet.Connect connect) {
            phase.connect(connect);
        } else if (exchange != null) {
            exchange.beforeConnAck(packet);
        } else {
            endOnLoop(DisconnectReason.of(
                    Detail.PROTOCOL_ERROR,
                    "problem",
                    "the first packet is " + packet.type() + ", not CONNECT",
                    "rule",
                    "5.0/3.1.0-1"));
        }
    }

    /** Bytes came that break the standard. */
    void undecodable(ByteBuf in, DecodeException e) {
        if (clientId == null) {
            // A trace by ClientID shall show a CONNECT that is broken further on.
            clientId = ConnectPeek.clientId(in);
        }
        if (connectPhase != null) {
            connectPhase.undecodable(ConnectPeek.version(in));
        }
        endOnLoop(e.reason());
    }

    /** Something of ours failed; it is in the log. */
    void failed(RuntimeException e) {
        endOnLoop(SocketFaults.ours(e, log));
    }

    /** Reads on: first what is here already, then the socket. */
    void resume() {
        if (isOver()) {
            return;
        }
        inbound.resume(!inputOver); // of a socket that is shut and moved to another loop, Netty cannot ask for more
        leaveIfAllIsRead();
    }

    /** Subscribes in a later turn of the loop. Nothing is read until then, so that all stays in order. */
    void inLaterTurn(Runnable subscribing) {
        inbound.pause();
        context.counters().increment(Counter.READS_DEFERRED);
        LaterTurns.subscribeLater(channel.eventLoop(), () -> {
            if (state == State.CONNECTED) {
                subscribing.run();
                resume();
            }
        });
    }

    /** Reads on in a later turn of the loop. */
    void readOnLater() {
        inbound.pause();
        context.counters().increment(Counter.READS_DEFERRED);
        LaterTurns.later(channel.eventLoop(), () -> {
            if (state == State.CONNECTED) {
                resume();
            }
        });
    }

    /** The authenticator thinks: nothing is read meanwhile. */
    void pauseAuthentication() {
        state = State.AUTHENTICATING;
        inbound.pause();
    }

    /** It is the client's turn; one that left meanwhile is not waited for. */
    void resumeAuthentication() {
        if (state == State.AUTHENTICATING) {
            state = State.AWAITING_AUTH;
            resume();
            if (state == State.AWAITING_AUTH && (closed != null || !channel.isActive())) {
                endOnLoop(closed != null ? closed : DisconnectReason.of(Detail.PEER_FIN));
                outbound.release();
            }
        }
    }

    // ---- Connection: what the session asks

    @Override
    public void attached(long number, boolean sessionPresent, SessionLink link) {
        attached(number, sessionPresent, link, null);
    }

    @Override
    public void attached(long number, boolean sessionPresent, SessionLink link, @Nullable DisconnectReason displaced) {
        onLoop(() -> attachedOnLoop(number, sessionPresent, link, displaced));
    }

    @Override
    public long lastHeardMillis() {
        return channel.eventLoop().inEventLoop() ? traffic.lastInMillis() : Long.MIN_VALUE;
    }

    private void attachedOnLoop(
            long number, boolean sessionPresent, SessionLink link, @Nullable DisconnectReason displaced) {
        ConnectPhase phase = connectPhase;
        if (state != State.ATTACHING || phase == null) {
            // Gone while the session answered: tell it, or it would keep a dead connection.
            Detail detail = endReason == null ? Detail.PEER_FIN : endReason.detail();
            link.tell(new SessionCommand.Detach(number, detail, null));
            return;
        }
        state = State.CONNECTED;
        session = link;
        attachment = number;
        connectPhase = null;
        context.counters().increment(Counter.CONNECTIONS_ESTABLISHED);
        phase.accepted(sessionPresent);
        phase.leaveAdmission();
        if (state == State.CONNECTED) {
            Presence.connected(this, phase.agreed(), sessionPresent, displaced);
            deadline.set(nextDeadline());
        }
        resume();
        if (!channel.isActive()) { // also the end of one that leaves
            endOnLoop(closed != null ? closed : DisconnectReason.of(Detail.PEER_FIN));
            outbound.release();
        }
    }

    @Override
    public void send(Packet packet) {
        if (channel.eventLoop().inEventLoop()) {
            sendOnLoop(packet);
        } else {
            channel.eventLoop().execute(() -> sendOnLoop(packet));
        }
    }

    private void sendOnLoop(Packet packet) {
        if (state == State.CONNECTED || state == State.LEAVING) {
            outbound.write(packet);
        }
    }

    @Override
    public boolean isWritable() {
        return outbound.isWritable();
    }

    @Override
    public void end(DisconnectReason reason) {
        onLoop(() -> endOnLoop(reason));
    }

    @Override
    public void inspect(ClientView view, Consumer<ClientView> reply) {
        onLoop(() -> reply.accept(view.with(Map.ofEntries(
                Map.entry("recv_oct", traffic.bytesIn()),
                Map.entry("send_oct", traffic.bytesOut()),
                Map.entry("recv_pkt", traffic.packetsIn()),
                Map.entry("send_pkt", traffic.packetsOut()),
                Map.entry("recv_msg", traffic.messagesIn()),
                Map.entry("recv_msg.qos0", traffic.messagesIn(QoS.AT_MOST_ONCE)),
                Map.entry("recv_msg.qos1", traffic.messagesIn(QoS.AT_LEAST_ONCE)),
                Map.entry("recv_msg.qos2", traffic.messagesIn(QoS.EXACTLY_ONCE)),
                Map.entry("send_msg", traffic.messagesOut()),
                Map.entry("send_msg.qos0", traffic.messagesOut(QoS.AT_MOST_ONCE)),
                Map.entry("send_msg.qos1", traffic.messagesOut(QoS.AT_LEAST_ONCE)),
                Map.entry("send_msg.qos2", traffic.messagesOut(QoS.EXACTLY_ONCE)),
                Map.entry("socket", SocketFigures.of(this))))));
    }

    @Override
    public String node() {
        return context.node();
    }

    private void onLoop(Runnable task) {
        if (channel.eventLoop().inEventLoop()) {
            task.run();
        } else {
            channel.eventLoop().execute(task);
        }
    }

    // ---- the end

    /**
     * The client has no more to say: the session answers what came before, within {@link #LINGER_MILLIS}, and then the
     * connection ends for this reason, whatever else happens meanwhile.
     *
     * @param sessionExpirySeconds new Session Expiry Interval from the client's DISCONNECT, or null
     */
    void leave(DisconnectReason reason, @Nullable Long sessionExpirySeconds) {
        SessionLink link = session;
        if (state != State.CONNECTED || link == null) {
            return;
        }
        state = State.LEAVING;
        endReason = reason;
        deadlineIn(LINGER_MILLIS);
        link.tell(new SessionCommand.Detach(attachment, reason.detail(), sessionExpirySeconds));
    }

    /** Ends the connection. Of several reasons the first wins; there is exactly one end. */
    void endOnLoop(DisconnectReason asked) {
        if (state == State.ENDED) {
            return;
        }
        boolean left = state == State.LEAVING;
        DisconnectReason given = left && endReason != null ? endReason : asked;
        DisconnectReason reason = carrier == null ? given : carrier.explain(given);
        boolean wasConnected = left || state == State.CONNECTED;
        ByteBuf cut = inbound.unread();
        if (clientId == null && cut != null) {
            clientId = ConnectPeek.clientId(cut); // a CONNECT that never became whole is in a trace all the same
        }
        state = State.ENDED;
        endReason = reason;
        ConnectPhase phase = connectPhase;
        connectPhase = null;
        if (exchange != null) {
            exchange.connectionEnded();
        }
        if (phase != null) {
            phase.connectionEnded();
        }
        if (carrier != null) {
            carrier.leaveAdmission(context.admission());
        }
        Packet last = LastPacket.of(reason, wasConnected, phase == null ? null : phase.version(), decoder);
        boolean answered = last != null && !unanswerable && channel.isActive() && outbound.writeLast(last);
        if (session != null && !left) {
            session.tell(new SessionCommand.Detach(attachment, reason.detail(), null));
        }
        try {
            new EndReport(this, phase).tell(reason);
        } finally {
            inbound.release();
            if ((answered || envelope != null && channel.isActive()) && !inputOver) {
                linger(wasConnected);
            } else if ((answered || left) && channel.isActive()) {
                said();
                outbound.flushAndClose();
            } else {
                deadline.cancel();
                if (channel.isActive()) {
                    outbound.flush(); // what was answered in this turn goes out before the close
                }
                channel.close();
            }
        }
    }

    /** Ends the connection if that is not done, and closes it without waiting for the client. */
    private void endAndClose(DisconnectReason reason) {
        endOnLoop(reason);
        outbound.flush();
        channel.close();
    }

    /** Lets the client read our last words: closes our side, reads to its end, and does not wait for long. */
    private void linger(boolean soon) {
        if (outbound.shut(soon)) { // before it is connected it may move to another loop meanwhile
            channel.config().setAutoRead(true);
        } else {
            deadline.cancel();
            channel.close();
        }
    }

    /** The last words are on their way: the time to read them begins. */
    void said() {
        deadlineIn(LINGER_MILLIS);
    }

    /** What the envelope says at the end of the connection, or null. */
    @Nullable
    ChannelFuture goodbye() {
        return envelope == null || endReason == null ? null : envelope.goodbye(endReason);
    }

    /** What carries the packets from now on. */
    void envelope(Envelope next) {
        envelope = next;
    }

    @Nullable
    Envelope envelope() {
        return envelope;
    }

    // ---- deadlines

    State state() {
        return state;
    }

    void state(State next) {
        state = next;
    }

    /** {@link ListenerSettings#id}. */
    String listenerId() {
        return door.listener();
    }

    /** Where it waits to be let in. */
    Admission.Row row() {
        return door.row();
    }

    /** Whether the client closed its side of the socket. */
    boolean isInputOver() {
        return inputOver;
    }

    /** {@code ip:port} of the client. */
    String peer() {
        return Addresses.text(client());
    }

    String peerAddress() {
        return Addresses.host(client());
    }

    /** By the word of the proxy where there is one. */
    private InetSocketAddress client() {
        InetSocketAddress proxied = carrier == null ? null : carrier.client();
        return proxied != null ? proxied : Addresses.remote(channel);
    }

    /** Puts the deadline into the wheel of the loop the channel is on now. */
    void deadlineIn(long millis) {
        deadline.set(context.clock().millis() + millis);
    }

    void cancelDeadline() {
        deadline.cancel();
    }

    private long nextDeadline() {
        long keepAlive = KeepAlive.deadlineMillis(traffic.lastInMillis(), keepAliveSeconds);
        long slow = outbound.unwritableSinceMillis() == 0
                ? Long.MAX_VALUE
                : outbound.unwritableSinceMillis() + listener.slowConsumerMillis();
        long below = envelope == null ? Long.MAX_VALUE : envelope.deadlineMillis();
        return Math.min(Math.min(Math.min(keepAlive, probeDeadline()), slow), Math.min(below, exchangeDeadline()));
    }

    private long probeDeadline() {
        return probing ? Long.MAX_VALUE : KeepAlive.probeMillis(traffic.lastInMillis(), keepAliveSeconds);
    }

    /** The client is overdue, but not yet timed out: silence alone cannot tell one that hangs from a path that broke. */
    private void probe(boolean on) {
        probing = on;
        SocketFigures.probe(channel, on ? keepAliveSeconds : 0);
        deadline.set(nextDeadline());
    }

    private long exchangeDeadline() {
        return exchange == null ? Long.MAX_VALUE : exchange.deadlineMillis();
    }

    /** Something began or ended that has a limited time, such as a send buffer that filled up. */
    void renewDeadline() {
        if (state == State.CONNECTED) {
            deadline.set(nextDeadline());
        }
    }

    private void deadlinePassed(long nowMillis) {
        switch (state) {
            case AWAITING_CONNECT -> connectTimeout();
            case AWAITING_AUTH, AUTHENTICATING, ATTACHING -> {
                if (state != State.ATTACHING && exchange != null) {
                    exchange.deadlinePassed(nowMillis);
                    return;
                }
                endOnLoop(DisconnectReason.of(
                        state == State.AUTHENTICATING ? Detail.SERVER_BUSY : Detail.SESSION_UNAVAILABLE,
                        "limit",
                        "session-timeout=" + context.sessionTimeoutMillis() + "ms"));
            }
            case CONNECTED -> connectedDeadline(nowMillis);
            case LEAVING -> endOnLoop(DisconnectReason.of(Detail.PEER_FIN)); // for the reason it leaves
            case ENDED -> {
                if (!outbound.flushLast()) {
                    deadline.cancel();
                    channel.close();
                }
            }
        }
    }

    private void connectTimeout() {
        String limit = carrier == null ? "connect-timeout=" + listener.connectTimeoutMillis() + "ms" : carrier.limit();
        DisconnectReason below = envelope == null ? null : envelope.overdue(limit);
        endOnLoop(
                below != null
                        ? below
                        : DisconnectReason.of(
                                Detail.CONNECT_TIMEOUT,
                                "limit",
                                limit,
                                "bytes_received",
                                Integer.toString(inbound.waiting())));
    }

    private void connectedDeadline(long nowMillis) {
        long next = nextDeadline();
        Envelope below = envelope;
        if (next > nowMillis) {
            if (probing && KeepAlive.probeMillis(traffic.lastInMillis(), keepAliveSeconds) > nowMillis) {
                probe(false); // it was heard again
            } else {
                deadline.set(next);
            }
        } else if (next == probeDeadline()) {
            probe(true);
        } else if (nowMillis - next > LATE_MILLIS && deadline.firesLate(nowMillis)) {
            deadline.set(nowMillis + TimerWheel.TICK_MILLIS);
        } else if (next == exchangeDeadline() && exchange != null) {
            exchange.deadlinePassed(nowMillis);
        } else if (next == KeepAlive.deadlineMillis(traffic.lastInMillis(), keepAliveSeconds)) {
            if (inbound.isPaused()) {
                // Not silent: we do not read. Its time begins anew.
                deadline.set(KeepAlive.deadlineMillis(nowMillis, keepAliveSeconds));
                return;
            }
            endOnLoop(keepAliveOver(nowMillis, nowMillis - next));
        } else if (below != null && next == below.deadlineMillis()) {
            below.deadlinePassed(nowMillis);
            if (state == State.CONNECTED) {
                deadline.set(nextDeadline());
            }
        } else {
            endOnLoop(DisconnectReason.of(
                    Detail.SLOW_CONSUMER,
                    "limit",
                    "nightjar.mqtt.slow-consumer-timeout=" + listener.slowConsumerMillis() + "ms",
                    "unsent_bytes",
                    Long.toString(outbound.unsentBytes())));
        }
    }

    private DisconnectReason keepAliveOver(long nowMillis, long lateMillis) {
        DisconnectReason reason = DisconnectReason.of(
                Detail.KEEP_ALIVE,
                "keep_alive_s",
                Integer.toString(keepAliveSeconds),
                "silent_ms",
                Long.toString(nowMillis - traffic.lastInMillis()));
        if (inbound.waiting() > 0) {
            reason = reason.with("unfinished_bytes", Integer.toString(inbound.waiting()));
        }
        return lateMillis > LATE_MILLIS ? reason.with("late_ms", Long.toString(lateMillis)) : reason;
    }

    /** The one deadline of a connection, in its loop's wheel from accept to close. */
    final class Deadline extends TimerWheel.Entry {
        private @Nullable TimerWheel wheel;

        void set(long atMillis) {
            if (wheel == null) {
                wheel = context.loops().wheelOf(channel.eventLoop());
            }
            wheel.set(this, atMillis);
        }

        /** Out of the wheel; the next {@link #set} uses the loop of that moment. */
        void cancel() {
            if (wheel != null) {
                wheel.remove(this);
                wheel = null;
            }
        }

        MqttChannel connection() {
            return MqttChannel.this;
        }

        /** Whether the loop stood still when this was due. */
        boolean firesLate(long nowMillis) {
            return nowMillis - deadlineMillis() > LATE_MILLIS;
        }

        @Override
        protected void onDeadline(long nowMillis) {
            try {
                deadlinePassed(nowMillis);
            } catch (RuntimeException e) {
                // Out of here it would stop the wheel, and with it every deadline of this loop.
                endAndClose(SocketFaults.ours(e, log));
            }
        }
    }
}
