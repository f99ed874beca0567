package io.nightjar.actor;

import io.nightjar.message.ControlMessage;
import io.nightjar.message.HeldMessages;
import io.nightjar.metrics.Sample;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.SubscriptionRequest;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What the client services of the nodes say to each other: rare and small, as CBOR. */
sealed interface ClientMessages extends ControlMessage {
    /**
     * Asks one node for its clients that match, after a ClientID, in order.
     *
     * @param most most clients in the answer; 0 asks only how many match
     * @param fields of each client, beside its name; empty = all
     */
    record ListClients(
            Map<String, List<String>> filters, String after, int most, List<String> fields, ActorRef<Listed> replyTo)
            implements ClientMessages {}

    /**
     * @param matching how many match up to the position
     * @param position ClientID to ask after for the rest
     * @param more whether others may follow
     */
    record Listed(String node, List<Map<String, Object>> clients, long matching, String position, boolean more)
            implements ControlMessage {}

    record FindClient(String clientId, ActorRef<Found> replyTo) implements ClientMessages {}

    /** @param client null if this node has no session of it */
    record Found(@Nullable Map<String, Object> client) implements ControlMessage {}

    record KickClient(
            String clientId, Detail detail, Map<String, String> facts, boolean keepSession, ActorRef<Kicked> replyTo)
            implements ClientMessages {}

    record Kicked(boolean existed) implements ControlMessage {}

    record ListSubscriptions(String clientId, ActorRef<Subscriptions> replyTo) implements ClientMessages {}

    /** @param subscriptions null if this node has no session of the client */
    record Subscriptions(@Nullable List<Map<String, Object>> subscriptions) implements ControlMessage {}

    record SubscribeClient(String clientId, List<SubscriptionRequest> requests, ActorRef<SubscribedClient> replyTo)
            implements ClientMessages {}

    /** @param outcome 0 if done, the limit that they exceed, or -1 if this node has no session of the client */
    record SubscribedClient(String node, int outcome) implements ControlMessage {}

    record UnsubscribeClient(String clientId, List<String> filters, ActorRef<UnsubscribedClient> replyTo)
            implements ClientMessages {}

    record UnsubscribedClient(boolean existed) implements ControlMessage {}

    record ListHeld(String clientId, HeldMessages.Query query, ActorRef<Held> replyTo) implements ClientMessages {}

    record Held(HeldMessages messages) implements ControlMessage {}

    record CountClients(ActorRef<Counted> replyTo) implements ClientMessages {}

    record ShowLimits(ActorRef<LimitsShown> replyTo) implements ClientMessages {}

    record LimitsShown(String node, Map<String, Object> limits) implements ControlMessage {}

    record Measure(ActorRef<Measured> replyTo) implements ClientMessages {}

    record Measured(String node, List<Sample> samples) implements ControlMessage {}

    record Counted(String node, Map<String, Object> figures) implements ControlMessage {}
}
