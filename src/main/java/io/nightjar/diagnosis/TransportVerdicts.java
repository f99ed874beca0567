package io.nightjar.diagnosis;

import static io.nightjar.diagnosis.SocketFacts.time;

import io.nightjar.diagnosis.Verdict.Confidence;
import io.nightjar.diagnosis.Verdict.Side;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.PacketType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ends that silence or the transport brought about: here the evidence of the socket decides between client and
 * network. The first row that fits:
 *
 * <pre>
 * detail          | evidence                                        | verdict
 * ----------------+-------------------------------------------------+------------------
 * keep_alive,     | bytes came meanwhile, of a packet that is not   | network, possible
 * pong_timeout    | whole yet                                       |
 *                 | bytes came meanwhile and were not read          | server, likely
 *                 | unacknowledged and sent again and again         | network, certain
 *                 | 2 or more probes without an answer              | network, certain
 *                 | 1 probe without an answer                       | network, likely
 *                 | this node stood still for a quarter of it       | server, possible
 *                 | host acknowledged in the later half of the      | client, likely
 *                 | silence, nothing on the way                     |
 *                 | else                                            | unknown
 * connect_timeout | what we sent is sent again and again            | network, likely
 *                 | else                                            | client, likely
 * slow_consumer   | unacknowledged and sent again and again         | network, certain
 *                 | unacknowledged                                  | network, possible
 *                 | all acknowledged: its window is shut            | client, likely
 *                 | else                                            | unknown
 * peer_fin,       | before any CONNECT                              | client, likely
 * peer_reset      | our last packet was DISCONNECT                  | client, certain
 *                 | an alert of TLS came (peer_reset)               | client, certain
 *                 | a WebSocket closed in its own words             | client, likely
 *                 | our last packet was CONNACK, 2 s ago at most     | client, likely
 *                 | idle for as long as a usual limit of proxies    | network, possible
 *                 | behind a proxy                                  | unknown
 *                 | TLS closed in order (peer_fin)                  | client, likely
 * peer_reset      | answer to what was sent after a long silence    | network, possible
 *                 | else, if the socket was asked                   | client, possible
 * peer_fin        | else                                            | client, possible
 * timed_out       | ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ...       | network, certain
 *                 | else                                            | network, likely
 * write_failed    | EPIPE                                           | client, likely
 *                 | EPERM, ENOBUFS, ENOMEM                          | server, likely
 *                 | else                                            | unknown
 * websocket_closed| 1012, 1013, 1014: a proxy's codes               | network, likely
 *                 | else                                            | client, certain
 * </pre>
 */
final class TransportVerdicts {
    /** After how long without a packet load balancers, proxies and NATs usually give up, in seconds. */
    private static final List<Integer> USUAL_IDLE_SECONDS =
            List.of(30, 60, 75, 90, 100, 120, 180, 240, 300, 350, 600, 900, 1800, 3600, 7200);

    private static final long NEARLY_MILLIS = 500;

    private static final String STOOD_STILL =
            "look at its CPU, its garbage collection, and whether its machine was suspended";

    /** Who closes this soon after CONNACK reacts to it. */
    private static final long SOON_MILLIS = 2_000;

    private static final int NEARLY_PERCENT = 1;

    /** Bytes that came this much later than the last packet are not of that packet. */
    private static final long MEANWHILE_MILLIS = 1_000;

    /** Bytes that came this long ago would have been read by a node that was awake. */
    private static final long UNREAD_MILLIS = 1_000;

    /** Who acknowledged nothing for this long and answers with RST may have forgotten the connection. */
    private static final long LONG_SILENCE_MILLIS = 1_000;

    private final DisconnectReason reason;
    private final Evidence evidence;
    private final SocketFacts socket;
    private final String peer;

    TransportVerdicts(DisconnectReason reason, Evidence evidence) {
        this.reason = reason;
        this.evidence = evidence;
        this.socket = new SocketFacts(evidence);
        this.peer = evidence.peer();
    }

    // ---- silence

    Verdict keepAlive() {
        return silence("Keep Alive of " + fact("keep_alive_s", "?") + " s", "PINGREQ");
    }

    Verdict pongTimeout() {
        return silence("limit " + fact("limit", "pong-timeout"), "pong");
    }

    private Verdict silence(String limit, String awaited) {
        long silent = silentMillis();
        String said = "nothing came for " + time(silent) + " (" + limit + ")";
        Verdict heard = heardMeanwhile(silent, limit);
        if (heard != null) {
            return heard;
        } else if (socket.retransmits()) {
            return certain(
                    Side.NETWORK,
                    "the path to " + peer + " stopped carrying packets: " + unacknowledged()
                            + ", the last acknowledgement came " + time(socket.ackAge())
                            + " ago; look at the device's power and link, then at NAT and firewalls between");
        } else if (socket.unansweredProbes() > 0) {
            boolean twice = socket.unansweredProbes() > 1;
            return new Verdict(
                    Side.NETWORK,
                    twice ? Confidence.CERTAIN : Confidence.LIKELY,
                    said + " and the host at " + peer + " did not answer "
                            + count(socket.unansweredProbes(), "TCP keep-alive probe")
                            + ": look at the device's power and link, then at NAT and firewalls"
                            + " between");
        } else if (number("late_ms") > 0 && number("late_ms") * 4 >= silent) {
            return new Verdict(
                    Side.SERVER,
                    Confidence.POSSIBLE,
                    said + ", but this node itself stood still for " + time(number("late_ms"))
                            + " of it or more, and what " + peer + " sent meanwhile may be lost: " + STOOD_STILL);
        } else if (socket.answeredWithin(silent)) {
            String reads =
                    socket.unsentBytes() > 0 ? ", nor did it read the " + socket.unsentBytes() + " bytes for it" : "";
            reads += number("unfinished_bytes") > 0
                    ? ", and stopped in the middle of a packet, " + count(number("unfinished_bytes"), "byte")
                            + " so far"
                    : "";
            return likely(
                    Side.CLIENT,
                    "the path works, the host at " + peer + " acknowledged data " + time(socket.ackAge())
                            + " ago, but the client sent no " + awaited + " for " + time(silent) + " (" + limit + ")"
                            + reads + ": look for a client that hangs, sleeps or does not run its timer");
        }
        return unknown(said
                + (socket.known()
                        ? " and nothing was on the way to " + peer
                                + " that could tell a client that hangs from a path that broke"
                        : " and this socket gives no figures that could tell a client that hangs from a path"
                                + " that broke"));
    }

    /** Bytes came though no packet did: whose fault that is, or null if none came or it cannot be told. */
    private @Nullable Verdict heardMeanwhile(long silent, String limit) {
        long age = socket.dataAge();
        long unfinished = number("unfinished_bytes");
        if (age < 0 || age > silent - MEANWHILE_MILLIS) {
            return null;
        } else if (unfinished > 0 && 2 * age <= silent) {
            return new Verdict(
                    Side.NETWORK,
                    Confidence.POSSIBLE,
                    "a packet of " + peer + " is still on its way, " + count(unfinished, "byte") + " so far, the last "
                            + time(age) + " ago, but none was whole for " + time(silent) + " (" + limit
                            + "): its path is too slow for packets this large, or the client writes slowly; send"
                            + " smaller ones or use a longer Keep Alive");
        } else if (unfinished <= 0
                && age >= UNREAD_MILLIS
                && evidence.transport().equals("tcp")) {
            // TLS and WebSocket have records and frames of their own, such as pongs, that are no packets.
            return likely(
                    Side.SERVER,
                    "this node did not read for " + time(age) + " what " + peer + " had sent (" + limit + "): "
                            + STOOD_STILL);
        }
        return null;
    }

    private long silentMillis() {
        Long age = evidence.lastInAgeMillis();
        if (number("silent_ms") >= 0) {
            return number("silent_ms");
        }
        return age == null ? evidence.connectedForMillis() : age;
    }

    Verdict connectTimeout() {
        String limit = "within " + fact("limit", "connect-timeout");
        String bytes = fact("bytes_received", "0");
        if (socket.retransmits()) {
            return likely(
                    Side.NETWORK,
                    "what we sent to " + peer + " is not acknowledged, sent again "
                            + count(socket.retransmitsInARow(), "time")
                            + " in a row: look at the path, and at its MTU if only large packets are lost");
        } else if (reason.facts().containsKey("tls")) {
            return likely(
                    Side.CLIENT, "the client at " + peer + " did not finish its TLS handshake " + limit + ": see sni");
        } else if (bytes.equals("0")) {
            return likely(
                    Side.CLIENT,
                    peer + " connected and sent nothing " + limit
                            + ": a health check, a port scan, or a client that hangs before CONNECT");
        }
        return likely(
                Side.CLIENT,
                "the client at " + peer + " sent " + bytes + " bytes that are no whole CONNECT " + limit
                        + ": look at how it writes CONNECT");
    }

    Verdict slowConsumer() {
        String limit = "(limit " + fact("limit", "slow-consumer-timeout") + ")";
        String waits = fact("unsent_bytes", "some") + " bytes waited for " + peer + " " + limit;
        if (socket.retransmits()) {
            return certain(
                    Side.NETWORK,
                    waits + " since the path stopped carrying packets: " + unacknowledged()
                            + "; look at its link, NAT and firewalls between");
        } else if (socket.unacked() > 0) {
            return new Verdict(
                    Side.NETWORK,
                    Confidence.POSSIBLE,
                    waits + " since its path or the client takes less than it subscribed to: "
                            + count(socket.unacked(), "segment")
                            + " on the way; send it less or give it a faster link");
        } else if (socket.known() && socket.unansweredProbes() <= 0) {
            return likely(
                    Side.CLIENT,
                    waits + " and its host acknowledged all it had room for: the client does not read, so look for one"
                            + " that hangs or is too slow for what it subscribed to");
        }
        return unknown(waits + ", and whether the client or its path was slow this socket does not tell");
    }

    // ---- the transport closed

    Verdict peerFin() {
        Verdict common = closed("closed");
        if (common != null) {
            return common;
        }
        return new Verdict(
                Side.CLIENT,
                Confidence.POSSIBLE,
                "the host at " + peer + " closed in order but without DISCONNECT, " + lastPacket()
                        + ": its process ended or its code closes the socket; if it did not, look for a proxy between");
    }

    Verdict peerReset() {
        Verdict common = closed("reset");
        if (common != null) {
            return common;
        }
        if (socket.lastWordsUnanswered() && socket.ackAge() >= LONG_SILENCE_MILLIS) {
            return new Verdict(
                    Side.NETWORK,
                    Confidence.POSSIBLE,
                    "what was sent to " + peer + " after " + time(socket.ackAge())
                            + " of silence was answered with RST: the device restarted, or a NAT or firewall between"
                            + " forgot the connection; a shorter Keep Alive holds it open");
        } else if (socket.known()) {
            return new Verdict(
                    Side.CLIENT,
                    Confidence.POSSIBLE,
                    "the host at " + peer + " reset the connection, " + lastPacket()
                            + (socket.lastWordsUnanswered() ? " and with data unread" : "")
                            + ": its process was killed or closes without reading to the end; if not, look for a"
                            + " firewall between");
        }
        return unknown("the connection from " + peer + " was reset, " + lastPacket()
                + ": by the client's host or by something between, which this socket does not tell");
    }

    /** What FIN and RST have in common, or null. */
    private @Nullable Verdict closed(String how) {
        String code = reason.facts().get("code");
        if (reason.facts().containsKey("alert")) {
            return certain(
                    Side.CLIENT, "the client at " + peer + " gave up TLS, " + fact("alert", "") + ": see its log");
        } else if (lastOutIs(PacketType.DISCONNECT)) {
            return certain(Side.CLIENT, "the client at " + peer + " " + how + " in answer to our DISCONNECT");
        } else if (evidence.packetsIn() == 0) {
            String layer = reason.facts().containsKey("tls") || reason.facts().containsKey("proxy_protocol")
                    ? " in the middle of its " + (reason.facts().containsKey("tls") ? "TLS handshake" : "PROXY header")
                    : " without a CONNECT";
            return likely(
                    Side.CLIENT,
                    peer + " " + how + layer + " after " + time(evidence.connectedForMillis()) + " and "
                            + evidence.bytesIn() + " bytes: a health check, a port scan, or a client that gave up");
        } else if (code != null) {
            return likely(Side.CLIENT, "the client at " + peer + " closed its WebSocket with code " + code);
        }
        Long since = evidence.lastOutAgeMillis();
        if (lastOutIs(PacketType.CONNACK) && evidence.packetsIn() == 1 && since != null && since <= SOON_MILLIS) {
            return likely(
                    Side.CLIENT,
                    "the client at " + peer + " " + how + " " + time(since)
                            + " after CONNACK and sent"
                            + " nothing more: it does not like what CONNACK says, or only looked whether the broker is"
                            + " there");
        }
        long idle = socket.idleMillis();
        int usual = usualIdleSeconds(idle);
        if (usual > 0) {
            return new Verdict(
                    Side.NETWORK,
                    Confidence.POSSIBLE,
                    "the connection was idle for " + time(idle) + ", and " + usual
                            + " s is a usual idle timeout of proxies, load balancers and NATs: raise it there or use a"
                            + " Keep Alive of at most " + usual * 2 / 3 + " s");
        } else if (evidence.carrier().containsKey("proxy")) {
            return unknown("the proxy at " + evidence.carrier().get("proxy") + " " + how + " the connection of " + peer
                    + ", " + lastPacket() + ": its log tells whether the client did");
        } else if ("close_notify".equals(reason.facts().get("tls"))) {
            return likely(
                    Side.CLIENT,
                    "the client at " + peer + " closed its TLS in order but sent no DISCONNECT, " + lastPacket());
        }
        return null;
    }

    /** The usual timeout that this idle time is, in seconds, or 0. */
    private static int usualIdleSeconds(long idleMillis) {
        for (int seconds : USUAL_IDLE_SECONDS) {
            long limit = seconds * 1000L;
            if (idleMillis >= limit - NEARLY_MILLIS
                    && idleMillis <= limit + Math.max(NEARLY_MILLIS, limit * NEARLY_PERCENT / 100)) {
                return seconds;
            }
        }
        return 0;
    }

    Verdict timedOut() {
        String errno = reason.facts().get("errno");
        if (errno == null) {
            return likely(
                    Side.NETWORK, "the kernel gave up on " + peer + ": look at its link, NAT and firewalls between");
        } else if (errno.equals("ETIMEDOUT")) {
            return certain(
                    Side.NETWORK,
                    "the kernel gave up on " + peer + " (ETIMEDOUT): its last acknowledgement came "
                            + (socket.known() ? time(socket.ackAge()) + " ago" : "long ago")
                            + "; look at the device's power and link, then at NAT and firewalls between");
        }
        return certain(
                Side.NETWORK,
                "there is no way to " + peer + " any more (" + errno + "): look at the routes of this node and of its"
                        + " routers");
    }

    Verdict writeFailed() {
        String errno = fact("errno", "");
        return switch (errno) {
            case "EPIPE" ->
                likely(
                        Side.CLIENT,
                        "the host at " + peer
                                + " had closed the connection and refused what we sent after that (EPIPE)," + " "
                                + lastPacket());
            case "EPERM", "ENOBUFS", "ENOMEM" ->
                likely(
                        Side.SERVER,
                        "this node's kernel refused to send to " + peer + " (" + errno + "): "
                                + (errno.equals("EPERM")
                                        ? "look at its own firewall rules"
                                        : "look at its memory for sockets, net.ipv4.tcp_mem"));
            default ->
                unknown("sending to " + peer + " failed (" + (errno.isEmpty() ? fact("error", "unknown") : errno)
                        + ")");
        };
    }

    Verdict webSocketClosed() {
        String code = fact("code", "none");
        String says = reason.facts().get("client_says");
        String words = "with code " + code + (says == null ? "" : " and says: " + says);
        return switch (code) {
            case "1012", "1013", "1014" ->
                likely(
                        Side.NETWORK,
                        "the WebSocket of " + peer + " was closed " + words
                                + ", a code of proxies that restart or cannot reach on: see the proxy's log");
            default ->
                certain(Side.CLIENT, "the client at " + peer + " closed its WebSocket " + words + ": see its log");
        };
    }

    // ---- words

    private boolean lastOutIs(PacketType type) {
        List<Evidence.PacketMark> out = evidence.lastOut();
        return !out.isEmpty() && out.get(out.size() - 1).type() == type;
    }

    private String unacknowledged() {
        return count(socket.unacked(), "segment") + " unacknowledged, sent again "
                + count(socket.retransmitsInARow(), "time") + " in a row";
    }

    private static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private String lastPacket() {
        Long age = evidence.lastInAgeMillis();
        return age == null ? "which sent no packet" : time(age) + " after its last packet";
    }

    /** A fact as a number, or -1. */
    private long number(String name) {
        String value = fact(name, "");
        return value.matches("\\d{1,17}") ? Long.parseLong(value) : -1;
    }

    private String fact(String name, String otherwise) {
        return reason.facts().getOrDefault(name, otherwise);
    }

    private static Verdict certain(Side side, String advice) {
        return new Verdict(side, Confidence.CERTAIN, advice);
    }

    private static Verdict likely(Side side, String advice) {
        return new Verdict(side, Confidence.LIKELY, advice);
    }

    private static Verdict unknown(String advice) {
        return new Verdict(Side.UNKNOWN, Confidence.POSSIBLE, advice);
    }
}
