package io.nightjar.app;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition while the node stops; nothing else runs on the calling thread then. */
final class Drained {
    private static final long STEP_NANOS = 20_000_000;

    private Drained() {}

    /** Returns when it holds or the time is over. */
    static void await(BooleanSupplier condition, Duration most) {
        long end = System.nanoTime() + most.toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            LockSupport.parkNanos(STEP_NANOS);
        }
    }
}
