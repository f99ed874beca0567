package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** What bounds the connections of each node, and which of it is nearly used up. */
final class LimitRoutes {
    private static final String NODE = "node";
    private static final String RAISED = "raised_at_ms";
    private static final String CLEARED = "cleared_at_ms";

    private final Ports ports;

    LimitRoutes(Ports ports) {
        this.ports = ports;
    }

    List<Route> routes() {
        return List.of(Route.get("/limits", this::limits, NODE), Route.get("/alarms", this::alarms, "activated", NODE));
    }

    private CompletionStage<HttpResponse> limits(Call call) {
        return answer(call, (node, figures, data) -> {
            for (JsonNode limit : Json.tree(figures.getOrDefault("limits", List.of()))) {
                ObjectNode row = data.addObject().put(NODE, node);
                row.set("target_connections", Json.tree(figures.getOrDefault("target", 0)));
                row.setAll((ObjectNode) limit);
                row.put("ok", !limit.path("status").asText().equals("too_low"));
            }
        });
    }

    private CompletionStage<HttpResponse> alarms(Call call) {
        boolean activated = call.parameters()
                .word("activated", "true", List.of("true", "false"))
                .equals("true");
        return answer(call, (node, figures, data) -> {
            List<JsonNode> rows = new ArrayList<>();
            Json.tree(figures.getOrDefault("alarms", List.of())).forEach(rows::add);
            rows.removeIf(alarm -> (alarm.path(CLEARED).asLong() == 0) != activated);
            rows.sort(Comparator.comparingLong(
                            (JsonNode alarm) -> alarm.path(RAISED).asLong())
                    .reversed());
            rows.forEach(alarm -> data.add(alarm(node, alarm)));
        });
    }

    /** As EMQX tells it: {@code deactivate_at} is {@code infinity} while the alarm stands, {@code duration} in milliseconds. */
    private ObjectNode alarm(String node, JsonNode alarm) {
        long raised = alarm.path(RAISED).asLong();
        long cleared = alarm.path(CLEARED).asLong();
        long until = cleared == 0 ? ports.clock().millis() : cleared;
        ObjectNode row = Json.object()
                .put("name", alarm.path("name").asText())
                .put(NODE, node)
                .put("message", alarm.path("message").asText())
                .put("activate_at", Times.format(raised, ports.clock().getZone()))
                .put(
                        "deactivate_at",
                        cleared == 0
                                ? "infinity"
                                : Times.format(cleared, ports.clock().getZone()))
                .put("duration", Math.max(0, until - raised));
        row.putObject("details")
                .put("used", alarm.path("used").asLong())
                .put("value", alarm.path("value").asLong());
        return row;
    }

    private CompletionStage<HttpResponse> answer(Call call, Rows rows) {
        String asked = call.parameters().text(NODE, "");
        return ports.clients().limits().thenApply(nodes -> {
            List<String> missing = ports.clients().missing(nodes.keySet());
            if (!asked.isEmpty() && !nodes.containsKey(asked) && !missing.contains(asked)) {
                throw new ApiException(404, "NOT_FOUND", "there is no node " + asked + "; GET /nodes lists them");
            }
            ArrayNode data = Json.array();
            nodes.keySet().stream()
                    .filter(node -> asked.isEmpty() || node.equals(asked))
                    .sorted()
                    .forEach(node -> rows.add(node, nodes.getOrDefault(node, Map.of()), data));
            ObjectNode meta = Json.object().put("count", data.size());
            EventJson.unreachable(meta, missing);
            ObjectNode body = Json.object();
            body.set("data", data);
            body.set("meta", meta);
            return Replies.ok(body);
        });
    }

    /** Puts what one node says into the rows of an answer. */
    @FunctionalInterface
    private interface Rows {
        void add(String node, Map<String, Object> figures, ArrayNode data);
    }
}
