package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.message.Clients;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceRules;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** Traces: list, start, stop, delete, read. */
final class TraceRoutes {
    private static final long LASTS_MILLIS = Duration.ofMinutes(30).toMillis();
    private static final int PAYLOAD_LIMIT = 1024;
    private static final int TEXT_MAX = 1 << 17;
    private static final List<String> TYPES = TraceRules.TYPES;

    private final Traces traces;
    private final Clients clients;
    private final TraceLimits limits;
    private final Clock clock;

    private final HttpSettings settings;
    private final Counters counters;

    TraceRoutes(Ports ports, HttpSettings settings) {
        this.settings = settings;
        this.counters = ports.counters();
        this.traces = ports.traces();
        this.clients = ports.clients();
        this.limits = ports.traceLimits();
        this.clock = ports.clock();
    }

    List<Route> routes() {
        TraceDownload download = new TraceDownload(traces, clock, settings.maxDownloads(), counters);
        TraceTail tail = new TraceTail(traces, clock, settings.maxTails(), counters);
        return List.of(
                Route.get("/trace", this::list),
                Route.post("/trace", this::create),
                Route.delete("/trace", this::clear),
                Route.delete("/trace/{name}", this::delete),
                Route.put("/trace/{name}/stop", this::stop).withoutBody(),
                Route.get("/trace/{name}/log_detail", this::logDetail),
                Route.get("/trace/{name}/log", new TraceLog(traces, clock)::page, "node", "position", "bytes"),
                Route.get("/trace/{name}/download", download::start, "node", "format"),
                Route.get("/trace/{name}/tail", tail::start, "node", "position"),
                Route.get("/tracing", this::limits),
                Route.put("/tracing", this::setLimits));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        return traces.list().thenApply(views -> {
            ArrayNode all = Json.array();
            views.forEach(view -> all.add(json(view)));
            return Replies.ok(all);
        });
    }

    private CompletionStage<HttpResponse> create(Call call) {
        return call.body().thenCompose(json -> traces.create(definition(json))).thenApply(view -> {
            Audit.traceCreated(call.caller(), view.definition());
            return Replies.ok(json(view));
        });
    }

    private TraceDefinition definition(JsonNode json) {
        Body body = Body.of(
                json,
                "name",
                "type",
                TraceRules.CLIENT_ID,
                TraceRules.CLIENT_ID_PREFIX,
                TraceRules.USERNAME,
                TraceRules.IP_ADDRESS,
                TraceRules.TOPIC,
                "start_at",
                "end_at",
                "formatter",
                "payload_encode",
                "payload_limit");
        String type = body.text("type", TEXT_MAX);
        if (!TYPES.contains(type)) {
            throw ApiException.badRequest(
                    "field type must be one of " + String.join(", ", TYPES) + ", not " + Text.quote(type));
        }
        for (String other : TYPES) {
            if (!other.equals(type) && body.has(other)) {
                throw ApiException.badRequest("field " + other + " does not go with type " + type);
            }
        }
        long now = clock.millis();
        Long startAt = body.time("start_at", clock.getZone());
        long start = startAt == null ? now : Math.max(startAt, now);
        Long endAt = body.time("end_at", clock.getZone());
        TraceDefinition wanted = new TraceDefinition(
                body.text("name", TEXT_MAX),
                type,
                body.text(type, TEXT_MAX),
                start,
                endAt == null ? start + LASTS_MILLIS : endAt,
                body.word("formatter", TraceRules.TEXT, List.of(TraceRules.TEXT, TraceRules.JSON)),
                body.word("payload_encode", "text", List.of("text", "hex", "hidden")),
                (int) body.number("payload_limit", PAYLOAD_LIMIT, 0, TraceRules.MAX_PAYLOAD),
                false);
        String problem = TraceRules.problem(wanted);
        if (problem != null) {
            throw ApiException.badRequest(problem);
        }
        return wanted;
    }

    private CompletionStage<HttpResponse> clear(Call call) {
        return traces.clear().thenApply(done -> Replies.noContent());
    }

    private CompletionStage<HttpResponse> delete(Call call) {
        return traces.delete(call.path(0)).thenApply(done -> Replies.noContent());
    }

    private CompletionStage<HttpResponse> stop(Call call) {
        return traces.stop(call.path(0)).thenApply(view -> Replies.ok(json(view)));
    }

    private CompletionStage<HttpResponse> logDetail(Call call) {
        return traces.logDetail(call.path(0)).thenApply(details -> {
            ArrayNode all = Json.array();
            for (Traces.LogDetail detail : details) {
                all.addObject()
                        .put("node", detail.node())
                        .put("size", detail.size())
                        .put("mtime", Times.format(detail.mtimeMillis(), clock.getZone()));
            }
            List<String> told = details.stream().map(Traces.LogDetail::node).toList();
            return Replies.partial(Replies.ok(all), clients.missing(told));
        });
    }

    private CompletionStage<HttpResponse> limits(Call call) {
        return Replies.now(Replies.ok(json(limits.get())));
    }

    private CompletionStage<HttpResponse> setLimits(Call call) {
        return call.body()
                .thenCompose(json -> {
                    Body body = Body.of(json, "max_traces", "max_file_size");
                    Traces.Limits now = limits.get();
                    return limits.set(new Traces.Limits(
                            (int) body.number("max_traces", now.maxTraces(), 1, 1000),
                            body.number("max_file_size", now.maxFileSize(), 64 << 10, 64L << 30)));
                })
                .thenApply(values -> Replies.ok(json(values)));
    }

    private static ObjectNode json(Traces.Limits values) {
        return Json.object().put("max_traces", values.maxTraces()).put("max_file_size", values.maxFileSize());
    }

    private ObjectNode json(Traces.TraceView view) {
        TraceDefinition trace = view.definition();
        ObjectNode node = Json.object()
                .put("name", trace.name())
                .put("type", trace.type())
                .put(trace.type(), trace.value())
                .put("status", view.status())
                .put("start_at", Times.format(trace.startAtMillis(), clock.getZone()))
                .put("end_at", Times.format(trace.endAtMillis(), clock.getZone()))
                .put("formatter", trace.formatter())
                .put("payload_encode", trace.payloadEncode())
                .put("payload_limit", trace.payloadLimit());
        ObjectNode size = node.putObject("log_size");
        ObjectNode lines = node.putObject("lines");
        ObjectNode dropped = node.putObject("dropped");
        view.nodes().forEach((name, figures) -> {
            size.put(name, figures.logSize());
            lines.put(name, figures.lines());
            dropped.put(name, figures.dropped());
        });
        addLast(node, view.nodes());
        if (!view.unreachable().isEmpty()) {
            node.set("unreachable_nodes", Json.tree(view.unreachable()));
        }
        return node;
    }

    private void addLast(ObjectNode node, Map<String, Traces.NodeFigures> nodes) {
        @Nullable Long latest = null;
        for (Map.Entry<String, Traces.NodeFigures> entry : nodes.entrySet()) {
            Traces.NodeFigures figures = entry.getValue();
            Long at = figures.lastEventAtMillis();
            if (at != null && (latest == null || at > latest)) {
                latest = at;
                node.put("last_event_at", Times.format(at, clock.getZone()));
            }
            if (figures.lastReason() != null && (at != null && at.equals(latest) || !node.has("last_reason"))) {
                node.put("last_reason", figures.lastReason());
            }
            if (figures.failure() != null && !node.has("failure")) {
                node.put("failure", entry.getKey() + ": " + figures.failure());
            }
        }
    }
}
