package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.RecordedEvents;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.store.RecorderFile;
import io.nightjar.testing.NodeProcess;
import io.nightjar.testing.RawMqttClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What happened is known afterwards, for any client, though nothing was switched on before: while the node lives, from its
 * file when it was killed, from a copy, and after it has started again.
 */
class RecorderHistoryTest {
    private static final int CLIENTS = 1000;
    private static final int ROUNDS = 4;
    private static final Map<String, String> SETTINGS = Map.of(
            "recorder.size",
            "16MiB",
            "authorization.rules",
            "[{permission = deny, who = all, action = publish, topics = [\"secret/#\"]}]");

    @TempDir
    Path dir;

    private final Random random = new Random(20_261_126);

    /** One client, what it did, and what the recorder should say of it: alternatives with a bar between. */
    private static final class Client {
        private final String id;
        private final List<String> expected = new ArrayList<>();
        private @Nullable RawMqttClient connection;
        private int packetId;

        Client(int number) {
            this.id = "dev/" + number + (number % 3 == 0 ? " ä" : "");
        }

        void connect(int port) throws IOException {
            RawMqttClient old = connection;
            RawMqttClient next = RawMqttClient.connect("127.0.0.1", port, MqttVersion.V5);
            if (old != null) {
                expected.add("ended takeovered/same_client|ended takeovered/conflict");
            }
            next.open(id, false, Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L));
            expected.add("connected");
            if (old != null) {
                old.close();
            }
            connection = next;
        }

        RawMqttClient open() {
            if (connection == null) {
                throw new IllegalStateException(id);
            }
            return connection;
        }

        void gone(String end) throws IOException {
            expected.add(end);
            open().close();
            connection = null;
        }
    }

    @Test
    void for_any_of_a_thousand_clients_it_is_known_afterwards_what_happened_also_when_the_node_was_killed()
            throws IOException {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new Client(i));
        }
        Path file = dir.resolve("n").resolve(RecorderFile.NAME);
        try (NodeProcess node = NodeProcess.start(dir, "n", SETTINGS).awaitReady()) {
            for (int round = 0; round < ROUNDS; round++) {
                for (Client client : clients) {
                    act(client, node);
                }
            }
            for (Client client : clients) {
                if (client.connection != null && random.nextBoolean()) {
                    client.open().send(new Packet.Disconnect(ReasonCode.SUCCESS));
                    client.gone("ended normal/disconnect");
                }
            }
            Collections.shuffle(clients, random);
            List<Client> chosen = clients.subList(0, 10);
            RecordedEvents live = RecorderFile.read(file);
            assertThat(live.oldestMillis()).isPositive();
            for (Client client : chosen) {
                await().atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> assertHistory(RecorderFile.read(file), client));
            }
            Files.copy(file, dir.resolve("copy.bin"));

            node.kill();

            Map<String, List<RecordedEvent>> left = new HashMap<>();
            RecorderFile.read(file)
                    .scan(EventFilter.ALL, event -> left.computeIfAbsent(event.clientId(), id -> new ArrayList<>())
                            .add(event));
            for (Client client : clients) {
                assertHistory(left.getOrDefault(client.id, List.of()), client);
            }
            assertHistory(RecorderFile.read(dir.resolve("copy.bin")), chosen.get(0));
            assertThat(tool(file.toString(), "--clientid", chosen.get(0).id).lines())
                    .hasSameSizeAs(chosen.get(0).expected)
                    .allMatch(line -> line.contains("clientid=\"" + chosen.get(0).id + "\""));
        }
        List<Client> held =
                clients.stream().filter(client -> client.connection != null).toList();
        assertThat(held).hasSizeGreaterThan(100);
        for (Client client : held) {
            client.gone("ended internal_error/node_lost");
        }
        try (NodeProcess again = NodeProcess.start(dir, "n", SETTINGS).awaitReady()) {
            RecordedEvents after = RecorderFile.read(file);
            for (Client client : held) {
                assertHistory(after, client);
            }
            assertThat(tool(file.toString(), "--detail", "node_lost").lines())
                    .hasSameSizeAs(held)
                    .allMatch(line -> line.contains("inferred=true"));
            assertThat(tool(file.toString(), "--event", "node_started").lines())
                    .hasSize(2)
                    .anyMatch(line -> line.endsWith("after=death inferred_ends=" + held.size()));
            for (Client client : clients.subList(0, 10)) {
                client.connect(again.port());
                client.open().reset();
                client.connection = null;
                client.expected.add("ended tcp_closed/peer_reset");
                await().atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> assertHistory(RecorderFile.read(file), client));
            }
        }
    }

    private void act(Client client, NodeProcess node) throws IOException {
        if (client.connection == null || random.nextInt(10) == 0) {
            client.connect(node.port());
        }
        RawMqttClient open = client.open();
        int packetId = ++client.packetId;
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                open.subscribe(packetId, "a/" + packetId, QoS.AT_LEAST_ONCE);
                client.expected.add("subscribed a/" + packetId);
                if (random.nextBoolean()) {
                    open.send(new Packet.Unsubscribe(packetId, Properties.NONE, List.of("a/" + packetId)));
                    open.expect(Packet.UnsubAck.class);
                    client.expected.add("unsubscribed a/" + packetId);
                }
            }
            case 2 -> {
                open.publish("secret/" + packetId, "hidden payload", QoS.AT_LEAST_ONCE, packetId);
                assertThat(open.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
                client.expected.add("denied secret/" + packetId);
            }
            case 3 -> {
                open.publish("open/" + packetId, "x", QoS.AT_LEAST_ONCE, packetId);
                open.expect(Packet.PubAck.class);
            }
            case 4 -> {
                if (random.nextInt(5) == 0) {
                    assertThat(node.api().kick(client.id)).isEqualTo(204);
                    client.gone("session_ended kicked");
                    client.expected.add(client.expected.size() - 1, "ended kicked/api");
                }
            }
            case 5 -> {
                open.reset();
                client.gone("ended tcp_closed/peer_reset|ended takeovered/same_client");
            }
            case 6 -> client.gone("ended tcp_closed/peer_fin|ended takeovered/same_client");
            default -> {
                open.send(new Packet.Disconnect(ReasonCode.SUCCESS));
                client.gone("ended normal/disconnect");
            }
        }
    }

    private static void assertHistory(RecordedEvents recorder, Client client) {
        assertHistory(
                recorder.find(EventFilter.ofClient(client.id, 0, Long.MAX_VALUE), Long.MAX_VALUE, 1000)
                        .events(),
                client);
    }

    private static void assertHistory(List<RecordedEvent> newestFirst, Client client) {
        List<RecordedEvent> events = new ArrayList<>(newestFirst);
        Collections.reverse(events);
        List<String> told = events.stream().map(RecorderHistoryTest::told).toList();
        List<String> expected = new ArrayList<>(client.expected);
        for (int i = 0; i < Math.min(told.size(), expected.size()); i++) {
            if (List.of(expected.get(i).split("\\|")).contains(told.get(i))) {
                expected.set(i, told.get(i));
            }
        }
        assertThat(told).as(client.id).isEqualTo(expected);
        for (RecordedEvent event : events) {
            boolean packets = event.kind() == Kind.ENDED
                    && !"normal".equals(event.text("reason"))
                    && event.text("inferred") == null;
            assertThat(event.fields().containsKey("last_in")).isEqualTo(packets);
            assertThat(event.fields().toString()).doesNotContain("hidden payload");
        }
    }

    private static String told(RecordedEvent event) {
        return event.kind().word()
                + switch (event.kind()) {
                    case ENDED, REFUSED, FAILED -> " " + event.text("reason") + "/" + event.text("detail");
                    case SUBSCRIBED, UNSUBSCRIBED -> " " + event.text("filter");
                    case DENIED -> " " + event.text("topic");
                    case SESSION_ENDED -> " " + event.text("why");
                    default -> "";
                };
    }

    private static String tool(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        assertThat(new RecorderCommand(print, print, ZoneId.of("UTC")).run(List.of(args)))
                .isZero();
        return out.toString(StandardCharsets.UTF_8);
    }
}
