package io.nightjar.routing;

import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Topics;
import io.nightjar.topic.RetainedTrie;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The Retained Messages [5.0/3.3.1.3] of the whole cluster, a full copy on each node. Thread-safe; reading takes no
 * lock, writing one of {@value #STRIPES} by topic.
 *
 * <p>Of two messages for one topic the one created later stays, whatever the order of arrival: see
 * {@link Retained#isLaterThan}. A deletion leaves a tombstone for {@link #TOMBSTONE_MILLIS} so that an older message
 * still under way does not come back. A message published here counts as later than all that this node has seen of its
 * topic, even from a node whose clock is ahead or in the same millisecond; its time of creation is moved up if needed.
 *
 * <p>Over a limit a message is not retained, counted as {@link Counter#RETAINED_REFUSED}, and what was retained stays.
 * Messages from other nodes were held to the limits there; here they have an eighth of headroom, so that two nodes that
 * fill the last place at once still agree.
 *
 * <p>What the nodes themselves retain below {@code $SYS} ({@link Topics#isSystem}) stands here too, so that it is
 * replayed and reaches other nodes like the rest, but outside of the limits, the count and the store: clients cannot
 * publish there, a node has some sixty topics, and figures that live for a minute must neither take the place of a
 * device's message nor be refused because devices took all.
 */
public final class RetainedMessages {
    /** How long a deletion is remembered. */
    public static final long TOMBSTONE_MILLIS = 120_000;

    /** Tombstones at most; beyond, a deletion is not remembered. */
    public static final long MOST_TOMBSTONES = 100_000;

    private static final int STRIPES = 64;

    private final RetainedTrie<Retained> topics = new RetainedTrie<>(Retained::bytes);
    private final Object[] stripes = new Object[STRIPES];
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong tombstones = new AtomicLong();
    private final AtomicLong expiring = new AtomicLong();
    private final RetainedLimits limits;
    private final Counters counters;
    private final LongSupplier clockMillis;
    private volatile Consumer<Retained> changes = change -> {};

    public RetainedMessages(RetainedLimits limits, Counters counters, LongSupplier clockMillis) {
        this.limits = limits;
        this.counters = counters;
        this.clockMillis = clockMillis;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Object();
        }
    }

    /**
     * Who is told of every change, in order for each topic, on the thread that changes, under that topic's lock: for a
     * store on disk. Must not block or write here. A tombstone tells of a deletion or expiry. Not told of {@code $SYS}.
     */
    public void setChanges(Consumer<Retained> changes) {
        this.changes = changes;
    }

    /**
     * Retains a message published on this node, or deletes with an empty payload [5.0/3.3.1-5, -6].
     *
     * @return the message as other nodes must get it, or null if a limit refused it
     */
    public @Nullable Message publish(Message message, String node) {
        synchronized (stripe(message.topic())) {
            Retained now = topics.get(message.topic());
            long seen = now == null ? Long.MIN_VALUE : now.message().createdAtMillis();
            Message later = message.createdAtMillis() > seen ? message : copy(message, message.topic(), seen + 1);
            return put(now, new Retained(later, node, clockMillis.getAsLong()), 0) ? later : null;
        }
    }

    /**
     * Takes over what another node, or this one before a restart, retained.
     *
     * @return false if something later is known of this topic, or a limit refused it
     */
    public boolean store(Message message, String origin) {
        synchronized (stripe(message.topic())) {
            Retained now = topics.get(message.topic());
            Retained update = new Retained(message, origin, clockMillis.getAsLong());
            return (now == null || update.isLaterThan(now)) && put(now, update, 8);
        }
    }

    /** Messages that a valid unshared filter matches and that have not expired; found while iterating. */
    public Iterator<Message> match(String filter, long nowMillis) {
        return new Living(topics.match(filter), nowMillis);
    }

    /** The message retained for a topic, or null. */
    public @Nullable Message get(String topic, long nowMillis) {
        Retained now = topics.get(topic);
        return now == null || now.isTombstone() || now.message().expiredAt(nowMillis) ? null : now.message();
    }

    /** All there is, tombstones too, for a peer that joins; each goes into its {@link #store}. Weakly consistent. */
    public Iterator<Retained> snapshot() {
        return topics.all();
    }

    /** Forgets expired messages and old tombstones; answers how many messages expired. Call about every minute. */
    public int sweep(long nowMillis) {
        if (tombstones.get() == 0 && expiring.get() == 0) {
            return 0;
        }
        int expired = 0;
        for (Iterator<Retained> all = topics.all(); all.hasNext(); ) {
            Retained seen = all.next();
            boolean old = seen.isTombstone() && nowMillis - seen.sinceMillis() >= TOMBSTONE_MILLIS;
            if (old || !seen.isTombstone() && seen.message().expiredAt(nowMillis)) {
                expired += drop(seen) && !old ? 1 : 0;
            }
        }
        return expired;
    }

    /** Forgets what a valid unshared filter matches, on this node only; answers how many messages that were. */
    public int forget(String filter) {
        int forgotten = 0;
        for (Iterator<Retained> all = topics.match(filter); all.hasNext(); ) {
            Retained seen = all.next();
            forgotten += !seen.isTombstone() && drop(seen) ? 1 : 0;
        }
        return forgotten;
    }

    /** Retained messages now, without those below {@code $SYS}. */
    public long count() {
        return count.get();
    }

    /** Memory of all of them, as {@link RetainedLimits#totalBytes} counts. */
    public long bytes() {
        return bytes.get();
    }

    /** Deletions remembered now. */
    public long tombstones() {
        return tombstones.get();
    }

    private boolean drop(Retained seen) {
        synchronized (stripe(seen.message().topic())) {
            if (topics.get(seen.message().topic()) != seen) {
                return false;
            } else if (seen.isTombstone()) {
                forget(seen);
            } else {
                Message gone = emptied(seen.message());
                replace(seen, new Retained(gone, seen.origin(), clockMillis.getAsLong()));
            }
            return true;
        }
    }

    private boolean put(@Nullable Retained now, Retained update, int headroom) {
        if (!update.isTombstone() && !admit(now, update, headroom)) {
            counters.increment(Counter.RETAINED_REFUSED);
            return false;
        }
        Message m = update.isTombstone() ? emptied(update.message()) : update.message();
        // The map keeps its first key: share that text.
        Message lean = now == null ? m : copy(m, now.message().topic(), m.createdAtMillis());
        replace(now, new Retained(lean, update.origin(), update.sinceMillis()));
        return true;
    }

    /** Whether the limits allow it. Two threads may both take the last place: the excess is one message a thread. */
    private boolean admit(@Nullable Retained now, Retained update, int headroom) {
        if (Topics.isSystem(update.message().topic())) {
            return true;
        }
        long most = limits.count() + (headroom == 0 ? 0 : limits.count() / headroom);
        long mostBytes = limits.totalBytes() + (headroom == 0 ? 0 : limits.totalBytes() / headroom);
        boolean another = now == null || now.isTombstone();
        long more = update.bytes() - (now == null ? 0 : now.bytes());
        return (headroom > 0 || update.message().payload().size() <= limits.payloadBytes())
                && (!another || count.get() < most)
                && (more <= 0 || bytes.get() + more <= mostBytes);
    }

    private void replace(@Nullable Retained now, Retained update) {
        if (now != null) {
            account(now, -1);
        }
        if (update.isTombstone() && tombstones.get() >= MOST_TOMBSTONES) {
            topics.remove(update.message().topic());
        } else {
            account(update, 1);
            topics.put(update.message().topic(), update);
        }
        if (!Topics.isSystem(update.message().topic())) {
            changes.accept(update);
        }
    }

    private void forget(Retained tombstone) {
        account(tombstone, -1);
        topics.remove(tombstone.message().topic());
    }

    private void account(Retained retained, int sign) {
        if (retained.isTombstone()) {
            tombstones.addAndGet(sign);
            return;
        }
        if (!Topics.isSystem(retained.message().topic())) {
            count.addAndGet(sign);
            bytes.addAndGet(sign * retained.bytes());
        }
        if (retained.message().expiresAtMillis() != Message.NEVER) {
            expiring.addAndGet(sign);
        }
    }

    private Object stripe(String topic) {
        int hash = topic.hashCode();
        return stripes[(hash ^ hash >>> 16) & STRIPES - 1];
    }

    private static Message emptied(Message m) {
        return new Message(m.topic(), Bytes.EMPTY, m.qos(), true, Properties.NONE, m.publisher(), m.createdAtMillis());
    }

    private static Message copy(Message m, String topic, long createdAtMillis) {
        return new Message(topic, m.payload(), m.qos(), m.retain(), m.properties(), m.publisher(), createdAtMillis);
    }

    /** The messages that are neither deleted nor expired. */
    private static final class Living implements Iterator<Message> {
        private final Iterator<Retained> all;
        private final long nowMillis;
        private @Nullable Message next;

        Living(Iterator<Retained> all, long nowMillis) {
            this.all = all;
            this.nowMillis = nowMillis;
            advance();
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public Message next() {
            Message found = next;
            if (found == null) {
                throw new NoSuchElementException();
            }
            advance();
            return found;
        }

        private void advance() {
            next = null;
            while (next == null && all.hasNext()) {
                Retained candidate = all.next();
                if (!candidate.isTombstone() && !candidate.message().expiredAt(nowMillis)) {
                    next = candidate.message();
                }
            }
        }
    }
}
