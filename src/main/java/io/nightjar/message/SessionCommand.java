package io.nightjar.message;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionRequest;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What a session actor understands. {@link Attach}, {@link Kick} and {@link Inspect} come through Cluster Sharding,
 * everything else straight to the actor. Commands of a connection carry the attachment number it was given; those of an
 * older attachment are dropped.
 */
public sealed interface SessionCommand {
    /** A connection wants this session. Answered on the connection: attached, or ended. */
    record Attach(String clientId, Connection connection, ConnectionInfo info) implements SessionCommand {}

    /**
     * The connection is gone, or its client has no more to say ({@link Detail#isClientsLastWord}): then the session
     * answers with {@link Connection#end} once all that came before is answered.
     *
     * @param sessionExpirySeconds new Session Expiry Interval from the client's DISCONNECT, or null to keep it
     */
    record Detach(long attachment, Detail detail, @Nullable Long sessionExpirySeconds) implements SessionCommand {}

    /** A message for this session from the router. */
    record Deliver(Delivery delivery) implements SessionCommand {}

    /** @param verdicts one per request: {@link ReasonCode#SUCCESS} if allowed, else the refusal that SUBACK carries */
    record Subscribe(long attachment, Packet.Subscribe packet, List<ReasonCode> verdicts) implements SessionCommand {
        public Subscribe {
            verdicts = List.copyOf(verdicts);
        }
    }

    record Unsubscribe(long attachment, Packet.Unsubscribe packet) implements SessionCommand {}

    /**
     * A QoS 2 PUBLISH from the client; received Packet Identifiers are Session State.
     *
     * @param verdict {@link ReasonCode#SUCCESS} if allowed, else the refusal that PUBREC carries unless it is a repeat
     */
    record PublishQos2(long attachment, int packetId, Message message, ReasonCode verdict) implements SessionCommand {}

    /** PUBACK, PUBREC, PUBREL or PUBCOMP from the client. */
    record Acknowledge(long attachment, PacketType type, int packetId, ReasonCode code) implements SessionCommand {}

    /** The connection's send buffer takes more again (or, from another node, no longer does). */
    record Writable(long attachment, boolean writable) implements SessionCommand {}

    /** Ends the connection if there is one, and the session unless it is to be kept. */
    record Kick(DisconnectReason reason, boolean keepSession, ActorRef<Boolean> replyTo) implements SessionCommand {}

    /** Asks for a view of the client; the answer is null-free: {@link Inspected}. */
    record Inspect(ActorRef<Inspected> replyTo) implements SessionCommand {}

    /** @param client null if there is no such session */
    record Inspected(@Nullable ClientView client) {}

    /** Asks for the subscriptions, each with {@code node, topic, qos, nl, rap, rh, durable}; on the session's own node only. */
    record ListSubscriptions(Consumer<List<Map<String, Object>>> reply) implements SessionCommand {}

    /**
     * An operator subscribes on the client's behalf; on the session's own node only.
     *
     * @param reply told 0, the limit that they exceed, or -1 if there is no session
     */
    record SubscribeFor(List<SubscriptionRequest> requests, IntConsumer reply) implements SessionCommand {
        public SubscribeFor {
            requests = List.copyOf(requests);
        }
    }

    /**
     * An operator unsubscribes on the client's behalf; on the session's own node only.
     *
     * @param reply told whether there is a session
     */
    record UnsubscribeFor(List<String> filters, Consumer<Boolean> reply) implements SessionCommand {
        public UnsubscribeFor {
            filters = List.copyOf(filters);
        }
    }

    /** Asks for messages that are held for the client; on the session's own node only. */
    record ListMessages(HeldMessages.Query query, Consumer<HeldMessages> reply) implements SessionCommand {}

    /** A timer of this session ran out. */
    record TimerFired(String timer, long generation) implements SessionCommand {}

    /** The node that held this session's connection left the cluster. */
    record NodeLost(String node) implements SessionCommand {}

    /** The shard is being stopped: leave. */
    record Stop() implements SessionCommand {
        public static final Stop INSTANCE = new Stop();
    }
}
