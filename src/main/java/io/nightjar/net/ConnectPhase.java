package io.nightjar.net;

import io.netty.channel.EventLoop;
import io.nightjar.auth.Authenticator;
import io.nightjar.auth.Authorizer;
import io.nightjar.connection.Admission;
import io.nightjar.connection.Handshake;
import io.nightjar.connection.InboundQuota;
import io.nightjar.message.ConnectionInfo;
import io.nightjar.message.SessionKey;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.Will;
import io.nightjar.session.AttachRequest;
import io.nightjar.trace.TraceEvent.Level;
import io.nightjar.trace.TraceEvent.Tag;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * From CONNECT to CONNACK: check, wait to be let in, authenticate, move to the ClientID's event loop, attach to the session. Lives only
 * that long, so that an open connection does not keep its CONNECT. Owned by the channel's event loop.
 */
final class ConnectPhase implements Admission.Guest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String BY_CERTIFICATE = "certificate";

    private final MqttChannel connection;
    private final NetContext context;
    private final @Nullable DisconnectReason full;
    private Packet.@Nullable Connect connect;
    private @Nullable MqttVersion undecodable;
    private Handshake.@Nullable Agreed agreed;
    private String authenticator = "";

    /** While it waits to be let in, and while it is worked on. */
    private Admission.@Nullable Ticket ticket;

    /** What the authenticator still has to say. */
    private @Nullable CompletableFuture<Authenticator.Answer> asked;

    /** @param full why there is no room for it, or null if there is */
    ConnectPhase(MqttChannel connection, @Nullable DisconnectReason full) {
        this.connection = connection;
        this.context = connection.context;
        this.full = full;
    }

    /** Version of the CONNECT that waits for its answer, or null if none came yet or it does not tell. */
    @Nullable
    MqttVersion version() {
        return connect == null ? undecodable : connect.version();
    }

    /** A CONNECT came that cannot be decoded; its version, where it tells, is that of the answer. */
    void undecodable(@Nullable MqttVersion version) {
        undecodable = version;
    }

    Packet.@Nullable Connect packet() {
        return connect;
    }

    Handshake.@Nullable Agreed agreed() {
        return agreed;
    }

    /** The CONNECT came. Nothing more is read until it is answered. */
    void connect(Packet.Connect packet) {
        connect = packet;
        connection.state(MqttChannel.State.AUTHENTICATING);
        connection.inbound.hold();
        ClientCertificate certificate = certificate();
        String mapped = certificate == null ? null : certificate.username();
        connection.username = mapped == null ? packet.username() : mapped;
        connection.cleanStart = packet.cleanStart();
        connection.deadlineIn(context.sessionTimeoutMillis());
        Handshake handshake = Handshake.of(packet, connection.listener.limits(), ConnectPhase::newClientId);
        if (handshake instanceof Handshake.Agreed a) {
            agreed = a;
            connection.clientId = a.clientId();
        } else {
            connection.clientId = packet.clientId();
        }
        // A refusal too keeps within what the client takes [5.0/3.1.2-24].
        long takes = packet.properties().getLong(Property.MAXIMUM_PACKET_SIZE, Integer.MAX_VALUE);
        connection.outbound.limits((int) Math.min(takes, Integer.MAX_VALUE), 0);
        Tracing.accepted(connection);
        Tracing.received(connection, packet);
        if (handshake instanceof Handshake.Refused refused) {
            connection.endOnLoop(refused.reason());
        } else if (full != null) {
            connection.endOnLoop(full);
        } else if (connection.carrier != null && connection.carrier.isAdmitted()) {
            admitted(packet);
        } else {
            askAdmission(packet);
        }
    }

    // ---- to be let in

    private void askAdmission(Packet.Connect packet) {
        AdmissionControl admission = context.admission();
        Admission.Ticket asking = admission.ticket(connection.row(), this, connection.traffic.bytesIn());
        ticket = asking;
        switch (admission.arrive(asking)) {
            case INSIDE -> admitted(packet);
            case WAITING -> {
                connection.inbound.pause();
                // It is told when its time is up; this is for the case that nobody tells it.
                connection.deadlineIn(admission.maxWaitMillis() + context.sessionTimeoutMillis());
            }
            default -> {
                Admission.Refusal why = asking.refusal();
                if (why != null) {
                    connection.endOnLoop(admission.refused(why));
                }
            }
        }
    }

    /** In the next turn of the loop, so that sockets are read between one CONNECT and the next. */
    @Override
    public void admitted() {
        connection.channel.eventLoop().schedule(this::admittedLater, 0, TimeUnit.NANOSECONDS);
    }

    private void admittedLater() {
        Packet.Connect packet = connect;
        Admission.Ticket mine = ticket;
        if (connection.state() != MqttChannel.State.AUTHENTICATING || packet == null || mine == null) {
            return; // it ended while it waited
        }
        connection.deadlineIn(context.sessionTimeoutMillis());
        long waited = context.clock().millis() - mine.sinceMillis();
        Tracing.event(connection, Tag.MQTT, Level.DEBUG, "connect_delayed", Map.of("waited_ms", waited));
        admitted(packet);
    }

    @Override
    public void refused(Admission.Refusal why) {
        connection.channel.eventLoop().execute(() -> {
            if (connection.state() == MqttChannel.State.AUTHENTICATING) {
                connection.endOnLoop(context.admission().refused(why));
            }
        });
    }

    /** What is ours to do is done, or waits for others: the next may come. */
    void leaveAdmission() {
        Admission.Ticket mine = ticket;
        if (mine != null) {
            ticket = null;
            context.admission().leave(mine);
        }
    }

    /** Nobody needs an answer any more. */
    void connectionEnded() {
        leaveAdmission();
        if (asked != null) {
            asked.cancel(false);
        }
    }

    private void admitted(Packet.Connect packet) {
        if (packet.properties().has(Property.AUTHENTICATION_METHOD)) {
            AuthExchange.begin(connection, this, packet);
        } else {
            authenticate(packet);
        }
    }

    // ---- who it is

    private @Nullable ClientCertificate certificate() {
        Carrier carrier = connection.carrier;
        return carrier == null ? null : carrier.certificate();
    }

    /**
     * A certificate that is mapped to a username is enough for a client that sends no password. One that sends a password
     * needs the right one for that username, too.
     */
    private Authenticator.@Nullable Answer byCertificate(Packet.Connect packet) {
        ClientCertificate certificate = certificate();
        TlsSettings tls = connection.listener.tls();
        if (certificate == null || tls == null || tls.usernameFrom() == TlsSettings.UsernameFrom.NONE) {
            return null;
        } else if (certificate.username() == null) {
            String why =
                    "certificate not mapped: it has no " + tls.usernameFrom().words();
            return new Authenticator.Answer.Refused(Detail.AUTHENTICATION_REFUSED, BY_CERTIFICATE, why);
        }
        return packet.password() == null ? new Authenticator.Answer.Accepted() : null;
    }

    private void authenticate(Packet.Connect packet) {
        Authenticator.Answer byCertificate = byCertificate(packet);
        Authenticator.Credentials credentials = new Authenticator.Credentials(
                String.valueOf(connection.clientId),
                connection.username,
                packet.password(),
                connection.peerAddress(),
                connection.listenerId());
        EventLoop loop = connection.channel.eventLoop();
        if (byCertificate != null) {
            authenticator = BY_CERTIFICATE;
            loop.execute(() -> authenticated(byCertificate, null)); // not in the middle of reading: the channel moves
            return;
        }
        authenticator = context.authenticator().name();
        CompletableFuture<Authenticator.Answer> answer =
                context.authenticator().authenticate(credentials).toCompletableFuture();
        answer.whenComplete((said, fault) -> loop.execute(() -> authenticated(said, fault)));
        if (!answer.isDone()) {
            asked = answer;
            connection.inbound.pause();
            leaveAdmission(); // the authenticator has a limit of its own, and others need not wait for it
        }
    }

    private void authenticated(Authenticator.@Nullable Answer answer, @Nullable Throwable fault) {
        Packet.Connect packet = connect;
        asked = null;
        if (connection.state() != MqttChannel.State.AUTHENTICATING || packet == null) {
            return;
        }
        if (answer instanceof Authenticator.Answer.Refused refused) {
            Tracing.event(
                    connection,
                    Tag.AUTHN,
                    Level.WARNING,
                    "authentication_refused",
                    Map.of("authenticator", refused.authenticator(), "why", refused.why()));
            boolean busy = refused.detail() == Detail.SERVER_BUSY;
            if (busy) {
                context.counters().increment(Counter.AUTHENTICATIONS_REFUSED_BUSY);
            }
            connection.endOnLoop(DisconnectReason.of(
                    refused.detail(), "authenticator", refused.authenticator(), busy ? "limit" : "why", refused.why()));
        } else if (answer == null) {
            connection.endOnLoop(DisconnectReason.of(
                    Detail.AUTHENTICATION_REFUSED, "authenticator", authenticator, "why", "it failed: " + fault));
        } else {
            context.counters().increment(Counter.AUTHENTICATIONS_ACCEPTED);
            if (willAllowed(packet.will())) {
                Tracing.event(
                        connection, Tag.AUTHN, Level.DEBUG, "authenticated", Map.of("authenticator", authenticator));
                moveToLoop();
            }
        }
    }

    /** Enhanced authentication is over: goes on as after a good password. */
    void proven() {
        Packet.Connect packet = connect;
        connection.deadlineIn(context.sessionTimeoutMillis());
        context.counters().increment(Counter.AUTHENTICATIONS_ACCEPTED);
        if (packet != null && willAllowed(packet.will())) {
            moveToLoop();
        }
    }

    private boolean willAllowed(@Nullable Will will) {
        if (will == null) {
            return true;
        }
        Authorizer.Decision decision = context.authorizer()
                .authorize(client(connection), Authorizer.Action.PUBLISH, will.topic(), will.qos(), will.retain());
        if (!decision.allowed()) {
            connection.endOnLoop(
                    DisconnectReason.of(Detail.WILL_DENIED, "rule", decision.rule(), "topic", will.topic()));
        }
        return decision.allowed();
    }

    static Authorizer.Client client(MqttChannel connection) {
        return new Authorizer.Client(
                String.valueOf(connection.clientId), connection.username, connection.peerAddress());
    }

    /** The socket joins the loop on which its session's actor runs: no hop between them from here on. */
    private void moveToLoop() {
        connection.state(MqttChannel.State.ATTACHING);
        String entityId = SessionKey.entityId(String.valueOf(connection.clientId));
        EventLoop target =
                context.loops().loop(SessionKey.loop(entityId, context.loops().count()));
        if (target == connection.channel.eventLoop() || !connection.channel.isActive() || connection.isInputOver()) {
            attach();
            return;
        }
        connection.cancelDeadline();
        connection.channel.deregister().addListener(left -> target.register(connection.channel)
                .addListener(joined -> target.execute(() -> {
                    if (connection.state() != MqttChannel.State.ATTACHING) {
                        return; // ended on the way: its deadline is in the wheel of the loop it came from
                    }
                    if (joined.isSuccess()) {
                        connection.deadlineIn(context.sessionTimeoutMillis());
                        attach();
                    } else {
                        connection.endOnLoop(DisconnectReason.of(Detail.PEER_RESET, "error", "lost while moving"));
                    }
                })));
    }

    private void attach() {
        Packet.Connect packet = connect;
        Handshake.Agreed with = agreed;
        if (connection.state() != MqttChannel.State.ATTACHING || packet == null || with == null) {
            return;
        }
        ClientCertificate certificate = certificate();
        AttachRequest request = new AttachRequest(
                packet.version(),
                packet.cleanStart(),
                with.sessionExpirySeconds(),
                with.requestedExpirySeconds(),
                with.receiveMaximum(),
                with.maximumPacketSize(),
                with.keepAliveSeconds(),
                packet.will(),
                connection.username,
                connection.peer(),
                context.node(),
                connection.listener.limits().maxSubscriptions(),
                certificate == null ? null : certificate.subject());
        connection.connectedAtMillis = context.wall().millis();
        ConnectionInfo info = new ConnectionInfo(
                request,
                connection.listenerId(),
                connection.listener.transport().word(),
                connection.connectedAtMillis);
        context.sessions().attach(with.clientId(), connection, info);
    }

    /** The session took the connection: CONNACK goes out and the connection keeps what it needs from now on. */
    void accepted(boolean sessionPresent) {
        Handshake.Agreed with = agreed;
        if (with == null) {
            return;
        }
        connection.keepAliveSeconds = with.keepAliveSeconds();
        connection.requestedExpirySeconds = with.requestedExpirySeconds();
        connection.outbound.limits(with.maximumPacketSize(), with.outboundAliasMaximum());
        Properties properties =
                connection.exchange == null ? with.connAck() : connection.exchange.connAck(with.connAck());
        connection.outbound.write(new Packet.ConnAck(sessionPresent, ReasonCode.SUCCESS, properties));
    }

    /** The quota of QoS 2, made when the first one comes. */
    static InboundQuota quota(MqttChannel connection) {
        InboundQuota quota = connection.quota;
        if (quota == null) {
            // 3.x knows no Receive Maximum; the session's own limit applies there.
            boolean v5 = connection.decoder.version() == MqttVersion.V5;
            quota = new InboundQuota(v5 ? connection.listener.limits().receiveMaximum() : Integer.MAX_VALUE);
            connection.quota = quota;
        }
        return quota;
    }

    /** Unique in the cluster, 128 random bits [5.0/3.1.3-6]. */
    private static String newClientId() {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        return "auto-" + HexFormat.of().formatHex(random);
    }
}
