package io.nightjar.net;

import io.netty.util.concurrent.FastThreadLocalThread;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The time for work on event loops: read once for the many packets of a turn, since asking the system costs 25 to 40 ns
 * and every packet asks twice or more. What a loop is told is never older than the turn of the loop and than
 * {@value #READINGS} answers; on other threads it is the time itself.
 */
public final class LoopClock implements InstantSource {
    private static final int READINGS = 64;

    private final InstantSource clock;

    public LoopClock(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public long millis() {
        if (!(Thread.currentThread() instanceof LoopThread loop)) {
            return clock.millis();
        }
        if (loop.readings-- <= 0) {
            loop.millis = clock.millis();
            loop.readings = READINGS;
        }
        return loop.millis;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    /** Time went by for the calling loop: the next answer is read anew. */
    static void newTurn() {
        if (Thread.currentThread() instanceof LoopThread loop) {
            loop.readings = 0;
        }
    }

    /** The thread of one event loop, which remembers the time of its turn. */
    static final class LoopThread extends FastThreadLocalThread {
        final LaterTurns later = new LaterTurns();
        private long millis;
        private int readings;

        LoopThread(Runnable loop, String name) {
            super(loop, name);
        }
    }
}
