package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.message.Clients;
import io.nightjar.metrics.Family;
import io.nightjar.metrics.NodeMetrics;
import io.nightjar.metrics.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;

/**
 * Figures: for Prometheus, and as JSON by the names of EMQX. Like every call they need a login or an API key (a viewer's
 * is enough), since they tell how many devices there are and how they fare.
 */
final class MetricsRoutes {
    private static final String NODE = "node";
    private static final String TOGETHER = "all_nodes_aggregated";
    private static final String APART = "all_nodes_unaggregated";

    private static final ContentType.NonBinary TEXT = ContentTypes.create(
            MediaTypes.customWithOpenCharset("text", "plain", Map.of("version", "0.0.4"), false), HttpCharsets.UTF_8);
    private static final ContentType.NonBinary OPEN_METRICS = ContentTypes.create(
            MediaTypes.customWithOpenCharset("application", "openmetrics-text", Map.of("version", "1.0.0"), false),
            HttpCharsets.UTF_8);

    private final Ports ports;

    MetricsRoutes(Ports ports) {
        this.ports = ports;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/metrics", call -> json(call, MetricsRoutes::metric), "aggregate"),
                Route.get("/stats", call -> json(call, MetricsRoutes::stat), "aggregate"),
                Route.get("/prometheus/stats", this::prometheus, "mode"));
    }

    private CompletionStage<HttpResponse> prometheus(Call call) {
        String mode = call.parameters().word("mode", NODE, List.of(NODE, TOGETHER, APART));
        boolean openMetrics = wantsOpenMetrics(call);
        return ports.clients().metrics(!mode.equals(NODE)).thenApply(metrics -> {
            List<Sample> samples = new ArrayList<>(
                    switch (mode) {
                        case TOGETHER -> together(metrics);
                        case APART -> NodeMetrics.apart(metrics.nodes());
                        default ->
                            metrics.nodes().values().stream()
                                    .flatMap(List::stream)
                                    .toList();
                    });
            if (!mode.equals(NODE)) {
                int missing = metrics.unreachableNodes().size();
                samples.add(new Sample(NodeMetrics.NODES_UNREACHABLE, Map.of(), missing));
            }
            String text = PrometheusText.of(samples, openMetrics);
            return Replies.partial(
                    Replies.text(200, openMetrics ? OPEN_METRICS : TEXT, text), metrics.unreachableNodes());
        });
    }

    /** The sums, or 503: without a node they would fall, which of counters says that a process was started again. */
    private static List<Sample> together(Clients.Metrics metrics) {
        if (!metrics.unreachableNodes().isEmpty()) {
            throw new ApiException(
                    503,
                    "NODE_ERROR",
                    "no sums without " + String.join(", ", metrics.unreachableNodes())
                            + ", which did not answer; ask for" + " the nodes one by one instead (mode=" + APART
                            + ", or aggregate=false)");
        }
        return NodeMetrics.together(metrics.nodes());
    }

    /** Prometheus names both formats and prefers this one. */
    private static boolean wantsOpenMetrics(Call call) {
        return call.request()
                .getHeader("Accept")
                .map(HttpHeader::value)
                .filter(accept -> accept.contains("application/openmetrics-text"))
                .isPresent();
    }

    /** One object for each node with its name, or the sums of all. */
    private CompletionStage<HttpResponse> json(Call call, BiConsumer<Sample, Map<String, Double>> pick) {
        boolean aggregate = call.parameters().flag("aggregate");
        return ports.clients().metrics(true).thenApply(metrics -> {
            if (aggregate) {
                return Replies.ok(json(together(metrics), pick, Json.object()));
            }
            ArrayNode all = Json.array();
            metrics.nodes()
                    .forEach((node, samples) ->
                            all.add(json(samples, pick, Json.object().put("node", node))));
            return Replies.partial(Replies.ok(all), metrics.unreachableNodes());
        });
    }

    private static ObjectNode json(List<Sample> samples, BiConsumer<Sample, Map<String, Double>> pick, ObjectNode to) {
        Map<String, Double> picked = new LinkedHashMap<>();
        samples.forEach(sample -> pick.accept(sample, picked));
        picked.forEach((name, value) -> to.put(name, value.longValue()));
        return to;
    }

    private static void stat(Sample sample, Map<String, Double> to) {
        Family family = NodeMetrics.family(sample.family());
        if (family != null
                && family.type() == Family.Type.GAUGE
                && !family.key().isEmpty()) {
            to.put(family.key(), sample.value());
        }
    }

    /** Counters by EMQX's names, then our own, then the ends of connections by cause. */
    private static void metric(Sample sample, Map<String, Double> to) {
        Family family = NodeMetrics.family(sample.family());
        if (family == null || family.type() != Family.Type.COUNTER) {
            return;
        }
        String name = family.name();
        if (!family.key().isEmpty()) {
            to.put(family.key(), sample.value());
        } else if (name.equals(NodeMetrics.ENDS)) {
            String cause = "ended." + sample.labels().get("reason") + "."
                    + sample.labels().get("detail");
            to.merge(cause, sample.value(), Double::sum);
        } else if (name.startsWith("nightjar_") && sample.labels().isEmpty()) {
            to.put(name.substring("nightjar_".length(), name.length() - "_total".length()), sample.value());
        }
    }
}
