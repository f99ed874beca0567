package io.nightjar.session;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Will;
import org.jspecify.annotations.Nullable;

/**
 * The Will Message of a connection that is gone, until it is published or cancelled [5.0/3.1.2-8].
 *
 * @param atMillis when it is published if the client does not come back and the session does not end before
 * @param deferred whether the broker itself sent the client away (drain, shutdown): then any return of the client
 *     cancels it, and the end of the session alone does not bring it forward
 */
record PendingWill(Will will, long atMillis, boolean deferred) {
    /** How long a client that we sent away has to come back, at least, in milliseconds. */
    static final long DEFERRED_MILLIS = 60_000;

    /** The Will that stays behind when a connection ends so, or null if there is none or it is discarded. */
    static @Nullable PendingWill after(Detail detail, @Nullable Will will, long nowMillis) {
        if (will == null) {
            return null;
        }
        long delayMillis = will.delaySeconds() * 1000;
        return switch (detail.will()) {
            case NONE, NO -> null;
            case YES -> new PendingWill(will, nowMillis + delayMillis, false);
            case WITHOUT_DELAY -> delayMillis > 0 ? null : new PendingWill(will, nowMillis, false);
            case DEFERRED -> new PendingWill(will, nowMillis + Math.max(delayMillis, DEFERRED_MILLIS), true);
        };
    }

    boolean isDue(long nowMillis) {
        return nowMillis >= atMillis;
    }
}
