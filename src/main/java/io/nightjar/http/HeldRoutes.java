package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.auth.Role;
import io.nightjar.message.HeldMessages;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * Messages that wait for a client, and those in flight to it. Payloads are for administrators: a viewer sees the rest,
 * and who read payloads stands in the audit log.
 */
final class HeldRoutes {
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = 10_000;

    /** More may be asked for, as EMQX's users do; a page then has fewer messages. */
    private static final int BYTES_MAX = 1 << 30;

    private static final String NONE = "none";
    private static final String BASE64 = "base64";

    private final Ports ports;

    HeldRoutes(Ports ports) {
        this.ports = ports;
    }

    List<Route> routes() {
        String[] names = {"payload", "max_payload_bytes", "limit", "position"};
        return List.of(
                Route.get("/clients/{clientid}/mqueue_messages", call -> list(call, false), names),
                Route.get("/clients/{clientid}/inflight_messages", call -> list(call, true), names));
    }

    private CompletionStage<HttpResponse> list(Call call, boolean inflight) {
        Parameters parameters = call.parameters();
        boolean administrator = call.caller().role() == Role.ADMINISTRATOR;
        String payload = parameters.word("payload", administrator ? BASE64 : NONE, List.of(NONE, BASE64, "plain"));
        if (!administrator && !payload.equals(NONE)) {
            throw new ApiException(
                    403, "UNAUTHORIZED_ROLE", "payloads need the role administrator; ask with payload=none");
        }
        int bytes = (int) parameters.number("max_payload_bytes", HeldMessages.BYTES_MAX, 0, BYTES_MAX);
        int limit = (int) parameters.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
        String position = parameters.text("position", "");
        if (!position.matches(inflight ? "(\\d{1,5})?" : "([az]\\d{1,18})?")) {
            throw ApiException.badRequest("parameter position is none that this call gave; leave it out to begin");
        }
        HeldMessages.Query query = new HeldMessages.Query(
                inflight, position, limit, Math.min(bytes, HeldMessages.BYTES_MAX), !payload.equals(NONE));
        return ports.clients().messages(call.path(0), query).thenApply(page -> {
            if (!page.found()) {
                throw ApiException.clientNotFound(call.path(0));
            } else if (page.stale()) {
                throw new ApiException(
                        400, "STALE_CURSOR", "the message at this position is acknowledged by now; begin anew");
            }
            if (query.payload()) {
                Audit.call(call.caller(), "GET", call.request().getUri().path(), "payload=" + payload, 200);
            }
            return Replies.ok(json(page, payload, limit));
        });
    }

    private static ObjectNode json(HeldMessages page, String payload, int limit) {
        ObjectNode root = Json.object();
        ArrayNode data = root.putArray("data");
        for (Map<String, Object> message : page.messages()) {
            ObjectNode one = data.addObject();
            message.forEach((name, value) -> {
                if (value instanceof byte[] bytes) {
                    one.put(
                            name,
                            payload.equals(BASE64)
                                    ? Base64.getEncoder().encodeToString(bytes)
                                    : new String(bytes, StandardCharsets.UTF_8));
                } else {
                    one.set(name, Json.tree(value));
                }
            });
        }
        ObjectNode meta = root.putObject("meta");
        meta.put("limit", limit).put("hasnext", page.next() != null);
        if (page.next() != null) {
            meta.put("position", page.next());
        }
        return root;
    }
}
