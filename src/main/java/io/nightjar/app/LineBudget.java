package io.nightjar.app;

import io.nightjar.connection.TokenBucket;
import io.nightjar.mqtt.Reason;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many ends of connections are logged with a line of their own: so many a second, and what was not used in the last
 * {@value #SECONDS} seconds at once. The rest are counted by reason for one line that names them all. Thread-safe.
 */
final class LineBudget {
    private static final int SECONDS = 5;

    /** Null: no line at all. */
    private final @Nullable TokenBucket lines;

    private final Map<Reason, Integer> unlogged = new EnumMap<>(Reason.class);

    /** @param perSecond lines, 0 for none at all */
    LineBudget(int perSecond, long nowMillis) {
        this.lines = perSecond == 0 ? null : new TokenBucket(perSecond, perSecond * SECONDS, nowMillis);
    }

    /** Whether this end gets a line; if not it is counted. */
    synchronized boolean take(Reason reason, long nowMillis) {
        if (lines != null && lines.has(nowMillis)) {
            lines.take();
            return true;
        }
        unlogged.merge(reason, 1, Integer::sum);
        return false;
    }

    /** What got no line since the last call, by reason. */
    synchronized Map<Reason, Integer> takeUnlogged() {
        if (unlogged.isEmpty()) {
            return Map.of();
        }
        Map<Reason, Integer> taken = new EnumMap<>(unlogged);
        unlogged.clear();
        return taken;
    }
}
