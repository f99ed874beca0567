package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.testing.ApiClient;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API says and does about clients, asked of one of two whole brokers: some sessions live on the other. */
class ClientsAcrossNodesTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int CLIENTS = 24;

    @TempDir
    static Path directory;

    private static Broker first;
    private static Broker second;
    private static ApiClient api;

    @BeforeAll
    static void start() {
        first = Broker.start(settings("first", Map.of()));
        second = Broker.start(
                settings("second", Map.of("nightjar.cluster.seed-nodes", "[\"" + first.clusterAddress() + "\"]")));
        api = new ApiClient(first.httpPort(), Objects.requireNonNull(first.firstPassword()));
        Awaitility.await().atMost(LONG).until(() -> api.json("/nodes").size() == 2);
    }

    @AfterAll
    static void stop() {
        second.stop();
        first.stop();
    }

    @Test
    void lists_pages_and_filters_answer_for_all_nodes() throws IOException {
        List<RawMqttClient> clients = connect("list-");
        for (int i = 0; i < CLIENTS; i += 2) {
            clients.get(i).reset();
        }
        Awaitility.await()
                .atMost(LONG)
                .until(() -> count("/clients?like_clientid=list-&reason=tcp_closed") == CLIENTS / 2);

        List<String> walked = new ArrayList<>();
        TreeSet<String> nodes = new TreeSet<>();
        String cursor = "";
        do {
            JsonNode page = api.json("/clients?like_clientid=list-&limit=5&cursor=" + cursor);
            page.path("data").forEach(client -> {
                walked.add(client.path("clientid").asText());
                nodes.add(client.path("session_node").asText());
            });
            cursor = page.path("meta").path("cursor").asText();
        } while (!cursor.isEmpty());
        JsonNode gone = api.json("/clients?like_clientid=list-&reason=tcp_closed&conn_state=disconnected");

        assertThat(walked).hasSize(CLIENTS).isSorted().doesNotHaveDuplicates();
        assertThat(nodes).containsExactly("first", "second");
        assertThat(count("/clients?like_clientid=list-&limit=5")).isEqualTo(CLIENTS);
        assertThat(count("/clients?like_clientid=list-&limit=5&page=2")).isEqualTo(CLIENTS);
        assertThat(count("/clients?clientid=list-1&clientid=list-3&clientid=none"))
                .isEqualTo(2);
        assertThat(gone.path("data")).hasSize(CLIENTS / 2).allSatisfy(client -> {
            assertThat(client.path("last_detail").asText()).isEqualTo("peer_reset");
            assertThat(client.path("last_end_at").asText())
                    .isEqualTo(client.path("disconnected_at").asText());
            assertThat(client.path("ip_address").asText()).isEqualTo("127.0.0.1");
        });
        close(clients);
    }

    @Test
    void an_operator_subscribes_for_clients_wherever_their_session_and_their_socket_are() throws IOException {
        List<RawMqttClient> clients = connect("subscribed-");
        TreeSet<String> nodes = new TreeSet<>();

        for (int i = 0; i < CLIENTS; i++) {
            var answer = api.call(
                    "POST", "/clients/subscribed-" + i + "/subscribe", "{\"topic\":\"own/" + i + "\",\"qos\":1}");
            assertThat(answer.statusCode())
                    .as(new String(answer.body(), StandardCharsets.UTF_8))
                    .isEqualTo(200);
            JsonNode made = api.json("/clients/subscribed-" + i + "/subscriptions");
            assertThat(made.path(0).path("topic").asText()).isEqualTo("own/" + i);
            assertThat(made.path(0).path("durable").asBoolean(true)).isFalse();
            nodes.add(made.path(0).path("node").asText());
        }

        assertThat(nodes).containsExactly("first", "second");
        try (RawMqttClient publisher = RawMqttClient.connect("127.0.0.1", second.mqttPort("default"))) {
            publisher.open("publisher-to-subscribed", true);
            for (int i = 0; i < CLIENTS; i++) {
                RawMqttClient client = clients.get(i);
                String topic = "own/" + i;
                Awaitility.await().atMost(LONG).until(() -> {
                    publisher.publish(topic, "hello", QoS.AT_MOST_ONCE, 0);
                    return client.receive(Duration.ofSeconds(1)) instanceof Packet.Publish;
                });
            }
        }
        for (int i = 0; i < CLIENTS; i++) {
            assertThat(api.call("POST", "/clients/subscribed-" + i + "/unsubscribe", "{\"topic\":\"own/" + i + "\"}")
                            .statusCode())
                    .isEqualTo(204);
            assertThat(api.json("/clients/subscribed-" + i + "/subscriptions")).isEmpty();
        }
        close(clients);
    }

    @Test
    void messages_that_wait_are_told_wherever_the_session_is() throws IOException {
        List<RawMqttClient> clients = connect("waiting-");
        for (int i = 0; i < CLIENTS; i++) {
            clients.get(i).subscribe(1, "waiting/" + i, QoS.AT_LEAST_ONCE);
            clients.get(i).reset();
        }
        Awaitility.await()
                .atMost(LONG)
                .until(() -> count("/clients?like_clientid=waiting-&conn_state=disconnected") == CLIENTS);

        try (RawMqttClient publisher = RawMqttClient.connect("127.0.0.1", first.mqttPort("default"))) {
            publisher.open("publisher-to-waiting", true);
            for (int i = 0; i < CLIENTS; i++) {
                String path = "/clients/waiting-" + i + "/mqueue_messages?payload=plain";
                String topic = "waiting/" + i;
                Awaitility.await().atMost(LONG).until(() -> {
                    publisher.publish(topic, "for you", QoS.AT_LEAST_ONCE, 1);
                    publisher.expect(Packet.PubAck.class);
                    return !api.json(path).path("data").isEmpty();
                });
                JsonNode message = api.json(path).path("data").path(0);
                assertThat(message.path("payload").asText()).isEqualTo("for you");
                assertThat(message.path("topic").asText()).isEqualTo(topic);
                assertThat(message.path("from_clientid").asText()).isEqualTo("publisher-to-waiting");
            }
        }
        close(clients);
    }

    @Test
    void a_filter_kicks_clients_of_all_nodes() throws IOException {
        List<RawMqttClient> clients = connect("kicked-");

        JsonNode answer = parse(api.call("POST", "/clients/kickout/query?like_clientid=kicked-&rate=1000", null)
                .body());

        assertThat(answer.path("matched").asInt()).isEqualTo(CLIENTS);
        assertThat(answer.path("kicked").asInt()).isEqualTo(CLIENTS);
        assertThat(count("/clients?like_clientid=kicked-")).isZero();
        close(clients);
    }

    @Test
    void figures_of_both_nodes_are_told_beside_each_other() throws IOException {
        List<RawMqttClient> clients = connect("measured-");
        clients.get(0).reset();
        Awaitility.await().atMost(LONG).until(() -> text("/prometheus/stats?mode=all_nodes_unaggregated")
                .contains("nightjar_connection_ends_total{node=\"first\",reason=\"tcp_closed\","
                        + "detail=\"peer_reset\""));

        assertThat(text("/prometheus/stats?mode=all_nodes_unaggregated"))
                .contains("emqx_sessions_count{node=\"first\"}", "emqx_sessions_count{node=\"second\"}")
                .contains("nightjar_listener_connections{node=\"second\",listener=\"tcp:default\"}")
                .contains("emqx_cluster_nodes_running{node=\"second\"} 2\n");
        assertThat(text("/prometheus/stats")).contains("emqx_cluster_nodes_running 2\n");
        assertThat(api.json("/stats")).hasSize(2);
        close(clients);
    }

    private static String text(String path) {
        return new String(api.call("GET", path, null).body(), StandardCharsets.UTF_8);
    }

    private static JsonNode parse(byte[] json) throws IOException {
        return new com.fasterxml.jackson.databind.ObjectMapper().readTree(json);
    }

    private static long count(String path) {
        return api.json(path).path("meta").path("count").asLong(-1);
    }

    /** Clients on the first node, whose sessions are kept for a minute. */
    private static List<RawMqttClient> connect(String prefix) throws IOException {
        List<RawMqttClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            RawMqttClient client = RawMqttClient.connect("127.0.0.1", first.mqttPort("default"));
            client.open(prefix + i, true, Properties.of(Property.SESSION_EXPIRY_INTERVAL, 60L));
            clients.add(client);
        }
        return clients;
    }

    private static void close(List<RawMqttClient> clients) throws IOException {
        for (RawMqttClient client : clients) {
            client.close();
        }
    }

    private static Settings settings(String name, Map<String, String> more) {
        Map<String, String> overrides = new TreeMap<>(Map.of(
                "nightjar.node-name",
                name,
                "nightjar.data-dir",
                directory.resolve(name).toString(),
                "nightjar.listeners.tcp.default.bind",
                "127.0.0.1:0",
                "nightjar.listeners.ws.default.bind",
                "127.0.0.1:0",
                "nightjar.http.bind",
                "127.0.0.1:0"));
        overrides.putAll(more);
        return Settings.load(null, overrides);
    }
}
