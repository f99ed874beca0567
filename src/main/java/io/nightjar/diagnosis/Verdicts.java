package io.nightjar.diagnosis;

import io.nightjar.diagnosis.Verdict.Confidence;
import io.nightjar.diagnosis.Verdict.Side;
import io.nightjar.mqtt.DisconnectReason;
import java.util.Map;
import java.util.Set;

/**
 * Whose side an end came from, and what an operator can do, with the facts in one sentence. Where a cause can come from
 * one side only the verdict is certain; where evidence must decide between network and client, and there is none, it says
 * unknown rather than guess. A table of cases in the tests reads as documentation.
 */
public final class Verdicts {
    /** Rules of {@link ReturnOrConflict} that leave no doubt: one device does not look like two in turn. */
    private static final Set<String> SURE_RULES = Set.of("alternation", "other_certificate");

    private final DisconnectReason reason;
    private final Evidence evidence;

    private Verdicts(DisconnectReason reason, Evidence evidence) {
        this.reason = reason;
        this.evidence = evidence;
    }

    /** A pure function of the reason and its evidence. */
    public static Verdict of(DisconnectReason reason, Evidence evidence) {
        Verdicts verdicts = new Verdicts(reason, evidence);
        TransportVerdicts transport = new TransportVerdicts(reason, evidence);
        return switch (reason.detail()) {
            case KEEP_ALIVE -> transport.keepAlive();
            case PONG_TIMEOUT -> transport.pongTimeout();
            case CONNECT_TIMEOUT -> transport.connectTimeout();
            case SLOW_CONSUMER -> transport.slowConsumer();
            case PEER_FIN -> transport.peerFin();
            case PEER_RESET -> transport.peerReset();
            case TIMED_OUT -> transport.timedOut();
            case WRITE_FAILED -> transport.writeFailed();
            case WEBSOCKET_CLOSED -> transport.webSocketClosed();
            default -> verdicts.decided();
        };
    }

    /** The ends whose side their detail decides. */
    private Verdict decided() {
        return switch (reason.detail()) {
            case DISCONNECT, DISCONNECT_WITH_WILL, CLIENT_REPORTED -> goodbye();
            case API, CLI, DASHBOARD ->
                certain(
                        Side.SERVER,
                        "kicked over the " + reason.detail().word() + " by " + fact("by", "an operator")
                                + optional(", who said: ", "why", ""));
            case BANNED, FLAPPING, CONNECT_BANNED ->
                certain(
                        Side.SERVER,
                        "a ban applies to it" + optional(" (", "ban", ")") + optional(", because ", "why", "")
                                + ": lift the ban if it shall come back");
            case MESSAGE_RATE, QUOTA_EXCEEDED, SERVER_BUSY, MAX_CONNECTIONS -> limit();
            case DRAIN, SERVER_SHUTTING_DOWN, LISTENER_STOPPED -> stopped();
            case AUTH_TIMEOUT -> authTimeout();
            case BAD_USERNAME_OR_PASSWORD, AUTHENTICATION_REFUSED, BAD_AUTHENTICATION_METHOD, CREDENTIALS_EXPIRED ->
                credentials();
            case PUBLISH_DENIED, SUBSCRIBE_DENIED, WILL_DENIED ->
                certain(
                        Side.CLIENT,
                        "rule " + fact("rule", "of the authorizer") + " forbids " + user() + " "
                                + reason.detail().word().replace("_denied", "") + optional(" on topic ", "topic", "")
                                + ": change the rule or the client");
            case DISCARDED_SAME_CLIENT, TAKEOVERED_SAME_CLIENT -> sameClient();
            case DISCARDED_CONFLICT, TAKEOVERED_CONFLICT -> conflict();
            case STORE_FAILED, SESSION_UNAVAILABLE, NODE_LOST, IMPLEMENTATION_ERROR -> fault();
            case TLS_HANDSHAKE -> tlsHandshake();
            case PROXY_PROTOCOL ->
                new Verdict(
                        Side.CLIENT,
                        Confidence.LIKELY,
                        "the proxy at " + evidence.peer() + " and listener " + evidence.listener() + " disagree"
                                + optional(": ", "problem", "") + optional(" (limit ", "limit", ")")
                                + "; set PROXY protocol on both or on neither");
            case NOT_MQTT -> notMqtt();
            default -> brokenRule();
        };
    }

    private Verdict goodbye() {
        String says = optional(" and says: ", "client_says", "");
        return certain(
                Side.CLIENT,
                switch (reason.detail()) {
                    case DISCONNECT -> "the client said goodbye" + says;
                    case DISCONNECT_WITH_WILL -> "the client left and asked for its Will Message" + says;
                    default -> "the client left with its own error code " + fact("code", "?") + says + ": see its log";
                });
    }

    private Verdict limit() {
        String limit = reason.facts().get("limit");
        String value = optional("=", "value", "");
        if (limit != null && limit.startsWith("session-timeout")) {
            return certain(
                    Side.SERVER,
                    "the authenticator did not answer within " + limit
                            + ": see whether it is up and fast; the client may" + " connect again");
        }
        return certain(
                Side.SERVER,
                limit == null
                        ? "a limit of this node was reached: raise it if the load is wanted"
                        : "limit " + limit + value
                                + " was reached: raise it if the load is wanted, or look why there is" + " so much");
    }

    private Verdict stopped() {
        String what =
                switch (reason.detail()) {
                    case DRAIN -> "node " + evidence.node() + " is drained";
                    case LISTENER_STOPPED -> "listener " + evidence.listener() + " was stopped";
                    default -> "node " + evidence.node() + " was stopped in order";
                };
        return certain(Side.SERVER, what + ": the client may connect again" + optional(" to ", "server_reference", ""));
    }

    private Verdict authTimeout() {
        String limit = optional(" (limit ", "limit", ")");
        return "authenticator".equals(reason.facts().get("waiting_for"))
                ? certain(
                        Side.SERVER,
                        "the authenticator did not answer in time" + limit
                                + ": see whether it is up and fast; the client may connect again")
                : new Verdict(
                        Side.CLIENT,
                        Confidence.LIKELY,
                        "the client at " + evidence.peer() + " did not go on with its login" + limit
                                + ": look at its authentication method");
    }

    private Verdict credentials() {
        String why = optional(": ", "why", "") + optional(": ", "problem", "");
        if (reason.facts().getOrDefault("why", "").startsWith("it failed")) {
            return certain(Side.SERVER, "authenticator " + fact("authenticator", "?") + " could not decide" + why);
        }
        return switch (reason.detail()) {
            case CREDENTIALS_EXPIRED ->
                certain(
                        Side.CLIENT,
                        "the credentials of " + user() + " ran out" + why + "; give it new ones before they do");
            case BAD_AUTHENTICATION_METHOD ->
                certain(
                        Side.CLIENT,
                        "authentication method " + fact("method", "?") + " is not offered here, but "
                                + fact("offered", "none") + " is: change the client");
            default ->
                certain(
                        Side.CLIENT,
                        (reason.facts().containsKey("authenticator")
                                        ? "authenticator " + fact("authenticator", "?") + " refused "
                                        : "nothing accepted ")
                                + user() + " from " + evidence.peer() + why + optional(" (limit ", "limit", ")")
                                + "; check what this client is configured with");
        };
    }

    // ---- the same ClientID again

    private Verdict sameClient() {
        return new Verdict(
                Side.CLIENT,
                Confidence.LIKELY,
                "the same device connected again from " + fact("new_peer", "another address")
                        + " while its connection from "
                        + fact("old_peer", evidence.peer()) + " was open, last heard of "
                        + age("old_active_ms_ago") + " ago (rule " + fact("rule", "?")
                        + "): its path broke unseen or it restarted; a shorter Keep Alive sees that earlier");
    }

    private Verdict conflict() {
        String rule = fact("rule", "?");
        int times = number("alternations", 1);
        String alternate = times > 1 ? ", which displaced each other " + times + " times" + within() : "";
        return new Verdict(
                Side.CLIENT,
                SURE_RULES.contains(rule) ? Confidence.CERTAIN : Confidence.LIKELY,
                "two devices use this ClientID, one at " + fact("old_peer", "?") + " on node " + fact("old_node", "?")
                        + " and one at " + fact("new_peer", "?") + " on node " + fact("new_node", "?") + alternate
                        + " (rule " + rule + "): give each a ClientID of its own");
    }

    private String within() {
        return reason.facts().containsKey("alternating_for_ms") ? " within " + age("alternating_for_ms") : "";
    }

    // ---- before and beside MQTT

    private Verdict tlsHandshake() {
        String problem = optional(": ", "problem", "");
        String expired = reason.facts().get("our_certificate_not_after");
        if (expired != null) {
            return certain(
                    Side.SERVER,
                    "the certificate of listener " + evidence.listener() + " ran out on " + expired
                            + ": replace its file");
        } else if (reason.facts().containsKey("our_certificate_not_before")) {
            return certain(
                    Side.SERVER,
                    "the certificate of listener " + evidence.listener() + " is not valid before "
                            + fact("our_certificate_not_before", "?") + ": replace its file or set this node's clock");
        } else if (reason.facts().getOrDefault("alert", "").startsWith("the client sent")) {
            return new Verdict(
                    Side.UNKNOWN,
                    Confidence.POSSIBLE,
                    "the client at " + evidence.peer() + " did not accept the TLS of listener " + evidence.listener()
                            + problem);
        }
        return certain(
                Side.CLIENT,
                "the TLS of the client at " + evidence.peer() + " does not fit listener " + evidence.listener()
                        + problem);
    }

    private Verdict notMqtt() {
        String looks = fact("looks_like", "");
        return looks.equals("tls")
                ? certain(
                        Side.CLIENT,
                        "the client at " + evidence.peer() + " speaks TLS on a port without it, listener "
                                + evidence.listener() + ": let it use a TLS port, or no TLS")
                : certain(
                        Side.CLIENT,
                        evidence.peer() + " does not speak the protocol of listener " + evidence.listener()
                                + (looks.isEmpty() ? "" : " but " + looks) + ": see which program runs there");
    }

    private Verdict brokenRule() {
        String where = optional("byte ", "offset", " of ") + optional("", "packet", "") + optional(", ", "field", "");
        String rule = optional(" [", "rule", "]");
        String limit = optional(" (limit ", "limit", ")");
        return certain(
                Side.CLIENT,
                "the client broke a rule" + (where.isEmpty() ? "" : " in " + where) + optional(": ", "problem", "")
                        + limit + rule + "; its library or what it is told to send must change");
    }

    // ---- our faults

    private Verdict fault() {
        Map<String, String> facts = reason.facts();
        String what =
                switch (reason.detail()) {
                    case STORE_FAILED -> "its Session State could not be stored" + optional(": ", "problem", "");
                    case NODE_LOST ->
                        "node "
                                + facts.getOrDefault(
                                        "connection_node", facts.getOrDefault("session_node", evidence.node()))
                                + " left the cluster: see why it went";
                    case IMPLEMENTATION_ERROR ->
                        "a fault of this broker, " + fact("exception", "an exception")
                                + ": report what stands in the log" + " of node " + evidence.node() + " with id "
                                + fact("id", "?");
                    default ->
                        "the node of its Session" + optional(", ", "session_node", ",") + " did not answer"
                                + optional(" (link ", "link", ")") + optional(" within ", "limit", "")
                                + ": see whether it is overloaded or unreachable";
                };
        return certain(Side.SERVER, what + "; the client may connect again");
    }

    // ---- words

    private String user() {
        return evidence.username() == null ? "a client without username" : "user " + evidence.username();
    }

    private String fact(String name, String otherwise) {
        return reason.facts().getOrDefault(name, otherwise);
    }

    private String optional(String before, String name, String after) {
        String value = reason.facts().get(name);
        return value == null || value.isEmpty() ? "" : before + value + after;
    }

    private int number(String name, int otherwise) {
        String value = fact(name, "");
        return isNumber(value, 9) ? Integer.parseInt(value) : otherwise;
    }

    private String age(String name) {
        String value = fact(name, "");
        return isNumber(value, 15) ? SocketFacts.time(Long.parseLong(value)) : "some time";
    }

    private static boolean isNumber(String text, int mostDigits) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        return digits > 0 && digits == text.length() && digits <= mostDigits;
    }

    private static Verdict certain(Side side, String advice) {
        return new Verdict(side, Confidence.CERTAIN, advice);
    }
}
