package io.nightjar.fuzz;

import static io.nightjar.fuzz.FuzzInput.check;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.session.AttachRequest;
import io.nightjar.session.SessionEffects;
import io.nightjar.session.SessionLimits;
import io.nightjar.session.SessionState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The real state of a session, and a model beside it that knows what it may do; every effect is held against it. */
final class FuzzedSession implements SessionEffects {
    private static final String CLIENT_ID = "fuzzed";

    /** A PUBLISH toward the client that is not complete: {@code PUBREC} came or not. */
    private static final class Open {
        final int serial;
        final QoS qos;
        boolean released;
        boolean onWire = true;

        Open(int serial, QoS qos) {
            this.serial = serial;
            this.qos = qos;
        }
    }

    final SessionState state;
    long now = 1_000_000;

    @Nullable
    FuzzedConnection current;

    private final SessionLimits limits;
    private final int maxSubscriptions;
    private final Map<Timer, Long> timers = new EnumMap<>(Timer.class);
    private final Set<String> filters = new HashSet<>();
    /** Toward the client, by Packet Identifier. */
    private final Map<Integer, Open> open = new HashMap<>();
    /** From the client: Packet Identifiers that wait for PUBREL. */
    private final Set<Integer> awaitingRel = new HashSet<>();

    private final Set<Integer> delivered = new HashSet<>();
    private final Set<Integer> sent = new HashSet<>();
    private final Set<Integer> dropped = new HashSet<>();
    private final Set<Object> routed = new HashSet<>();
    private final Map<QoS, Integer> lastSent = new EnumMap<>(QoS.class);
    private final Set<Integer> pubRels = new HashSet<>();
    /** Number of the last live message; those of retained ones are negative. */
    private int serial;

    private int replayed;
    private int retainedMatches;
    private int routedNow;

    private @Nullable FuzzedConnection attaching;
    private boolean exists;
    private long expirySeconds;
    private long expiresAt;

    FuzzedSession(SessionLimits limits, int maxSubscriptions) {
        this.limits = limits;
        this.maxSubscriptions = maxSubscriptions;
        this.state = new SessionState(CLIENT_ID, limits);
    }

    // Commands

    void attach(FuzzedConnection connection, AttachRequest request) {
        attaching = connection;
        boolean alive = exists && (current != null ? expirySeconds > 0 : now < expiresAt);
        connection.expectPresent = alive && !request.cleanStart();
        exists = true;
        expirySeconds = request.sessionExpirySeconds();
        state.attach(request, now, this);
        attaching = null;
        check(current == connection, "the newcomer is attached");
        check(open.values().stream().filter(o -> o.released).count() == pubRels.size(), "every PUBREL is sent again");
    }

    void detach(FuzzedConnection connection, Detail detail, @Nullable Long newExpirySeconds) {
        if (current == connection) {
            current = null;
            connection.leftWith = detail;
            expirySeconds = newExpirySeconds == null ? expirySeconds : newExpirySeconds;
            boolean ends =
                    detail.session() == Detail.SessionRule.ENDED || detail.session() == Detail.SessionRule.REPLACED;
            left(!ends);
        }
        state.detach(connection.attachment, detail, newExpirySeconds, now, this);
    }

    void nodeLost() {
        if (current != null) {
            current.end(Detail.NODE_LOST);
            current.leftWith = Detail.NODE_LOST;
            current = null;
            left(true);
        }
        state.nodeLost(now, this);
    }

    void kick(boolean keep) {
        boolean attached = current != null;
        state.kick(DisconnectReason.of(Detail.API), keep, now, this);
        if (attached) {
            left(keep);
        } else if (!keep) {
            exists = false;
        }
    }

    private void left(boolean keep) {
        exists = keep && expirySeconds > 0;
        expiresAt = expirySeconds == AttachRequest.EXPIRY_NEVER ? Long.MAX_VALUE : now + expirySeconds * 1000;
    }

    void fire(Timer timer) {
        timers.remove(timer);
        state.timer(timer, now, this);
    }

    void subscribe(FuzzedConnection from, Packet.Subscribe packet, List<ReasonCode> verdicts, int retained) {
        retainedMatches = retained;
        state.subscribe(from.attachment, packet, verdicts, now, this);
    }

    void publishQos2(FuzzedConnection from, int packetId, Message message) {
        boolean counts = current == from;
        boolean first = counts && !awaitingRel.contains(packetId);
        boolean room = awaitingRel.size() < limits.awaitingRel();
        if (first && room) {
            awaitingRel.add(packetId);
        }
        routedNow = 0;
        state.publishQos2(from.attachment, packetId, message, ReasonCode.SUCCESS, now, this);
        if (counts && first && !room && current == null) {
            left(true); // a 3.x client was ended
        }
        check(routedNow == (first && room ? 1 : 0), "QoS 2 is routed once, " + routedNow + " times now");
    }

    void acknowledge(FuzzedConnection from, PacketType type, int packetId, ReasonCode code) {
        if (current == from) {
            Open known = open.get(packetId);
            if (type == PacketType.PUBREL) {
                awaitingRel.remove(packetId);
            } else if (known != null) {
                acknowledged(type, packetId, code, known);
            }
        }
        state.acknowledge(from.attachment, type, packetId, code, now, this);
    }

    private void acknowledged(PacketType type, int packetId, ReasonCode code, Open known) {
        boolean published = !known.released;
        if (type == PacketType.PUBACK && published && known.qos == QoS.AT_LEAST_ONCE
                || type == PacketType.PUBCOMP && known.released
                || type == PacketType.PUBREC && published && known.qos == QoS.EXACTLY_ONCE && code.isError()) {
            open.remove(packetId);
        } else if (type == PacketType.PUBREC && published && known.qos == QoS.EXACTLY_ONCE) {
            known.released = true;
        }
    }

    void deliver(QoS qos, Properties properties, int bytes, boolean ownIdentifier) {
        int number = ++serial;
        delivered.add(number);
        Message message = new Message("t", payload(number, bytes), qos, false, properties, "p", now);
        state.deliver(new Delivery(message, qos, false, ownIdentifier ? List.of(7) : List.of(), null), now, this);
    }

    private static Bytes payload(int number, int bytes) {
        byte[] payload = new byte[4 + bytes];
        java.nio.ByteBuffer.wrap(payload).putInt(number);
        return Bytes.wrap(payload);
    }

    private static int serial(Bytes payload) {
        return java.nio.ByteBuffer.wrap(payload.toArray()).getInt();
    }

    /** What must hold at all times. */
    void checkAll() {
        check(state.isAttached() == (current != null), "session and connection agree");
        check(!state.exists() || exists, "no session exists that should not");
        check(state.exists() || !exists || current == null && now >= expiresAt, "no session ends before its time");
        if (!state.exists()) {
            forget();
        }
        check(state.queueLength() <= limits.queuedMessages(), "the queue is bounded by count");
        check(state.queuedBytes() <= limits.queuedBytes(), "the queue is bounded by bytes");
        check(state.queueLength() > 0 || state.queuedBytes() == 0, "an empty queue has no bytes");
        check(state.awaitingRelCount() == awaitingRel.size(), "received identifiers are what was received");
        check(state.subscriptionCount() == filters.size(), "the router has the subscriptions of the session");
        check(state.subscriptionCount() <= maxSubscriptions, "subscriptions are bounded");
        check(state.inflightCount() == open.size(), "in flight is what is not complete");
        Set<Integer> settled = new HashSet<>(sent);
        settled.addAll(dropped);
        check(delivered.size() - settled.size() == state.queueLength(), "a message is sent, dropped or waits");
        if (state.exists() && current == null && state.expiresAtMillis() != Long.MAX_VALUE) {
            check(timers.containsKey(Timer.EXPIRY), "a session that expires has a timer");
        }
        check(!state.hasPendingWill() || !timers.isEmpty(), "a Will that waits has a timer");
    }

    private void forget() {
        open.clear();
        awaitingRel.clear();
    }

    /** A good client comes back: everything must reach it and be over. */
    void settle(FuzzedConnection good, AttachRequest request) {
        attach(good, request);
        for (int turn = 0; !open.isEmpty() || state.queueLength() > 0; turn++) {
            check(turn < 10_000, "a good client gets everything: " + open.keySet() + ", " + state.queueLength());
            for (Map.Entry<Integer, Open> entry : List.copyOf(open.entrySet())) {
                Open one = entry.getValue();
                PacketType type = one.released
                        ? PacketType.PUBCOMP
                        : one.qos == QoS.EXACTLY_ONCE ? PacketType.PUBREC : PacketType.PUBACK;
                acknowledge(good, type, entry.getKey(), ReasonCode.SUCCESS);
                checkAll();
            }
        }
        List.copyOf(awaitingRel).forEach(id -> acknowledge(good, PacketType.PUBREL, id, ReasonCode.SUCCESS));
        checkAll();
    }

    // Effects

    @Override
    public void end(DisconnectReason reason) {
        FuzzedConnection old = current;
        if (old == null) {
            throw new AssertionError("nobody is there to be ended");
        }
        check(old.leftWith == null, "a connection loses its session once");
        old.leftWith = reason.detail();
        old.end(reason.detail());
        current = null;
    }

    @Override
    public void attached(long attachment, boolean sessionPresent) {
        FuzzedConnection connection = attaching;
        if (connection == null) {
            throw new AssertionError("nobody asked to be attached");
        }
        check(current == null, "at most one connection is attached");
        check(sessionPresent == connection.expectPresent, "Session Present is " + connection.expectPresent);
        if (!sessionPresent) {
            check(filters.isEmpty() && state.subscriptionCount() == 0, "a fresh session has no subscriptions");
            forget();
        }
        open.values().forEach(o -> o.onWire = false);
        pubRels.clear();
        connection.attachment = attachment;
        current = connection;
    }

    @Override
    public void send(Packet packet) {
        FuzzedConnection to = current;
        if (to == null) {
            throw new AssertionError(packet.type() + " goes to nobody");
        }
        if (packet instanceof Packet.Publish publish) {
            published(publish, to);
        } else if (packet instanceof Packet.PubRel pubRel && !pubRel.code().isError()) {
            Open known = open.get(pubRel.packetId());
            check(known == null ? !to.isV5() : known.released, "PUBREL answers a PUBREC");
            if (known != null) {
                pubRels.add(pubRel.packetId());
            }
        }
        to.sent(packet);
    }

    private void published(Packet.Publish publish, FuzzedConnection to) {
        int number = serial(publish.payload());
        int id = publish.packetId();
        if (publish.qos() == QoS.AT_MOST_ONCE) {
            check(id == 0 && !publish.dup(), "QoS 0 has no identifier and no DUP");
        } else if (publish.dup()) {
            Open known = open.get(id);
            if (known == null || known.released || known.onWire || known.serial != number) {
                throw new AssertionError("what is sent again was sent and is not complete: " + publish);
            }
            known.onWire = true;
        } else {
            check(id > 0 && id <= 65_535, "an identifier is 1 to 65535");
            check(open.put(id, new Open(number, publish.qos())) == null, "an identifier stands for one message");
        }
        long window = open.values().stream().filter(o -> o.onWire || o.released).count();
        check(publish.qos() == QoS.AT_MOST_ONCE || window <= to.receiveMaximum, "the Receive Maximum holds: " + window);
        if (!publish.dup() && number > 0) {
            check(sent.add(number) && !dropped.contains(number), "a message is sent for the first time once");
            QoS line = publish.qos() == QoS.AT_MOST_ONCE ? QoS.AT_MOST_ONCE : QoS.AT_LEAST_ONCE;
            Integer before = lastSent.put(line, number);
            check(before == null || before < number, "messages keep their order");
        }
    }

    @Override
    public void goOnLater() {
        state.writable(state.attachment(), now, this);
    }

    @Override
    public boolean isWritable() {
        return current != null && current.isWritable();
    }

    @Override
    public int route(Message message) {
        if (message.topic().startsWith("will/")) {
            check(routed.add(message.topic()), "a Will is published once");
        } else {
            routedNow++;
        }
        return 1;
    }

    @Override
    public boolean handOn(Delivery delivery) {
        throw new AssertionError("nothing here comes by a shared subscription");
    }

    @Override
    public void subscribe(String filter, SubscriptionOptions options, int identifier) {
        filters.add(filter);
    }

    @Override
    public void unsubscribe(String filter) {
        check(filters.remove(filter), "only what was subscribed is unsubscribed");
    }

    @Override
    public Iterator<Message> retained(String filter) {
        List<Message> all = new ArrayList<>();
        for (int i = 0; i < retainedMatches; i++) {
            all.add(new Message("r", payload(--replayed, 0), QoS.of(i % 3), true, Properties.NONE, CLIENT_ID, now));
        }
        return all.iterator();
    }

    @Override
    public void startTimer(Timer timer, long atMillis) {
        timers.put(timer, atMillis);
    }

    @Override
    public void cancelTimer(Timer timer) {
        timers.remove(timer);
    }

    @Override
    public void dropped(Drop why, Delivery delivery) {
        int number = serial(delivery.message().payload());
        if (number > 0) {
            check(dropped.add(number), "a message is dropped once");
            check(!sent.contains(number) || why == Drop.TOO_LARGE, "what was sent is not dropped: " + why);
        }
        open.values().removeIf(o -> o.serial == number);
    }

    @Override
    public void stop() {
        check(!state.exists() && current == null, "a session that stops is over");
        check(filters.isEmpty(), "a session that stops has no subscriptions");
    }
}
