package io.nightjar.app;

import java.time.Instant;
import java.time.InstantSource;

/**
 * Milliseconds since 1970 that never jump: the wall clock at start plus the time that passed since. Keep Alive, expiry
 * and delays use it, so that a corrected clock disconnects nobody.
 */
final class SteadyClock implements InstantSource {
    private final long startMillis = System.currentTimeMillis();
    private final long startNanos = System.nanoTime();

    @Override
    public long millis() {
        return startMillis + (System.nanoTime() - startNanos) / 1_000_000;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }
}
