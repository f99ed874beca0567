package io.nightjar.actor;

import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.QoS;
import io.nightjar.routing.Peer;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * The near end of one lane to one peer: a bounded queue of items, which {@link PeerLinkSender} takes to the other side
 * in order and exactly once while both nodes live. Any thread offers, never blocking; items of one thread keep their
 * order.
 *
 * <p>Limits: above half of the queue the lane to a peer that can be reached is congested (see {@link Congestion}) until
 * it is down to a quarter; from
 * nine tenths on QoS 0 messages are dropped, at the whole all messages, each counted as
 * {@link Counter#DROPPED_PEER_QUEUE}. Items that must not be lost (the end of a connection) are always taken: there is
 * at most one for each connection.
 */
final class PeerLink implements Peer {
    /** How much an item may be spared. */
    enum Priority {
        /** A QoS 0 message. */
        SPARE,
        ORDINARY,
        /** Taken even when the queue is full. */
        MUST
    }

    private final long uid;
    private final LinkSettings settings;
    private final Counters counters;
    private final Congestion congestion;
    private final ConcurrentLinkedQueue<byte[]> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicBoolean congested = new AtomicBoolean();
    private final AtomicBoolean awake = new AtomicBoolean();
    private final AtomicBoolean retainedLost = new AtomicBoolean();
    private volatile String node = "";
    private volatile boolean closed;
    private volatile boolean unreachable;
    private volatile @Nullable ActorRef<PeerLinkSender.Command> sender;

    PeerLink(long uid, LinkSettings settings, Counters counters, Congestion congestion) {
        this.uid = uid;
        this.settings = settings;
        this.counters = counters;
        this.congestion = congestion;
    }

    /** Name of the peer, empty until it presented itself; nothing is routed to it before that. */
    @Override
    public String node() {
        return node;
    }

    /** Incarnation of the peer. */
    long uid() {
        return uid;
    }

    void named(String name) {
        node = name;
    }

    @Override
    public boolean forward(Message message, boolean plain, List<String> shared) {
        Priority priority = message.qos() == QoS.AT_MOST_ONCE ? Priority.SPARE : Priority.ORDINARY;
        if (isFull(priority) || !offer(LinkItems.publish(message, plain, shared), priority)) {
            counters.increment(Counter.DROPPED_PEER_QUEUE);
            return false;
        }
        return true;
    }

    /** Sends what is retained on this node. If it cannot be taken, the peer is told later to fetch everything. */
    void forwardRetained(Message message, String origin) {
        if (isFull(Priority.ORDINARY) || !offer(LinkItems.retained(message, origin), Priority.ORDINARY)) {
            counters.increment(Counter.DROPPED_PEER_QUEUE);
            retainedLost.set(true);
        }
    }

    /** Takes an item; false if the queue is full for this priority or the peer is gone. The caller counts. */
    boolean offer(byte[] item, Priority priority) {
        if (closed || isFull(priority)) {
            return false;
        }
        queue.add(item);
        int waiting = count.incrementAndGet();
        long size = bytes.addAndGet(item.length);
        if (!unreachable && (waiting * 2L > settings.queueMessages() || size * 2 > settings.queueBytes())) {
            congested(true);
            if (unreachable || isLow()) {
                congested(false); // it drained, or the peer went, before this thread said so: nobody else would
            }
        }
        if (closed) {
            close();
        } else {
            wake();
        }
        return true;
    }

    private boolean isFull(Priority priority) {
        if (priority == Priority.MUST) {
            return false;
        }
        int tenths = priority == Priority.SPARE ? 9 : 10;
        return count.get() * 10L >= settings.queueMessages() * (long) tenths
                || bytes.get() * 10 >= settings.queueBytes() * tenths;
    }

    private boolean isLow() {
        return count.get() * 4L <= settings.queueMessages() && bytes.get() * 4 <= settings.queueBytes();
    }

    /** The next item, or null. Only the sender calls. */
    byte @Nullable [] poll() {
        byte[] item = queue.poll();
        if (item != null) {
            count.decrementAndGet();
            bytes.addAndGet(-item.length);
            if (isLow()) {
                congested(false);
            }
        } else if (retainedLost.compareAndSet(true, false)) {
            return LinkItems.retainedLost();
        }
        return item;
    }

    boolean isEmpty() {
        return queue.isEmpty() && !retainedLost.get();
    }

    /** Items that wait. */
    int queued() {
        return count.get();
    }

    long queuedBytes() {
        return bytes.get();
    }

    boolean isCongested() {
        return congested.get();
    }

    /** Who takes the items across; woken whenever there are some. */
    void sender(ActorRef<PeerLinkSender.Command> actor) {
        sender = actor;
        wake();
    }

    /** The sender has nothing to do; the next item wakes it. */
    void asleep() {
        awake.set(false);
        if (!isEmpty()) {
            wake();
        }
    }

    /**
     * Whether the cluster reaches the peer. One that is not reached may be dead: publishers do not wait for it, what
     * the queue cannot take is dropped.
     */
    void reachable(boolean now) {
        unreachable = !now;
        if (!now) {
            congested(false);
        }
    }

    /** The peer left the cluster: what waits is dropped and counted, nothing more is taken. */
    void close() {
        closed = true;
        int dropped = 0;
        while (queue.poll() != null) {
            dropped++;
        }
        count.addAndGet(-dropped);
        counters.add(Counter.DROPPED_PEER_QUEUE, dropped);
        congested(false);
    }

    private void wake() {
        ActorRef<PeerLinkSender.Command> actor = sender;
        if (actor != null && awake.compareAndSet(false, true)) {
            actor.tell(PeerLinkSender.Wake.INSTANCE);
        }
    }

    private void congested(boolean now) {
        if (congested.get() != now && congested.compareAndSet(!now, now)) {
            congestion.change(now);
        }
    }

    @Override
    public String toString() {
        return "PeerLink(" + node + "#" + uid + ")";
    }
}
