package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** How the nodes are: status and list of nodes; and what the API is. */
final class StatusRoutes {
    private static final byte[] DOCUMENT = resource("/openapi.json");

    private final Ports ports;

    StatusRoutes(Ports ports) {
        this.ports = ports;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/status", this::status, "format").access(Route.Access.OPEN),
                Route.get("/nodes", this::nodes),
                Route.get("/api-docs/swagger.json", this::document).access(Route.Access.OPEN));
    }

    private CompletionStage<HttpResponse> status(Call call) {
        boolean ready = ports.ready().getAsBoolean();
        int status = ready ? 200 : 503;
        String node = ports.traces().node();
        if (call.parameters().word("format", "text", List.of("text", "json")).equals("json")) {
            return Replies.now(Replies.json(
                    status,
                    Json.object()
                            .put("node_name", node)
                            .put("rel_vsn", Version.VERSION)
                            .put("broker_status", ready ? "started" : "starting")
                            .put("app_status", ready ? "running" : "not_running")));
        }
        String text = ready
                ? "Node " + node + " is started\nnightjar is running"
                : "Node " + node + " is not ready\nnightjar is not_running";
        return Replies.now(Replies.text(status, ContentTypes.TEXT_PLAIN_UTF8, text));
    }

    private CompletionStage<HttpResponse> nodes(Call call) {
        return ports.clients().nodes().thenApply(nodes -> {
            ArrayNode all = Json.array();
            for (Map.Entry<String, Map<String, Object>> node : nodes.entrySet()) {
                ObjectNode one = Json.object().put("node", node.getKey()).put("node_status", "running");
                if (node.getKey().equals(ports.traces().node())) {
                    one.put("version", Version.VERSION);
                }
                node.getValue().forEach((name, value) -> one.set(name, Json.tree(value)));
                all.add(one);
            }
            return Replies.partial(Replies.ok(all), ports.clients().missing(nodes.keySet()));
        });
    }

    private CompletionStage<HttpResponse> document(Call call) {
        return Replies.now(HttpResponse.create().withEntity(ContentTypes.APPLICATION_JSON, DOCUMENT));
    }

    private static byte[] resource(String name) {
        try (InputStream in = StatusRoutes.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing in the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
