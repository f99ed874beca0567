package io.nightjar.http;

import io.nightjar.message.ClientView;
import io.nightjar.message.Clients;
import io.nightjar.message.History;
import io.nightjar.message.History.EndsByClient;
import io.nightjar.message.History.LastEnd;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Tells of clients how their last connection ended, from the recorders, where their session does not: it began after that
 * end, or the node was started again. Who was at fault ({@code last_verdict}) only a recorder knows, so a list without it
 * asks for few. A list does not wait for a recorder that fails or is busy, but names its node.
 */
final class LastEnds {
    static final Set<String> FIELDS = Set.of("last_reason", "last_detail", "last_verdict", "last_end_at");

    private static final EndsByClient NONE = new EndsByClient(Map.of(), List.of());

    private final History history;

    LastEnds(History history) {
        this.history = history;
    }

    /** @param fields that are asked for, or null for all */
    CompletionStage<Clients.Page> fill(Clients.Page page, @Nullable Set<String> fields) {
        return ends(page.clients(), fields)
                .thenApply(ends -> new Clients.Page(
                        page.clients().stream()
                                .map(client -> filled(client, ends.ends()))
                                .toList(),
                        page.count(),
                        page.hasNext(),
                        EventJson.union(page.unreachableNodes(), ends.unreachableNodes())));
    }

    CompletionStage<ClientView> fill(ClientView client, @Nullable Set<String> fields) {
        return ends(List.of(client), fields).thenApply(ends -> filled(client, ends.ends()));
    }

    private CompletionStage<EndsByClient> ends(Collection<ClientView> clients, @Nullable Set<String> fields) {
        Set<String> wanted = new HashSet<>(FIELDS);
        if (fields != null) {
            wanted.retainAll(fields);
        }
        List<String> unknown = clients.stream()
                .filter(client -> !client.fields().keySet().containsAll(wanted))
                .map(ClientView::clientId)
                .toList();
        if (unknown.isEmpty()) {
            return CompletableFuture.completedFuture(NONE);
        }
        return history.lastEnds(unknown).exceptionally(fault -> NONE);
    }

    private static ClientView filled(ClientView client, Map<String, LastEnd> ends) {
        LastEnd end = ends.get(client.clientId());
        if (end == null) {
            return client;
        }
        Map<String, Object> more = new HashMap<>();
        if (!client.fields().containsKey("last_reason")) {
            more.put("last_reason", end.reason());
            more.put("last_detail", end.detail());
            more.put("last_end_at", end.atMillis());
        }
        boolean same = end.detail().equals(client.fields().getOrDefault("last_detail", end.detail()));
        if (same && !client.fields().containsKey("last_verdict")) {
            more.put("last_verdict", end.side());
        }
        return client.with(more);
    }
}
