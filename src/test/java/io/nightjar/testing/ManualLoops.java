package io.nightjar.testing;

import io.nightjar.message.EventLoops;
import io.nightjar.message.TimerWheel;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One event loop whose clock stands still until a test moves it. Time passes on the loop's own thread. */
public final class ManualLoops implements EventLoops, InstantSource, AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "manual-loop"));
    private volatile long nowMillis = 1_700_000_000_000L;
    private final TimerWheel wheel = new TimerWheel(nowMillis);
    private final AtomicInteger laterPieces = new AtomicInteger();

    /** Lets time pass tick by tick; returns when everything that was due has been fired. */
    public void timePasses(Duration time) {
        run(() -> {
            long end = nowMillis + time.toMillis();
            while (nowMillis < end) {
                nowMillis = Math.min(end, nowMillis + TimerWheel.TICK_MILLIS);
                wheel.advance(nowMillis);
            }
        });
    }

    /** Runs on the loop and waits for it. */
    public void run(Runnable task) {
        CompletableFuture.runAsync(task, thread).orTimeout(30, TimeUnit.SECONDS).join();
    }

    @Override
    public int count() {
        return 1;
    }

    @Override
    public Executor executor(int index) {
        return thread;
    }

    @Override
    public TimerWheel wheel(int index) {
        return wheel;
    }

    @Override
    public void later(int index, Runnable piece) {
        thread.execute(() -> {
            laterPieces.incrementAndGet();
            piece.run();
        });
    }

    /** Pieces of work that were left to a later turn. */
    public int laterPieces() {
        return laterPieces.get();
    }

    @Override
    public boolean isOn(int index) {
        return Thread.currentThread().getName().equals("manual-loop");
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(nowMillis);
    }

    @Override
    public void close() {
        thread.shutdown();
    }
}
