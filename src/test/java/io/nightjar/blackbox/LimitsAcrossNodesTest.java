package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
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

/** Two nodes in processes of their own whose listeners take five clients each; one of them stops answering at last. */
class LimitsAcrossNodesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Map<String, String> FIVE =
            Map.of("listeners.tcp.default.max-connections", "4", "listeners.ws.default.max-connections", "1");

    @TempDir
    private static Path directory;

    private final List<RawMqttClient> clients = new ArrayList<>();

    @Test
    void each_node_tells_the_limits_and_alarms_of_both_and_names_the_one_that_does_not_answer() throws IOException {
        try (NodeProcess a = NodeProcess.start(directory, "full-a", FIVE).awaitReady();
                NodeProcess b = NodeProcess.start(directory, "full-b", FIVE, a.clusterAddress())
                        .awaitReady()) {
            for (NodeProcess asked : List.of(a, b)) {
                awaitNodes(asked, "/limits", "max-connections", "full-a", "full-b");
                for (JsonNode limit : rows(asked, "/limits", "max-connections")) {
                    assertThat(limit.path("value").asLong()).isEqualTo(5);
                    assertThat(limit.path("status").asText()).isEqualTo("too_low");
                    assertThat(limit.path("ok").asBoolean(true)).isFalse();
                    assertThat(limit.path("fix").asText()).contains(".max-connections = 10000");
                }
                assertThat(rows(asked, "/limits?node=full-b", "max-connections"))
                        .extracting(limit -> limit.path("node").asText())
                        .containsExactly("full-b");
            }

            for (int i = 0; i < 4; i++) {
                connect(a, "on-a-" + i);
                connect(b, "on-b-" + i);
            }

            for (NodeProcess asked : List.of(a, b)) {
                awaitNodes(asked, "/alarms", "max-connections", "full-a", "full-b");
                for (JsonNode alarm : rows(asked, "/alarms", "max-connections")) {
                    assertThat(alarm.path("deactivate_at").asText()).isEqualTo("infinity");
                    assertThat(alarm.path("message").asText()).contains("80 %", "4 of 5");
                }
            }

            for (RawMqttClient client : clients) {
                client.close();
            }

            for (NodeProcess asked : List.of(a, b)) {
                awaitNodes(asked, "/alarms", "max-connections");
                awaitNodes(asked, "/alarms?activated=false", "max-connections", "full-a", "full-b");
                assertThat(asked.api().json("/alarms").path("meta").has("unreachable_nodes"))
                        .isFalse();
            }

            b.freeze();

            for (String path : List.of("/limits", "/alarms?activated=false")) {
                JsonNode withoutB = a.api().json(path);
                assertThat(withoutB.path("meta").path("unreachable_nodes"))
                        .extracting(JsonNode::asText)
                        .containsExactly("full-b");
                assertThat(withoutB.path("data").findValuesAsText("node"))
                        .isNotEmpty()
                        .containsOnly("full-a");
            }
        }
    }

    private void connect(NodeProcess node, String clientId) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", node.port());
        clients.add(client);
        assertThat(client.open(clientId, true).code()).as(clientId).isEqualTo(ReasonCode.SUCCESS);
    }

    /** Waits until the answer has one row of this name from each of these nodes and from no other. */
    private static void awaitNodes(NodeProcess asked, String path, String name, String... nodes) {
        await(path + " of all nodes").atMost(PATIENCE).untilAsserted(() -> assertThat(rows(asked, path, name))
                .extracting(row -> row.path("node").asText())
                .containsExactly(nodes));
    }

    /** Rows of an answer that are of this name. */
    private static List<JsonNode> rows(NodeProcess asked, String path, String name) {
        List<JsonNode> rows = new ArrayList<>();
        for (JsonNode row : asked.api().json(path).path("data")) {
            if (row.path("name").asText().equals(name)) {
                rows.add(row);
            }
        }
        return rows;
    }
}
