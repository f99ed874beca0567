package io.nightjar.session;

import static io.nightjar.session.Simulation.check;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A session of the simulation: the real state machine, the actor around it, and a small model that watches both. */
final class SimulatedSession implements SessionEffects {
    static final int MAX_SUBSCRIPTIONS = 10;
    static final SessionLimits LIMITS = new SessionLimits(20, 600, true, 10);

    final String clientId;
    final SessionState state;
    final Map<Timer, Long> timers = new EnumMap<>(Timer.class);
    /** QoS 1 and 2 messages that this session took and that its device must see: payload text to QoS. */
    final Map<String, QoS> expected = new HashMap<>();

    private final Simulation world;
    /** Message by Packet Identifier, from first sending to completion. */
    private final Map<Integer, String> inUse = new HashMap<>();

    private final Set<String> routedQos2 = new HashSet<>();

    @Nullable
    SimulatedConnection current;

    private @Nullable SimulatedConnection attaching;
    private boolean expectPresent;
    private long lastAttachment;
    private int generation;

    private boolean modelExists;
    private long modelExpirySeconds;
    private long modelExpiresAt;

    SimulatedSession(String clientId, Simulation world) {
        this.clientId = clientId;
        this.world = world;
        this.state = new SessionState(clientId, LIMITS);
    }

    // Commands

    void attach(SimulatedConnection connection) {
        boolean alive = modelExists && (current != null ? modelExpirySeconds > 0 : world.now < modelExpiresAt);
        expectPresent = alive && !connection.request.cleanStart();
        attaching = connection;
        modelExists = true;
        modelExpirySeconds = connection.request.sessionExpirySeconds();
        state.attach(connection.request, world.now, this);
        attaching = null;
        check(current == connection, "the newcomer is attached");
    }

    void detach(SimulatedConnection connection, Detail detail, @Nullable Long newExpirySeconds) {
        boolean accepted = current == connection;
        if (accepted) {
            lose(detail, true, newExpirySeconds);
        }
        state.detach(connection.attachment, detail, newExpirySeconds, world.now, this);
        check(state.isAttached() == (current != null), "only the attached connection detaches");
    }

    void nodeLost() {
        if (current != null) {
            current.end(Detail.NODE_LOST);
            lose(Detail.NODE_LOST, true, null);
        }
        state.nodeLost(world.now, this);
        check(!state.isAttached(), "a lost node has no connection");
    }

    void kick(boolean keep) {
        boolean existed = modelExists && (current != null || state.exists());
        boolean attached = current != null;
        check(state.kick(DisconnectReason.of(Detail.API), keep, world.now, this) == existed, "kick finds the session");
        if (!keep) {
            modelExists = false;
        } else if (attached) {
            modelDetach();
        }
    }

    private void lose(Detail detail, boolean keep, @Nullable Long newExpirySeconds) {
        SimulatedConnection lost = current;
        if (lost == null) {
            return;
        }
        current = null;
        lost.lostSession = detail;
        if (newExpirySeconds != null) {
            modelExpirySeconds = newExpirySeconds;
        }
        if (keep) {
            modelDetach();
        }
    }

    private void modelDetach() {
        modelExists &= modelExpirySeconds > 0;
        modelExpiresAt = modelExpirySeconds == AttachRequest.EXPIRY_NEVER
                ? Long.MAX_VALUE
                : world.now + modelExpirySeconds * 1000;
    }

    void subscribe(SimulatedConnection from, Packet.Subscribe packet) {
        List<ReasonCode> verdicts = Collections.nCopies(packet.requests().size(), ReasonCode.SUCCESS);
        state.subscribe(from.attachment, packet, verdicts, world.now, this);
    }

    void unsubscribe(SimulatedConnection from, Packet.Unsubscribe packet) {
        state.unsubscribe(from.attachment, packet, world.now, this);
    }

    void publishQos2(SimulatedConnection from, int packetId, Message message) {
        state.publishQos2(from.attachment, packetId, message, ReasonCode.SUCCESS, world.now, this);
    }

    void acknowledge(SimulatedConnection from, PacketType type, int packetId, ReasonCode code) {
        if (current == from && (type == PacketType.PUBACK || type == PacketType.PUBCOMP || code.isError())) {
            from.open.remove(packetId);
            inUse.remove(packetId);
        }
        state.acknowledge(from.attachment, type, packetId, code, world.now, this);
    }

    void writable(SimulatedConnection from) {
        state.writable(from.attachment, world.now, this);
    }

    void deliver(Delivery delivery) {
        if (delivery.qos() != QoS.AT_MOST_ONCE) {
            expected.put(delivery.message().payload().text(), delivery.qos());
        }
        state.deliver(delivery, world.now, this);
    }

    void timer(Timer timer) {
        timers.remove(timer);
        state.timer(timer, world.now, this);
    }

    /** What must hold after every step. */
    void checkBounds() {
        check(state.queueLength() <= LIMITS.queuedMessages(), "the queue is bounded by count");
        check(state.queuedBytes() <= LIMITS.queuedBytes(), "the queue is bounded by bytes");
        check(state.awaitingRelCount() <= LIMITS.awaitingRel(), "received identifiers are bounded");
        check(state.subscriptionCount() <= MAX_SUBSCRIPTIONS, "subscriptions are bounded");
        check(state.isAttached() == (current != null), "session and connection agree");
        SimulatedConnection now = current;
        check(now == null || now.open.size() <= now.request.receiveMaximum(), "the Receive Maximum holds");
    }

    // Effects

    @Override
    public void end(DisconnectReason reason) {
        SimulatedConnection old = current;
        check(old != null, "somebody is there to be ended");
        if (old != null) {
            boolean takeover = attaching != null;
            current = null;
            old.lostSession = reason.detail();
            boolean first = old.ended == null;
            old.end(reason.detail());
            if (first && world.chance(50)) {
                old.toSession.add(() -> detach(old, Detail.PEER_FIN, null));
            }
            check(takeover || reason.detail() == Detail.API, "only takeover and kick end a connection");
        }
    }

    @Override
    public void attached(long attachment, boolean sessionPresent) {
        check(current == null, "at most one connection is attached");
        check(attachment > lastAttachment, "attachment numbers rise");
        check(sessionPresent == expectPresent, "Session Present is " + expectPresent);
        lastAttachment = attachment;
        SimulatedConnection connection = attaching;
        if (connection == null) {
            throw new AssertionError("nobody asked to be attached");
        }
        if (!sessionPresent) {
            check(state.subscriptionCount() == 0 && !world.hasRoutes(this), "a fresh session has no subscriptions");
            generation++;
            expected.clear();
            inUse.clear();
        }
        current = connection;
        connection.attachment = attachment;
        if (connection.ended != null) {
            Detail detail = connection.ended;
            connection.toSession.add(() -> detach(connection, detail, null));
        } else {
            connection.toDevice.add(new SimulatedConnection.Attached(generation));
        }
    }

    @Override
    public void send(Packet packet) {
        SimulatedConnection to = current;
        if (to == null) {
            throw new AssertionError(packet.type() + " goes to nobody");
        }
        if (packet instanceof Packet.Publish publish && publish.qos() != QoS.AT_MOST_ONCE) {
            String text = publish.payload().text();
            String known = inUse.put(publish.packetId(), text);
            check(publish.dup() ? text.equals(known) : known == null, "an identifier stands for one message");
            check(to.open.add(publish.packetId()), "nothing is sent twice on one connection");
        }
        if (to.ended == null) {
            to.toDevice.add(packet);
        }
    }

    @Override
    public void goOnLater() {
        throw new IllegalStateException("six packets fill a send buffer here");
    }

    @Override
    public boolean isWritable() {
        SimulatedConnection to = current;
        boolean writable = to != null && to.toDevice.size() < 6;
        if (to != null && !writable) {
            to.full = true;
        }
        return writable;
    }

    @Override
    public int route(Message message) {
        if (message.topic().startsWith("will/")) {
            world.willPublished(message.topic());
        } else {
            check(routedQos2.add(message.payload().text()), "QoS 2 is routed once");
            world.route(message);
        }
        return 1;
    }

    @Override
    public boolean handOn(Delivery delivery) {
        throw new AssertionError("nothing is shared here");
    }

    boolean routed(String text) {
        return routedQos2.contains(text);
    }

    @Override
    public void subscribe(String filter, SubscriptionOptions options, int identifier) {
        world.subscribe(filter, this, options);
    }

    @Override
    public void unsubscribe(String filter) {
        world.unsubscribe(filter, this);
    }

    @Override
    public Iterator<Message> retained(String filter) {
        return Collections.emptyIterator();
    }

    @Override
    public void startTimer(Timer timer, long atMillis) {
        timers.put(timer, atMillis);
    }

    @Override
    public void cancelTimer(Timer timer) {
        if (!world.chance(10)) {
            timers.remove(timer);
        }
    }

    @Override
    public void dropped(Drop why, Delivery delivery) {
        expected.remove(delivery.message().payload().text());
    }

    @Override
    public void stop() {
        check(!state.exists() && current == null, "a session that stops is over");
        check(!world.hasRoutes(this), "a session that stops has no subscriptions");
        check(!modelExists || world.now >= modelExpiresAt || attaching == null, "a session ends for a reason");
    }
}
