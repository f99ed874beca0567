package io.nightjar.actor;

import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which clients the running traces of one node want: one look into a hash map. Immutable, any thread. */
final class TraceSelection {
    private final Map<String, List<TraceTarget>> clients = new HashMap<>();
    private final List<TraceTarget> prefixes = new ArrayList<>();

    TraceSelection(Collection<TraceTarget> running) {
        for (TraceTarget target : running) {
            TraceDefinition definition = target.entry().definition();
            if (definition.type().equals(TraceRules.CLIENT_ID)) {
                clients.computeIfAbsent(definition.value(), value -> new ArrayList<>(1))
                        .add(target);
            } else {
                prefixes.add(target);
            }
        }
    }

    boolean isEmpty() {
        return clients.isEmpty() && prefixes.isEmpty();
    }

    boolean wants(String clientId) {
        if (clients.containsKey(clientId)) {
            return true;
        }
        for (TraceTarget target : prefixes) {
            if (TraceRules.selects(target.entry().definition(), clientId)) {
                return true;
            }
        }
        return false;
    }

    /** The traces that want this client; the caller must not change the list. */
    List<TraceTarget> of(String clientId) {
        List<TraceTarget> exact = clients.getOrDefault(clientId, List.of());
        if (prefixes.isEmpty()) {
            return exact;
        }
        List<TraceTarget> all = new ArrayList<>(exact);
        for (TraceTarget target : prefixes) {
            if (TraceRules.selects(target.entry().definition(), clientId)) {
                all.add(target);
            }
        }
        return all;
    }
}
