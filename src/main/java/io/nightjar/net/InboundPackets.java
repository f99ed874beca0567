package io.nightjar.net;

import io.nightjar.auth.Authorizer;
import io.nightjar.connection.InboundAliases;
import io.nightjar.connection.Offers;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Topics;
import io.nightjar.trace.TraceEvent.Level;
import io.nightjar.trace.TraceEvent.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a connected client's packets do. Holds no state of its own; called on the connection's event loop.
 *
 * <p>QoS 0 and 1 go straight to the router on this thread and a PUBACK goes out when every local session and every link
 * to another node has the message; QoS 2 asks the publisher's own session first, since received Packet Identifiers are
 * Session State.
 */
final class InboundPackets {
    private InboundPackets() {}

    static void received(MqttChannel connection, Packet packet) {
        SessionLink session = connection.session;
        if (session == null) {
            return;
        }
        if (packet instanceof Packet.Publish publish) {
            publish(connection, session, publish);
            return;
        }
        Tracing.received(connection, packet);
        if (packet instanceof Packet.PubAck p) {
            acknowledge(connection, session, p.type(), p.packetId(), p.code());
        } else if (packet instanceof Packet.PubRec p) {
            acknowledge(connection, session, p.type(), p.packetId(), p.code());
        } else if (packet instanceof Packet.PubRel p) {
            acknowledge(connection, session, p.type(), p.packetId(), p.code());
        } else if (packet instanceof Packet.PubComp p) {
            acknowledge(connection, session, p.type(), p.packetId(), p.code());
        } else if (packet instanceof Packet.PingReq) {
            connection.outbound.write(Packet.PingResp.INSTANCE);
        } else if (packet instanceof Packet.Subscribe p) {
            subscribe(connection, session, p);
        } else if (packet instanceof Packet.Unsubscribe p) {
            unsubscribe(connection, session, p);
        } else if (packet instanceof Packet.Disconnect p) {
            disconnect(connection, p);
        } else if (packet instanceof Packet.Connect) {
            protocolError(connection, "a second CONNECT", Rule.SECOND_CONNECT.id(connection.decoder.version()));
        } else if (packet instanceof Packet.Auth auth && connection.exchange != null) {
            connection.exchange.received(auth);
        } else if (packet instanceof Packet.Auth) {
            protocolError(connection, "AUTH without an Authentication Method in CONNECT", "5.0/4.12.0-7");
        } else {
            protocolError(
                    connection,
                    packet.type() + " is sent by servers only",
                    Rule.DIRECTION.id(connection.decoder.version()));
        }
    }

    private static void acknowledge(
            MqttChannel connection, SessionLink session, PacketType type, int packetId, ReasonCode code) {
        session.tell(new SessionCommand.Acknowledge(connection.attachment, type, packetId, code));
    }

    private static void protocolError(MqttChannel connection, String problem, String rule) {
        connection.endOnLoop(DisconnectReason.of(Detail.PROTOCOL_ERROR, "problem", problem, "rule", rule));
    }

    // ---- PUBLISH

    private static void publish(MqttChannel connection, SessionLink session, Packet.Publish publish) {
        String topic = topic(connection, publish);
        Tracing.received(connection, publish, topic);
        if (topic == null) {
            return;
        }
        DisconnectReason refused =
                connection.listener.limits().offers().publishFault(publish.qos(), publish.retain(), false);
        if (refused != null) {
            connection.endOnLoop(refused);
            return;
        }
        Properties properties = publish.properties();
        if (!properties.isEmpty()) {
            properties = properties.without(p -> p == Property.TOPIC_ALIAS);
        }
        Message message = new Message(
                topic,
                publish.payload(),
                publish.qos(),
                publish.retain(),
                properties,
                String.valueOf(connection.clientId),
                connection.context.clock().millis());
        Authorizer.Decision decision = connection
                .context
                .authorizer()
                .authorize(publisher(connection), Authorizer.Action.PUBLISH, topic, publish.qos(), publish.retain());
        if (!decision.allowed()) {
            denied(connection, session, publish, message, decision);
            return;
        }
        switch (publish.qos()) {
            case AT_MOST_ONCE -> route(connection, message);
            case AT_LEAST_ONCE -> publishQos1(connection, publish, message);
            case EXACTLY_ONCE -> publishQos2(connection, session, publish, message, ReasonCode.SUCCESS);
        }
    }

    /** The client as rules know it, kept from its first PUBLISH on: those who only listen do not pay for it. */
    private static Authorizer.Client publisher(MqttChannel connection) {
        Authorizer.Client known = connection.publisher;
        if (known == null || !Objects.equals(known.username(), connection.username)) {
            known = ConnectPhase.client(connection);
            connection.publisher = known;
        }
        return known;
    }

    /** Hands a message out; after very many deliveries its publisher is read on in a later turn. */
    private static int route(MqttChannel connection, Message message) {
        int reached = connection.context.router().route(message);
        if (LaterTurns.hasEnough(connection.channel.eventLoop(), reached) && !connection.inbound.isPaused()) {
            connection.readOnLater();
        }
        return reached;
    }

    private static void publishQos1(MqttChannel connection, Packet.Publish publish, Message message) {
        if (connection.quota != null && connection.quota.isFull()) {
            receiveMaximumExceeded(connection);
            return;
        }
        int matching = route(connection, message);
        ReasonCode code = matching == 0 ? ReasonCode.NO_MATCHING_SUBSCRIBERS : ReasonCode.SUCCESS;
        connection.outbound.write(new Packet.PubAck(publish.packetId(), code));
    }

    private static void publishQos2(
            MqttChannel connection, SessionLink session, Packet.Publish publish, Message message, ReasonCode verdict) {
        if (ConnectPhase.quota(connection).open(publish.packetId())) {
            session.tell(new SessionCommand.PublishQos2(connection.attachment, publish.packetId(), message, verdict));
        } else {
            receiveMaximumExceeded(connection);
        }
    }

    private static void receiveMaximumExceeded(MqttChannel connection) {
        connection.endOnLoop(DisconnectReason.of(
                Detail.RECEIVE_MAXIMUM_EXCEEDED,
                "limit",
                "receive-maximum=" + connection.listener.limits().receiveMaximum(),
                "rule",
                "5.0/3.3.4-7"));
    }

    /** The topic that a PUBLISH is for, or null if it ended the connection. */
    private static @Nullable String topic(MqttChannel connection, Packet.Publish publish) {
        String topic = publish.topic();
        InboundAliases aliases = connection.aliases;
        int alias = publish.properties().isEmpty() ? -1 : publish.properties().getInt(Property.TOPIC_ALIAS, -1);
        if (alias >= 0) {
            if (aliases == null) {
                aliases = new InboundAliases(connection.listener.limits().topicAliasMaximum());
                connection.aliases = aliases;
            }
            DisconnectReason wrong = aliases.check(alias, topic);
            if (wrong != null) {
                connection.endOnLoop(wrong.with("packet", "PUBLISH"));
                return null;
            }
            topic = aliases.resolve(alias, topic);
        }
        int maxLevels = connection.listener.limits().maxTopicLevels();
        // Only its levels: the decoder has seen to the rules. A short one has no more of them than characters, and one.
        String fault = topic.length() < maxLevels ? null : Topics.nameFault(topic, maxLevels);
        if (fault != null) {
            connection.endOnLoop(DisconnectReason.of(
                    Detail.TOPIC_NAME_INVALID,
                    "packet",
                    "PUBLISH",
                    "problem",
                    fault,
                    "limit",
                    "max-topic-levels=" + maxLevels));
            return null;
        }
        return topic;
    }

    private static void denied(
            MqttChannel connection,
            SessionLink session,
            Packet.Publish publish,
            Message message,
            Authorizer.Decision decision) {
        String topic = message.topic();
        connection.context.counters().increment(Counter.DENIED_PUBLISH);
        Tracing.event(
                connection,
                Tag.AUTHZ,
                Level.WARNING,
                "publish_denied",
                Map.of("topic", topic, "rule", decision.rule()),
                topic,
                List.of());
        if (!decision.disconnect()) {
            recordDenied(connection, PacketType.PUBLISH, topic, decision.rule());
        } else {
            connection.endOnLoop(DisconnectReason.of(Detail.PUBLISH_DENIED, "rule", decision.rule(), "topic", topic));
            return;
        }
        // 3.1.1 has no code for it: acknowledge as usual [311/3.3.5-2].
        boolean v5 = connection.decoder.version() == MqttVersion.V5;
        ReasonCode code = v5 ? decision.code() : ReasonCode.SUCCESS;
        if (publish.qos() != QoS.AT_MOST_ONCE && decision.code() == ReasonCode.NOT_AUTHORIZED) {
            connection.context.counters().increment(Counter.PUBLISH_NOT_AUTHORIZED);
        }
        if (publish.qos() == QoS.AT_LEAST_ONCE) {
            connection.outbound.write(new Packet.PubAck(publish.packetId(), code));
        } else if (publish.qos() == QoS.EXACTLY_ONCE) {
            publishQos2(connection, session, publish, message, ReasonCode.NOT_AUTHORIZED);
        }
    }

    /** The request was denied and the connection goes on. */
    private static void recordDenied(MqttChannel connection, PacketType what, String topic, @Nullable String rule) {
        connection
                .context
                .recorder()
                .denied(
                        connection.context.wall().millis(),
                        String.valueOf(connection.clientId),
                        connection.peer(),
                        what,
                        topic,
                        rule);
    }

    // ---- SUBSCRIBE, UNSUBSCRIBE

    private static void subscribe(MqttChannel connection, SessionLink session, Packet.Subscribe packet) {
        List<ReasonCode> verdicts = new ArrayList<>(packet.requests().size());
        Offers offers = connection.listener.limits().offers();
        boolean v5 = connection.decoder.version() == MqttVersion.V5;
        boolean identifier = packet.properties().has(Property.SUBSCRIPTION_IDENTIFIER);
        boolean denied = false;
        for (SubscriptionRequest request : packet.requests()) {
            if (isFilterRefused(connection, packet, request.filter())) {
                return;
            }
            if (request.options().noLocal() && Topics.isShared(request.filter())) {
                protocolError(connection, "No Local on a shared subscription", "5.0/3.8.3-4");
                return;
            }
            DisconnectReason refused = offers.subscribeFault(request, identifier);
            if (refused != null && v5) {
                connection.endOnLoop(refused);
                return;
            } else if (refused != null) {
                verdicts.add(ReasonCode.TOPIC_FILTER_INVALID); // 3.x was not told before: SUBACK 0x80
                recordDenied(
                        connection,
                        PacketType.SUBSCRIBE,
                        request.filter(),
                        refused.detail().word());
                continue;
            }
            Authorizer.Decision decision = connection
                    .context
                    .authorizer()
                    .authorize(
                            ConnectPhase.client(connection),
                            Authorizer.Action.SUBSCRIBE,
                            Topics.matchFilter(request.filter()),
                            request.options().qos(),
                            false);
            if (!decision.allowed() && subscribeDenied(connection, request, decision)) {
                return;
            }
            denied |= !decision.allowed();
            verdicts.add(decision.code());
        }
        if (denied) {
            connection.context.counters().increment(Counter.SUBSCRIBE_NOT_AUTHORIZED);
        }
        SessionCommand.Subscribe command =
                new SessionCommand.Subscribe(connection.attachment, offers.grant(packet), verdicts);
        if (LaterTurns.takesFilters(
                connection.channel.eventLoop(), packet.requests().size())) {
            session.tell(command);
        } else {
            connection.inLaterTurn(() -> session.tell(command));
        }
    }

    /** Counts and traces it; true if it ended the connection. */
    private static boolean subscribeDenied(
            MqttChannel connection, SubscriptionRequest request, Authorizer.Decision decision) {
        connection.context.counters().increment(Counter.DENIED_SUBSCRIBE);
        Tracing.event(
                connection,
                Tag.AUTHZ,
                Level.WARNING,
                "subscribe_denied",
                Map.of("filter", request.filter(), "rule", decision.rule()),
                null,
                List.of(request.filter()));
        if (!decision.disconnect()) {
            recordDenied(connection, PacketType.SUBSCRIBE, request.filter(), decision.rule());
        } else {
            connection.endOnLoop(
                    DisconnectReason.of(Detail.SUBSCRIBE_DENIED, "rule", decision.rule(), "topic", request.filter()));
        }
        return decision.disconnect();
    }

    private static void unsubscribe(MqttChannel connection, SessionLink session, Packet.Unsubscribe packet) {
        for (String filter : packet.filters()) {
            if (isFilterRefused(connection, packet, filter)) {
                return;
            }
        }
        session.tell(new SessionCommand.Unsubscribe(connection.attachment, packet));
    }

    /** Whether the filter is wrong; then the connection has ended. */
    private static boolean isFilterRefused(MqttChannel connection, Packet packet, String filter) {
        int maxLevels = connection.listener.limits().maxTopicLevels();
        Topics.Fault fault = Topics.filterFault(filter, maxLevels);
        if (fault == null) {
            return false;
        }
        DisconnectReason reason = DisconnectReason.of(
                Detail.TOPIC_FILTER_INVALID,
                "packet",
                packet.type().name(),
                "problem",
                fault.problem(),
                "filter",
                Tracing.brief(filter));
        boolean v5 = connection.decoder.version() == MqttVersion.V5;
        String rule = v5 ? fault.rule() : fault.rule311();
        connection.endOnLoop(
                rule == null ? reason.with("limit", "max-topic-levels=" + maxLevels) : reason.with("rule", rule));
        return true;
    }

    // ---- DISCONNECT

    private static void disconnect(MqttChannel connection, Packet.Disconnect packet) {
        long expiry = packet.properties().getLong(Property.SESSION_EXPIRY_INTERVAL, -1);
        if (expiry > 0 && connection.requestedExpirySeconds == 0) {
            // Not a valid DISCONNECT: the Will is published [5.0/3.14.2.2.2].
            protocolError(connection, "DISCONNECT raises a Session Expiry Interval of 0", "5.0/3.14.2.2.2");
            return;
        }
        Long newExpiry = expiry < 0
                ? null
                : (Long) Math.min(expiry, connection.listener.limits().maxSessionExpirySeconds());
        connection.leave(goodbye(packet), newExpiry);
    }

    /** The end that a client's DISCONNECT asks for. */
    static DisconnectReason goodbye(Packet.Disconnect packet) {
        DisconnectReason reason;
        if (packet.code() == ReasonCode.SUCCESS) {
            reason = DisconnectReason.of(Detail.DISCONNECT);
        } else if (packet.code() == ReasonCode.DISCONNECT_WITH_WILL_MESSAGE) {
            reason = DisconnectReason.of(Detail.DISCONNECT_WITH_WILL);
        } else {
            reason = DisconnectReason.of(
                    Detail.CLIENT_REPORTED, "code", packet.code().hex());
        }
        String said = packet.properties().getString(Property.REASON_STRING);
        return said == null ? reason : reason.with("client_says", Tracing.brief(said));
    }
}
