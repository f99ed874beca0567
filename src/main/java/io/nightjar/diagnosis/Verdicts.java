package io.nightjar.diagnosis;

import io.nightjar.diagnosis.Verdict.Confidence;
import io.nightjar.diagnosis.Verdict.Side;
import io.nightjar.mqtt.DisconnectReason;

/**
 * Whose side an end came from. Where a cause can come from one side only the verdict is certain; where evidence would
 * have to decide between network and client it says unknown rather than guess.
 */
public final class Verdicts {
    private Verdicts() {}

    /** A pure function of the reason and its evidence. */
    public static Verdict of(DisconnectReason reason, Evidence evidence) {
        return switch (reason.detail()) {
            case DISCONNECT -> certain(Side.CLIENT, "the client said goodbye");
            case DISCONNECT_WITH_WILL -> certain(Side.CLIENT, "the client left and asked for its Will Message");
            case CLIENT_REPORTED -> certain(Side.CLIENT, "the client left with an error code of its own: see code");
            case API, CLI, DASHBOARD -> certain(Side.SERVER, "an operator kicked it: see by and why");
            case BANNED, FLAPPING, CONNECT_BANNED -> certain(Side.SERVER, "a ban applies: see the ban");
            case MESSAGE_RATE, QUOTA_EXCEEDED, SERVER_BUSY, MAX_CONNECTIONS ->
                certain(Side.SERVER, "a limit was reached: see limit, and raise it if the load is wanted");
            case DRAIN, SERVER_SHUTTING_DOWN, LISTENER_STOPPED ->
                certain(Side.SERVER, "the node or listener was stopped; the client may connect again");
            case SLOW_CONSUMER ->
                new Verdict(
                        Side.UNKNOWN,
                        Confidence.POSSIBLE,
                        "the client or its path did not take data for too long: compare tcp_unacked and unsent_bytes");
            case KEEP_ALIVE, PONG_TIMEOUT ->
                new Verdict(
                        Side.UNKNOWN,
                        Confidence.POSSIBLE,
                        "nothing arrived in time: the client stopped sending or its path broke");
            case CONNECT_TIMEOUT ->
                new Verdict(
                        Side.CLIENT, Confidence.LIKELY, "the client opened a connection but sent no complete CONNECT");
            case AUTH_TIMEOUT ->
                "authenticator".equals(reason.facts().get("waiting_for"))
                        ? certain(Side.SERVER, "the authenticator did not answer in time; the client may connect again")
                        : new Verdict(Side.CLIENT, Confidence.LIKELY, "the client did not finish its login");
            case BAD_USERNAME_OR_PASSWORD, AUTHENTICATION_REFUSED, BAD_AUTHENTICATION_METHOD, CREDENTIALS_EXPIRED ->
                certain(Side.CLIENT, "its credentials were not accepted: see authenticator");
            case PUBLISH_DENIED, SUBSCRIBE_DENIED, WILL_DENIED ->
                certain(Side.CLIENT, "a rule forbids it: see rule and topic");
            case PEER_FIN, PEER_RESET, WEBSOCKET_CLOSED ->
                new Verdict(
                        Side.UNKNOWN,
                        Confidence.POSSIBLE,
                        "the transport closed without DISCONNECT: the client ended or something on the path closed it");
            case TIMED_OUT, WRITE_FAILED ->
                new Verdict(Side.NETWORK, Confidence.LIKELY, "the path stopped carrying packets");
            case DISCARDED_SAME_CLIENT, TAKEOVERED_SAME_CLIENT ->
                new Verdict(Side.CLIENT, Confidence.LIKELY, "the same device connected again");
            case DISCARDED_CONFLICT, TAKEOVERED_CONFLICT ->
                new Verdict(Side.CLIENT, Confidence.LIKELY, "two devices seem to use this ClientID: see the peers");
            case STORE_FAILED, SESSION_UNAVAILABLE, NODE_LOST, IMPLEMENTATION_ERROR ->
                certain(Side.SERVER, "a fault on our side; the client may connect again");
            case TLS_HANDSHAKE -> tlsHandshake(reason);
            case PROXY_PROTOCOL ->
                new Verdict(
                        Side.CLIENT, Confidence.LIKELY, "the proxy in front and this listener disagree: see problem");
            case NOT_MQTT ->
                "tls".equals(reason.facts().get("looks_like"))
                        ? certain(Side.CLIENT, "the client speaks TLS on a port without it: see listener")
                        : certain(Side.CLIENT, "the client does not speak this listener's protocol: see problem");
            default -> certain(Side.CLIENT, "the client broke a rule: see problem");
        };
    }

    private static Verdict tlsHandshake(DisconnectReason reason) {
        if (reason.facts().containsKey("our_certificate_not_after")) {
            return certain(Side.SERVER, "the certificate of this listener ran out: replace its file");
        } else if (reason.facts().getOrDefault("alert", "").startsWith("the client sent")) {
            return new Verdict(
                    Side.UNKNOWN, Confidence.POSSIBLE, "the client did not accept this listener's TLS: see problem");
        }
        return certain(Side.CLIENT, "the client's TLS does not fit this listener: see problem");
    }

    private static Verdict certain(Side side, String advice) {
        return new Verdict(side, Confidence.CERTAIN, advice);
    }
}
