package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.diagnosis.Idle;
import io.nightjar.diagnosis.Storm;
import java.time.ZoneId;

/** Many ends with one cause as JSON, the same in a summary and in the diagnosis of a client that was among them. */
final class StormJson {
    private StormJson() {}

    static ObjectNode of(Storm storm, ZoneId zone) {
        String from = Times.format(storm.fromMillis(), zone);
        ObjectNode node = Json.object()
                .put("cause", storm.cause().word())
                .put("value", storm.value().isEmpty() ? from : storm.value())
                .put("reason", storm.reason());
        if (storm.detail() != null) {
            node.put("detail", storm.detail());
        }
        node.put("count", storm.count())
                .put("clients", storm.clients())
                .put("from", from)
                .put("to", Times.format(storm.toMillis(), zone));
        Idle idle = storm.idle();
        if (idle != null) {
            node.putObject("idle_ms")
                    .put("min", idle.minMillis())
                    .put("median", idle.medianMillis())
                    .put("max", idle.maxMillis());
        }
        node.put("side", storm.verdict().side().toString())
                .put("confidence", storm.verdict().confidence().toString())
                .put("advice", storm.verdict().advice());
        node.set("clientids", Json.tree(storm.clientIds()));
        return node;
    }
}
