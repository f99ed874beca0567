package io.nightjar.app;

import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.Reason;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node says of itself below {@code $SYS/brokers}, with the names that EMQX 5 gives it, and only what we
 * measure: a figure that another broker has and we do not is absent, never zero.
 *
 * <pre>
 * $SYS/brokers                                    names of all nodes, comma-separated; one node says it for all
 * $SYS/brokers/{node}/version|sysdescr            text
 * $SYS/brokers/{node}/uptime                      milliseconds
 * $SYS/brokers/{node}/datetime                    RFC 3339
 * $SYS/brokers/{node}/stats/{name}/count          now
 * $SYS/brokers/{node}/metrics/{name}              since the node started
 * $SYS/brokers/{node}/metrics/ends/{reason}       ends of connections, one topic for each of the eight reasons
 * </pre>
 *
 * <p>The values are retained, so a new subscriber has them at once, and carry a Message Expiry Interval of some
 * intervals, so a node that is gone without a word does not stand there for ever. {@link #tick} is for one thread at a
 * time.
 */
final class SysTree {
    private static final String ROOT = "$SYS/brokers";

    /** Intervals that a value lives without being renewed. */
    private static final int INTERVALS = 3;

    /** A value lives this long at least, in seconds, so that a pause of a node with a short interval is no hole. */
    private static final long LEAST_EXPIRY = 30;

    private static final DateTimeFormatter RFC3339 =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSxxx", Locale.ROOT);

    private static final Logger log = LoggerFactory.getLogger(SysTree.class);

    private final About about;
    private final Counters counters;
    private final Consumer<Message> router;
    private final InstantSource clock;
    private final InstantSource wall;
    private final long intervalMillis;
    private final long startedAtMillis;
    private long dueAtMillis = Long.MIN_VALUE;
    private List<String> toldNodes = List.of();

    /**
     * Where the facts of a node come from.
     *
     * @param figures of this moment by the names of the HTTP API: connections, sessions, subscriptions, topics, retained
     * @param peers names of the other nodes
     */
    record About(String node, String version, Supplier<Map<String, Object>> figures, Supplier<List<String>> peers) {}

    /**
     * @param clock never jumps: for uptime and the interval
     * @param wall what people read
     */
    SysTree(
            About about,
            Counters counters,
            Consumer<Message> router,
            InstantSource clock,
            InstantSource wall,
            long intervalMillis) {
        this.about = about;
        this.counters = counters;
        this.router = router;
        this.clock = clock;
        this.wall = wall;
        this.intervalMillis = intervalMillis;
        this.startedAtMillis = clock.millis();
    }

    /** Everything that the node with this name has published, as a Topic Filter. */
    static String filterOf(String node) {
        return ROOT + "/" + node + "/#";
    }

    /** Publishes the tree when its interval is over, and the list of nodes as soon as it differs. Call every second. */
    void tick() {
        try {
            long now = clock.millis();
            boolean due = now >= dueAtMillis;
            if (due) {
                dueAtMillis = now + intervalMillis;
                values().forEach((topic, value) -> publish(ROOT + "/" + about.node() + "/" + topic, value));
            }
            tellNodes(due);
        } catch (RuntimeException e) {
            log.error("event=implementation_error where=sys_topics", e); // the scheduler would not call again
        }
    }

    /** The first by name speaks for all: with each node saying the same, a subscriber had it once for every node. */
    private void tellNodes(boolean due) {
        TreeSet<String> names = new TreeSet<>(about.peers().get());
        names.add(about.node());
        List<String> nodes = List.copyOf(names);
        if ((due || !nodes.equals(toldNodes)) && names.first().equals(about.node())) {
            publish(ROOT, String.join(",", nodes));
        }
        toldNodes = nodes;
    }

    private void publish(String topic, String value) {
        long expiry = Math.max(LEAST_EXPIRY, (intervalMillis * INTERVALS + 999) / 1000);
        Properties properties = Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, expiry);
        router.accept(new Message(topic, Bytes.utf8(value), QoS.AT_MOST_ONCE, true, properties, "", clock.millis()));
    }

    /** What this node says now, by the topic below its name. */
    Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("version", about.version());
        values.put("sysdescr", "Nightjar, an MQTT broker that knows why");
        values.put("uptime", Long.toString(clock.millis() - startedAtMillis));
        values.put(
                "datetime", RFC3339.format(Instant.ofEpochMilli(wall.millis()).atZone(ZoneId.systemDefault())));
        Map<String, Object> figures = about.figures().get();
        for (String name : List.of("connections", "sessions", "subscriptions", "topics", "retained")) {
            Object figure = figures.get(name);
            if (figure != null) {
                values.put("stats/" + name + "/count", figure.toString());
            }
        }
        metrics().forEach((name, value) -> values.put("metrics/" + name, Long.toString(value)));
        return values;
    }

    private Map<String, Long> metrics() {
        Map<String, Long> all = new LinkedHashMap<>();
        all.put("bytes/received", counters.get(Counter.BYTES_RECEIVED));
        all.put("bytes/sent", counters.get(Counter.BYTES_SENT));
        all.put("packets/received", counters.get(Counter.PACKETS_RECEIVED));
        all.put("packets/sent", counters.get(Counter.PACKETS_SENT));
        all.put("packets/publish/auth_error", counters.get(Counter.PUBLISH_NOT_AUTHORIZED));
        all.put("packets/subscribe/auth_error", counters.get(Counter.SUBSCRIBE_NOT_AUTHORIZED));
        all.put("messages/received", counters.get(Counter.MESSAGES_RECEIVED));
        all.put("messages/sent", counters.get(Counter.MESSAGES_SENT));
        dropped(all);
        all.put("client/connected", counters.get(Counter.CONNECTIONS_ESTABLISHED));
        all.put("client/connect/delayed", counters.get(Counter.CONNECTS_DELAYED));
        all.put("client/reads/deferred", counters.get(Counter.READS_DEFERRED));
        all.put("client/connect/refused_rate", counters.get(Counter.CONNECTS_REFUSED_RATE));
        all.put("client/connect/refused_busy", counters.get(Counter.CONNECTS_REFUSED_BUSY));
        all.put("session/created", counters.get(Counter.SESSIONS_CREATED));
        all.put("session/resumed", counters.get(Counter.SESSIONS_RESUMED));
        all.put("session/takenover", counters.get(Counter.SESSIONS_RESUMED));
        all.put("session/discarded", counters.get(Counter.SESSIONS_DISCARDED));
        all.put("session/expired", counters.get(Counter.SESSIONS_EXPIRED));
        for (Reason reason : Reason.values()) {
            all.put("ends/" + reason.word(), counters.ended(reason));
        }
        return all;
    }

    /** {@code messages} before they were for a session, {@code delivery} of one session: as EMQX divides them. */
    private void dropped(Map<String, Long> all) {
        long unwanted = counters.get(Counter.MESSAGES_WITHOUT_SUBSCRIBER);
        long peerQueue = counters.get(Counter.DROPPED_PEER_QUEUE);
        all.put("messages/dropped", unwanted + peerQueue);
        all.put("messages/dropped/no_subscribers", unwanted);
        all.put("messages/dropped/peer_queue", peerQueue);
        Map<String, Long> deliveries = new LinkedHashMap<>();
        deliveries.put("queue_full", counters.get(Counter.DROPPED_QUEUE_FULL));
        deliveries.put("expired", counters.get(Counter.DROPPED_EXPIRED));
        deliveries.put("too_large", counters.get(Counter.DROPPED_TOO_LARGE));
        deliveries.put("qos0_msg", counters.get(Counter.DROPPED_NOT_WRITABLE));
        all.put(
                "delivery/dropped",
                deliveries.values().stream().mapToLong(n -> n).sum());
        deliveries.forEach((why, count) -> all.put("delivery/dropped/" + why, count));
        // EMQX has no such drops, so its sum has none either.
        all.put("delivery/dropped/session_ended", counters.get(Counter.DROPPED_SESSION_ENDED));
        all.put("delivery/dropped/mailbox", counters.get(Counter.DROPPED_MAILBOX));
    }
}
