package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Detail;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;

/** How the nodes are: status, list of nodes, counters for people and for Prometheus; and what the API is. */
final class StatusRoutes {
    /** Text format 0.0.4. */
    private static final ContentType.NonBinary PROMETHEUS = ContentTypes.create(
            MediaTypes.customWithOpenCharset("text", "plain", Map.of("version", "0.0.4"), false), HttpCharsets.UTF_8);

    private static final byte[] DOCUMENT = resource("/openapi.json");

    private final Ports ports;
    private final LoginLimit limit;

    StatusRoutes(Ports ports, LoginLimit limit) {
        this.ports = ports;
        this.limit = limit;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/status", this::status, "format").access(Route.Access.OPEN),
                Route.get("/nodes", this::nodes),
                Route.get("/metrics", this::metrics, "aggregate"),
                Route.get("/prometheus/stats", this::prometheus),
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
            return Replies.ok(all);
        });
    }

    private CompletionStage<HttpResponse> metrics(Call call) {
        ObjectNode counters = Json.object();
        boolean aggregate = call.parameters().flag("aggregate");
        if (!aggregate) {
            counters.put("node", ports.traces().node());
        }
        ports.counters().snapshot().forEach(counters::put);
        counters.put("login_failures", limit.failures());
        return Replies.now(Replies.ok(aggregate ? counters : Json.array().add(counters)));
    }

    /** This node alone: a scraper asks every node. */
    private CompletionStage<HttpResponse> prometheus(Call call) {
        StringBuilder out = new StringBuilder(8192);
        Map<String, Long> all = ports.counters().snapshot();
        for (Counters.Counter counter : Counters.Counter.values()) {
            String word = counter.name().toLowerCase(Locale.ROOT);
            String name = "nightjar_" + word + "_total";
            counter(out, name);
            sample(out, name, "", all.getOrDefault(word, 0L));
        }
        counter(out, "nightjar_login_failures_total");
        sample(out, "nightjar_login_failures_total", "", limit.failures());
        counter(out, "nightjar_connection_ends_total");
        for (Detail detail : Detail.values()) {
            String reason = detail.reason().word();
            String labels = "{reason=\"" + reason + "\",detail=\"" + detail.word() + "\"}";
            long ends = all.getOrDefault("ended." + reason + "." + detail.word(), 0L);
            sample(out, "nightjar_connection_ends_total", labels, ends);
        }
        return Replies.now(Replies.text(200, PROMETHEUS, out.toString()));
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

    private static void counter(StringBuilder out, String name) {
        out.append("# TYPE ").append(name).append(" counter\n");
    }

    private static void sample(StringBuilder out, String name, String labels, long value) {
        out.append(name).append(labels).append(' ').append(value).append('\n');
    }
}
