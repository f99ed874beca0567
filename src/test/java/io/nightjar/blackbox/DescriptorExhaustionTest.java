package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.NodeProcess;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A node in a process of its own that may have 256 files open, and more clients than that. */
@EnabledOnOs(OS.LINUX)
class DescriptorExhaustionTest {
    private static final int NOFILE = 256;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path directory;

    private final List<RawMqttClient> flood = new ArrayList<>();
    private int packetId;

    @Test
    void clients_beyond_the_descriptors_are_refused_by_nofile_and_the_rest_goes_on() throws Exception {
        try (NodeProcess node = NodeProcess.startWithDescriptors(NOFILE, directory, "few", Map.of())
                .awaitReady()) {
            long most = mostConnections(node);
            assertThat(most).isBetween(32L, NOFILE - 64L);
            RawMqttClient stays = connect(node.port(), "stays");
            for (int i = 1; i < most; i++) {
                flood.add(connect(node.port(), "flood-" + i));
            }

            for (int i = 0; i < 8; i++) { // told in words, one after the other
                try (RawMqttClient refused = RawMqttClient.connect("127.0.0.1", node.port())) {
                    assertThat(refused.open("refused-" + i, true).code()).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
                }
            }
            for (int i = 0; i < NOFILE; i++) { // more than there are descriptors, and none says anything
                flood.add(RawMqttClient.connect("127.0.0.1", node.port()));
            }
            theLastAreClosed();

            ping(stays);
            String trace = node.api().trace("stays", 1);
            ping(stays);
            await().atMost(PATIENCE).until(() -> node.api().traceText(trace).contains("PUBLISH(Q1"));
            named(node, "nofile (connections)");
            JsonNode end = node.api().json("/disconnects?detail=max_connections&like_clientid=refused-&limit=1");
            assertThat(end.path("data").path(0).path("limit").asText()).isEqualTo("nofile=" + NOFILE);
            assertThat(node.output())
                    .contains("event=connections_refused limit=nofile value=" + NOFILE)
                    .doesNotContain("implementation_error", "Too many open files");
            String metrics = text(node, "/prometheus/stats");
            assertThat(metrics)
                    .contains(
                            "nightjar_connection_ends_total{reason=\"kicked\",detail=\"max_connections\",side=\"server\"")
                    .containsPattern("(?m)^nightjar_connections_refused_nofile_total [1-9]")
                    .containsPattern("(?m)^nightjar_alarms [1-9]");

            leave();

            comesBack(node);
            ping(stays);
            stays.close();
        }
    }

    @Test
    void when_accept_itself_finds_none_clients_are_closed_and_service_resumes() throws Exception {
        Map<String, String> settings =
                Map.of("reserved-descriptors", "0"); // so that others can take what clients were to have
        List<Socket> others = new ArrayList<>();
        try (NodeProcess node = NodeProcess.startWithDescriptors(NOFILE, directory, "none", settings)
                .awaitReady()) {
            long most = mostConnections(node);
            RawMqttClient stays = connect(node.port(), "stays");
            long before = openFiles(node);
            for (int i = 0; i < 40; i++) {
                others.add(new Socket("127.0.0.1", node.httpPort()));
            }
            await().atMost(PATIENCE).until(() -> openFiles(node) >= before + 40);

            for (int i = 0; i < most + 100; i++) { // the accept queue holds them, so that none waits for another
                flood.add(RawMqttClient.connect("127.0.0.1", node.port()));
            }
            theLastAreClosed();
            ping(stays);
            await().atMost(PATIENCE)
                    .until(() -> node.output().contains("event=connections_refused limit=nofile value=" + NOFILE));

            for (Socket other : others) {
                other.close();
            }
            leave();

            await().atMost(PATIENCE).until(() -> lets(node));
            JsonNode ends = node.api().json("/disconnects?detail=max_connections&limit=1000");
            assertThat(ends.path("data").findValuesAsText("errno")).contains("EMFILE");
            assertThat(text(node, "/prometheus/stats"))
                    .containsPattern("(?m)^nightjar_accepts_failed_nofile_total [1-9]");
            comesBack(node);
            ping(stays);
            stays.close();
            assertThat(node.output()).doesNotContain("implementation_error");
        } finally {
            for (Socket other : others) {
                other.close();
            }
        }
    }

    private void theLastAreClosed() throws Exception {
        for (int i = 1; i <= 40; i++) {
            assertThat(flood.get(flood.size() - i).awaitEnd(PATIENCE))
                    .as("not left in the accept queue")
                    .isNotEqualTo(RawMqttClient.End.OPEN);
        }
    }

    private static long mostConnections(NodeProcess node) {
        JsonNode[] found = new JsonNode[1];
        await().atMost(PATIENCE).until(() -> {
            for (JsonNode limit : node.api().json("/limits").path("data")) {
                if (limit.path("name").asText().equals("nofile (connections)")) {
                    found[0] = limit;
                }
            }
            return found[0] != null;
        });
        assertThat(found[0].path("fix").asText()).contains("LimitNOFILE=");
        return found[0].path("value").asLong();
    }

    /** The alarms of these names stand, in the API and in the log, and each names the limit and what lifts it. */
    private static void named(NodeProcess node, String... names) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode alarms = node.api().json("/alarms?activated=true").path("data");
            assertThat(alarms.findValuesAsText("name")).contains(names);
            for (JsonNode alarm : alarms) {
                if (alarm.path("name").asText().startsWith("nofile")) {
                    assertThat(alarm.path("message").asText()).contains("nofile", "LimitNOFILE=");
                }
            }
        });
        for (String name : names) {
            assertThat(node.output()).contains("event=alarm_raised alarm=\"" + name + "\"");
        }
    }

    /** Clients are let in, no alarm stands, and those that did are among the past. */
    private static void comesBack(NodeProcess node) {
        await().atMost(PATIENCE).until(() -> lets(node));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        node.api().json("/alarms?activated=true").path("data").findValuesAsText("name"))
                .noneMatch(name -> name.startsWith("nofile")));
        assertThat(node.api().json("/alarms?activated=false").path("data").findValuesAsText("name"))
                .contains("nofile");
        assertThat(node.output())
                .contains(
                        "event=alarm_raised alarm=\"nofile\" message=\"nofile: ",
                        "event=alarm_cleared alarm=\"nofile\"");
    }

    private static boolean lets(NodeProcess node) throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", node.port())) {
            return client.open("comes", true).code() == ReasonCode.SUCCESS;
        } catch (AssertionError | IOException closed) {
            return false;
        }
    }

    private static RawMqttClient connect(int port, String clientId) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", port);
        assertThat(client.open(clientId, true).code()).as(clientId).isEqualTo(ReasonCode.SUCCESS);
        return client;
    }

    /** Publishes and waits for the acknowledgement. */
    private void ping(RawMqttClient client) throws IOException {
        client.publish("still/here", "x", QoS.AT_LEAST_ONCE, ++packetId);
        assertThat(client.expect(Packet.PubAck.class).packetId()).isEqualTo(packetId);
    }

    private void leave() throws Exception {
        for (RawMqttClient client : flood) {
            client.close();
        }
        flood.clear();
    }

    private static long openFiles(NodeProcess node) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + node.pid() + "/fd"))) {
            return files.count();
        }
    }

    private static String text(NodeProcess node, String path) {
        return new String(node.api().call("GET", path, null).body(), StandardCharsets.UTF_8);
    }
}
