package io.nightjar.net;

import io.netty.channel.EventLoop;
import io.nightjar.net.LoopClock.LoopThread;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * What one event loop leaves for its later turns, so that whoever sends or asks little is not behind all that one message to
 * very many brought: of the flushes that a turn asks for the first {@value #FLUSHES} are done in it, as always, and the
 * others wait, {@value #FLUSHES} of them a turn; of pieces of long work {@value #PIECES} a turn, of Topic Filters about
 * {@value #FILTERS}. Between turns sockets are read. A flush that waits takes along what else came for its connection, so it
 * never costs more. Each connection waits once at most, which bounds it. Touched by its loop's thread alone.
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

    /** Flushes in this turn if it has room, else in a later one. */
    static void flush(EventLoop loop, Runnable flush) {
        if (Thread.currentThread() instanceof LoopThread thread && loop.inEventLoop()) {
            LaterTurns later = thread.later;
            if (later.flushesOfTurn >= FLUSHES) {
                later.flushes.add(flush);
                return;
            }
            later.flushesOfTurn++;
        }
        loop.execute(flush);
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
     * The calling loop begins a turn: what may be done in it becomes tasks of the loop. To be called before it looks at its
     * sockets, which it does without waiting for them if it has tasks.
     */
    static void newTurn(Executor loop) {
        if (Thread.currentThread() instanceof LoopThread thread) {
            LaterTurns later = thread.later;
            later.flushesOfTurn = 0;
            later.filtersOfTurn = 0;
            later.deliveriesOfTurn = 0;
            hand(later.subscriptions, 1, loop);
            hand(later.flushes, FLUSHES, loop);
            hand(later.pieces, PIECES, loop);
        }
    }

    private static void hand(ArrayDeque<Runnable> waiting, int most, Executor loop) {
        for (int n = 0; n < most && !waiting.isEmpty(); n++) {
            loop.execute(waiting.poll());
        }
    }
}
