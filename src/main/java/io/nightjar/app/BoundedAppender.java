package io.nightjar.app;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where event loops log: hands lines to a thread of its own and never waits for it. While its queue is full, as when a disk
 * is slow and thousands of connections end at once, lines are dropped and counted; the flight recorder has those ends all
 * the same. {@code queueSize} in conf/logback.xml is how many lines may wait.
 */
public final class BoundedAppender extends AsyncAppender {
    private static final AtomicLong DROPPED = new AtomicLong();

    /** Drops nothing before it is full. */
    public BoundedAppender() {
        setNeverBlock(true);
        setDiscardingThreshold(0);
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (getRemainingCapacity() == 0) {
            DROPPED.incrementAndGet();
        } else {
            super.append(event);
        }
    }

    /** Lines that were dropped since the last call. */
    static long takeDropped() {
        return DROPPED.get() == 0 ? 0 : DROPPED.getAndSet(0);
    }
}
