package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.diagnosis.ClientDiagnosis;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.KeepAliveAdvice;
import io.nightjar.diagnosis.LikelyClients;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.Storm;
import io.nightjar.diagnosis.StormAround;
import io.nightjar.message.ClientView;
import io.nightjar.message.History;
import io.nightjar.message.History.Found;
import io.nightjar.message.History.Page;
import io.nightjar.message.History.Query;
import io.nightjar.message.History.Related;
import java.time.ZoneId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** What happened to one client, connected or not, and what that means. */
final class HistoryRoutes {
    static final int LIMIT_DEFAULT = 100;
    static final int LIMIT_MAX = 1000;

    /** Connects and ends that a diagnosis looks at, the newest. */
    private static final int LOOKED_AT = 1000;

    /** Addresses of a client at which failures are looked for, the last ones. */
    private static final int ADDRESSES = 3;

    private static final Set<Kind> COMINGS_AND_GOINGS = Set.of(Kind.CONNECTED, Kind.ENDED, Kind.REFUSED);

    private final Ports ports;
    private final ZoneId zone;

    HistoryRoutes(Ports ports) {
        this.ports = ports;
        this.zone = ports.clock().getZone();
    }

    List<Route> routes() {
        return List.of(
                Route.get("/clients/{clientid}/history", this::history, "from", "to", "limit", "cursor"),
                Route.get("/clients/{clientid}/diagnosis", this::diagnosis));
    }

    private CompletionStage<HttpResponse> history(Call call) {
        EventFilters filters = new EventFilters(call.parameters(), zone);
        EventFilter filter = EventFilter.ofClient(call.path(0), filters.from(), filters.to());
        return page(ports.history(), call, filter, List.of(), zone);
    }

    /** One page of a list of events. */
    static CompletionStage<HttpResponse> page(
            History history, Call call, EventFilter filter, List<String> nodes, ZoneId zone) {
        int limit = limit(call);
        return find(history, new Query(filter, nodes, cursor(call), limit)).thenApply(page -> {
            ObjectNode root = Json.object();
            ArrayNode data = root.putArray("data");
            page.events().forEach(found -> data.add(EventJson.of(found, zone)));
            root.set("meta", EventJson.meta(page, limit, zone));
            return Replies.ok(root);
        });
    }

    static int limit(Call call) {
        return (int) call.parameters().number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
    }

    /** An empty cursor begins a walk, as none does. */
    static @Nullable String cursor(Call call) {
        String cursor = call.parameters().text("cursor", "");
        return cursor.isEmpty() ? null : cursor;
    }

    static CompletionStage<Page> find(History history, Query query) {
        try {
            return history.find(query);
        } catch (History.BadCursor e) {
            throw ApiException.badRequest(
                    "parameter cursor is none that this API gave; begin without one, go on with meta.cursor");
        }
    }

    /** @param fault why nobody knows whether the client has a session, or null */
    private record Asked(@Nullable ClientView client, @Nullable Throwable fault) {}

    private CompletionStage<HttpResponse> diagnosis(Call call) {
        String clientId = call.path(0);
        CompletableFuture<Asked> asked = ports.clients()
                .find(clientId)
                .handle((client, fault) -> new Asked(client, fault))
                .toCompletableFuture();
        EventFilter filter = new EventFilter(
                COMINGS_AND_GOINGS, Set.of(), Set.of(), Set.of(), clientId, null, null, null, null, 0, Long.MAX_VALUE);
        return ports.history()
                .find(new Query(filter, List.of(), null, LOOKED_AT))
                .thenCombine(asked, (page, who) -> {
                    if (who.client == null && page.events().isEmpty()) {
                        return anyRecord(clientId, who);
                    }
                    return CompletableFuture.completedFuture(page);
                })
                .thenCompose(page -> page)
                .thenCompose(page -> related(page)
                        .thenCombine(around(page), (related, around) -> new Beside(related, around))
                        .thenApply(beside -> Replies.ok(json(clientId, asked.join(), page, beside))));
    }

    /**
     * What the records of others add.
     *
     * @param around the ends of its neighbours around its last end, or null if that has no neighbours or they cannot be
     *     read now
     */
    private record Beside(Related related, History.@Nullable Ends around) {}

    private CompletionStage<History.@Nullable Ends> around(Page page) {
        RecordedEvent last = page.events().stream()
                .map(Found::event)
                .filter(event -> event.kind().isEnd())
                .findFirst()
                .orElse(null);
        EventFilter filter = last == null ? null : StormAround.filter(last);
        if (filter == null) {
            return CompletableFuture.completedFuture(null);
        }
        return ports.history()
                .summarize(filter, List.of())
                .<History.@Nullable Ends>handle((ends, fault) -> fault == null ? ends : null);
    }

    /** Neither session nor comings and goings: maybe the record has something else, such as a Session that expired. */
    private CompletionStage<Page> anyRecord(String clientId, Asked asked) {
        Query any = new Query(EventFilter.ofClient(clientId, 0, Long.MAX_VALUE), List.of(), null, 1);
        return ports.history().find(any).thenApply(page -> {
            if (page.events().isEmpty()) {
                if (asked.fault != null) {
                    throw new CompletionException(asked.fault);
                }
                throw new ApiException(
                        404,
                        "CLIENTID_NOT_FOUND",
                        "no node has a session or a record of ClientID " + Text.quote(clientId));
            }
            return new Page(List.of(), null, page.oldestMillis(), page.unreachableNodes());
        });
    }

    private CompletionStage<Related> related(Page page) {
        long now = ports.clock().millis();
        Set<String> subjects = new LinkedHashSet<>();
        Set<String> addresses = new LinkedHashSet<>();
        for (Found found : page.events()) {
            RecordedEvent event = found.event();
            String subject = event.text("certificate_subject");
            if (subject != null && subjects.isEmpty()) {
                subjects.add(subject);
            }
            if (addresses.size() < ADDRESSES && !event.address().isEmpty()) {
                addresses.add(event.address());
            }
        }
        return ports.history().related(subjects, addresses, now - LikelyClients.NEAR_MILLIS, Long.MAX_VALUE);
    }

    private ObjectNode json(String clientId, Asked asked, Page page, Beside beside) {
        List<RecordedEvent> events = page.events().stream().map(Found::event).toList();
        ClientDiagnosis diagnosis = ClientDiagnosis.of(events, ports.clock().millis());
        ClientView client = asked.client;
        boolean connected =
                client != null && Boolean.TRUE.equals(client.fields().get("connected"));
        ObjectNode root = Json.object().put("clientid", clientId).put("connected", connected);
        page.events().stream()
                .filter(found -> found.event().equals(diagnosis.lastEnd()))
                .findFirst()
                .ifPresent(found -> root.set("last_end", EventJson.of(found, zone)));
        Storm storm = diagnosis.lastEnd() == null || beside.around == null
                ? null
                : StormAround.of(diagnosis.lastEnd(), beside.around.summary().storms());
        if (storm != null) {
            root.set("storm", StormJson.of(storm, zone));
        }
        ObjectNode ends = root.putObject("ends");
        ends.set("1h", Json.tree(diagnosis.lastHour()));
        ends.set("24h", Json.tree(diagnosis.lastDay()));
        flapping(root.putObject("flapping"), diagnosis.flapping());
        conflict(root.putObject("conflict"), diagnosis.conflict());
        if (diagnosis.keepAlive() != null) {
            keepAlive(root.putObject("keep_alive"), diagnosis.keepAlive());
        }
        if (client != null && client.fields().get("socket") instanceof Map<?, ?> socket) {
            root.set("socket", Json.tree(socket));
        }
        failures(root, clientId, beside.related);
        if (page.cursor() != null) {
            root.put("truncated", true);
        }
        EventJson.oldest(root, page.oldestMillis(), zone);
        List<String> beyond = beside.around == null ? List.of() : beside.around.unreachableNodes();
        EventJson.unreachable(
                root,
                EventJson.union(page.unreachableNodes(), EventJson.union(beside.related.unreachableNodes(), beyond)));
        return root;
    }

    private static void flapping(ObjectNode node, ClientDiagnosis.Flapping flapping) {
        node.put("flapping", flapping.flapping()).put("ends_10m", flapping.ends());
        if (flapping.text() != null) {
            node.put("text", flapping.text());
        }
    }

    private void conflict(ObjectNode node, ClientDiagnosis.Conflict conflict) {
        node.put("conflict", conflict.conflict());
        if (conflict.text() != null) {
            node.put("alternations", conflict.alternations());
            node.set("peers", Json.tree(conflict.peers()));
            node.put("since", Times.format(conflict.sinceMillis(), zone)).put("text", conflict.text());
        }
    }

    static void keepAlive(ObjectNode node, KeepAliveAdvice advice) {
        node.put("age_ms", advice.ageMillis())
                .put("count", advice.count())
                .put("suggested_keep_alive_s", advice.suggestedSeconds())
                .put("text", advice.text());
    }

    /** None if a node is missing: it may know another client of that certificate or address. */
    private void failures(ObjectNode root, String clientId, Related related) {
        if (!related.unreachableNodes().isEmpty()) {
            return;
        }
        ArrayNode all = Json.array();
        for (Found found : related.failures()) {
            LikelyClients.Likely likely = related.clients().of(found.event());
            if (likely != null && likely.clientId().equals(clientId)) {
                all.add(EventJson.of(found, zone).put("inferred_from", likely.inferredFrom()));
            }
        }
        if (!all.isEmpty()) {
            root.set("possible_failures", all);
        }
    }
}
