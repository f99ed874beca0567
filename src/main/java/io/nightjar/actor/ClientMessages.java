package io.nightjar.actor;

import io.nightjar.message.ControlMessage;
import io.nightjar.metrics.Sample;
import io.nightjar.mqtt.Detail;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What the client services of the nodes say to each other: rare and small, as CBOR. */
sealed interface ClientMessages extends ControlMessage {
    /** Asks one node for its clients that match, after a ClientID, in order. */
    record ListClients(Map<String, List<String>> filters, String after, int most, ActorRef<Listed> replyTo)
            implements ClientMessages {}

    /**
     * @param matching all of the node that match, whatever {@code after} and {@code most}
     * @param more whether others may follow these: ask again after the last
     */
    record Listed(String node, List<Map<String, Object>> clients, long matching, boolean more)
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

    record CountClients(ActorRef<Counted> replyTo) implements ClientMessages {}

    record Measure(ActorRef<Measured> replyTo) implements ClientMessages {}

    record Measured(String node, List<Sample> samples) implements ControlMessage {}

    record Counted(String node, Map<String, Object> figures) implements ControlMessage {}
}
