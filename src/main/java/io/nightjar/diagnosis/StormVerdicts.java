package io.nightjar.diagnosis;

import io.nightjar.diagnosis.Storms.Burst;
import io.nightjar.diagnosis.Verdict.Confidence;
import io.nightjar.diagnosis.Verdict.Side;
import java.util.Comparator;
import java.util.Map;

/**
 * Whose side a storm came from, with a sentence that says how many, where, how fast and what to do. Many at once tell what
 * one end cannot: clients do not agree to leave in the same second, what they share does it.
 */
final class StormVerdicts {
    private final Burst burst;
    private final long clients;
    private final Ages ages;

    private StormVerdicts(Burst burst, long clients, Ages ages) {
        this.burst = burst;
        this.clients = clients;
        this.ages = ages;
    }

    static Verdict of(Burst burst, long clients, Ages ages) {
        return new StormVerdicts(burst, clients, ages).decide();
    }

    private Verdict decide() {
        return switch (burst.reason()) {
            case "tcp_closed" -> closed();
            case "keepalive_timeout" -> silent();
            case "not_authorized" ->
                new Verdict(
                        Side.CLIENT,
                        Confidence.CERTAIN,
                        who("were not let in") + ": a password, token, certificate or rule changed; see"
                                + " /disconnects/refused for who said no");
            case "kicked" -> new Verdict(Side.SERVER, Confidence.CERTAIN, who("were ended by the broker") + kicked());
            case "takeovered", "discarded" ->
                new Verdict(
                        Side.NETWORK,
                        Confidence.POSSIBLE,
                        who("connected again while their old connection was open")
                                + ": they lost their path and came back before the broker could see it");
            case "normal" ->
                new Verdict(
                        Side.CLIENT,
                        Confidence.CERTAIN,
                        who("said goodbye") + ": an application or gateway was stopped, or a fleet was updated");
            default -> broken();
        };
    }

    private Verdict closed() {
        Ages.Mode mode = ages.mode();
        Idle idle = ages.idle();
        boolean behind = burst.cause().compareTo(Cause.LISTENER) < 0;
        String what = who("closed") + (idle == null ? "" : ", idle for " + range(idle) + " each");
        boolean regular = mode != null
                && mode.ageMillis() >= IdlePaths.SHORTEST_MILLIS
                && mode.count() >= StormGroups.FEWEST_CLIENTS
                && mode.count() * 10 >= burst.count() * 6;
        if (mode != null && regular) {
            return new Verdict(
                    Side.NETWORK,
                    Confidence.LIKELY,
                    what + ": a proxy or NAT with a " + Durations.text(mode.ageMillis())
                            + " idle timeout; use Keep Alive " + KeepAliveAdvice.suggestedSeconds(mode.ageMillis())
                            + " s or less");
        } else if (behind) {
            return new Verdict(
                    Side.NETWORK,
                    Confidence.LIKELY,
                    what
                            + ": what they share, a load balancer, NAT, gateway or uplink, dropped them; look there at that"
                            + " time");
        }
        return new Verdict(
                Side.NETWORK,
                Confidence.POSSIBLE,
                what
                        + ", of different networks: look at what all of them pass, the firewall or load balancer in front and"
                        + " this host's own network");
    }

    private Verdict silent() {
        if (mostly("connect_timeout")) {
            return new Verdict(
                    Side.CLIENT,
                    Confidence.LIKELY,
                    who("were opened without a CONNECT")
                            + ": a health check of a load balancer, a port scan, or clients too slow to begin");
        } else if (mostly("auth_timeout")) {
            return new Verdict(
                    Side.SERVER,
                    Confidence.POSSIBLE,
                    who("did not finish their login in time") + ": is the authenticator slow or out of reach?");
        }
        return new Verdict(
                Side.NETWORK, Confidence.LIKELY, who("fell silent") + ": the path they share stopped carrying packets");
    }

    private String kicked() {
        if (mostly("drain") || mostly("server_shutting_down") || mostly("listener_stopped")) {
            return ": the node or the listener was stopped; the clients may connect again";
        } else if (mostly("api") || mostly("cli") || mostly("dashboard")) {
            return ": an operator kicked them; the audit log says who";
        } else if (mostly("banned") || mostly("flapping")) {
            return ": a ban applies";
        }
        return ": a limit was reached; see limit in these ends, and raise it if the load is wanted";
    }

    private Verdict broken() {
        if (mostly("store_failed")
                || mostly("session_unavailable")
                || mostly("node_lost")
                || mostly("implementation_error")) {
            return new Verdict(
                    Side.SERVER,
                    Confidence.CERTAIN,
                    who("ended by a fault of the cluster") + ": see GET /nodes and the log of "
                            + (burst.node().isEmpty() ? "the nodes" : burst.node()));
        } else if (mostly("tls_handshake")) {
            return new Verdict(
                    Side.CLIENT,
                    Confidence.LIKELY,
                    who("failed in TLS") + ": a certificate changed or ran out on one of the two sides; see"
                            + " /disconnects/refused for the alert");
        }
        return new Verdict(
                Side.CLIENT,
                Confidence.LIKELY,
                who("broke a rule of the protocol in the same way")
                        + ": software they share, or what stands in front of"
                        + " them, does it; see problem in these ends");
    }

    private boolean mostly(String detail) {
        String most = burst.details().entrySet().stream()
                .max(Comparator.comparingLong((Map.Entry<String, Long> entry) -> entry.getValue())
                        .thenComparing(Map.Entry::getKey))
                .map(Map.Entry::getKey)
                .orElse("");
        return most.equals(detail);
    }

    /** {@code 23 clients behind 10.0.0.0/24 closed within 0.8 s}. */
    private String who(String what) {
        String place =
                switch (burst.cause()) {
                    case ADDRESS, NETWORK -> " behind " + burst.value();
                    case LISTENER -> " on listener " + burst.value();
                    case NODE -> " on node " + burst.value();
                    case INSTANT -> "";
                };
        String subject = clients == 0 ? burst.count() + " connections" : clients + " clients";
        return subject + place + " " + what + " within " + Durations.text(Math.max(100, burst.to() - burst.from()));
    }

    private static String range(Idle idle) {
        return Durations.range(idle.minMillis(), idle.maxMillis());
    }
}
