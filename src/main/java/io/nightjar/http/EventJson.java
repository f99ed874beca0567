package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.message.History;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.Stream;

/** Recorded events as JSON. */
final class EventJson {
    private EventJson() {}

    /** All of an event: when, what, where, who, and its fields flat beside them. */
    static ObjectNode of(History.Found found, ZoneId zone) {
        RecordedEvent event = found.event();
        ObjectNode node = Json.object()
                .put("at", Times.format(event.atMillis(), zone))
                .put("event", event.kind().word())
                .put("node", found.node());
        if (!event.clientId().isEmpty()) {
            node.put("clientid", event.clientId());
        }
        if (!event.peer().isEmpty()) {
            node.put("peername", event.peer());
        }
        event.fields().forEach((name, value) -> {
            if (!node.has(name)) {
                node.set(name, Json.tree(value));
            }
        });
        return node;
    }

    /** What a list says beside its data. */
    static ObjectNode meta(History.Page page, int limit, ZoneId zone) {
        ObjectNode meta = Json.object().put("limit", limit).put("hasnext", page.cursor() != null);
        if (page.cursor() != null) {
            meta.put("cursor", page.cursor());
        }
        oldest(meta, page.oldestMillis(), zone);
        unreachable(meta, page.unreachableNodes());
        return meta;
    }

    static void oldest(ObjectNode meta, long millis, ZoneId zone) {
        if (millis >= 0) {
            meta.put("oldest_at", Times.format(millis, zone));
        }
    }

    /** Nodes of either list, each once. */
    static List<String> union(List<String> one, List<String> other) {
        return Stream.concat(one.stream(), other.stream()).distinct().toList();
    }

    static void unreachable(ObjectNode meta, List<String> nodes) {
        if (!nodes.isEmpty()) {
            meta.set("unreachable_nodes", Json.tree(nodes));
        }
    }
}
