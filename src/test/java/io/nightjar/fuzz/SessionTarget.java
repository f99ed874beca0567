package io.nightjar.fuzz;

import static io.nightjar.fuzz.FuzzInput.check;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.connection.ConnectionLimits;
import io.nightjar.connection.Handshake;
import io.nightjar.connection.Offers;
import io.nightjar.mqtt.Bytes;
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
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Topics;
import io.nightjar.mqtt.Will;
import io.nightjar.net.DecodeException;
import io.nightjar.net.PacketDecoder;
import io.nightjar.net.PacketEncoder;
import io.nightjar.session.AttachRequest;
import io.nightjar.session.SessionEffects;
import io.nightjar.session.SessionLimits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whole packet sequences of several connections that fight for one ClientID, through encoder and decoder, against the
 * pure state of connection and session: one end each, QoS 2 once, the Receive Maximum, bounds, identifiers, order,
 * nothing after the end, and a good client gets everything in the end. What happens between connection and session may
 * come late, as it does between actors. {@link FuzzedSession} holds the rules.
 *
 * <p>Input: a few bytes of limits, then operations of one byte each with the bytes that they need.
 */
public final class SessionTarget {
    private static final int MAX_PACKET = 1 << 16;
    private static final ReasonCode[] CODES = {
        ReasonCode.SUCCESS, ReasonCode.SUCCESS, ReasonCode.NO_MATCHING_SUBSCRIBERS, ReasonCode.QUOTA_EXCEEDED
    };
    private static final Detail[] LOSSES = {
        Detail.PEER_FIN, Detail.PEER_RESET, Detail.KEEP_ALIVE, Detail.SERVER_SHUTTING_DOWN, Detail.DRAIN, Detail.BANNED
    };
    private static final String[] TOPICS = {"a", "a/b", "b", "+", "a/#", "#", "$share/g/a", "$share//a", "a/#/b", ""};
    private static final long[] EXPIRIES = {0, 3, 100, AttachRequest.EXPIRY_NEVER};

    private final FuzzInput input;
    private final ConnectionLimits limits;
    private final FuzzedSession session;
    private final List<FuzzedConnection> connections = new ArrayList<>();
    private int messages;
    private int wills;

    private SessionTarget(FuzzInput input) {
        this.input = input;
        int receiveMaximum = 1 + input.next(4);
        limits = limits(receiveMaximum, 1 + input.next(5));
        int queued = 1 + input.next(6);
        int bytes = 40 + input.next();
        boolean queueQos0 = input.chance();
        session = new FuzzedSession(
                new SessionLimits(queued, bytes, queueQos0, receiveMaximum), limits.maxSubscriptions());
    }

    private ConnectionLimits limits(int receiveMaximum, int maxInflight) {
        int aliases = input.next(4);
        return new ConnectionLimits(
                MAX_PACKET,
                64,
                8,
                aliases,
                aliases,
                receiveMaximum,
                maxInflight,
                AttachRequest.EXPIRY_NEVER,
                50,
                0,
                1 + input.next(10),
                Offers.ALL);
    }

    public static void fuzzerTestOneInput(byte[] data) {
        SessionTarget target = new SessionTarget(new FuzzInput(data));
        for (int step = 0; !target.input.isEmpty() && step < 400; step++) {
            target.step();
            target.session.checkAll();
        }
        target.settle();
    }

    private void step() {
        switch (input.next(20)) {
            case 0 -> open(MqttVersion.V5);
            case 1 -> open(input.chance() ? MqttVersion.V3_1_1 : MqttVersion.V3_1);
            case 2, 3 -> deliver();
            case 4 -> session.now += input.next() * 50L;
            case 5 -> session.fire(SessionEffects.Timer.values()[input.next(2)]);
            case 6 -> session.kick(input.chance());
            case 7 -> session.nodeLost();
            default -> onConnection(input.next(16));
        }
    }

    private void deliver() {
        QoS qos = QoS.of(input.next(3));
        Properties properties =
                input.next(4) == 1 ? Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, 2L) : Properties.NONE;
        session.deliver(qos, properties, input.next(64), input.chance());
    }

    // CONNECT

    private void open(MqttVersion version) {
        int flags = input.next();
        Packet.Connect connect = connect(version, (flags & 1) != 0, (flags & 2) != 0, flags >> 2 & 3);
        PacketDecoder decoder = new PacketDecoder(MAX_PACKET);
        ByteBuf bytes = Unpooled.buffer();
        PacketEncoder.encode(connect, version, bytes);
        Packet read;
        try {
            read = decoder.decode(bytes);
        } catch (DecodeException e) {
            return; // such as a Receive Maximum of 0
        }
        check(connect.equals(read), "a CONNECT is read as it was sent");
        Handshake handshake = Handshake.of(connect, limits, () -> "assigned");
        if (handshake instanceof Handshake.Agreed agreed) {
            FuzzedConnection opened =
                    new FuzzedConnection(version, decoder, agreed, limits.topicAliasMaximum(), limits.receiveMaximum());
            opened.room = (flags & 16) != 0 ? 2 : Integer.MAX_VALUE;
            AttachRequest request = request(connect, agreed);
            connections.add(opened);
            tell(opened, () -> {
                session.attach(opened, request);
                Detail gone = opened.ended;
                if (gone != null) {
                    opened.toSession.add(() -> session.detach(opened, gone, null));
                }
            });
        }
    }

    private Packet.Connect connect(MqttVersion version, boolean clean, boolean withWill, int expiry) {
        boolean v5 = version == MqttVersion.V5;
        Properties.Builder properties = Properties.builder();
        Will will = null;
        if (v5) {
            properties.add(Property.SESSION_EXPIRY_INTERVAL, EXPIRIES[expiry]);
            properties.add(Property.RECEIVE_MAXIMUM, input.next(6));
            properties.add(Property.TOPIC_ALIAS_MAXIMUM, input.next(3));
            if (input.chance()) {
                properties.add(Property.MAXIMUM_PACKET_SIZE, 1L + input.next(64));
            }
        }
        if (withWill) {
            Properties delay = v5 && input.chance()
                    ? Properties.of(Property.WILL_DELAY_INTERVAL, (long) input.next(8))
                    : Properties.NONE;
            will = new Will("will/" + ++wills, Bytes.EMPTY, QoS.of(input.next(3)), false, delay);
        }
        return new Packet.Connect(version, clean, 0, properties.build(), "fuzzed", will, null, null);
    }

    private AttachRequest request(Packet.Connect connect, Handshake.Agreed agreed) {
        return new AttachRequest(
                connect.version(),
                connect.cleanStart(),
                agreed.sessionExpirySeconds(),
                agreed.requestedExpirySeconds(),
                agreed.receiveMaximum(),
                agreed.maximumPacketSize(),
                agreed.keepAliveSeconds(),
                connect.will(),
                connect.username(),
                "10.0.0.1:1",
                "n",
                limits.maxSubscriptions(),
                null);
    }

    // What happens on a connection

    private void onConnection(int operation) {
        if (connections.isEmpty()) {
            return;
        }
        FuzzedConnection on = connections.get(input.next(connections.size()));
        int id = input.next(5);
        switch (operation) {
            case 0, 1 -> runNext(on);
            case 2, 3, 4 -> publish(on, id);
            case 5 -> send(on, new Packet.PubRel(id, ReasonCode.SUCCESS));
            case 6, 7 -> send(on, new Packet.PubAck(id, CODES[input.next(4)]));
            case 8, 9 -> send(on, new Packet.PubRec(id, CODES[input.next(4)]));
            case 10 -> send(on, new Packet.PubComp(id, ReasonCode.SUCCESS));
            case 11 -> subscribe(on, id);
            case 12 -> send(on, new Packet.Unsubscribe(id, Properties.NONE, List.of(topic(), topic())));
            case 13 -> disconnect(on);
            case 14 -> {
                on.room = input.next(4);
                tell(on, () -> session.state.writable(on.attachment, session.now, session));
            }
            default -> close(on, LOSSES[input.next(LOSSES.length)], null);
        }
    }

    private String topic() {
        return TOPICS[input.next(TOPICS.length)];
    }

    private void publish(FuzzedConnection on, int id) {
        QoS qos = QoS.of(input.next(3));
        int alias = on.isV5() ? input.next(5) : 0;
        Properties properties = alias > 0 ? Properties.of(Property.TOPIC_ALIAS, alias - 1) : Properties.NONE;
        Bytes payload = Bytes.utf8(Integer.toString(++messages));
        int packetId = qos == QoS.AT_MOST_ONCE ? 0 : id;
        send(on, new Packet.Publish(topic(), payload, qos, false, false, packetId, properties));
    }

    private void subscribe(FuzzedConnection on, int id) {
        boolean v5 = on.isV5();
        int flags = input.next();
        SubscriptionOptions options = v5
                ? new SubscriptionOptions(QoS.of(flags % 3), (flags & 4) != 0, (flags & 8) != 0, (flags >> 4) % 3)
                : SubscriptionOptions.of(QoS.of(flags % 3));
        Properties identifier =
                v5 && (flags & 64) != 0 ? Properties.of(Property.SUBSCRIPTION_IDENTIFIER, 5) : Properties.NONE;
        SubscriptionRequest first = new SubscriptionRequest(topic(), options);
        SubscriptionRequest second = new SubscriptionRequest(topic(), options);
        send(on, new Packet.Subscribe(id, identifier, List.of(first, second)));
    }

    private void disconnect(FuzzedConnection on) {
        ReasonCode code = on.isV5() && input.chance() ? ReasonCode.DISCONNECT_WITH_WILL_MESSAGE : ReasonCode.SUCCESS;
        Properties properties = on.isV5() && input.chance()
                ? Properties.of(Property.SESSION_EXPIRY_INTERVAL, EXPIRIES[input.next(4)])
                : Properties.NONE;
        send(on, new Packet.Disconnect(code, properties));
    }

    /** Through encoder and decoder, then as a connection handles it. */
    private void send(FuzzedConnection on, Packet packet) {
        if (on.ended != null || on.attachment == 0) {
            return;
        }
        Packet read = on.receive(packet);
        if (read == null) {
            Detail fault = on.ended;
            tell(on, () -> session.detach(on, fault, null));
        } else if (read instanceof Packet.Publish publish) {
            received(on, publish);
        } else if (read instanceof Packet.Subscribe subscribe) {
            received(on, subscribe);
        } else if (read instanceof Packet.Unsubscribe unsubscribe) {
            if (unsubscribe.filters().stream().anyMatch(f -> Topics.filterFault(f, 8) != null)) {
                close(on, Detail.TOPIC_FILTER_INVALID, null);
            } else {
                tell(on, () -> session.state.unsubscribe(on.attachment, unsubscribe, session.now, session));
            }
        } else if (read instanceof Packet.Disconnect disconnect) {
            received(on, disconnect);
        } else if (read instanceof Packet.PubAck p) {
            tell(on, () -> session.acknowledge(on, PacketType.PUBACK, p.packetId(), p.code()));
        } else if (read instanceof Packet.PubRec p) {
            tell(on, () -> session.acknowledge(on, PacketType.PUBREC, p.packetId(), p.code()));
        } else if (read instanceof Packet.PubRel p) {
            tell(on, () -> session.acknowledge(on, PacketType.PUBREL, p.packetId(), p.code()));
        } else if (read instanceof Packet.PubComp p) {
            tell(on, () -> session.acknowledge(on, PacketType.PUBCOMP, p.packetId(), p.code()));
        }
    }

    private void received(FuzzedConnection on, Packet.Publish publish) {
        String topic = publish.topic();
        int alias = publish.properties().getInt(Property.TOPIC_ALIAS, -1);
        if (alias >= 0) {
            DisconnectReason wrong = on.inbound.check(alias, topic);
            if (wrong != null) {
                close(on, wrong.detail(), null);
                return;
            }
            topic = on.inbound.resolve(alias, topic);
        }
        if (Topics.nameFault(topic, 8) != null) {
            close(on, Detail.TOPIC_NAME_INVALID, null);
        } else if (publish.qos() == QoS.EXACTLY_ONCE && !on.quota.open(publish.packetId())) {
            close(on, Detail.RECEIVE_MAXIMUM_EXCEEDED, null);
        } else if (publish.qos() == QoS.EXACTLY_ONCE) {
            Message message =
                    new Message(topic, publish.payload(), publish.qos(), false, Properties.NONE, "fuzzed", session.now);
            tell(on, () -> session.publishQos2(on, publish.packetId(), message));
        }
    }

    private void received(FuzzedConnection on, Packet.Subscribe subscribe) {
        for (SubscriptionRequest request : subscribe.requests()) {
            if (Topics.filterFault(request.filter(), 8) != null
                    || request.options().noLocal() && Topics.isShared(request.filter())) {
                close(on, Detail.TOPIC_FILTER_INVALID, null);
                return;
            }
        }
        List<ReasonCode> verdicts =
                List.of(ReasonCode.SUCCESS, input.chance() ? ReasonCode.NOT_AUTHORIZED : ReasonCode.SUCCESS);
        int retained = input.next(4);
        tell(on, () -> session.subscribe(on, subscribe, verdicts, retained));
    }

    private void received(FuzzedConnection on, Packet.Disconnect disconnect) {
        long expiry = disconnect.properties().getLong(Property.SESSION_EXPIRY_INTERVAL, -1);
        if (expiry > 0 && on.requestedExpirySeconds == 0) {
            close(on, Detail.PROTOCOL_ERROR, null);
        } else {
            boolean will = disconnect.code() == ReasonCode.DISCONNECT_WITH_WILL_MESSAGE;
            close(on, will ? Detail.DISCONNECT_WITH_WILL : Detail.DISCONNECT, expiry < 0 ? null : (Long) expiry);
        }
    }

    private void close(FuzzedConnection on, Detail detail, @Nullable Long newExpirySeconds) {
        if (on.ended == null) {
            on.end(detail);
            tell(on, () -> session.detach(on, detail, newExpirySeconds));
        }
    }

    // Between connection and session

    /** At once or later, but in order. */
    private void tell(FuzzedConnection from, Runnable command) {
        from.toSession.add(command);
        if (from.toSession.size() == 1 && input.next(4) != 3) {
            runNext(from);
        }
    }

    private void runNext(FuzzedConnection from) {
        Runnable command = from.toSession.poll();
        if (command != null) {
            command.run();
        }
    }

    private void settle() {
        for (FuzzedConnection connection : connections) {
            while (!connection.toSession.isEmpty()) {
                runNext(connection);
                session.checkAll();
            }
        }
        Packet.Connect connect =
                new Packet.Connect(MqttVersion.V5, false, 0, Properties.NONE, "fuzzed", null, null, null);
        Handshake.Agreed agreed = (Handshake.Agreed) Handshake.of(connect, limits, () -> "assigned");
        FuzzedConnection good = new FuzzedConnection(MqttVersion.V5, new PacketDecoder(MAX_PACKET), agreed, 0, 1);
        session.settle(good, request(connect, agreed));
    }
}
