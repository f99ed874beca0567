package io.nightjar.net;

import io.netty.channel.EventLoop;
import io.nightjar.net.LoopClock.LoopThread;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one event loop leaves for its later turns, so that whoever sends or asks little is not behind all that one message to
 * very many brought: flushes, {@value #FLUSHES} of them a turn; pieces of long work, {@value #PIECES} a turn; Topic Filters,
 * about {@value #FILTERS} a turn. Between turns sockets are read. A flush that waits takes along what else came for its
 * connection, so it never costs more. Each connection waits once at most, which bounds it. Touched by its loop's thread
 * alone.
 */
final class LaterTurns {
    /** About a millisecond of writes to sockets. */
    static final int FLUSHES = 256;

    /** Each sends some hundred messages. */
    static final int PIECES = 4;

    /** About a millisecond or two of subscribing. */
    static final int FILTERS = 128;

    /** Some ten milliseconds of handing out; less would keep what goes to one connection from leaving with one write. */
    static final int DELIVERIES = 16_384;

    /** A message to fewer does not count: pairs would pay for it. */
    static final int LARGE = 32;

    private static final Logger log = LoggerFactory.getLogger(LaterTurns.class);

    private final ArrayDeque<Runnable> flushes = new ArrayDeque<>();
    private final ArrayDeque<Runnable> subscriptions = new ArrayDeque<>();
    private final ArrayDeque<Runnable> pieces = new ArrayDeque<>();
    private int flushesOfTurn;
    private int filtersOfTurn;
    private int deliveriesOfTurn;

    /**
     * A message went to so many; whether this turn has had enough of that, so that its publisher is read on in a later one.
     */
    static boolean hasEnough(EventLoop loop, int deliveries) {
        if (deliveries < LARGE || !(Thread.currentThread() instanceof LoopThread thread) || !loop.inEventLoop()) {
            return false;
        }
        thread.later.deliveriesOfTurn += deliveries;
        return thread.later.deliveriesOfTurn >= DELIVERIES;
    }

    /**
     * Whether this turn has room for a packet with so many Topic Filters; if so, they count. Who finds none comes again by
     * {@link #subscribeLater}.
     */
    static boolean takesFilters(EventLoop loop, int filters) {
        if (Thread.currentThread() instanceof LoopThread thread && loop.inEventLoop()) {
            LaterTurns later = thread.later;
            if (later.filtersOfTurn >= FILTERS || !later.subscriptions.isEmpty()) {
                return false;
            }
            later.filtersOfTurn += filters;
        }
        return true;
    }

    /** Subscribes in a later turn; a packet may have very many filters, so there is one of these a turn. */
    static void subscribeLater(EventLoop loop, Runnable subscribing) {
        if (Thread.currentThread() instanceof LoopThread thread && loop.inEventLoop()) {
            thread.later.subscriptions.add(subscribing);
        } else {
            loop.execute(subscribing);
        }
    }

    /**
     * Flushes when the sockets of this turn were read, or before those of the next; not as a task, which would be behind all
     * that others have asked for.
     */
    static void flush(EventLoop loop, Runnable flush) {
        if (Thread.currentThread() instanceof LoopThread thread && loop.inEventLoop()) {
            thread.later.flushes.add(flush);
        } else {
            loop.execute(flush);
        }
    }

    /** Runs a piece of long work in a later turn. */
    static void later(EventLoop loop, Runnable piece) {
        if (Thread.currentThread() instanceof LoopThread thread && loop.inEventLoop()) {
            thread.later.pieces.add(piece);
        } else {
            loop.execute(piece);
        }
    }

    /**
     * The calling loop begins a turn: what was left for it is flushed, or becomes tasks of the loop. To be called before it
     * looks at its sockets, which it does without waiting for them if it has tasks.
     */
    static void newTurn(Executor loop) {
        if (Thread.currentThread() instanceof LoopThread thread) {
            LaterTurns later = thread.later;
            later.flushesOfTurn = 0;
            later.filtersOfTurn = 0;
            later.deliveriesOfTurn = 0;
            later.flush();
            hand(later.subscriptions, 1, loop);
            hand(later.pieces, PIECES, loop);
            if (!later.flushes.isEmpty()) {
                loop.execute(LaterTurns::anotherTurn);
            }
        }
    }

    /** The calling loop has read its sockets: what that brought is flushed, as far as this turn has room. */
    static void socketsRead() {
        if (Thread.currentThread() instanceof LoopThread thread) {
            thread.later.flush();
        }
    }

    private void flush() {
        while (flushesOfTurn < FLUSHES && !flushes.isEmpty()) {
            flushesOfTurn++;
            try {
                flushes.remove().run();
            } catch (RuntimeException | Error e) {
                log.error("event=implementation_error where=flush", e); // the loop goes on for all others
            }
        }
    }

    /** A task that keeps the loop from waiting for its sockets. */
    private static void anotherTurn() {}

    private static void hand(ArrayDeque<Runnable> waiting, int most, Executor loop) {
        for (int n = 0; n < most && !waiting.isEmpty(); n++) {
            loop.execute(waiting.poll());
        }
    }
}
