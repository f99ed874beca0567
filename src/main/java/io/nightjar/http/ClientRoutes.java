package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.message.ClientView;
import io.nightjar.message.Clients;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** Clients of the whole cluster: list, look-up, subscriptions. */
final class ClientRoutes {
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = 10_000;
    /** Clients that pages may pass over: every node sends their names. A cursor has no such limit. */
    private static final int SKIP_MAX = 50_000;

    private static final Set<String> TIMES = Set.of("connected_at", "disconnected_at", "created_at", "last_end_at");

    /** Every field a client object can have, as the API document lists them. */
    private static final List<String> FIELDS = List.of(
            ("clientid username node ip_address port listener transport proto_name proto_ver connected connected_at"
                            + " disconnected_at created_at keepalive clean_start expiry_interval is_expired is_bridge"
                            + " durable mountpoint subscriptions_cnt subscriptions_max inflight_cnt inflight_max"
                            + " mqueue_len mqueue_max mqueue_dropped awaiting_rel_cnt awaiting_rel_max mailbox_len"
                            + " recv_oct recv_cnt recv_pkt recv_msg recv_msg.qos0 recv_msg.qos1 recv_msg.qos2"
                            + " recv_msg.dropped recv_msg.dropped.await_pubrel_timeout send_oct send_cnt send_pkt"
                            + " send_msg send_msg.qos0 send_msg.qos1 send_msg.qos2 send_msg.dropped"
                            + " send_msg.dropped.expired send_msg.dropped.queue_full send_msg.dropped.too_large"
                            + " session_node socket last_reason last_detail last_verdict last_end_at")
                    .split(" "));

    private final Ports ports;
    private final LastEnds lastEnds;
    private final ListRoom room;

    ClientRoutes(Ports ports, ListRoom room) {
        this.ports = ports;
        this.room = room;
        this.lastEnds = new LastEnds(ports.history());
    }

    List<Route> routes() {
        List<String> names = new ArrayList<>(ClientFilters.NAMES);
        names.addAll(List.of("page", "limit", "cursor", "fields", "sort"));
        return List.of(
                Route.get("/clients", this::list, names.toArray(String[]::new)).repeatable(ClientFilters.REPEATABLE),
                Route.get("/clients/{clientid}", this::show, "fields"),
                Route.get("/clients/{clientid}/subscriptions", this::subscriptions));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        Parameters parameters = call.parameters();
        Map<String, List<String>> filters = ClientFilters.of(
                parameters, ports.traces().nodes(), ports.clock().getZone());
        checkSort(parameters.text("sort"));
        int limit = (int) parameters.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
        int page = (int) parameters.number("page", 1, 1, Integer.MAX_VALUE);
        String cursor = parameters.text("cursor");
        if (cursor != null && parameters.has("page")) {
            throw ApiException.badRequest("give page or cursor, not both");
        }
        long skip = (page - 1L) * limit;
        if (skip > SKIP_MAX) {
            throw ApiException.badRequest("parameter page is beyond client " + SKIP_MAX
                    + "; walk with cursor instead (begin with an empty one, go on with meta.cursor)");
        }
        @Nullable Set<String> fields = fields(parameters);
        String after = cursor == null ? "" : decode(cursor);
        boolean count = after.isEmpty();
        Clients.Query query = new Clients.Query(filters, after, (int) skip, limit, count, asked(fields));
        Shown shown = new Shown(cursor == null ? page : 0, limit, count);
        return room.in(limit, () -> ports.clients()
                .list(query)
                .thenCompose(answer -> lastEnds.fill(answer, fields))
                .thenApply(answer -> Replies.ok(json(answer, shown, fields))));
    }

    /** What the nodes are to tell: with one field of the last end the others, by which {@link LastEnds} knows it. */
    private static Set<String> asked(@Nullable Set<String> fields) {
        if (fields == null) {
            return Set.of();
        }
        Set<String> asked = new LinkedHashSet<>(fields);
        asked.add("clientid");
        if (!Collections.disjoint(fields, LastEnds.FIELDS)) {
            asked.addAll(LastEnds.FIELDS);
        }
        return asked;
    }

    /** One order only: a cursor must go on at the same place on every node, however many come and go meanwhile. */
    private static void checkSort(@Nullable String sort) {
        if (sort != null && !sort.equals("clientid")) {
            throw ApiException.badRequest("parameter sort must be clientid, not " + Text.quote(sort)
                    + "; sessions are kept in that order, any other would read all of them for every page: narrow the"
                    + " list with filters instead, as gte_connected_at, lte_created_at or reason");
        }
    }

    /**
     * What was asked for.
     *
     * @param page 0 with a cursor
     * @param count whether all that match were counted
     */
    private record Shown(int page, int limit, boolean count) {}

    private ObjectNode json(Clients.Page answer, Shown shown, @Nullable Set<String> fields) {
        ObjectNode root = Json.object();
        ArrayNode data = root.putArray("data");
        answer.clients().forEach(client -> data.add(json(client, fields)));
        ObjectNode meta = root.putObject("meta");
        if (shown.page > 0) {
            meta.put("page", shown.page);
        }
        meta.put("limit", shown.limit);
        if (shown.count) {
            meta.put("count", answer.count());
        }
        meta.put("hasnext", answer.hasNext());
        if (answer.hasNext() && !answer.clients().isEmpty()) {
            String last = answer.clients().get(answer.clients().size() - 1).clientId();
            meta.put("cursor", encode(last));
        }
        if (!answer.unreachableNodes().isEmpty()) {
            meta.set("unreachable_nodes", Json.tree(answer.unreachableNodes()));
        }
        return root;
    }

    private ObjectNode json(ClientView client, @Nullable Set<String> fields) {
        ObjectNode node = Json.object();
        client.fields().forEach((name, value) -> {
            if (fields == null || fields.contains(name)) {
                if (TIMES.contains(name) && value instanceof Long millis) {
                    node.put(name, Times.format(millis, ports.clock().getZone()));
                } else {
                    node.set(name, Json.tree(value));
                }
            }
        });
        return node;
    }

    private CompletionStage<HttpResponse> show(Call call) {
        @Nullable Set<String> fields = fields(call.parameters());
        return ports.clients().find(call.path(0)).thenCompose(client -> {
            if (client == null) {
                throw ApiException.clientNotFound(call.path(0));
            }
            return lastEnds.fill(client, fields).thenApply(filled -> Replies.ok(json(filled, fields)));
        });
    }

    private CompletionStage<HttpResponse> subscriptions(Call call) {
        return ports.clients().subscriptions(call.path(0)).thenApply(subscriptions -> {
            if (subscriptions == null) {
                throw ApiException.clientNotFound(call.path(0));
            }
            ArrayNode all = Json.array();
            for (Map<String, Object> subscription : subscriptions) {
                ObjectNode one = Json.object().put("clientid", call.path(0));
                subscription.forEach((name, value) -> one.set(name, Json.tree(value)));
                all.add(one);
            }
            return Replies.ok(all);
        });
    }

    /** The fields asked for, or null for all of them. */
    private static @Nullable Set<String> fields(Parameters parameters) {
        String value = parameters.text("fields");
        if (value == null || value.equals("all")) {
            return null;
        }
        Set<String> fields = new LinkedHashSet<>(Arrays.asList(value.split(",", -1)));
        for (String field : fields) {
            if (!FIELDS.contains(field)) {
                throw ApiException.badRequest("parameter fields has " + Text.quote(field)
                        + "; it is \"all\" or names with commas between, of " + String.join(", ", FIELDS));
            }
        }
        return fields;
    }

    /** A cursor: opaque to the caller, the last ClientID inside. */
    private static String encode(String clientId) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(clientId.getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String cursor) {
        try {
            return new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("parameter cursor is none that this API gave; begin with an empty one");
        }
    }
}
