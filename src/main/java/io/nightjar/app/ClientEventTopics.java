package io.nightjar.app;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.Evidence;
import io.nightjar.message.ClientEvents;
import io.nightjar.message.ConnectedClient;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.routing.Router;
import java.time.InstantSource;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Publishes that a client came or went, QoS 0 and not retained, on the event loop of its connection.
 *
 * <p>There is no queue here, so none that could overflow: while nobody subscribes nothing is written, and else the
 * message goes the way of all messages, into mailboxes and queues that have their limits and count what they drop. Nor
 * can it feed itself: a subscriber that ends is one event more, and what is dropped ends nobody. Thread-safe.
 */
final class ClientEventTopics implements ClientEvents {
    private final boolean on;
    private final Predicate<String> listenerEnabled;
    private final Router router;
    private final Counters counters;
    private final InstantSource clock;
    private final InstantSource wall;

    /**
     * @param on whether any listener has events
     * @param listenerEnabled whether this listener has, by its id ({@code tcp:default})
     * @param clock of messages; never jumps
     * @param wall what people read
     */
    ClientEventTopics(
            boolean on,
            Predicate<String> listenerEnabled,
            Router router,
            Counters counters,
            InstantSource clock,
            InstantSource wall) {
        this.on = on;
        this.listenerEnabled = listenerEnabled;
        this.router = router;
        this.counters = counters;
        this.clock = clock;
        this.wall = wall;
    }

    @Override
    public boolean isOn() {
        return on;
    }

    @Override
    public void connected(ConnectedClient client, boolean sessionPresent) {
        publish(client, "connected", () -> ClientEventText.connected(client, sessionPresent, wall.millis()));
    }

    @Override
    public void disconnected(ConnectedClient client, ConnectionEnd end) {
        publish(client, "disconnected", () -> ClientEventText.disconnected(client, end, wall.millis()));
    }

    /** A connection ended with its node, which cannot tell any more: the node that held its session does. */
    void lost(ConnectionEnd end) {
        if (!on) {
            return;
        }
        Evidence evidence = end.evidence();
        disconnected(
                new ConnectedClient(
                        evidence.clientId(),
                        evidence.username(),
                        evidence.peer(),
                        null,
                        version(evidence.protocolVersion()),
                        evidence.cleanStart(),
                        evidence.keepAliveSeconds(),
                        null,
                        evidence.listener(),
                        evidence.node(),
                        end.atMillis() - evidence.connectedForMillis()),
                end);
    }

    private void publish(ConnectedClient client, String event, Supplier<byte[]> json) {
        if (!on || !listenerEnabled.test(client.listener())) {
            return;
        }
        String topic = ClientEventText.topic(client.node(), client.clientId(), event);
        if (router.hasSubscribers(topic)) {
            counters.increment(Counter.CLIENT_EVENTS);
            Bytes payload = Bytes.wrap(json.get());
            router.route(new Message(topic, payload, QoS.AT_MOST_ONCE, false, Properties.NONE, "", clock.millis()));
        }
    }

    private static @Nullable MqttVersion version(@Nullable String words) {
        for (MqttVersion version : MqttVersion.values()) {
            if (version.toString().equals(words)) {
                return version;
            }
        }
        return null;
    }
}
