package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.NodeProcess;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes in processes of their own, one of which dies without a word. */
class NodeDiesTest {
    /** The survivor must first be sure that the other is gone. */
    private static final Duration FAILOVER = Duration.ofSeconds(90);

    private static final Properties LASTING = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L);
    private static final int CLIENTS = 20;

    @TempDir
    private static Path directory;

    @Test
    void when_a_node_is_killed_the_clients_of_its_sessions_end_as_node_lost_and_may_return() throws IOException {
        try (NodeProcess a = NodeProcess.start(directory, "dies-a", Map.of()).awaitReady();
                NodeProcess b = NodeProcess.start(directory, "dies-b", Map.of(), a.clusterAddress())
                        .awaitReady()) {
            takeover(a, b);
            List<RawMqttClient> clients = connect(a);
            long heldByB = a.api().connected("stays-").stream()
                    .filter(client -> client.path("session_node").asText().equals("dies-b"))
                    .count();
            assertThat(heldByB).as("sessions on the node that dies").isPositive();
            RawMqttClient onB = RawMqttClient.connect("127.0.0.1", b.port());
            onB.open("on-b", true);
            onB.subscribe(1, "routes/b", QoS.AT_MOST_ONCE);
            await().atMost(FAILOVER).until(() -> publishCode(a, "routes/b") == ReasonCode.SUCCESS);

            b.kill();

            onB.close();
            await().atMost(FAILOVER).until(() -> ends(clients) >= heldByB);
            assertThat(ends(clients)).as("only those whose session is lost").isEqualTo(heldByB);
            for (int i = 0; i < CLIENTS; i++) {
                String clientId = "stays-" + i;
                await().atMost(FAILOVER).until(() -> returns(a, clientId));
                clients.get(i).close();
            }
            await().atMost(FAILOVER).untilAsserted(() -> assertThat(publishCode(a, "routes/b"))
                    .as("the routes of a node that is gone")
                    .isEqualTo(ReasonCode.NO_MATCHING_SUBSCRIBERS));
        }
    }

    @Test
    void a_node_that_is_told_to_stop_leaves_and_is_not_taken_for_dead() throws IOException {
        try (NodeProcess a = NodeProcess.start(directory, "stays-a", Map.of()).awaitReady();
                NodeProcess b = NodeProcess.start(directory, "leaves-b", Map.of(), a.clusterAddress())
                        .awaitReady()) {
            List<RawMqttClient> clients = connect(a);
            long heldByB = a.api().connected("stays-").stream()
                    .filter(client -> client.path("session_node").asText().equals("leaves-b"))
                    .count();
            assertThat(heldByB).as("sessions on the node that leaves").isPositive();
            RawMqttClient onB = RawMqttClient.connect("127.0.0.1", b.port());
            onB.open("on-b", true);

            b.stop();

            assertThat(onB.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.SERVER_SHUTTING_DOWN);
            onB.close();
            await().atMost(FAILOVER).until(() -> nodeLost(a.output()) == heldByB);
            for (int i = 0; i < CLIENTS; i++) {
                String clientId = "stays-" + i;
                await().atMost(FAILOVER).until(() -> returns(a, clientId));
                clients.get(i).close();
            }
            assertThat(a.output()).doesNotContain("UNREACHABLE");
        }
    }

    private static long nodeLost(String output) {
        return output.lines()
                .filter(line -> line.contains("detail=node_lost") && line.contains("session_node=leaves-b"))
                .count();
    }

    private static void takeover(NodeProcess a, NodeProcess b) throws IOException {
        try (RawMqttClient first = RawMqttClient.connect("127.0.0.1", a.port());
                RawMqttClient second = RawMqttClient.connect("127.0.0.1", b.port())) {
            first.open("moves", true, LASTING);

            assertThat(second.open("moves", false, LASTING).sessionPresent()).isTrue();

            assertThat(first.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
        }
    }

    private static List<RawMqttClient> connect(NodeProcess node) throws IOException {
        List<RawMqttClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            RawMqttClient client = RawMqttClient.connect("127.0.0.1", node.port());
            client.open("stays-" + i, true, LASTING);
            clients.add(client);
        }
        return clients;
    }

    /** How many the server has closed by now. */
    private static long ends(List<RawMqttClient> clients) throws IOException {
        long ended = 0;
        for (RawMqttClient client : clients) {
            if (client.end() != RawMqttClient.End.OPEN
                    || client.awaitEnd(Duration.ofMillis(5)) != RawMqttClient.End.OPEN) {
                ended++;
            }
        }
        return ended;
    }

    private static boolean returns(NodeProcess node, String clientId) throws IOException {
        try (RawMqttClient again = RawMqttClient.connect("127.0.0.1", node.port())) {
            again.send(
                    new Packet.Connect(io.nightjar.mqtt.MqttVersion.V5, false, 0, LASTING, clientId, null, null, null));
            return again.receive(Duration.ofSeconds(15)) instanceof Packet.ConnAck ack
                    && ack.code() == ReasonCode.SUCCESS;
        }
    }

    private static ReasonCode publishCode(NodeProcess node, String topic) throws IOException {
        try (RawMqttClient probe = RawMqttClient.connect("127.0.0.1", node.port())) {
            probe.open("", true);
            probe.publish(topic, "probe", QoS.AT_LEAST_ONCE, 1);
            return probe.expect(Packet.PubAck.class).code();
        }
    }
}
