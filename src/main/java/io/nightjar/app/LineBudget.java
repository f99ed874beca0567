package io.nightjar.app;

import io.nightjar.mqtt.Reason;
import java.util.EnumMap;
import java.util.Map;

/**
 * How many ends of connections are logged with a line of their own: so many a second, and what was not used in the last
 * {@value #SECONDS} seconds at once. The rest are counted by reason for one line that names them all. Thread-safe.
 */
final class LineBudget {
    private static final int SECONDS = 5;
    private static final long THOUSAND = 1000;

    private final long perSecond;
    private final Map<Reason, Integer> unlogged = new EnumMap<>(Reason.class);

    /** In thousandths of a line. */
    private long left;

    private long lastMillis;

    /** @param perSecond lines, 0 for none at all */
    LineBudget(long perSecond, long nowMillis) {
        this.perSecond = perSecond;
        this.left = perSecond * SECONDS * THOUSAND;
        this.lastMillis = nowMillis;
    }

    /** Whether this end gets a line; if not it is counted. */
    synchronized boolean take(Reason reason, long nowMillis) {
        long passed = Math.max(0, Math.min(nowMillis - lastMillis, SECONDS * THOUSAND));
        lastMillis = nowMillis;
        left = Math.min(perSecond * SECONDS * THOUSAND, left + passed * perSecond);
        if (left >= THOUSAND) {
            left -= THOUSAND;
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
