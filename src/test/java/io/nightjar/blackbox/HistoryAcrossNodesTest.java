package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
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

/** Two nodes in processes of their own; one of them stops answering, as a machine does that swaps. */
class HistoryAcrossNodesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    private static Path directory;

    @Test
    void each_node_tells_the_history_of_both_and_names_the_one_that_does_not_answer() throws IOException {
        try (NodeProcess a = NodeProcess.start(directory, "tells-a", Map.of()).awaitReady();
                NodeProcess b = NodeProcess.start(directory, "tells-b", Map.of(), a.clusterAddress())
                        .awaitReady()) {
            for (int i = 0; i < 6; i += 2) {
                comeAndGo(a, i);
                comeAndGo(b, i + 1);
            }

            assertThat(walk(b))
                    .isEqualTo(walk(a))
                    .containsExactly("tells-b", "tells-a", "tells-b", "tells-a", "tells-b", "tells-a");
            assertThat(ends(a, "?clientid=roams&node=tells-b")).hasSize(3);
            JsonNode summary = b.api().json("/disconnects/summary?clientid=roams");
            assertThat(summary.path("by_node").path("tells-a").asInt()).isEqualTo(3);
            assertThat(summary.path("by_node").path("tells-b").asInt()).isEqualTo(3);
            assertThat(summary.path("meta").has("unreachable_nodes")).isFalse();

            b.freeze();
            JsonNode withoutB = a.api().json("/clients/roams/history");

            assertThat(withoutB.path("meta").path("unreachable_nodes").get(0).asText())
                    .isEqualTo("tells-b");
            assertThat(withoutB.path("data").findValuesAsText("node"))
                    .isNotEmpty()
                    .containsOnly("tells-a");
        }
    }

    /** Connects, goes, and waits until that is recorded. */
    private static void comeAndGo(NodeProcess node, int endsBefore) throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", node.port())) {
            client.open("roams", true);
        }
        await().atMost(PATIENCE).until(() -> ends(node, "?clientid=roams").size() == endsBefore + 1);
    }

    private static List<JsonNode> ends(NodeProcess node, String query) {
        List<JsonNode> ends = new ArrayList<>();
        node.api().json("/disconnects" + query).path("data").forEach(ends::add);
        return ends;
    }

    /** Nodes of the ends, newest first, two on a page. */
    private static List<String> walk(NodeProcess node) {
        List<String> nodes = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = node.api().json("/disconnects?clientid=roams&limit=2&cursor=" + cursor);
            nodes.addAll(page.path("data").findValuesAsText("node"));
            cursor = page.path("meta").path("cursor").asText();
        } while (!cursor.isEmpty());
        return nodes;
    }
}
