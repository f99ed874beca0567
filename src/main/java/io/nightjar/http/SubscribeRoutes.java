package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes and unsubscribes on a client's behalf, connected or not. Access rules do not apply, as with EMQX: they say
 * what a device may ask for, and this is an administrator who asks; it stands in the audit log. The syntax of filters and
 * the limit of subscriptions hold.
 */
final class SubscribeRoutes {
    /** Most filters of one call. */
    private static final int BULK_MAX = 1000;

    /** Most bytes of those filters: they go to the other nodes in one message. */
    private static final int BULK_BYTES = 128 << 10;

    private static final int TOPIC_BYTES = 65_535;

    /** As the default of nightjar.mqtt.max-topic-levels. */
    private static final int LEVELS_MAX = 128;

    private final Ports ports;

    SubscribeRoutes(Ports ports) {
        this.ports = ports;
    }

    List<Route> routes() {
        return List.of(
                Route.post("/clients/{clientid}/subscribe", call -> subscribe(call, false)),
                Route.post("/clients/{clientid}/subscribe/bulk", call -> subscribe(call, true)),
                Route.post("/clients/{clientid}/unsubscribe", call -> unsubscribe(call, false)),
                Route.post("/clients/{clientid}/unsubscribe/bulk", call -> unsubscribe(call, true)));
    }

    private CompletionStage<HttpResponse> subscribe(Call call, boolean bulk) {
        return call.body().thenCompose(json -> {
            List<SubscriptionRequest> requests = new ArrayList<>();
            for (JsonNode one : bulk ? bulk(json) : List.of(json)) {
                requests.add(request(Body.of(one, "topic", "qos", "nl", "rap", "rh")));
            }
            checkSize(requests.stream().map(SubscriptionRequest::filter).toList());
            return ports.clients().subscribe(call.path(0), requests).thenApply(node -> {
                if (node == null) {
                    throw ApiException.clientNotFound(call.path(0));
                }
                ArrayNode made = Json.array();
                requests.forEach(request -> made.add(json(call.path(0), node, request)));
                return Replies.ok(bulk ? made : made.get(0));
            });
        });
    }

    private CompletionStage<HttpResponse> unsubscribe(Call call, boolean bulk) {
        return call.body().thenCompose(json -> {
            List<String> filters = new ArrayList<>();
            for (JsonNode one : bulk ? bulk(json) : List.of(json)) {
                filters.add(filter(Body.of(one, "topic")));
            }
            checkSize(filters);
            return ports.clients().unsubscribe(call.path(0), filters).thenApply(existed -> {
                if (!existed) {
                    throw ApiException.clientNotFound(call.path(0));
                }
                return Replies.noContent();
            });
        });
    }

    private static Iterable<JsonNode> bulk(JsonNode json) {
        if (!json.isArray() || json.isEmpty() || json.size() > BULK_MAX) {
            throw ApiException.badRequest(
                    "the body must be an array of 1 to " + BULK_MAX + " objects with a topic each");
        }
        return json;
    }

    private static void checkSize(List<String> filters) {
        long bytes = filters.stream().mapToLong(SubscribeRoutes::bytes).sum();
        if (bytes > BULK_BYTES) {
            throw ApiException.badRequest(
                    "the topics have " + bytes + " bytes together, more than " + BULK_BYTES + "; send them in pieces");
        }
    }

    private static long bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static SubscriptionRequest request(Body body) {
        String filter = filter(body);
        boolean noLocal = body.number("nl", 0, 0, 1) == 1;
        if (noLocal && Topics.isShared(filter)) {
            throw ApiException.badRequest("field nl must be 0 with a shared subscription [5.0/3.8.3-4]");
        }
        return new SubscriptionRequest(
                filter,
                new SubscriptionOptions(
                        QoS.of((int) body.number("qos", 0, 0, 2)), noLocal, body.number("rap", 0, 0, 1) == 1, (int)
                                body.number("rh", 0, 0, 2)));
    }

    private static String filter(Body body) {
        String filter = body.text("topic", TOPIC_BYTES);
        Topics.@Nullable Fault fault = Topics.filterFault(filter, LEVELS_MAX);
        if (fault != null) {
            throw ApiException.badRequest("field topic is no Topic Filter: " + fault.problem());
        } else if (filter.indexOf('\0') >= 0
                || !StandardCharsets.UTF_8.newEncoder().canEncode(filter)) {
            throw ApiException.badRequest("field topic has U+0000 or half a character; MQTT allows neither");
        } else if (bytes(filter) > TOPIC_BYTES) {
            throw ApiException.badRequest("field topic is longer than " + TOPIC_BYTES + " bytes");
        }
        return filter;
    }

    private static ObjectNode json(String clientId, String node, SubscriptionRequest request) {
        SubscriptionOptions options = request.options();
        return Json.object()
                .put("clientid", clientId)
                .put("node", node)
                .put("topic", request.filter())
                .put("qos", options.qos().value())
                .put("nl", options.noLocal() ? 1 : 0)
                .put("rap", options.retainAsPublished() ? 1 : 0)
                .put("rh", options.retainHandling());
    }
}
