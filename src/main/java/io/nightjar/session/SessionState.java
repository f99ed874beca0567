package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Topics;
import io.nightjar.mqtt.Will;
import io.nightjar.session.SessionEffects.SessionEnd;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The Session State of one ClientID [5.0/4.1] and the only judge of which Network Connection has it.
 *
 * <pre>
 * state    | event                          | next     | effects, in this order
 * ---------+--------------------------------+----------+----------------------------------------------------------
 * None     | attach                         | Attached | attached(present=0)                          [5.0/3.1.2-6]
 * Attached | attach(Clean Start 0)          | Attached | end(takeovered), Will if its delay is 0, attached(1),
 *          |                                |          | send again, queue          [5.0/3.1.4-3, 3.1.2-5, 4.4.0-1]
 * Attached | attach(Clean Start 0), old     | Attached | end(takeovered), unsubscribe, Will, attached(0)
 *          | expiry 0                       |          |                              [5.0/3.1.4-3, 4.1.0-2]
 * Attached | attach(Clean Start 1)          | Attached | end(discarded), unsubscribe, Will, attached(0)
 *          |                                |          |                              [5.0/3.1.4-3, 3.1.2-4]
 * Attached | detach, expiry 0               | None     | unsubscribe, Will, stop                      [5.0/4.1.0-2]
 * Attached | detach, expiry above 0         | Detached | Will if its delay is 0, timers       [5.0/3.1.2-23, 3.1.2-8]
 * Attached | detach for a reason that ends  | None     | unsubscribe, Will, stop
 *          | the session                    |          |
 * Attached | kick                           | None     | end(reason), unsubscribe, Will, stop
 * Attached | kick(keep)                     | Detached | end(reason), as detach
 * Detached | attach(Clean Start 0)          | Attached | attached(1), send again, queue; the Will is cancelled
 *          |                                |          |                              [5.0/3.1.3-9, 4.4.0-1]
 * Detached | attach(Clean Start 1)          | Attached | unsubscribe, Will, attached(0)       [5.0/3.1.2-4, 3.1.2-8]
 * Detached | timer(WILL_DELAY)              | Detached | Will                                         [5.0/3.1.2-8]
 * Detached | timer(EXPIRY)                  | None     | unsubscribe, Will, stop              [5.0/4.1.0-2, 3.1.2-8]
 * Detached | kick                           | None     | unsubscribe, Will, stop
 * Detached | deliver                        | Detached | waits in the queue                           [5.0/4.5.0-1]
 * None     | deliver                        | None     | handOn if shared, else dropped(SESSION_ENDED)
 * any      | a command of an older          | same     | none
 *          | attachment                     |          |
 * </pre>
 *
 * <p>"Will" means: published if there is one and the end of its connection did not discard it. One exception: a Will
 * that we deferred (drain, shutdown) survives the end of the session until its time or the client's return; only then
 * the session stops.
 *
 * <p>A session that ends unsubscribes before it publishes its Will, so that a fresh session does not get it by a
 * subscription of the old one. The object may be used again after {@link SessionEffects#stop}: an attach that was
 * already on its way starts a fresh session.
 *
 * <p>Not thread-safe: one actor owns it. Idle with one subscription it is 232 bytes (JDK 17), texts apart; everything
 * that grows is made when first needed and given back when the client leaves.
 */
public final class SessionState {
    private static final long NEVER = Long.MAX_VALUE;

    private final String clientId;
    private final SessionLimits limits;
    /** The connection that has the session, or null. */
    private @Nullable AttachRequest connection;

    private @Nullable Subscriptions subscriptions;
    private @Nullable Outbound outbound;
    /** Packet Identifiers of QoS 2 messages that the client sent and did not release. */
    private @Nullable Set<Integer> awaitingRel;

    private @Nullable PendingWill will;
    private @Nullable TakeoverHistory takeovers;
    private @Nullable LastEnd lastEnd;
    private boolean exists;
    private long attachment;
    private long expirySeconds;
    private long createdAtMillis;
    /** When the connection came or, without one, when it went. */
    private long changedAtMillis;
    /** When the connection was last heard of here; its QoS 0 and 1 messages and pings do not pass this way. */
    private long activeAtMillis;

    public SessionState(String clientId, SessionLimits limits) {
        this.clientId = clientId;
        this.limits = limits;
    }

    // Connections come and go

    /** A connection wants the session. It gets it, always; whoever had it is ended. */
    public void attach(AttachRequest request, long nowMillis, SessionEffects effects) {
        AttachRequest old = connection;
        forgetOldTakeovers(nowMillis);
        DisconnectReason displaced = old == null ? null : displaced(old, request, nowMillis, effects);
        boolean continues = old == null || displaced == null
                ? comeBack(request, nowMillis, effects)
                : takeOver(old, displaced, request, nowMillis, effects);
        if (!continues) {
            createdAtMillis = nowMillis;
        }
        if (lastEnd != null) {
            lastEnd = lastEnd.succeeded();
        }
        exists = true;
        attachment++;
        connection = request;
        expirySeconds = request.sessionExpirySeconds();
        changedAtMillis = nowMillis;
        activeAtMillis = nowMillis;
        effects.attached(attachment, continues, displaced);
        if (outbound != null) {
            outbound.resume(request, nowMillis, effects);
        }
    }

    /** Why the old connection ends. */
    private DisconnectReason displaced(
            AttachRequest old, AttachRequest newcomer, long nowMillis, SessionEffects effects) {
        if (takeovers == null) {
            takeovers = new TakeoverHistory();
        }
        long activeAt = Math.max(activeAtMillis, effects.lastHeardMillis());
        return takeovers.reason(old, newcomer, Math.max(0, nowMillis - activeAt), nowMillis);
    }

    private void forgetOldTakeovers(long nowMillis) {
        takeovers = takeovers == null ? null : takeovers.since(nowMillis);
    }

    /** Takeovers that are remembered of this session. */
    int takeoversKept() {
        return takeovers == null ? 0 : takeovers.size();
    }

    /** Ends the old connection; true if its session goes on with the newcomer. */
    private boolean takeOver(
            AttachRequest old,
            DisconnectReason reason,
            AttachRequest newcomer,
            long nowMillis,
            SessionEffects effects) {
        boolean continues = !newcomer.cleanStart() && expirySeconds > 0;
        effects.end(reason);
        connection = null;
        lastEnd = new LastEnd(reason.detail(), nowMillis, null);
        if (!continues) {
            forget(newcomer.cleanStart() ? SessionEnd.DISCARDED : SessionEnd.CLEAN, effects);
        }
        Will left = old.will();
        if (left != null && (!continues || left.delaySeconds() == 0)) {
            effects.route(left.message(clientId, nowMillis));
        }
        return continues;
    }

    /** Nobody has the session; true if there is one and it goes on. */
    private boolean comeBack(AttachRequest request, long nowMillis, SessionEffects effects) {
        boolean continues = exists && !request.cleanStart() && nowMillis < expiresAtMillis();
        cancelTimers(effects);
        if (exists && !continues) {
            forget(request.cleanStart() ? SessionEnd.DISCARDED : SessionEnd.EXPIRED, effects);
        }
        if (will != null && (will.isDue(nowMillis) || !continues && !will.deferred())) {
            publishWill(will, nowMillis, effects);
        }
        will = null;
        return continues;
    }

    /**
     * The connection is gone.
     *
     * @param newExpirySeconds Session Expiry Interval of the client's DISCONNECT, already checked against the one of
     *     its CONNECT, or null to keep that [5.0/3.14.2.2.2]
     */
    public void detach(
            long from, Detail detail, @Nullable Long newExpirySeconds, long nowMillis, SessionEffects effects) {
        AttachRequest gone = connection(from, nowMillis);
        if (gone == null) {
            return;
        }
        if (newExpirySeconds != null) {
            expirySeconds = newExpirySeconds;
        }
        boolean ends = detail.session() == Detail.SessionRule.ENDED || detail.session() == Detail.SessionRule.REPLACED;
        leave(gone, detail, !ends, nowMillis, effects);
    }

    /** The node that held the connection left the cluster. The connection cannot be told. */
    public void nodeLost(long nowMillis, SessionEffects effects) {
        if (connection != null) {
            leave(connection, Detail.NODE_LOST, true, nowMillis, effects);
        }
    }

    /** Ends the connection if there is one, and the session unless it is to be kept. False if there is no session. */
    public boolean kick(DisconnectReason reason, boolean keepSession, long nowMillis, SessionEffects effects) {
        if (!exists) {
            return false;
        }
        if (connection != null) {
            effects.end(reason);
            leave(connection, reason.detail(), keepSession, nowMillis, effects);
        } else if (!keepSession) {
            cancelTimers(effects);
            end(SessionEnd.KICKED, nowMillis, effects);
        }
        return true;
    }

    private void leave(AttachRequest gone, Detail detail, boolean keep, long nowMillis, SessionEffects effects) {
        connection = null;
        changedAtMillis = nowMillis;
        forgetOldTakeovers(nowMillis);
        lastEnd = new LastEnd(detail, nowMillis, gone.withoutWill());
        will = PendingWill.after(detail, gone.will(), nowMillis);
        if (!keep || expirySeconds == 0) {
            end(expirySeconds == 0 ? SessionEnd.CLEAN : SessionEnd.KICKED, nowMillis, effects);
            return;
        }
        if (outbound != null) {
            outbound.disconnected(effects);
            if (outbound.isIdle()) {
                outbound = null;
            }
        }
        if (will != null && will.isDue(nowMillis)) {
            publishWill(will, nowMillis, effects);
        }
        startTimers(effects);
    }

    private void startTimers(SessionEffects effects) {
        long expiresAt = expiresAtMillis();
        if (will != null && will.atMillis() < expiresAt) {
            effects.startTimer(SessionEffects.Timer.WILL_DELAY, will.atMillis());
        }
        if (expiresAt != NEVER) {
            effects.startTimer(SessionEffects.Timer.EXPIRY, expiresAt);
        }
    }

    private void cancelTimers(SessionEffects effects) {
        if (will != null) {
            effects.cancelTimer(SessionEffects.Timer.WILL_DELAY);
        }
        if (exists && expiresAtMillis() != NEVER) {
            effects.cancelTimer(SessionEffects.Timer.EXPIRY);
        }
    }

    /** A timer ran out. One that is early is started again, one that has lost its meaning is ignored. */
    public void timer(SessionEffects.Timer timer, long nowMillis, SessionEffects effects) {
        if (connection != null) {
            return;
        }
        if (timer == SessionEffects.Timer.EXPIRY && exists && nowMillis >= expiresAtMillis()) {
            if (will != null) {
                effects.cancelTimer(SessionEffects.Timer.WILL_DELAY);
            }
            end(SessionEnd.EXPIRED, nowMillis, effects);
        } else if (timer == SessionEffects.Timer.WILL_DELAY && will != null && will.isDue(nowMillis)) {
            publishWill(will, nowMillis, effects);
            if (!exists) {
                effects.stop();
            }
        } else if (exists) {
            startTimers(effects);
        } else if (will != null) {
            effects.startTimer(SessionEffects.Timer.WILL_DELAY, will.atMillis());
        }
    }

    /** The session is over: nothing of it stays, except a Will that was deferred. */
    private void end(SessionEnd why, long nowMillis, SessionEffects effects) {
        forget(why, effects);
        if (will != null && will.deferred() && !will.isDue(nowMillis)) {
            effects.startTimer(SessionEffects.Timer.WILL_DELAY, will.atMillis());
            return;
        }
        if (will != null) {
            publishWill(will, nowMillis, effects);
        }
        effects.stop();
    }

    private void forget(SessionEnd why, SessionEffects effects) {
        exists = false;
        effects.sessionEnded(why);
        if (subscriptions != null) {
            subscriptions.all().forEach(subscription -> effects.unsubscribe(subscription.filter()));
        }
        if (outbound != null) {
            outbound.end(effects);
        }
        subscriptions = null;
        outbound = null;
        awaitingRel = null;
    }

    private void publishWill(PendingWill due, long nowMillis, SessionEffects effects) {
        will = null;
        effects.route(due.will().message(clientId, nowMillis));
    }

    /** The connection if it is the one that speaks, else null: commands of an older attachment mean nothing. */
    private @Nullable AttachRequest connection(long from, long nowMillis) {
        if (from != attachment || connection == null) {
            return null;
        }
        activeAtMillis = nowMillis;
        return connection;
    }

    // Subscriptions

    /**
     * Adds subscriptions, answers SUBACK and starts the retained messages.
     *
     * @param verdicts one per request: {@link ReasonCode#SUCCESS} if allowed, else the refusal that SUBACK carries
     */
    public void subscribe(
            long from, Packet.Subscribe packet, List<ReasonCode> verdicts, long nowMillis, SessionEffects effects) {
        AttachRequest to = connection(from, nowMillis);
        if (to == null) {
            return;
        }
        int identifier = packet.properties().getInt(Property.SUBSCRIPTION_IDENTIFIER, 0);
        List<ReasonCode> codes = new ArrayList<>(packet.requests().size());
        List<Subscription> replays = new ArrayList<>();
        for (int i = 0; i < packet.requests().size(); i++) {
            SubscriptionRequest request = packet.requests().get(i);
            ReasonCode refused = verdicts.get(i);
            ReasonCode code = refused.isError()
                    ? refused
                    : subscribe(request, identifier, to.maxSubscriptions(), replays, effects);
            if (!refused.isError()) {
                effects.subscribed(request.filter(), code);
            }
            // MQTT 3.1 has no way to tell of a refusal and wants a positive acknowledgement all the same [3.1/3.8].
            boolean untold = code.isError() && to.version() == MqttVersion.V3_1;
            codes.add(untold ? ReasonCode.granted(request.options().qos()) : code);
        }
        effects.send(new Packet.SubAck(packet.packetId(), Properties.NONE, codes));
        replay(replays, to, nowMillis, effects);
    }

    /** One after the other, as from as many packets: a filter that stands twice is replayed twice [5.0/3.8.4-5]. */
    private void replay(
            List<Subscription> replays, @Nullable AttachRequest to, long nowMillis, SessionEffects effects) {
        for (Subscription made : replays) {
            Iterator<Message> messages = effects.retained(made.filter());
            if (messages.hasNext()) {
                outbound().replay(made, messages);
            } else if (outbound != null) {
                outbound.cancelReplay(made.filter());
            }
            if (outbound != null && to != null) {
                outbound.pump(to, nowMillis, effects);
            }
        }
    }

    /**
     * Adds subscriptions on the client's behalf, attached or not: all of them, or none if they are too many. Retained
     * messages go as after a SUBSCRIBE; those of a client that is away go when it comes back.
     *
     * @return 0, or the limit that they exceed
     */
    public int subscribeFor(List<SubscriptionRequest> requests, long nowMillis, SessionEffects effects) {
        AttachRequest to = connection;
        AttachRequest last = to != null || lastEnd == null ? to : lastEnd.connection();
        int most = last == null ? Integer.MAX_VALUE : last.maxSubscriptions();
        Set<String> more = new HashSet<>();
        for (SubscriptionRequest request : requests) {
            if (subscriptions == null || !subscriptions.contains(request.filter())) {
                more.add(request.filter());
            }
        }
        if (subscriptionCount() + more.size() > most) {
            return most;
        }
        List<Subscription> replays = new ArrayList<>();
        for (SubscriptionRequest request : requests) {
            effects.subscribed(request.filter(), subscribe(request, 0, most, replays, effects));
        }
        replay(replays, to, nowMillis, effects);
        return 0;
    }

    /** Removes subscriptions on the client's behalf; what it does not have is passed over. */
    public void unsubscribeFor(List<String> filters, SessionEffects effects) {
        filters.forEach(filter -> remove(filter, effects));
    }

    private ReasonCode subscribe(
            SubscriptionRequest request, int identifier, int most, List<Subscription> replays, SessionEffects effects) {
        if (subscriptions == null) {
            subscriptions = new Subscriptions();
        }
        String filter = request.filter();
        SubscriptionOptions options = request.options();
        boolean held = subscriptions.contains(filter);
        if (!held && subscriptions.size() >= most) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        Subscription made = subscriptions.put(filter, options, identifier);
        effects.subscribe(filter, made.options(), identifier);
        boolean wanted = options.retainHandling() == 0 || options.retainHandling() == 1 && !held;
        if (wanted && !Topics.isShared(filter)) {
            replays.add(made);
        }
        return ReasonCode.granted(options.qos());
    }

    /** Removes subscriptions and answers UNSUBACK. What is in flight or waits is still delivered [5.0/3.10.4-3]. */
    public void unsubscribe(long from, Packet.Unsubscribe packet, long nowMillis, SessionEffects effects) {
        if (connection(from, nowMillis) == null) {
            return;
        }
        List<ReasonCode> codes = new ArrayList<>(packet.filters().size());
        for (String filter : packet.filters()) {
            codes.add(remove(filter, effects) ? ReasonCode.SUCCESS : ReasonCode.NO_SUBSCRIPTION_EXISTED);
        }
        effects.send(new Packet.UnsubAck(packet.packetId(), Properties.NONE, codes));
    }

    /** Whether there was one. */
    private boolean remove(String filter, SessionEffects effects) {
        boolean held = subscriptions != null && subscriptions.remove(filter);
        if (held) {
            effects.unsubscribe(filter);
            effects.unsubscribed(filter);
            if (outbound != null) {
                outbound.cancelReplay(filter);
            }
        }
        return held;
    }

    // Messages from the client

    /**
     * A QoS 2 PUBLISH: routed once however often it comes before its PUBREL [5.0/4.3.3-10]. Above the limit an MQTT 5
     * client gets PUBREC 0x97 and keeps the message; a 3.x client cannot be told so and is disconnected.
     *
     * @param verdict {@link ReasonCode#SUCCESS} if allowed, else the refusal. A repeat was allowed the first time and
     *     gets its PUBREC whatever was decided since: an error would tell the client that the identifier is free
     *     [5.0/4.3.3-9]. A 3.x client is not told [311/3.3.5-2].
     */
    public void publishQos2(
            long from, int packetId, Message message, ReasonCode verdict, long nowMillis, SessionEffects effects) {
        AttachRequest sender = connection(from, nowMillis);
        if (sender == null) {
            return;
        }
        if (awaitingRel == null) {
            awaitingRel = new HashSet<>(4);
        }
        ReasonCode code = ReasonCode.SUCCESS;
        if (!awaitingRel.contains(packetId)) {
            if (verdict.isError()) {
                code = verdict;
            } else if (awaitingRel.size() >= limits.awaitingRel()) {
                refuseQos2(sender, packetId, nowMillis, effects);
                return;
            } else {
                awaitingRel.add(packetId);
                code = effects.route(message) == 0 ? ReasonCode.NO_MATCHING_SUBSCRIBERS : ReasonCode.SUCCESS;
            }
        }
        effects.send(new Packet.PubRec(packetId, sender.version() == MqttVersion.V5 ? code : ReasonCode.SUCCESS));
    }

    private void refuseQos2(AttachRequest sender, int packetId, long nowMillis, SessionEffects effects) {
        if (sender.version() == MqttVersion.V5) {
            effects.send(new Packet.PubRec(packetId, ReasonCode.QUOTA_EXCEEDED));
            return;
        }
        String limit = Integer.toString(limits.awaitingRel());
        effects.end(DisconnectReason.of(Detail.QUOTA_EXCEEDED, "limit", "awaiting_rel", "value", limit));
        leave(sender, Detail.QUOTA_EXCEEDED, true, nowMillis, effects);
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP of the client. */
    public void acknowledge(
            long from, PacketType type, int packetId, ReasonCode code, long nowMillis, SessionEffects effects) {
        AttachRequest to = connection(from, nowMillis);
        if (to == null) {
            return;
        }
        if (type == PacketType.PUBREL) {
            boolean known = awaitingRel != null && awaitingRel.remove(packetId);
            boolean plain = known || to.version() != MqttVersion.V5;
            ReasonCode answer = plain ? ReasonCode.SUCCESS : ReasonCode.PACKET_IDENTIFIER_NOT_FOUND;
            effects.send(new Packet.PubComp(packetId, answer));
        } else {
            outbound().acknowledge(type, packetId, code, to, nowMillis, effects);
        }
    }

    // Messages to the client

    /** A message that matched a subscription: sent at once, or it waits, or it is dropped and counted. */
    public void deliver(Delivery delivery, long nowMillis, SessionEffects effects) {
        if (subscriptions == null || subscriptions.size() == 0) {
            // It was on its way when the last subscription went; a fresh session must not get it.
            if (!delivery.shared() || !effects.handOn(delivery)) {
                effects.dropped(SessionEffects.Drop.SESSION_ENDED, delivery);
            }
            return;
        }
        outbound().deliver(delivery, connection, nowMillis, effects);
    }

    /** The send buffer takes more again. */
    public void writable(long from, long nowMillis, SessionEffects effects) {
        if (from == attachment && connection != null && outbound != null) {
            outbound.pump(connection, nowMillis, effects);
        }
    }

    private Outbound outbound() {
        if (outbound == null) {
            outbound = new Outbound(clientId, limits);
        }
        return outbound;
    }

    // What others may see

    public String clientId() {
        return clientId;
    }

    /** Whether there is a session, with or without a connection. */
    public boolean exists() {
        return exists;
    }

    public boolean isAttached() {
        return connection != null;
    }

    /** Number of the newest attachment; 0 before the first. */
    public long attachment() {
        return attachment;
    }

    /** What the attached connection said when it came, or null if none is attached. */
    public @Nullable AttachRequest connection() {
        return connection;
    }

    /** How the connection before the present one ended, or the last one if none is attached; null if none ended yet. */
    public @Nullable LastEnd lastEnd() {
        return lastEnd;
    }

    public int subscriptionCount() {
        return subscriptions == null ? 0 : subscriptions.size();
    }

    /** The subscriptions in the order they were made. */
    public List<Subscription> subscriptions() {
        return subscriptions == null ? List.of() : subscriptions.all();
    }

    /** Messages sent at QoS 1 and 2 and not complete. */
    public int inflightCount() {
        return outbound == null ? 0 : outbound.inflight();
    }

    /** Messages that wait. */
    public int queueLength() {
        return outbound == null ? 0 : outbound.queued();
    }

    /** Bytes of topics and payloads that wait. */
    public long queuedBytes() {
        return outbound == null ? 0 : outbound.queuedBytes();
    }

    /** Messages of this session that did not reach the client. */
    public long dropped() {
        return outbound == null ? 0 : outbound.dropped();
    }

    /** Those of them that were dropped for this cause. */
    public long dropped(SessionEffects.Drop why) {
        return outbound == null ? 0 : outbound.dropped(why);
    }

    /**
     * Messages that wait, in the order they will go.
     *
     * @param after position of the last one that is known, or empty
     */
    public List<HeldMessage> waiting(String after, int most) {
        return outbound == null ? List.of() : outbound.waiting(after, most);
    }

    /**
     * Messages that were sent and are not complete, in the order they were sent, then those that wait for PUBCOMP.
     *
     * @param after position of the last one that is known, or empty
     * @return null if that one is complete by now
     */
    public @Nullable List<HeldMessage> inflight(String after, int most) {
        if (outbound != null) {
            return outbound.inflight(after, most);
        }
        return after.isEmpty() ? List.of() : null;
    }

    /** QoS 2 messages of the client that wait for PUBREL. */
    public int awaitingRelCount() {
        return awaitingRel == null ? 0 : awaitingRel.size();
    }

    /** Session Expiry Interval in force. */
    public long sessionExpirySeconds() {
        return expirySeconds;
    }

    /** When the session ends if nobody comes; {@link Long#MAX_VALUE} if never, while somebody is attached, or if there is none. */
    public long expiresAtMillis() {
        boolean runs = exists && connection == null && expirySeconds != AttachRequest.EXPIRY_NEVER;
        return runs ? changedAtMillis + expirySeconds * 1000 : NEVER;
    }

    /** When the session began. */
    public long createdAtMillis() {
        return createdAtMillis;
    }

    /** When the connection came or, without one, when it went. */
    public long changedAtMillis() {
        return changedAtMillis;
    }

    /** Whether a Will waits for its delay. */
    public boolean hasPendingWill() {
        return will != null;
    }
}
