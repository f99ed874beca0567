package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.PublishSize;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The way of messages from a session to its client: in-flight window, queue and retained replay.
 *
 * <p>What goes first when there is room: messages to send again, then queued QoS 1 and 2, then queued QoS 0, then
 * retained replay. Live messages go before replay so that a slow client does not lose them while it takes a million
 * retained ones; since replay reads the retained store at that moment, an older value does not follow a newer one.
 *
 * <p>There is no retry timer: messages are sent again on resume and at no other time [5.0/4.4.0-1].
 */
final class Outbound {
    /** Messages that go at once of those that waited; others of the same event loop come before the next. */
    static final int AT_ONCE = 256;

    private final String clientId;
    private final SessionLimits limits;
    private final OutboundQueue queue = new OutboundQueue();
    private final Inflight inflight = new Inflight();
    private @Nullable RetainedReplay replay;
    /** By cause; null until something was dropped. */
    private long @Nullable [] dropped;

    Outbound(String clientId, SessionLimits limits) {
        this.clientId = clientId;
        this.limits = limits;
    }

    int inflight() {
        return inflight.size();
    }

    int queued() {
        return queue.size();
    }

    long queuedBytes() {
        return queue.bytes();
    }

    List<HeldMessage> waiting(String after, int most) {
        return queue.from(after, most);
    }

    @Nullable
    List<HeldMessage> inflight(String after, int most) {
        return inflight.from(after, most);
    }

    /** Whether nothing is in flight, waits or is to be replayed, and nothing was ever dropped: then it can go. */
    boolean isIdle() {
        return inflight.size() == 0 && queue.size() == 0 && replay == null && dropped == null;
    }

    /** Messages of this session that did not reach the client. */
    long dropped() {
        return dropped == null ? 0 : LongStream.of(dropped).sum();
    }

    /** Those of them that were dropped for this cause. */
    long dropped(SessionEffects.Drop why) {
        return dropped == null ? 0 : dropped[why.ordinal()];
    }

    /** Sends a message or lets it wait. {@code to} is null while nobody is attached. */
    void deliver(Delivery delivery, @Nullable AttachRequest to, long nowMillis, SessionEffects effects) {
        QoS qos = delivery.qos();
        if (!delivery.message().isFreshAt(nowMillis)) {
            drop(SessionEffects.Drop.EXPIRED, delivery, effects);
        } else if (to == null && qos == QoS.AT_MOST_ONCE && !limits.queueQos0()) {
            drop(SessionEffects.Drop.NOT_WRITABLE, delivery, effects);
        } else if (to != null && !queue.hasWaiting(qos) && takes(qos, to, effects)) {
            transmit(delivery, to, nowMillis, effects);
        } else if (delivery.message().expiredAt(nowMillis)) {
            drop(SessionEffects.Drop.EXPIRED, delivery, effects);
        } else {
            enqueue(delivery, nowMillis, effects);
        }
    }

    private boolean takes(QoS qos, AttachRequest to, SessionEffects effects) {
        boolean room = qos == QoS.AT_MOST_ONCE || !inflight.hasResend() && inflight.hasRoom(to.receiveMaximum());
        return room && effects.isWritable();
    }

    private void enqueue(Delivery delivery, long nowMillis, SessionEffects effects) {
        if (OutboundQueue.size(delivery) > limits.queuedBytes()) {
            drop(SessionEffects.Drop.QUEUE_FULL, delivery, effects);
            return;
        }
        queue.add(delivery);
        boolean waits = true;
        while (queue.exceeds(limits)) {
            Delivery oldest = queue.evict();
            if (oldest == null) {
                return;
            }
            waits &= oldest != delivery;
            boolean expired = oldest.message().expiredAt(nowMillis);
            drop(expired ? SessionEffects.Drop.EXPIRED : SessionEffects.Drop.QUEUE_FULL, oldest, effects);
        }
        if (waits) {
            effects.queued(delivery);
        }
    }

    /** The connection is gone: QoS 0 messages that waited for its send buffer go too, unless they are to be kept. */
    void disconnected(SessionEffects effects) {
        if (!limits.queueQos0()) {
            for (Delivery d = queue.poll(QoS.AT_MOST_ONCE); d != null; d = queue.poll(QoS.AT_MOST_ONCE)) {
                drop(SessionEffects.Drop.NOT_WRITABLE, d, effects);
            }
        }
    }

    /** A connection resumed the session: what is in flight goes again, within its Receive Maximum, then the queue. */
    void resume(AttachRequest to, long nowMillis, SessionEffects effects) {
        for (int packetId : inflight.resume()) {
            effects.send(new Packet.PubRel(packetId, ReasonCode.SUCCESS));
        }
        pump(to, nowMillis, effects);
    }

    /** Starts the retained messages of a filter. They flow with the next {@link #pump}. */
    void replay(Subscription subscription, Iterator<Message> messages) {
        if (replay == null) {
            replay = new RetainedReplay();
        }
        replay.add(subscription, messages);
    }

    void cancelReplay(String filter) {
        if (replay != null) {
            replay.remove(filter);
        }
    }

    /** PUBACK, PUBREC or PUBCOMP from the client. Each completes an exchange of its own QoS only. */
    void acknowledge(
            PacketType type, int packetId, ReasonCode code, AttachRequest to, long nowMillis, SessionEffects effects) {
        switch (type) {
            case PUBACK -> {
                if (inflight.isPublished(packetId, QoS.AT_LEAST_ONCE)) {
                    inflight.complete(packetId);
                    effects.acknowledged();
                }
            }
            case PUBREC -> received(packetId, code, to, effects);
            case PUBCOMP -> inflight.completeReleased(packetId);
            default -> throw new IllegalArgumentException(type + " acknowledges nothing that was sent");
        }
        pump(to, nowMillis, effects);
    }

    private void received(int packetId, ReasonCode code, AttachRequest to, SessionEffects effects) {
        boolean published = inflight.isPublished(packetId, QoS.EXACTLY_ONCE);
        if (published) {
            effects.acknowledged();
        }
        if (code.isError()) {
            if (published) {
                inflight.complete(packetId);
            }
        } else if (published || inflight.isReleased(packetId)) {
            inflight.release(packetId);
            effects.send(new Packet.PubRel(packetId, ReasonCode.SUCCESS));
        } else if (!inflight.isInUse(packetId)) {
            ReasonCode unknown =
                    to.version().hasProperties() ? ReasonCode.PACKET_IDENTIFIER_NOT_FOUND : ReasonCode.SUCCESS;
            effects.send(new Packet.PubRel(packetId, unknown));
        }
    }

    /**
     * Sends what waits, as far as window and send buffer allow, {@value #AT_ONCE} of each kind at most: a client that reads
     * as fast as we write never fills its send buffer, and all that it gets would be sent before anybody else's turn.
     */
    void pump(AttachRequest to, long nowMillis, SessionEffects effects) {
        while (inflight.hasResend() && inflight.hasRoom(to.receiveMaximum()) && effects.isWritable()) {
            resendNext(to, nowMillis, effects);
        }
        boolean more = drain(QoS.AT_LEAST_ONCE, to, nowMillis, effects);
        more |= drain(QoS.AT_MOST_ONCE, to, nowMillis, effects);
        if (replay != null && queue.size() == 0) {
            more |= drainReplay(replay, to, nowMillis, effects);
        }
        if (more) {
            effects.goOnLater();
        }
    }

    private void resendNext(AttachRequest to, long nowMillis, SessionEffects effects) {
        Inflight.Sent sent = inflight.nextResend();
        if (sent == null) {
            return;
        }
        Properties properties = properties(sent.delivery(), to.version(), nowMillis);
        if (isTooLarge(sent.delivery(), properties, to)) {
            inflight.complete(sent.packetId());
            drop(SessionEffects.Drop.TOO_LARGE, sent.delivery(), effects);
        } else {
            effects.send(publish(sent.delivery(), sent.packetId(), true, properties));
        }
    }

    /** Answers whether it stopped only since it was enough for once. */
    private boolean drain(QoS line, AttachRequest to, long nowMillis, SessionEffects effects) {
        for (int n = 0; queue.hasWaiting(line) && takes(line, to, effects); n++) {
            if (n == AT_ONCE) {
                return true;
            }
            Delivery delivery = queue.poll(line);
            if (delivery != null && delivery.message().expiredAt(nowMillis)) {
                drop(SessionEffects.Drop.EXPIRED, delivery, effects);
            } else if (delivery != null) {
                transmit(delivery, to, nowMillis, effects);
            }
        }
        return false;
    }

    private boolean drainReplay(RetainedReplay from, AttachRequest to, long nowMillis, SessionEffects effects) {
        for (int n = 0; effects.isWritable(); n++) {
            Delivery next = from.peek(clientId, nowMillis);
            if (next == null) {
                replay = null;
                return false;
            } else if (!takes(next.qos(), to, effects)) {
                return false;
            } else if (n == AT_ONCE) {
                return true;
            }
            from.taken();
            transmit(next, to, nowMillis, effects);
        }
        return false;
    }

    /** First transmission. What is too large for the client counts as sent [5.0/3.1.2-25]. */
    private void transmit(Delivery delivery, AttachRequest to, long nowMillis, SessionEffects effects) {
        Properties properties = properties(delivery, to.version(), nowMillis);
        if (isTooLarge(delivery, properties, to)) {
            drop(SessionEffects.Drop.TOO_LARGE, delivery, effects);
        } else {
            int packetId = delivery.qos() == QoS.AT_MOST_ONCE ? 0 : inflight.add(delivery);
            effects.send(publish(delivery, packetId, false, properties));
        }
    }

    private static Packet.Publish publish(Delivery delivery, int packetId, boolean dup, Properties properties) {
        Message message = delivery.message();
        return new Packet.Publish(
                message.topic(), message.payload(), delivery.qos(), delivery.retain(), dup, packetId, properties);
    }

    private static Properties properties(Delivery delivery, MqttVersion version, long nowMillis) {
        if (!version.hasProperties()) {
            return Properties.NONE;
        }
        Properties properties = delivery.message().propertiesAt(nowMillis);
        if (delivery.subscriptionIdentifiers().isEmpty()) {
            return properties;
        }
        Properties.Builder builder = properties.toBuilder();
        for (int identifier : delivery.subscriptionIdentifiers()) {
            builder.add(Property.SUBSCRIPTION_IDENTIFIER, identifier);
        }
        return builder.build();
    }

    private static boolean isTooLarge(Delivery delivery, Properties properties, AttachRequest to) {
        if (to.maximumPacketSize() == Integer.MAX_VALUE) {
            return false;
        }
        Message message = delivery.message();
        int size =
                PublishSize.of(to.version(), message.topic(), message.payload().size(), delivery.qos(), properties);
        return size > to.maximumPacketSize();
    }

    /**
     * The session is over, its subscriptions are gone. What came through a shared subscription goes to another member:
     * QoS 1 that was not acknowledged and what was never sent. QoS 2 that was sent may not [5.0/4.8.2-5]. The rest is
     * given up.
     */
    void end(SessionEffects effects) {
        for (Delivery sent : inflight.unacknowledged()) {
            if (sent.shared() && sent.qos() == QoS.AT_LEAST_ONCE) {
                effects.handOn(sent);
            }
        }
        for (QoS line : List.of(QoS.AT_MOST_ONCE, QoS.AT_LEAST_ONCE)) {
            for (Delivery d = queue.poll(line); d != null; d = queue.poll(line)) {
                if (!d.shared() || !effects.handOn(d)) {
                    drop(SessionEffects.Drop.SESSION_ENDED, d, effects);
                }
            }
        }
    }

    private void drop(SessionEffects.Drop why, Delivery delivery, SessionEffects effects) {
        if (dropped == null) {
            dropped = new long[SessionEffects.Drop.values().length];
        }
        dropped[why.ordinal()]++;
        effects.dropped(why, delivery);
    }
}
