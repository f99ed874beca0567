package io.nightjar.session;

import static io.nightjar.session.Simulation.check;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A correct MQTT client of the simulation that checks what it receives. It listens to its newest connection only. */
final class SimulatedDevice {
    final SimulatedSession session;
    /** Messages seen in this session, by payload text, and how often. */
    final Map<String, Integer> received = new HashMap<>();

    private final Simulation world;
    private final Map<Integer, Message> published = new LinkedHashMap<>();
    private final Set<Integer> released = new LinkedHashSet<>();
    private final Set<Integer> receivedIds = new HashSet<>();
    /** Sequence number of the last message by publisher, topic and QoS. */
    private final Map<String, Long> order = new HashMap<>();

    @Nullable
    SimulatedConnection connection;

    boolean attached;
    private int generation = -1;
    private int packetId;
    private long sequence;

    SimulatedDevice(SimulatedSession session, Simulation world) {
        this.session = session;
        this.world = world;
    }

    /** Opens a connection; the one it had, if any, is left to its fate. */
    void open(AttachRequest request) {
        SimulatedConnection opened = new SimulatedConnection(session, this, request);
        connection = opened;
        attached = false;
        opened.toSession.add(() -> session.attach(opened));
        world.connections.add(opened);
    }

    boolean isHealthy() {
        return attached && connection != null && connection.ended == null;
    }

    void publish() {
        SimulatedConnection to = connection;
        if (!isHealthy() || to == null) {
            return;
        }
        QoS qos = QoS.of(world.random(3));
        String text = session.clientId + ":" + qos.value() + ":" + ++sequence;
        Properties properties =
                world.chance(10) ? Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, 2L) : Properties.NONE;
        Message message = new Message(
                "t" + world.random(4), Bytes.utf8(text), qos, false, properties, session.clientId, world.now);
        if (qos != QoS.EXACTLY_ONCE) {
            to.toSession.add(() -> {
                if (to.ended == null) {
                    world.route(message);
                }
            });
        } else if (published.size() + released.size() < 5) {
            int id = freeId();
            published.put(id, message);
            to.toSession.add(() -> session.publishQos2(to, id, message));
        }
    }

    private int freeId() {
        do {
            packetId = packetId % 12 + 1;
        } while (published.containsKey(packetId) || released.contains(packetId));
        return packetId;
    }

    void subscribe() {
        SimulatedConnection to = connection;
        if (!isHealthy() || to == null) {
            return;
        }
        SubscriptionOptions options = SubscriptionOptions.of(QoS.of(world.random(3)));
        List<SubscriptionRequest> requests = List.of(
                new SubscriptionRequest("t" + world.random(4), options),
                new SubscriptionRequest("t" + world.random(4), SubscriptionOptions.of(QoS.EXACTLY_ONCE)));
        Packet.Subscribe packet = new Packet.Subscribe(100, Properties.NONE, requests);
        to.toSession.add(() -> session.subscribe(to, packet));
    }

    void unsubscribe() {
        SimulatedConnection to = connection;
        if (isHealthy() && to != null) {
            Packet.Unsubscribe packet = new Packet.Unsubscribe(101, Properties.NONE, List.of("t" + world.random(4)));
            to.toSession.add(() -> session.unsubscribe(to, packet));
        }
    }

    /** Takes what came on a connection; what came on an older one is not read any more. */
    void receive(SimulatedConnection from, Object what) {
        if (from != connection) {
            return;
        }
        if (what instanceof SimulatedConnection.Attached welcome) {
            attached(welcome.generation());
        } else if (what instanceof Packet.Publish publish) {
            received(publish);
        } else if (what instanceof Packet.PubRel pubRel) {
            receivedIds.remove(pubRel.packetId());
            answer(PacketType.PUBCOMP, pubRel.packetId(), ReasonCode.SUCCESS);
        } else if (what instanceof Packet.PubRec pubRec) {
            check(!pubRec.code().isError(), "five messages are within the limit");
            if (published.remove(pubRec.packetId()) != null) {
                released.add(pubRec.packetId());
            }
            answer(PacketType.PUBREL, pubRec.packetId(), ReasonCode.SUCCESS);
        } else if (what instanceof Packet.PubComp pubComp) {
            released.remove(pubComp.packetId());
        }
    }

    private void attached(int newGeneration) {
        attached = true;
        if (newGeneration != generation) {
            generation = newGeneration;
            List.of(published, received, order).forEach(Map::clear);
            List.of(released, receivedIds).forEach(Set::clear);
            subscribe();
            return;
        }
        SimulatedConnection to = connection;
        released.forEach(id -> answer(PacketType.PUBREL, id, ReasonCode.SUCCESS));
        if (to != null) {
            published.forEach((id, message) -> to.toSession.add(() -> session.publishQos2(to, id, message)));
        }
    }

    private void received(Packet.Publish publish) {
        String text = publish.payload().text();
        switch (publish.qos()) {
            case AT_MOST_ONCE -> seen(publish, text);
            case AT_LEAST_ONCE -> {
                seen(publish, text);
                answer(PacketType.PUBACK, publish.packetId(), ReasonCode.SUCCESS);
            }
            case EXACTLY_ONCE -> {
                if (receivedIds.contains(publish.packetId())) {
                    answer(PacketType.PUBREC, publish.packetId(), ReasonCode.SUCCESS);
                } else if (world.chance(3) && !received.containsKey(text)) {
                    session.expected.remove(text);
                    answer(PacketType.PUBREC, publish.packetId(), ReasonCode.QUOTA_EXCEEDED);
                } else {
                    receivedIds.add(publish.packetId());
                    seen(publish, text);
                    answer(PacketType.PUBREC, publish.packetId(), ReasonCode.SUCCESS);
                }
            }
        }
    }

    private void seen(Packet.Publish publish, String text) {
        int times = received.merge(text, 1, Integer::sum);
        check(times == 1 || publish.qos() == QoS.AT_LEAST_ONCE, text + " arrives once");
        check(publish.qos() != QoS.AT_MOST_ONCE || !publish.dup(), "QoS 0 is never a duplicate");
        if (times == 1) {
            String[] parts = text.split(":");
            String key = parts[0] + publish.topic() + parts[1] + publish.qos();
            Long before = order.put(key, Long.valueOf(parts[2]));
            check(before == null || before < Long.parseLong(parts[2]), text + " overtook " + before);
        }
    }

    private void answer(PacketType type, int id, ReasonCode code) {
        SimulatedConnection to = connection;
        if (to != null) {
            to.toSession.add(() -> session.acknowledge(to, type, id, code));
        }
    }

    /** After everything was delivered: nothing is open, nothing is missing. */
    void checkComplete() {
        check(published.isEmpty() && released.isEmpty(), "all QoS 2 of the device is complete");
        check(receivedIds.isEmpty(), "all QoS 2 to the device is complete");
        session.expected.forEach((text, qos) -> check(received.containsKey(text), text + " was lost, QoS " + qos));
    }
}
