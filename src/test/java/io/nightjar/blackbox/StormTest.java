package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.ApiClient;
import io.nightjar.testing.IdleProxy;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What many ends have in common, and who was refused, as an operator finds out afterwards. */
class StormTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int CLIENTS = 50;
    private static final long IDLE_MILLIS = 2_000;

    @TempDir
    private static Path directory;

    private static TestBroker broker;
    private static ApiClient api;

    @BeforeAll
    static void start() {
        broker = TestBroker.start(directory, "storm", Map.of());
        api = broker.api();
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void fifty_clients_that_a_proxy_cuts_for_being_idle_are_one_storm_with_a_keep_alive_that_helps()
            throws IOException {
        List<RawMqttClient> clients = new ArrayList<>();
        try (IdleProxy proxy = new IdleProxy(broker.port(), IDLE_MILLIS)) {
            for (int i = 0; i < CLIENTS; i++) {
                RawMqttClient client = RawMqttClient.connect("127.0.0.1", proxy.port());
                client.open("idle-" + i, true);
                clients.add(client);
            }
            await().atMost(PATIENCE)
                    .until(() -> summary("like_clientid=idle-").path("total").asInt() == CLIENTS);
        } finally {
            for (RawMqttClient client : clients) {
                client.close();
            }
        }

        JsonNode summary = summary("like_clientid=idle-");

        assertThat(summary.path("by_reason").path("tcp_closed").asInt()).isEqualTo(CLIENTS);
        assertThat(summary.path("groups")).hasSize(1);
        JsonNode storm = summary.path("groups").get(0);
        assertThat(storm.path("cause").asText()).isEqualTo("address");
        assertThat(storm.path("value").asText()).isEqualTo("127.0.0.1");
        assertThat(storm.path("count").asInt()).isEqualTo(CLIENTS);
        assertThat(storm.path("clients").asInt()).isEqualTo(CLIENTS);
        assertThat(storm.path("side").asText()).isEqualTo("network");
        assertThat(storm.path("idle_ms").path("min").asLong()).isGreaterThanOrEqualTo(IDLE_MILLIS - 100);
        assertThat(storm.path("advice").asText())
                .contains("50 clients behind 127.0.0.1 closed within")
                .contains("idle timeout; use Keep Alive");
        for (int i = 0; i < CLIENTS; i++) {
            JsonNode told = api.json("/clients/idle-" + i + "/diagnosis").path("storm");
            assertThat(told.path("value").asText()).as("idle-" + i).isEqualTo("127.0.0.1");
            assertThat(told.path("side").asText()).as("idle-" + i).isEqualTo("network");
        }
        JsonNode advice = summary.path("keep_alive_advice").get(0);
        assertThat(advice.path("value").asText()).isEqualTo("127.0.0.1");
        assertThat(advice.path("suggested_keep_alive_s").asLong() * 1000)
                .isLessThan(advice.path("age_ms").asLong());
    }

    @Test
    void a_client_tells_afterwards_how_it_came_and_went() throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port())) {
            client.open("after/the fact", true);
        }
        String path = "/clients/after%2Fthe%20fact";
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        api.json(path + "/history").path("data").findValuesAsText("event"))
                .contains("connected", "ended"));

        JsonNode diagnosis = api.json(path + "/diagnosis");

        assertThat(diagnosis.path("connected").asBoolean()).isFalse();
        assertThat(diagnosis.path("last_end").path("reason").asText()).isEqualTo("tcp_closed");
        assertThat(diagnosis.path("last_end").path("advice").asText()).isNotEmpty();
        assertThat(diagnosis.path("ends").path("1h").path("tcp_closed").asInt()).isEqualTo(1);
    }

    @Test
    void a_list_of_clients_remembers_the_end_of_a_connection_whose_session_is_gone() throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port())) {
            client.open("comes-back", true);
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
        }
        await().atMost(PATIENCE)
                .until(() -> summary("clientid=comes-back").path("total").asInt() == 1);
        try (RawMqttClient again = RawMqttClient.connect("127.0.0.1", broker.port())) {
            again.open("comes-back", true);

            JsonNode client = api.client("comes-back");

            assertThat(client.path("last_reason").asText()).isEqualTo("normal");
            assertThat(client.path("last_detail").asText()).isEqualTo("disconnect");
            assertThat(client.path("last_verdict").asText()).isEqualTo("client");
            assertThat(client.path("last_end_at").asText()).startsWith("20");
        }
    }

    @Test
    void what_failed_before_any_connect_is_told_with_what_helps() throws IOException {
        try (Socket browser = new Socket("127.0.0.1", broker.port())) {
            browser.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            InputStream in = browser.getInputStream();
            while (in.read() >= 0) {
                // until the broker closes
            }
        }
        await().atMost(PATIENCE).until(() -> !api.json("/disconnects/refused?detail=not_mqtt")
                .path("data")
                .isEmpty());

        JsonNode refused =
                api.json("/disconnects/refused?detail=not_mqtt").path("data").get(0);

        assertThat(refused.path("event").asText()).isEqualTo("failed");
        assertThat(refused.path("refused_by").asText()).isEqualTo("transport");
        assertThat(refused.path("fix").asText()).contains("http");
        assertThat(refused.path("peername").asText()).startsWith("127.0.0.1:");
        assertThat(refused.has("clientid")).isFalse();
    }

    private static JsonNode summary(String query) {
        return api.json("/disconnects/summary?" + query);
    }
}
