package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.diagnosis.EndSummary;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.KeepAliveAdvice;
import io.nightjar.diagnosis.LikelyClients;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.Refusals;
import io.nightjar.message.History;
import io.nightjar.message.History.Found;
import io.nightjar.message.History.Page;
import io.nightjar.message.History.Query;
import io.nightjar.message.History.Related;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The ends of connections of all clients: search, what they have in common, and who was refused and why. */
final class DisconnectRoutes {
    private static final Set<Kind> ENDS = Set.of(Kind.ENDED, Kind.REFUSED, Kind.FAILED);
    private static final Set<Kind> REFUSALS = Set.of(Kind.REFUSED, Kind.FAILED);

    /** Facts that an answer about a refusal repeats, since its advice refers to them. */
    private static final List<String> FACTS = List.of(
            "why",
            "problem",
            "alert",
            "limit",
            "topic",
            "sni",
            "certificate_subject",
            "proxy",
            "looks_like",
            "waiting_for");

    private final Ports ports;
    private final ZoneId zone;

    DisconnectRoutes(Ports ports) {
        this.ports = ports;
        this.zone = ports.clock().getZone();
    }

    List<Route> routes() {
        String[] summary = EventFilters.NAMES.toArray(String[]::new);
        List<String> names = new ArrayList<>(EventFilters.NAMES);
        names.addAll(List.of("limit", "cursor"));
        String[] list = names.toArray(String[]::new);
        return List.of(
                Route.get("/disconnects", this::search, list).repeatable(EventFilters.REPEATABLE),
                Route.get("/disconnects/summary", this::summary, summary).repeatable(EventFilters.REPEATABLE),
                Route.get("/disconnects/refused", this::refused, list).repeatable(EventFilters.REPEATABLE));
    }

    private EventFilters filters(Call call) {
        return new EventFilters(call.parameters(), zone);
    }

    private List<String> nodes(EventFilters filters) {
        return filters.nodes(ports.traces().nodes());
    }

    private CompletionStage<HttpResponse> search(Call call) {
        EventFilters filters = filters(call);
        return HistoryRoutes.page(ports.history(), call, filters.filter(ENDS), nodes(filters), zone);
    }

    // ---- what they have in common

    private CompletionStage<HttpResponse> summary(Call call) {
        EventFilters filters = filters(call);
        EventFilter filter = filters.filter(ENDS);
        return ports.history().summarize(filter, nodes(filters)).thenApply(ends -> {
            EndSummary.Summary summary = ends.summary();
            ObjectNode root = Json.object().put("total", summary.total());
            root.set("by_reason", Json.tree(summary.byReason()));
            root.set("by_detail", Json.tree(summary.byDetail()));
            root.set("by_side", Json.tree(summary.bySide()));
            root.set("by_listener", Json.tree(summary.byListener()));
            root.set("by_node", Json.tree(summary.byNode()));
            minutes(root.putArray("per_minute"), summary.minutes());
            ArrayNode groups = root.putArray("groups");
            summary.storms().forEach(storm -> groups.add(StormJson.of(storm, zone)));
            ArrayNode advice = root.putArray("keep_alive_advice");
            summary.keepAliveAdvice().forEach(each -> advice.add(json(each)));
            root.set("meta", meta(filter, ends));
            return Replies.ok(root);
        });
    }

    private void minutes(ArrayNode all, List<EndSummary.Minute> minutes) {
        for (EndSummary.Minute minute : minutes) {
            long total = minute.byReason().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            ObjectNode node = all.addObject()
                    .put("at", Times.format(minute.atMillis(), zone))
                    .put("total", total);
            minute.byReason().forEach(node::put);
        }
    }

    private static ObjectNode json(KeepAliveAdvice advice) {
        ObjectNode node = Json.object().put("cause", advice.cause().word()).put("value", advice.value());
        HistoryRoutes.keepAlive(node, advice);
        return node;
    }

    private ObjectNode meta(EventFilter filter, History.Ends ends) {
        long now = ports.clock().millis();
        long from = Math.max(filter.fromMillis(), ends.oldestMillis());
        ObjectNode meta = Json.object()
                .put("from", Times.format(from < 0 ? now : from, zone))
                .put("to", Times.format(Math.min(filter.toMillis(), now), zone));
        EventJson.oldest(meta, ends.oldestMillis(), zone);
        if (ends.summary().truncated()) {
            meta.put("truncated", true);
        }
        EventJson.unreachable(meta, ends.unreachableNodes());
        return meta;
    }

    // ---- who was refused

    private CompletionStage<HttpResponse> refused(Call call) {
        EventFilters filters = filters(call);
        int limit = HistoryRoutes.limit(call);
        Query query = new Query(filters.filter(REFUSALS), nodes(filters), HistoryRoutes.cursor(call), limit);
        return HistoryRoutes.find(ports.history(), query)
                .thenCompose(page -> related(page).thenApply(related -> {
                    ObjectNode root = Json.object();
                    ArrayNode data = root.putArray("data");
                    page.events().forEach(found -> data.add(refusal(found, related)));
                    Page all = new Page(
                            page.events(),
                            page.cursor(),
                            page.oldestMillis(),
                            EventJson.union(page.unreachableNodes(), related.unreachableNodes()));
                    root.set("meta", EventJson.meta(all, limit, zone));
                    return Replies.ok(root);
                }));
    }

    private CompletionStage<Related> related(Page page) {
        Set<String> subjects = new LinkedHashSet<>();
        Set<String> addresses = new LinkedHashSet<>();
        long first = Long.MAX_VALUE;
        long last = 0;
        for (Found found : page.events()) {
            RecordedEvent event = found.event();
            if (event.kind() == Kind.FAILED) {
                String subject = event.text("certificate_subject");
                if (subject == null) {
                    addresses.add(event.address());
                } else {
                    subjects.add(subject);
                }
                first = Math.min(first, event.atMillis());
                last = Math.max(last, event.atMillis());
            }
        }
        return ports.history()
                .related(subjects, addresses, first - LikelyClients.NEAR_MILLIS, last + LikelyClients.NEAR_MILLIS);
    }

    private ObjectNode refusal(Found found, Related related) {
        RecordedEvent event = found.event();
        Refusals.Explanation explained = Refusals.of(event);
        ObjectNode node =
                Json.object().put("at", Times.format(event.atMillis(), zone)).put("node", found.node());
        if (!event.clientId().isEmpty()) {
            node.put("clientid", event.clientId());
        }
        put(node, event, "username");
        node.put("peername", event.peer());
        put(node, event, "listener");
        node.put("event", event.kind().word());
        put(node, event, "reason");
        put(node, event, "detail");
        node.put("refused_by", explained.refusedBy().word());
        if (explained.by() != null) {
            node.put("by", explained.by());
        }
        node.put("fix", explained.fix());
        FACTS.forEach(fact -> put(node, event, fact));
        // A node that is missing may know another client of that certificate or address: no inference then.
        LikelyClients.Likely likely =
                event.kind() == Kind.FAILED && related.unreachableNodes().isEmpty()
                        ? related.clients().of(event)
                        : null;
        if (likely != null) {
            node.put("likely_clientid", likely.clientId()).put("inferred_from", likely.inferredFrom());
        }
        return node;
    }

    private static void put(ObjectNode node, RecordedEvent event, String name) {
        String value = event.text(name);
        if (value != null) {
            node.put(name, value);
        }
    }
}
