package io.nightjar.diagnosis;

import static io.nightjar.diagnosis.Refusals.Who.AUTHENTICATOR;
import static io.nightjar.diagnosis.Refusals.Who.CLIENT;
import static io.nightjar.diagnosis.Refusals.Who.LIMIT;
import static io.nightjar.diagnosis.Refusals.Who.PROTOCOL;
import static io.nightjar.diagnosis.Refusals.Who.RULE;
import static io.nightjar.diagnosis.Refusals.Who.SERVER;
import static io.nightjar.diagnosis.Refusals.Who.TRANSPORT;

import io.nightjar.mqtt.Detail;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says of a connection that was refused, or failed before its CONNECT, who refused it and what lets it in. A table over the
 * details, since nearly each of them may end a connection before its CONNACK.
 */
public final class Refusals {
    private Refusals() {}

    /** Who said no. */
    public enum Who {
        AUTHENTICATOR,
        RULE,
        LIMIT,
        /** The client broke a rule of MQTT. */
        PROTOCOL,
        /** Something below MQTT: TCP, TLS, WebSocket, PROXY protocol. */
        TRANSPORT,
        /** The client left, or did not go on, before it was answered. */
        CLIENT,
        /** A fault of the broker, or an operator's order. */
        SERVER;

        private final String word = name().toLowerCase(Locale.ROOT);

        /** As the HTTP API spells it. */
        public String word() {
            return word;
        }
    }

    /**
     * @param by which authenticator, rule or limit it was, or null if there is no more to say
     * @param fix one sentence: what lets the client in
     */
    public record Explanation(Who refusedBy, @Nullable String by, String fix) {}

    /** Explains a recorded end; a detail of a newer version has no row and is explained by its reason alone. */
    public static Explanation of(RecordedEvent event) {
        String word = event.text("detail");
        for (Detail detail : Detail.values()) {
            if (detail.word().equals(word) && detail.reason().word().equals(event.text("reason"))) {
                return of(detail, event);
            }
        }
        return new Explanation(SERVER, null, "this node does not know this detail: ask the node that recorded it");
    }

    private static Explanation of(Detail detail, RecordedEvent event) {
        return switch (detail) {
            case BAD_USERNAME_OR_PASSWORD ->
                say(AUTHENTICATOR, event, "give the client the right username and password, or make the user: see why");
            case AUTHENTICATION_REFUSED ->
                say(AUTHENTICATOR, event, "give the client credentials that the authenticator accepts: see why");
            case BAD_AUTHENTICATION_METHOD ->
                say(
                        AUTHENTICATOR,
                        event,
                        "set the client to a method that is offered, or offer it: nightjar.authentication.methods");
            case CREDENTIALS_EXPIRED ->
                say(AUTHENTICATOR, event, "renew the client's token or certificate before it runs out");
            case AUTH_TIMEOUT ->
                "authenticator".equals(event.text("waiting_for"))
                        ? say(
                                AUTHENTICATOR,
                                event,
                                "the authenticator did not answer in time: is it slow or out of reach?")
                        : say(
                                CLIENT,
                                event,
                                "the client did not finish its login in time: look at its log, or raise"
                                        + " nightjar.authentication.exchange-timeout");
            case CONNECT_BANNED -> say(RULE, event, "take the ban away if it is no longer wanted, or wait for its end");
            case BANNED, FLAPPING ->
                say(RULE, event, "take the ban away once the cause is mended, or wait for its end");
            case PUBLISH_DENIED, SUBSCRIBE_DENIED ->
                say(RULE, event, "allow the topic in nightjar.authorization.rules, or change it in the client");
            case WILL_DENIED ->
                say(
                        RULE,
                        event,
                        "allow the client to publish to the topic of its Will in nightjar.authorization.rules, or change"
                                + " that topic in the client");
            case SERVER_BUSY ->
                say(LIMIT, event, "raise the limit, add a node, or let clients wait longer before they come back");
            case MAX_CONNECTIONS ->
                say(LIMIT, event, "raise the limit that is named, or spread the clients over more nodes");
            case MESSAGE_RATE, QUOTA_EXCEEDED ->
                say(LIMIT, event, "raise the limit that is named, or make the client send less");
            case SLOW_CONSUMER ->
                say(LIMIT, event, "make the client read faster, or raise nightjar.mqtt.slow-consumer-timeout");
            case PACKET_TOO_LARGE ->
                say(LIMIT, event, "raise max-packet-size of this listener, or make the packet smaller");
            case RECEIVE_MAXIMUM_EXCEEDED ->
                say(LIMIT, event, "make the client heed the Receive Maximum of CONNACK, or raise receive-maximum");
            case API, CLI, DASHBOARD ->
                say(SERVER, event, "nothing: an operator ended it, and the client may come back");
            case DRAIN, SERVER_SHUTTING_DOWN ->
                say(SERVER, event, "nothing: the node was being stopped, and the client may come to another one");
            case LISTENER_STOPPED -> say(SERVER, event, "start the listener again, or point the client to another one");
            case STORE_FAILED -> say(SERVER, event, "look at the disk of the node and at its log");
            case SESSION_UNAVAILABLE, NODE_LOST ->
                say(
                        SERVER,
                        event,
                        "the client may come back; if it lasts, look at GET /nodes: the node of its session does not"
                                + " answer");
            case IMPLEMENTATION_ERROR ->
                say(SERVER, event, "a fault of the broker: look for id in the log of the node");
            case CONNECT_TIMEOUT ->
                say(
                        CLIENT,
                        event,
                        "the client opened a connection and sent no whole CONNECT: a health check or port scan, a client"
                                + " that is too slow, or one that waits for TLS on a port without it");
            case KEEP_ALIVE, PONG_TIMEOUT -> say(CLIENT, event, "the client fell silent: look at its path and its log");
            case DISCONNECT, DISCONNECT_WITH_WILL, CLIENT_REPORTED ->
                say(CLIENT, event, "the client said goodbye before it was answered: look at its log");
            case DISCARDED_SAME_CLIENT, TAKEOVERED_SAME_CLIENT ->
                say(CLIENT, event, "nothing: the same client connected again before it was answered");
            case DISCARDED_CONFLICT, TAKEOVERED_CONFLICT ->
                say(CLIENT, event, "give each device a ClientID of its own: another one uses this ClientID too");
            case PEER_FIN, PEER_RESET, WEBSOCKET_CLOSED -> left(event);
            case TIMED_OUT, WRITE_FAILED ->
                say(TRANSPORT, event, "the path stopped carrying packets: look at the network between client and node");
            case TLS_HANDSHAKE -> tls(event);
            case PROXY_PROTOCOL ->
                say(
                        TRANSPORT,
                        event,
                        "let the proxy in front and this listener agree: both with the PROXY protocol, or both without");
            case WEBSOCKET_HANDSHAKE ->
                say(
                        TRANSPORT,
                        event,
                        "open the WebSocket as this listener expects it, with its path and subprotocol mqtt: see problem");
            case NOT_MQTT -> notMqtt(event);
            case UNSUPPORTED_PROTOCOL_VERSION -> say(PROTOCOL, event, "set the client to MQTT 5.0, 3.1.1 or 3.1");
            case CLIENT_IDENTIFIER_NOT_VALID ->
                say(PROTOCOL, event, "give the client a ClientID that this listener takes: see problem");
            case MALFORMED_PACKET, PROTOCOL_ERROR ->
                say(PROTOCOL, event, "mend the client's software or what stands in front of it: see problem");
            case TOPIC_ALIAS_INVALID,
                    TOPIC_NAME_INVALID,
                    TOPIC_FILTER_INVALID,
                    PAYLOAD_FORMAT_INVALID,
                    QOS_NOT_SUPPORTED,
                    RETAIN_NOT_SUPPORTED,
                    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
                    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
                    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED ->
                say(
                        PROTOCOL,
                        event,
                        "make the client heed what CONNACK says this listener offers, or offer more: see problem");
        };
    }

    /** A client that goes in the middle of a TLS handshake mostly did not like our certificate. */
    private static Explanation left(RecordedEvent event) {
        return event.text("tls") != null || event.text("alert") != null
                ? say(
                        TRANSPORT,
                        event,
                        "the client went away during TLS: does it trust the certificate of this listener, and does the name it"
                                + " connects to stand in it?")
                : say(
                        CLIENT,
                        event,
                        "the client went away before it was answered: a health check, a client with too short a timeout, or"
                                + " something on the path");
    }

    private static Explanation tls(RecordedEvent event) {
        String alert = event.text("alert");
        if (event.text("our_certificate_not_after") != null) {
            return say(TRANSPORT, event, "replace the certificate of this listener: it ran out");
        } else if (alert != null && alert.startsWith("the client sent")) {
            return say(
                    TRANSPORT,
                    event,
                    "the client did not take this listener's TLS: give it the CA of the listener's certificate and a name that"
                            + " stands in it; see problem");
        } else if (event.text("certificate_subject") != null) {
            return say(
                    TRANSPORT,
                    event,
                    "give the client a certificate that this listener's CA signed and that has not run out");
        }
        return say(
                TRANSPORT,
                event,
                "set the client to a TLS version, cipher and certificate that this listener takes: see" + " problem");
    }

    private static Explanation notMqtt(RecordedEvent event) {
        String looksLike = event.text("looks_like");
        if ("tls".equals(looksLike)) {
            return say(
                    TRANSPORT, event, "the client speaks TLS: point it to a listener with TLS, or switch its TLS off");
        }
        return say(
                TRANSPORT,
                event,
                "what came is " + (looksLike == null ? "not MQTT" : looksLike.replace('_', ' '))
                        + ": point the client to the listener that speaks its protocol");
    }

    private static Explanation say(Who who, RecordedEvent event, String fix) {
        return new Explanation(who, by(who, event), fix);
    }

    private static final Map<Who, List<String>> FACTS = Map.of(
            AUTHENTICATOR, List.of("authenticator", "limit"),
            RULE, List.of("ban", "rule"),
            LIMIT, List.of("limit"),
            PROTOCOL, List.of("rule", "limit"),
            TRANSPORT, List.of("alert", "limit", "error", "errno"),
            CLIENT, List.of("limit"),
            SERVER, List.of("by", "limit"));

    private static @Nullable String by(Who who, RecordedEvent event) {
        for (String fact : FACTS.getOrDefault(who, List.of())) {
            String value = event.text(fact);
            if (value != null) {
                return value;
            }
        }
        return null;
    }
}
