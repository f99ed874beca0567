package io.nightjar.net;

import io.nightjar.auth.EnhancedAuthenticator;
import io.nightjar.auth.EnhancedAuthenticator.Exchange;
import io.nightjar.auth.EnhancedAuthenticator.Step;
import io.nightjar.connection.AuthFlow;
import io.nightjar.connection.AuthFlow.Turn;
import io.nightjar.connection.Handshake;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.trace.TraceEvent.Level;
import io.nightjar.trace.TraceEvent.Tag;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enhanced authentication on one connection: takes the client's AUTH packets to the authenticator and its answers back,
 * for the CONNECT and for each time the client authenticates again. {@link AuthFlow} knows whose turn it is.
 *
 * <p>Before CONNACK the connection reads only while it is the client's turn, and a failure is a CONNACK. Later it reads
 * on under the old rights; a failure is a DISCONNECT and the Will is published. The user must stay the same, since the
 * session, the rules and the API know the one who connected.
 *
 * <p>Lives as long as a connection whose CONNECT names a method; owned by the channel's event loop.
 */
final class AuthExchange {
    private static final Logger log = LoggerFactory.getLogger(AuthExchange.class);

    /** Types of packets stand in the upper half of their first byte. */
    private static final int TYPE_SHIFT = 4;

    private final MqttChannel connection;
    private final EnhancedAuthenticator authenticator;
    private final AuthFlow flow;

    /** Until CONNACK went out. */
    private @Nullable ConnectPhase phase;

    private @Nullable Exchange exchange;
    private Bytes lastData = Bytes.EMPTY;
    private long deadlineMillis = Long.MAX_VALUE;

    private AuthExchange(
            MqttChannel connection, ConnectPhase phase, EnhancedAuthenticator authenticator, AuthFlow flow) {
        this.connection = connection;
        this.phase = phase;
        this.authenticator = authenticator;
        this.flow = flow;
    }

    /** A CONNECT names a method [5.0/4.12.0-1]. */
    static void begin(MqttChannel connection, ConnectPhase phase, Packet.Connect connect) {
        String method = String.valueOf(connect.properties().getString(Property.AUTHENTICATION_METHOD));
        EnhancedAuthentication offered = connection.context.enhanced();
        EnhancedAuthenticator authenticator = offered.method(method);
        if (authenticator == null) {
            connection.endOnLoop(DisconnectReason.of(
                    Detail.BAD_AUTHENTICATION_METHOD,
                    "problem",
                    "the Authentication Method is not offered",
                    "method",
                    Tracing.brief(method),
                    "offered",
                    offered.names(),
                    "rule",
                    "5.0/4.12.0-1"));
            return;
        }
        Handshake.Agreed agreed = phase.agreed();
        if (agreed != null) { // a challenge must not be larger than the client takes either
            connection.outbound.limits(agreed.maximumPacketSize(), agreed.outboundAliasMaximum());
        }
        AuthFlow flow = new AuthFlow(method, offered.limits());
        AuthExchange begun = new AuthExchange(connection, phase, authenticator, flow);
        connection.exchange = begun;
        DisconnectReason wrong = flow.connect(connect);
        if (wrong != null) {
            begun.limited(wrong);
        } else {
            begun.start(connect.properties().getBytes(Property.AUTHENTICATION_DATA));
        }
    }

    /** A packet came before CONNACK: nothing but AUTH and DISCONNECT may [5.0/3.1.2-30]. */
    void beforeConnAck(Packet packet) {
        Tracing.received(connection, packet);
        DisconnectReason wrong = AuthFlow.beforeConnAck(packet.type());
        if (packet instanceof Packet.Auth auth) {
            received(auth);
        } else if (packet instanceof Packet.Disconnect disconnect) {
            connection.endOnLoop(InboundPackets.goodbye(disconnect));
        } else if (wrong != null) {
            connection.endOnLoop(wrong);
        }
    }

    /** AUTH came, before or after CONNACK. */
    void received(Packet.Auth packet) {
        DisconnectReason wrong = flow.received(packet);
        Bytes data = packet.properties().getBytes(Property.AUTHENTICATION_DATA);
        if (wrong != null) {
            if (wrong.detail() == Detail.PROTOCOL_ERROR) {
                connection.endOnLoop(wrong);
            } else {
                limited(wrong);
            }
        } else if (packet.code() == ReasonCode.RE_AUTHENTICATE) {
            start(data);
        } else {
            if (phase != null) {
                connection.pauseAuthentication();
            }
            ask(data);
        }
    }

    /** What CONNACK carries: the method, and what the authenticator has to say [5.0/4.12.0-5]. */
    Properties connAck(Properties agreed) {
        Properties.Builder builder = agreed.toBuilder();
        properties().forEach(builder::add);
        lastData = Bytes.EMPTY;
        return builder.build();
    }

    /** When the conversation that runs after CONNACK is given up; {@link Long#MAX_VALUE} while none does. */
    long deadlineMillis() {
        return deadlineMillis;
    }

    /** Its time is up; before CONNACK the channel's own deadline says so. */
    void deadlinePassed(long nowMillis) {
        if (phase == null && connection.inbound.isPaused()) {
            // Its answer may be here already: we do not read. Its time begins anew.
            deadlineMillis = nowMillis + connection.context.enhanced().limits().timeoutMillis();
            connection.renewDeadline();
            return;
        }
        boolean client = flow.turn() == Turn.CLIENT;
        Detail detail = client || phase == null ? Detail.AUTH_TIMEOUT : Detail.SERVER_BUSY;
        connection.endOnLoop(DisconnectReason.of(
                detail,
                "limit",
                "nightjar.authentication.exchange-timeout="
                        + connection.context.enhanced().limits().timeoutMillis() + "ms",
                "method",
                flow.method(),
                "rounds",
                Integer.toString(flow.rounds()),
                "waiting_for",
                client ? "client" : "authenticator"));
    }

    /** The connection ended: whatever the authenticator still says is not heard. */
    void connectionEnded() {
        finish();
        phase = null;
    }

    // ---- the conversation

    private void start(@Nullable Bytes data) {
        EnhancedAuthentication all = connection.context.enhanced();
        if (!all.enter()) {
            limited(DisconnectReason.of(
                    phase == null ? Detail.QUOTA_EXCEEDED : Detail.SERVER_BUSY,
                    "limit",
                    "nightjar.authentication.max-exchanges=" + all.maxExchanges()));
            return;
        }
        exchange = authenticator.start(new EnhancedAuthenticator.Client(
                String.valueOf(connection.clientId), connection.peerAddress(), connection.listenerId()));
        if (phase == null) {
            deadlineMillis = connection.context.clock().millis() + all.limits().timeoutMillis();
            connection.renewDeadline();
        } else {
            connection.deadlineIn(all.limits().timeoutMillis());
        }
        ask(data);
    }

    private void ask(@Nullable Bytes data) {
        Exchange asked = exchange;
        if (asked == null) {
            return;
        }
        CompletionStage<Step> answer;
        try {
            answer = asked.next(data);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedStage(e);
        }
        answer.whenComplete(
                (step, fault) -> connection.channel.eventLoop().execute(() -> answered(asked, step, fault)));
    }

    private void answered(Exchange asked, @Nullable Step step, @Nullable Throwable fault) {
        if (exchange != asked) {
            return; // the connection ended, or its time was up
        }
        try {
            if (step instanceof Step.Continue more) {
                challenge(more.data());
            } else if (step instanceof Step.Success success) {
                succeeded(success);
            } else if (step instanceof Step.Refused refused) {
                refused(refused);
            } else {
                log.error("event=authentication_failed method={}", flow.method(), fault);
                refused(new Step.Refused(
                        Detail.AUTHENTICATION_REFUSED, flow.method(), "the check failed: see the log", null));
            }
        } catch (RuntimeException e) {
            connection.endOnLoop(SocketFaults.ours(e, log));
        }
    }

    /** More is needed [5.0/4.12.0-2]. */
    private void challenge(Bytes data) {
        flow.challenged();
        lastData = data;
        auth(ReasonCode.CONTINUE_AUTHENTICATION);
        if (phase != null) {
            phase.leaveAdmission(); // it is the client's turn
            connection.resumeAuthentication();
        }
    }

    private void succeeded(Step.Success success) {
        finish();
        flow.succeeded();
        lastData = success.data();
        ConnectPhase connecting = phase;
        if (connecting == null) {
            authenticatedAgain(success);
            return;
        }
        connection.username = success.username();
        int waiting = connection.inbound.waitingByte();
        DisconnectReason early = waiting < 0 ? null : early(waiting >> TYPE_SHIFT);
        if (early != null) {
            connection.endOnLoop(early);
            return;
        }
        phase = null;
        event("authenticated", Level.DEBUG, Map.of("authenticator", flow.method(), "username", success.username()));
        connecting.proven();
    }

    private static @Nullable DisconnectReason early(int type) {
        return type == 0 ? null : AuthFlow.beforeConnAck(PacketType.of(type));
    }

    private void authenticatedAgain(Step.Success success) {
        if (!success.username().equals(connection.username)) {
            refused(new Step.Refused(
                    Detail.AUTHENTICATION_REFUSED,
                    flow.method(),
                    "it is another user than the one that connected",
                    success.username()));
            return;
        }
        event("authenticated_again", Level.DEBUG, Map.of("authenticator", flow.method()));
        auth(ReasonCode.SUCCESS);
        connection.renewDeadline();
    }

    private void refused(Step.Refused refused) {
        event(
                "authentication_refused",
                Level.WARNING,
                Map.of("authenticator", refused.authenticator(), "why", refused.why()));
        Detail detail = refused.detail();
        if (phase == null) {
            // what may stand in DISCONNECT; details of a CONNECT know of no Will [5.0/4.12.1-2]
            detail = detail == Detail.SERVER_BUSY ? Detail.QUOTA_EXCEEDED : Detail.AUTHENTICATION_REFUSED;
        } else if (refused.username() != null) {
            connection.username = refused.username();
        }
        DisconnectReason reason =
                DisconnectReason.of(detail, "authenticator", refused.authenticator(), "why", refused.why());
        String claimed = refused.username();
        boolean other = claimed != null && !claimed.equals(connection.username);
        connection.endOnLoop(other ? reason.with("claims_to_be", Tracing.brief(String.valueOf(claimed))) : reason);
    }

    private void limited(DisconnectReason reason) {
        connection.context.counters().increment(Counter.AUTH_EXCHANGES_LIMITED);
        connection.endOnLoop(reason);
    }

    /** Without Reason String and User Properties, so Request Problem Information is kept either way [5.0/3.1.2-29]. */
    private void auth(ReasonCode code) {
        connection.outbound.write(new Packet.Auth(code, properties()));
        lastData = Bytes.EMPTY;
    }

    private Properties properties() {
        Properties method = Properties.of(Property.AUTHENTICATION_METHOD, flow.method());
        return lastData.isEmpty() ? method : method.with(Property.AUTHENTICATION_DATA, lastData);
    }

    private void event(String msg, Level level, Map<String, Object> fields) {
        Tracing.event(connection, Tag.AUTHN, level, msg, fields);
    }

    private void finish() {
        if (exchange != null) {
            exchange = null;
            deadlineMillis = Long.MAX_VALUE;
            connection.context.enhanced().leave();
        }
    }
}
