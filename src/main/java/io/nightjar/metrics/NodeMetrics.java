package io.nightjar.metrics;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.metrics.Family.Together;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.QoS;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * All figures of one node as samples, and the table of families they belong to. A family of EMQX 5 is here only if we
 * measure the same thing; what it has and we do not is absent, never zero.
 */
public final class NodeMetrics {
    /** Ends of connections by {@code reason}, {@code detail}, {@code side} and {@code listener}. */
    public static final String ENDS = "nightjar_connection_ends_total";

    /** Of answers for all nodes; who asks one node learns nothing of the others. */
    public static final String NODES_UNREACHABLE = "nightjar_nodes_unreachable";

    private static final String ALARM = "nightjar_alarm_active";

    private static final Map<String, Family> FAMILIES = new LinkedHashMap<>();
    private static final Map<String, ToLongFunction<Counters>> COUNTED = new LinkedHashMap<>();

    /** Gauges by the name that {@code figures} has for them. */
    private static final Map<String, String> FIGURES = new LinkedHashMap<>();

    static {
        figure("sessions", "connections", "Sessions of this node, with and without a connection", Together.SUM);
        figure("live_connections", "live_connections", "Clients that are connected to this node", Together.SUM);
        figure("sessions", "sessions", "Sessions of this node, with and without a connection", Together.SUM);
        figure("subscriptions", "subscriptions", "Subscriptions of the sessions of this node", Together.SUM);
        figure("topics", "topics", "Topic Filters that somebody is subscribed to", Together.SUM);
        figure("retained", "retained", "Retained Messages; every node has all of them", Together.MAX);
        add(new Family(
                "emqx_cluster_nodes_running",
                "",
                Family.Type.GAUGE,
                "Nodes of the cluster that are up, as this node sees it",
                Together.MAX));
        FIGURES.put("emqx_cluster_nodes_running", "nodes");
        traffic();
        packets();
        dropped();
        clients();
        for (Counter counter : Counter.values()) {
            String help = counter.word().replace('_', ' ') + ", since the node started";
            counted("nightjar_" + counter.word() + "_total", "", first(help), counters -> counters.get(counter));
        }
        own();
        Machine.FAMILIES.forEach(NodeMetrics::add);
    }

    private final Counters counters;
    private final Supplier<Map<String, Object>> figures;

    /** @param figures of this moment, by the names of the HTTP API */
    public NodeMetrics(Counters counters, Supplier<Map<String, Object>> figures) {
        this.counters = counters;
        this.figures = figures;
    }

    /** The family of this name, or null if this version has none. */
    public static @Nullable Family family(String name) {
        return FAMILIES.get(name);
    }

    /** All families in the order they are told. */
    public static Collection<Family> families() {
        return FAMILIES.values();
    }

    private static void traffic() {
        emqx("bytes.received", "Bytes of packets from clients", c -> c.get(Counter.BYTES_RECEIVED));
        emqx("bytes.sent", "Bytes of packets to clients", c -> c.get(Counter.BYTES_SENT));
        emqx("packets.received", "Packets from clients", c -> c.get(Counter.PACKETS_RECEIVED));
        emqx("packets.sent", "Packets to clients", c -> c.get(Counter.PACKETS_SENT));
        emqx("messages.received", "PUBLISH packets from clients", c -> c.get(Counter.MESSAGES_RECEIVED));
        emqx("messages.sent", "PUBLISH packets to clients", c -> c.get(Counter.MESSAGES_SENT));
        for (QoS qos : QoS.values()) {
            String name = "messages.qos" + qos.value();
            emqx(name + ".received", "PUBLISH packets of this QoS from clients", c -> c.received(qos));
            emqx(name + ".sent", "PUBLISH packets of this QoS to clients", c -> c.sent(qos));
        }
        emqx(
                "messages.publish",
                "Messages that clients published and were allowed to, with Wills",
                c -> c.get(Counter.MESSAGES_ROUTED) + c.get(Counter.MESSAGES_WITHOUT_SUBSCRIBER));
        emqx(
                "messages.delivered",
                "Messages that were to be sent, with repeats and those too large for their client",
                c -> c.get(Counter.MESSAGES_SENT) + c.get(Counter.DROPPED_TOO_LARGE));
        emqx(
                "messages.acked",
                "Messages of QoS 1 and 2 that their client acknowledged",
                c -> c.get(Counter.MESSAGES_ACKED));
    }

    private static void packets() {
        counted("emqx_packets_connect", "packets.connect.received", "CONNECT packets", received(PacketType.CONNECT));
        for (PacketType type : List.of(
                PacketType.PUBLISH,
                PacketType.PUBACK,
                PacketType.PUBREC,
                PacketType.PUBREL,
                PacketType.PUBCOMP,
                PacketType.DISCONNECT,
                PacketType.AUTH)) {
            in(type);
            out(type);
        }
        in(PacketType.SUBSCRIBE);
        out(PacketType.SUBACK);
        in(PacketType.UNSUBSCRIBE);
        out(PacketType.UNSUBACK);
        in(PacketType.PINGREQ);
        out(PacketType.PINGRESP);
        out(PacketType.CONNACK);
        emqx("packets.connack.error", "CONNACK packets that refused", c -> c.get(Counter.CONNACKS_WITH_ERROR));
        emqx(
                "packets.connack.auth_error",
                "CONNACK packets that refused for want of authentication",
                c -> c.get(Counter.CONNACKS_NOT_AUTHORIZED));
        emqx(
                "packets.publish.auth_error",
                "PUBACK and PUBREC packets for what a rule denied",
                c -> c.get(Counter.PUBLISH_NOT_AUTHORIZED));
        emqx(
                "packets.subscribe.auth_error",
                "SUBSCRIBE packets with a filter that a rule denied",
                c -> c.get(Counter.SUBSCRIBE_NOT_AUTHORIZED));
    }

    private static void in(PacketType type) {
        emqx("packets." + word(type) + ".received", type + " packets from clients", received(type));
    }

    private static void out(PacketType type) {
        emqx("packets." + word(type) + ".sent", type + " packets to clients", c -> c.sent(type));
    }

    private static ToLongFunction<Counters> received(PacketType type) {
        return counters -> counters.received(type);
    }

    private static String word(PacketType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    private static void dropped() {
        emqx(
                "messages.dropped",
                "Messages dropped before they were for a session",
                c -> c.get(Counter.MESSAGES_WITHOUT_SUBSCRIBER) + c.get(Counter.DROPPED_PEER_QUEUE));
        emqx(
                "messages.dropped.no_subscribers",
                "Messages that nobody is subscribed to",
                c -> c.get(Counter.MESSAGES_WITHOUT_SUBSCRIBER));
        emqx(
                "delivery.dropped",
                "Messages dropped on the way from a session to its client: the sum of the four kinds that follow",
                c -> c.get(Counter.DROPPED_QUEUE_FULL)
                        + c.get(Counter.DROPPED_EXPIRED)
                        + c.get(Counter.DROPPED_TOO_LARGE)
                        + c.get(Counter.DROPPED_NOT_WRITABLE));
        emqx(
                "delivery.dropped.queue_full",
                "Messages dropped since the session's queue was full",
                c -> c.get(Counter.DROPPED_QUEUE_FULL));
        emqx("delivery.dropped.expired", "Messages dropped since they expired", c -> c.get(Counter.DROPPED_EXPIRED));
        emqx(
                "delivery.dropped.too_large",
                "Messages dropped since they are too large for their client",
                c -> c.get(Counter.DROPPED_TOO_LARGE));
        emqx(
                "delivery.dropped.qos0_msg",
                "Messages of QoS 0 dropped since their client was away or slow",
                c -> c.get(Counter.DROPPED_NOT_WRITABLE));
    }

    private static void clients() {
        emqx("client.connect", "CONNECT packets", received(PacketType.CONNECT));
        emqx("client.connack", "CONNACK packets", c -> c.sent(PacketType.CONNACK));
        emqx("client.connected", "Clients that were connected", c -> c.get(Counter.CONNECTIONS_ESTABLISHED));
        emqx(
                "client.disconnected",
                "Ends of connections of clients that were connected",
                c -> c.get(Counter.CLIENTS_DISCONNECTED));
        emqx("session.created", "Sessions that began", c -> c.get(Counter.SESSIONS_CREATED));
        emqx("session.resumed", "Sessions whose client came back", c -> c.get(Counter.SESSIONS_RESUMED));
        emqx(
                "session.takenover",
                "Sessions that a later connection took over, from an open connection or not; so the same as those resumed",
                c -> c.get(Counter.SESSIONS_RESUMED));
        emqx(
                "session.discarded",
                "Sessions that a client with Clean Start discarded, with or without a connection",
                c -> c.get(Counter.SESSIONS_DISCARDED));
        emqx("session.terminated", "Sessions that ended", c -> c.get(Counter.SESSIONS_ENDED));
        emqx(
                "authentication.success",
                "Clients that an authenticator let in",
                c -> c.get(Counter.AUTHENTICATIONS_ACCEPTED));
        emqx(
                "authentication.failure",
                "Clients that an authenticator refused",
                c -> c.ended(Detail.BAD_USERNAME_OR_PASSWORD, Detail.AUTHENTICATION_REFUSED));
        emqx(
                "authorization.deny",
                "Publications, subscriptions and Wills that a rule denied",
                c -> c.get(Counter.DENIED_PUBLISH) + c.get(Counter.DENIED_SUBSCRIBE) + c.ended(Detail.WILL_DENIED));
    }

    private static void own() {
        add(new Family(
                NODES_UNREACHABLE,
                "",
                Family.Type.GAUGE,
                "Nodes of the cluster that did not answer and whose figures are missing here",
                Together.APART));
        add(new Family(
                ENDS,
                "",
                Family.Type.COUNTER,
                "Ends of connections by reason, detail, side (client, network, server, unknown) and listener; what never"
                        + " occurred is absent",
                Together.SUM));
        gauge("connects_waiting", "CONNECTs that wait to be let in");
        gauge("connects_in_progress", "CONNECTs that are worked on and not answered yet");
        gauge("alarms", "Alarms that stand: limits that are used to 80 %, and queues that overflowed");
        add(new Family(ALARM, "", Family.Type.GAUGE, "1 for each alarm that stands; others are absent", Together.SUM));
        add(new Family(
                "nightjar_listener_connections",
                "",
                Family.Type.GAUGE,
                "Open connections of a listener",
                Together.SUM));
        add(new Family(
                "nightjar_listener_connections_max",
                "",
                Family.Type.GAUGE,
                "Most open connections of a listener, its max-connections",
                Together.SUM));
    }

    /** A figure of EMQX: {@code emqx_<name>_count}. */
    private static void figure(String figure, String name, String help, Together together) {
        String family = "emqx_" + name + "_count";
        add(new Family(family, name + ".count", Family.Type.GAUGE, help, together));
        FIGURES.put(family, figure);
    }

    /** A figure of ours: {@code nightjar_<name>}. */
    private static void gauge(String name, String help) {
        String family = "nightjar_" + name;
        add(new Family(family, "", Family.Type.GAUGE, help, Together.SUM));
        FIGURES.put(family, name);
    }

    /** A counter of EMQX; dots of its key become underscores in its name. */
    private static void emqx(String key, String help, ToLongFunction<Counters> value) {
        counted("emqx_" + key.replace('.', '_'), key, help, value);
    }

    private static void counted(String name, String key, String help, ToLongFunction<Counters> value) {
        add(new Family(name, key, Family.Type.COUNTER, help, Together.SUM));
        COUNTED.put(name, value);
    }

    private static void add(Family family) {
        FAMILIES.put(family.name(), family);
    }

    private static String first(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    /** All figures of this moment. */
    public List<Sample> samples() {
        List<Sample> samples = new ArrayList<>();
        Map<String, Object> now = figures.get();
        FIGURES.forEach((family, figure) -> {
            if (now.get(figure) instanceof Number number) {
                samples.add(new Sample(family, Map.of(), number.doubleValue()));
            }
        });
        COUNTED.forEach((family, value) -> samples.add(Sample.of(family, Map.of(), value.applyAsLong(counters))));
        counters.ends().forEach((end, count) -> samples.add(Sample.of(ENDS, labels(end), count)));
        listeners(samples, "nightjar_listener_connections", now.get("listener_connections"));
        listeners(samples, "nightjar_listener_connections_max", now.get("listener_connections_max"));
        if (now.get("alarm_names") instanceof Collection<?> names) {
            names.forEach(name -> samples.add(new Sample(ALARM, Map.of("alarm", String.valueOf(name)), 1)));
        }
        Machine.addTo(samples, now);
        return samples;
    }

    private static Map<String, String> labels(Counters.End end) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("reason", end.detail().reason().word());
        labels.put("detail", end.detail().word());
        labels.put("side", end.side());
        labels.put("listener", end.listener());
        return labels;
    }

    private static void listeners(List<Sample> samples, String family, @Nullable Object counts) {
        if (counts instanceof Map<?, ?> byListener) {
            byListener.forEach((listener, count) -> samples.add(
                    new Sample(family, Map.of("listener", String.valueOf(listener)), ((Number) count).doubleValue())));
        }
    }

    /**
     * The figures of several nodes as those of one.
     *
     * @param nodes by name
     */
    public static List<Sample> together(Map<String, List<Sample>> nodes) {
        Map<String, Map<Map<String, String>, Double>> sums = new LinkedHashMap<>();
        nodes.values()
                .forEach(samples -> samples.forEach(sample -> {
                    Family family = FAMILIES.get(sample.family());
                    if (family != null && family.together() != Together.APART) {
                        sums.computeIfAbsent(sample.family(), name -> new LinkedHashMap<>())
                                .merge(sample.labels(), sample.value(), family::add);
                    }
                }));
        List<Sample> all = new ArrayList<>();
        sums.forEach((family, values) -> values.forEach((labels, value) -> all.add(new Sample(family, labels, value))));
        return all;
    }

    /** The figures of several nodes beside each other, each with its node as first label. */
    public static List<Sample> apart(Map<String, List<Sample>> nodes) {
        List<Sample> all = new ArrayList<>();
        nodes.forEach((node, samples) -> samples.forEach(sample -> {
            Map<String, String> labels = new LinkedHashMap<>();
            labels.put("node", node);
            labels.putAll(sample.labels());
            all.add(new Sample(sample.family(), labels, sample.value()));
        }));
        return all;
    }
}
