package io.nightjar.message;

import io.nightjar.metrics.Sample;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.SubscriptionRequest;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** All clients of the cluster, as the HTTP API asks for them. Every call answers for all nodes. Thread-safe. */
public interface Clients {
    /** The clients that match, sorted by ClientID. */
    CompletionStage<Page> list(Query query);

    /** One client, or null if no node has a session of it. */
    CompletionStage<@Nullable ClientView> find(String clientId);

    /** Kicks; false if there is no such client. The session ends too unless it is to be kept. */
    CompletionStage<Boolean> kick(String clientId, DisconnectReason reason, boolean keepSession);

    /** The subscriptions of a client, each with {@code node, topic, qos, nl, rap, rh, durable}; null if there is no such client. */
    CompletionStage<@Nullable List<Map<String, Object>>> subscriptions(String clientId);

    /** Connections and sessions of each node by name: {@code connections, live_connections, sessions, subscriptions}. */
    CompletionStage<Map<String, Map<String, Object>>> nodes();

    /**
     * What bounds the connections of each node by name: {@code target} connections it is meant to hold, {@code limits},
     * each with {@code name, bounds, value, needed, used, unit, status, fix}, and {@code alarms}, each with {@code name,
     * message, used, value, raised_at_ms, cleared_at_ms} (0 while it stands).
     */
    CompletionStage<Map<String, Map<String, Object>>> limits();

    /**
     * Subscribes on a client's behalf, connected or not: to all of the filters, or to none. Refused with {@code
     * EXCEED_LIMIT} if they would be too many.
     *
     * @return name of the node that has the session, or null if there is no such client
     */
    CompletionStage<@Nullable String> subscribe(String clientId, List<SubscriptionRequest> requests);

    /** Unsubscribes on a client's behalf; false if there is no such client. */
    CompletionStage<Boolean> unsubscribe(String clientId, List<String> filters);

    /** Messages that wait for a client or are in flight to it. */
    CompletionStage<HeldMessages> messages(String clientId, HeldMessages.Query query);

    /** The nodes of the cluster that are not among those that answered; a node that is down is none of it. */
    List<String> missing(Collection<String> answered);

    /** Figures of this node, or of all that answer. */
    CompletionStage<Metrics> metrics(boolean allNodes);

    /**
     * @param nodes by name
     * @param unreachableNodes nodes that did not answer in time
     */
    record Metrics(Map<String, List<Sample>> nodes, List<String> unreachableNodes) {}

    /**
     * @param filters by the names of the API document ({@code node, username, clientid, ip_address, conn_state,
     *     clean_start, proto_ver, like_clientid, like_username, gte_created_at, ...}), already checked; several values
     *     of one name are alternatives
     * @param after list clients whose ClientID is greater than this; empty to start
     * @param skip clients to pass over after that
     * @param limit most clients in the answer
     * @param count whether to count all that match: with filters it looks at every session, so not for each page of a
     *     walk; only with an empty {@code after}
     * @param fields that are wanted, for the others need not travel; empty = all. {@code clientid} always comes
     */
    record Query(
            Map<String, List<String>> filters,
            String after,
            int skip,
            int limit,
            boolean count,
            Collection<String> fields) {}

    /**
     * @param count all that match, whatever the page, if that was asked for
     * @param hasNext whether more follow
     * @param unreachableNodes nodes that did not answer in time
     */
    record Page(List<ClientView> clients, long count, boolean hasNext, List<String> unreachableNodes) {}
}
