package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one node says of itself and of its clients is heard on the other. */
class SysTopicsAcrossNodesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Map<String, String> SETTINGS =
            Map.of("sys-topics.client-events", "on", "sys-topics.interval", "1s");

    @TempDir
    private static Path directory;

    /** One story, since starting and stopping nodes is what takes the time. */
    @Test
    void figures_and_events_of_a_node_reach_the_other_until_it_leaves() throws IOException {
        try (TestBroker a = TestBroker.start(directory, "sys-a", SETTINGS);
                TestBroker b = TestBroker.start(directory, "sys-b", SETTINGS, a);
                RawMqttClient events = a.openWithSessionHere("events-", Properties.NONE);
                RawMqttClient onB = RawMqttClient.connect("127.0.0.1", b.port())) {
            events.subscribe(1, "$SYS/brokers/+/clients/#", QoS.AT_MOST_ONCE);
            awaitRoute(events, b);

            onB.open("device", true);
            Packet.Publish connected = eventOf("device", events);
            await().atMost(PATIENCE)
                    .until(() -> "sys-a,sys-b".equals(tree(a).get("$SYS/brokers"))
                            && tree(a).containsKey("$SYS/brokers/sys-b/uptime"));
            Map<String, String> seenOnB = tree(b);

            b.broker().stop();

            Packet.Publish disconnected = eventOf("device", events);
            assertThat(connected.topic()).isEqualTo("$SYS/brokers/sys-b/clients/device/connected");
            assertThat(connected.payload().text()).contains("\"node\":\"sys-b\"");
            assertThat(seenOnB).containsKey("$SYS/brokers/sys-a/uptime");
            assertThat(disconnected.topic()).isEqualTo("$SYS/brokers/sys-b/clients/device/disconnected");
            assertThat(disconnected.payload().text())
                    .contains("\"reason\":\"kicked\"", "\"detail\":\"server_shutting_down\"");
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(tree(a))
                    .containsEntry("$SYS/brokers", "sys-a")
                    .doesNotContainKeys("$SYS/brokers/sys-b/uptime", "$SYS/brokers/sys-b/version"));
        }
    }

    /** A SUBACK does not wait for other nodes: clients come and go there until the reader hears of one. */
    private static void awaitRoute(RawMqttClient reader, TestBroker node) {
        AtomicInteger probes = new AtomicInteger();
        await().atMost(PATIENCE).until(() -> {
            try (RawMqttClient probe = RawMqttClient.connect("127.0.0.1", node.port())) {
                probe.open("probe-" + probes.incrementAndGet(), true);
                return reader.receive(QUIET) != null;
            }
        });
    }

    private static Packet.Publish eventOf(String clientId, RawMqttClient reader) throws IOException {
        Packet.Publish event = reader.expect(Packet.Publish.class);
        while (!event.topic().contains("/clients/" + clientId + "/")) {
            event = reader.expect(Packet.Publish.class);
        }
        return event;
    }

    /** The values that a new subscriber has at once, those that are retained. */
    private static Map<String, String> tree(TestBroker node) throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (RawMqttClient reader = RawMqttClient.connect("127.0.0.1", node.port())) {
            reader.open("tree-of-" + node.name(), true);
            reader.subscribe(1, "$SYS/#", QoS.AT_MOST_ONCE);
            int rounds = 0; // of live values: when two came, all that is retained was before them
            while (rounds < 2 && reader.receive(QUIET) instanceof Packet.Publish publish) {
                if (publish.retain()) {
                    tree.put(publish.topic(), publish.payload().text());
                } else if (publish.topic().endsWith(node.name() + "/uptime")) {
                    rounds++;
                }
            }
        }
        return tree;
    }
}
