package io.nightjar.http;

import io.nightjar.message.ClientView;
import io.nightjar.message.Clients;
import io.nightjar.message.HeldMessages;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.NodeMetrics;
import io.nightjar.metrics.Sample;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.SubscriptionRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Clients in a map. Of the filters it knows clientid and like_clientid; it records all it was asked. */
final class FakeClients implements Clients {
    record Kick(String clientId, DisconnectReason reason, boolean keepSession) {}

    final ConcurrentSkipListMap<String, ClientView> clients = new ConcurrentSkipListMap<>();
    final Map<String, List<Map<String, Object>>> subscriptions = new ConcurrentHashMap<>();
    final List<Query> queries = new CopyOnWriteArrayList<>();
    final List<Kick> kicks = new CopyOnWriteArrayList<>();
    volatile List<String> unreachable = List.of();
    volatile RuntimeException failure;
    /** Lists wait for it. */
    volatile CompletableFuture<Void> gate;
    /** What every kick answers. */
    volatile CompletableFuture<Boolean> kickOutcome;

    final List<SubscriptionRequest> requested = new CopyOnWriteArrayList<>();
    final List<String> unsubscribed = new CopyOnWriteArrayList<>();
    final List<HeldMessages.Query> held = new CopyOnWriteArrayList<>();
    volatile HeldMessages page = new HeldMessages(true, false, List.of(), null);
    final Map<String, List<Sample>> metrics = new ConcurrentHashMap<>();
    volatile Counters counters = new Counters();

    void add(String clientId, Object... namesAndValues) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("clientid", clientId);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        clients.put(clientId, new ClientView(fields));
    }

    @Override
    public CompletionStage<Page> list(Query query) {
        queries.add(query);
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        List<ClientView> all = new ArrayList<>();
        long count = 0;
        for (ClientView client : clients.values()) {
            if (matches(client.clientId(), query.filters())) {
                count++;
                if (query.after().isEmpty() || client.clientId().compareTo(query.after()) > 0) {
                    all.add(client);
                }
            }
        }
        int from = Math.min(query.skip(), all.size());
        int to = Math.min(from + query.limit(), all.size());
        Page page = new Page(all.subList(from, to), count, to < all.size(), unreachable);
        return gate == null ? CompletableFuture.completedFuture(page) : gate.thenApply(open -> page);
    }

    private static boolean matches(String clientId, Map<String, List<String>> filters) {
        List<String> exact = filters.get("clientid");
        List<String> like = filters.get("like_clientid");
        return (exact == null || exact.contains(clientId)) && (like == null || clientId.contains(like.get(0)));
    }

    @Override
    public CompletionStage<ClientView> find(String clientId) {
        return CompletableFuture.completedFuture(clients.get(clientId));
    }

    @Override
    public CompletionStage<Boolean> kick(String clientId, DisconnectReason reason, boolean keepSession) {
        kicks.add(new Kick(clientId, reason, keepSession));
        if (kickOutcome != null) {
            return kickOutcome;
        }
        return CompletableFuture.completedFuture(clients.remove(clientId) != null);
    }

    @Override
    public CompletionStage<List<Map<String, Object>>> subscriptions(String clientId) {
        return CompletableFuture.completedFuture(subscriptions.get(clientId));
    }

    @Override
    public CompletionStage<String> subscribe(String clientId, List<SubscriptionRequest> requests) {
        if (requests.size() > 10) {
            return CompletableFuture.failedFuture(new Traces.Refused("EXCEED_LIMIT", "more than 10"));
        }
        requested.addAll(requests);
        return CompletableFuture.completedFuture(clients.containsKey(clientId) ? "n1" : null);
    }

    @Override
    public CompletionStage<Boolean> unsubscribe(String clientId, List<String> filters) {
        unsubscribed.addAll(filters);
        return CompletableFuture.completedFuture(clients.containsKey(clientId));
    }

    @Override
    public CompletionStage<HeldMessages> messages(String clientId, HeldMessages.Query query) {
        held.add(query);
        return CompletableFuture.completedFuture(clients.containsKey(clientId) ? page : HeldMessages.NONE);
    }

    @Override
    public List<String> missing(Collection<String> answered) {
        return unreachable.stream().filter(node -> !answered.contains(node)).toList();
    }

    /** The own node n1 has its counters, others what {@link #metrics} has. */
    @Override
    public CompletionStage<Metrics> metrics(boolean allNodes) {
        Map<String, List<Sample>> nodes = new TreeMap<>();
        nodes.put("n1", new NodeMetrics(counters, () -> Map.of("sessions", 3, "retained", 7)).samples());
        if (allNodes) {
            nodes.putAll(metrics);
        }
        return CompletableFuture.completedFuture(new Metrics(nodes, allNodes ? unreachable : List.of()));
    }

    @Override
    public CompletionStage<Map<String, Map<String, Object>>> limits() {
        Map<String, Object> low = new HashMap<>(Map.of(
                "name", "nofile", "bounds", "open files", "value", 1024, "needed", 11_000, "used", 900, "unit", ""));
        low.putAll(Map.of("status", "too_low", "fix", "ulimit -n 11000"));
        Map<String, Object> unknown = Map.of("name", "heap", "needed", 1, "unit", "bytes", "status", "unknown");
        Map<String, Object> standing = Map.of(
                "name",
                "nofile",
                "message",
                "900 of 1024",
                "used",
                900,
                "value",
                1024,
                "raised_at_ms",
                1_790_000_000_000L);
        Map<String, Object> past = Map.of(
                "name",
                "heap",
                "message",
                "full",
                "used",
                9,
                "value",
                10,
                "raised_at_ms",
                1_790_000_000_000L,
                "cleared_at_ms",
                1_790_000_005_000L);
        return CompletableFuture.completedFuture(Map.of(
                "n1", Map.of("target", 10_000, "limits", List.of(low, unknown), "alarms", List.of(standing, past)),
                "n2", Map.of("target", 10_000, "limits", List.of(low), "alarms", List.of())));
    }

    @Override
    public CompletionStage<Map<String, Map<String, Object>>> nodes() {
        return CompletableFuture.completedFuture(
                Map.of("n1", Map.of("connections", 3, "live_connections", 2), "n2", Map.of("connections", 1)));
    }
}
