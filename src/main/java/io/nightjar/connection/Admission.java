package io.nightjar.connection;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may go on with its CONNECT, who waits, and who is refused: a token bucket for each listener and one for the node, and
 * a window of those that are worked on. Who finds no token or no place waits in its listener's row, first come, first served;
 * the rows take turns, so that a storm on one listener does not hold up the others. Beyond the limits of waiting, in number,
 * bytes and time, a client is refused.
 *
 * <pre>
 *         | arrive                   | drain                        | leave
 * NEW     | INSIDE, WAITING, REFUSED |                              | GONE
 * WAITING |                          | INSIDE, its guest is told    | GONE
 *         |                          | REFUSED when its time is up  |
 * INSIDE  |                          |                              | GONE, and a place is free
 * </pre>
 *
 * <p>Thread-safe. Callers say what time it is. Who is told something in {@link #drain} is told on the calling thread, after
 * the lock was given back.
 */
public final class Admission {
    /**
     * How long a place is kept at most. Our own work takes a millisecond or two; who is inside for longer waits for
     * something else, as the node of its session that does not answer, and shall not keep others out.
     */
    static final long PLACE_MILLIS = 25;

    /** Somebody who asked to be let in. */
    public interface Guest {
        /** It may go on; it was waiting until now. */
        void admitted();

        /** It must go. */
        void refused(Refusal why);
    }

    /**
     * Why somebody is not let in.
     *
     * @param limit its name in the settings and its value, {@code nightjar.admission.connect-rate=1000}
     * @param byRate whether a rate was exceeded, and not the node busy
     * @param burst of the bucket that was empty, 0 if it was none
     * @param waiting how many wait
     * @param waitedMillis how long it waited itself
     */
    public record Refusal(String limit, boolean byRate, int burst, int waiting, long waitedMillis) {}

    /** Where one stands. */
    public enum Standing {
        NEW,
        WAITING,
        INSIDE,
        REFUSED,
        GONE
    }

    /** One who asks, for one time only; belongs to its {@link Admission} until {@link #leave}. */
    public static final class Ticket {
        private final Row row;
        private final Guest guest;
        private final int bytes;
        private final long sinceMillis;
        private Standing standing = Standing.NEW;
        private long enteredAtMillis;
        private boolean placed;
        private @Nullable Ticket before;
        private @Nullable Ticket after;
        private @Nullable Refusal refusal;

        /** @param bytes that are held while it waits */
        public Ticket(Row row, Guest guest, int bytes, long nowMillis) {
            this.row = row;
            this.guest = guest;
            this.bytes = bytes;
            this.sinceMillis = nowMillis;
        }

        /** Since when it waits, or waited. */
        public long sinceMillis() {
            return sinceMillis;
        }

        /** Why {@link #arrive} did not let it in; null if it did. */
        public @Nullable Refusal refusal() {
            return refusal;
        }
    }

    /** Tickets in the order they came, linked by themselves. */
    private static final class Line {
        private @Nullable Ticket first;
        private @Nullable Ticket last;
        private int length;

        private void add(Ticket ticket) {
            Ticket end = last;
            ticket.before = end;
            if (end == null) {
                first = ticket;
            } else {
                end.after = ticket;
            }
            last = ticket;
            length++;
        }

        private void remove(Ticket ticket) {
            Ticket previous = ticket.before;
            Ticket next = ticket.after;
            if (previous == null) {
                first = next;
            } else {
                previous.after = next;
            }
            if (next == null) {
                last = previous;
            } else {
                next.before = previous;
            }
            ticket.before = null;
            ticket.after = null;
            length--;
        }
    }

    /** One listener: its bucket, and those who wait there. */
    public static final class Row {
        private final String key;
        private final TokenBucket bucket;
        private final Line line = new Line();

        private Row(String key, TokenBucket bucket) {
            this.key = key;
            this.bucket = bucket;
        }
    }

    private final AdmissionLimits limits;
    private final TokenBucket bucket;
    private final List<Row> rows = new ArrayList<>();
    private final Line places = new Line();
    private int turn;
    private int waiting;
    private long waitingBytes;

    public Admission(AdmissionLimits limits, long nowMillis) {
        this.limits = limits;
        this.bucket = new TokenBucket(limits.rate(), limits.burst(), nowMillis);
    }

    /**
     * A listener's row.
     *
     * @param key where its settings stand
     * @param rate CONNECTs a second on it, 0: no limit
     */
    public synchronized Row row(String key, int rate, int burst, long nowMillis) {
        Row row = new Row(key, new TokenBucket(rate, burst, nowMillis));
        rows.add(row);
        return row;
    }

    /** The listener is gone; those who wait in its row stay there until they leave or are let in. */
    public synchronized void close(Row row) {
        if (row.line.length == 0) {
            rows.remove(row);
        }
    }

    /**
     * Somebody asks to be let in.
     *
     * @return INSIDE, REFUSED, or WAITING: then its guest is told later
     */
    public synchronized Standing arrive(Ticket ticket, long nowMillis) {
        if (ticket.row.line.length == 0 && mayEnter(ticket.row, nowMillis)) {
            return enter(ticket, nowMillis);
        }
        Refusal refusal = refusal(ticket, nowMillis);
        if (refusal != null) {
            ticket.refusal = refusal;
            ticket.standing = Standing.REFUSED;
        } else {
            ticket.standing = Standing.WAITING;
            ticket.row.line.add(ticket);
            waiting++;
            waitingBytes += ticket.bytes;
        }
        return ticket.standing;
    }

    private boolean mayEnter(Row row, long nowMillis) {
        return hasPlace(nowMillis) && row.bucket.has(nowMillis) && bucket.has(nowMillis);
    }

    private boolean hasPlace(long nowMillis) {
        if (limits.window() == 0) {
            return true;
        }
        Ticket oldest = places.first;
        while (oldest != null && nowMillis - oldest.enteredAtMillis >= PLACE_MILLIS) {
            giveBack(oldest);
            oldest = places.first;
        }
        return places.length < limits.window();
    }

    private void giveBack(Ticket ticket) {
        if (ticket.placed) {
            ticket.placed = false;
            places.remove(ticket);
        }
    }

    private Standing enter(Ticket ticket, long nowMillis) {
        ticket.row.bucket.take();
        bucket.take();
        if (limits.window() > 0) {
            ticket.placed = true;
            ticket.enteredAtMillis = nowMillis;
            places.add(ticket);
        }
        ticket.standing = Standing.INSIDE;
        return ticket.standing;
    }

    /** Whether there is no room for one more, or it would wait in vain. */
    private @Nullable Refusal refusal(Ticket ticket, long nowMillis) {
        if (waiting >= limits.maxWaiting()) {
            return busy("max-waiting=" + limits.maxWaiting());
        } else if (waitingBytes + ticket.bytes > limits.maxWaitingBytes()) {
            return busy("max-waiting-bytes=" + limits.maxWaitingBytes());
        }
        Row row = ticket.row;
        if (isHopeless(row.bucket, row.line.length, nowMillis)) {
            return byRate(row.key + ".", row.bucket, 0);
        }
        return isHopeless(bucket, waiting, nowMillis) ? byRate(AdmissionLimits.KEY, bucket, 0) : null;
    }

    private boolean isHopeless(TokenBucket of, int before, long nowMillis) {
        return !of.has(nowMillis) && of.waitMillis(before + 1) > limits.maxWaitMillis();
    }

    private Refusal busy(String limit) {
        return new Refusal(AdmissionLimits.KEY + limit, false, 0, waiting, 0);
    }

    private Refusal byRate(String key, TokenBucket of, long waitedMillis) {
        return new Refusal(key + "connect-rate=" + of.rate(), true, of.burst(), waiting, waitedMillis);
    }

    /**
     * It goes, from wherever it stands, or its work is done; more than once does no harm.
     *
     * @return whether others wait: then {@link #drain}
     */
    public synchronized boolean leave(Ticket ticket) {
        if (ticket.standing == Standing.INSIDE) {
            giveBack(ticket);
        } else if (ticket.standing == Standing.WAITING) {
            unqueue(ticket);
        }
        ticket.standing = Standing.GONE;
        return waiting > 0;
    }

    private void unqueue(Ticket ticket) {
        ticket.row.line.remove(ticket);
        waiting--;
        waitingBytes -= ticket.bytes;
    }

    /**
     * Lets in whom it can and refuses whose time is up.
     *
     * @return milliseconds until it is worth calling again, at least 1; {@link Long#MAX_VALUE}: not before somebody waits
     */
    public long drain(long nowMillis) {
        List<Ticket> told = new ArrayList<>();
        long next;
        synchronized (this) {
            if (waiting == 0) {
                return Long.MAX_VALUE;
            }
            letIn(nowMillis, told);
            next = expire(nowMillis, told);
        }
        for (Ticket ticket : told) {
            Refusal refusal = ticket.refusal;
            if (refusal == null) {
                ticket.guest.admitted();
            } else {
                ticket.guest.refused(refusal);
            }
        }
        return next;
    }

    /** One of each row in turn, until nobody is left who may. */
    private void letIn(long nowMillis, List<Ticket> told) {
        int idle = 0;
        while (idle < rows.size() && waiting > 0 && hasPlace(nowMillis) && bucket.has(nowMillis)) {
            turn = (turn + 1) % rows.size();
            Row row = rows.get(turn);
            Ticket ticket = row.line.first;
            if (ticket != null && row.bucket.has(nowMillis)) {
                unqueue(ticket);
                enter(ticket, nowMillis);
                told.add(ticket);
                idle = 0;
            } else {
                idle++;
            }
        }
    }

    private long expire(long nowMillis, List<Ticket> told) {
        long next = Long.MAX_VALUE;
        for (Row row : rows) {
            Ticket ticket = row.line.first;
            while (ticket != null && nowMillis - ticket.sinceMillis >= limits.maxWaitMillis()) {
                long waited = nowMillis - ticket.sinceMillis;
                ticket.refusal = late(row, nowMillis, waited);
                unqueue(ticket);
                ticket.standing = Standing.REFUSED;
                told.add(ticket);
                ticket = row.line.first;
            }
            if (ticket != null) {
                long expiry = ticket.sinceMillis + limits.maxWaitMillis() - nowMillis;
                next = Math.min(next, Math.min(expiry, Math.max(placeIn(nowMillis), tokenIn(row, nowMillis))));
            }
        }
        return next == Long.MAX_VALUE ? next : Math.max(1, next);
    }

    private long placeIn(long nowMillis) {
        Ticket oldest = places.first;
        return hasPlace(nowMillis) || oldest == null ? 0 : oldest.enteredAtMillis + PLACE_MILLIS - nowMillis;
    }

    private long tokenIn(Row row, long nowMillis) {
        return row.bucket.has(nowMillis) && bucket.has(nowMillis)
                ? 0
                : Math.max(row.bucket.waitMillis(), bucket.waitMillis());
    }

    /** What it waited for in vain. */
    private Refusal late(Row row, long nowMillis, long waitedMillis) {
        if (!row.bucket.has(nowMillis)) {
            return byRate(row.key + ".", row.bucket, waitedMillis);
        } else if (!bucket.has(nowMillis)) {
            return byRate(AdmissionLimits.KEY, bucket, waitedMillis);
        }
        return new Refusal(
                AdmissionLimits.KEY + "max-wait=" + limits.maxWaitMillis() + "ms", false, 0, waiting, waitedMillis);
    }

    /** How many wait. */
    public synchronized int waiting() {
        return waiting;
    }

    /** How many are worked on; 0 if that is not limited. */
    public synchronized int inside() {
        return places.length;
    }

    public AdmissionLimits limits() {
        return limits;
    }
}
