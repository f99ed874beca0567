package io.nightjar.limits;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Alarms that rise when a limit is used to 80 % and fall below 75 %, so that one at the edge does not flutter; and one
 * for each queue of the kernel that overflows, which falls when it has not for a while. Time comes in as an argument.
 * For one thread; {@link #raised} and {@link #past} give copies.
 *
 * <pre>
 * quiet  | used &gt;= 80 %            | raised | told
 * raised | used &lt; 75 %             | quiet  | told, kept among the past
 * quiet  | a counter grew          | raised | told
 * raised | it did not for long     | quiet  | told, kept among the past
 * </pre>
 */
public final class Alarms {
    /** Share of a limit at which its alarm rises. */
    public static final double RAISE = 0.80;

    /** Share below which it falls. */
    public static final double CLEAR = 0.75;

    /** How long an overflow must not have been for its alarm to fall. */
    public static final long QUIET_MILLIS = 60_000;

    private static final int PAST = 1000;

    private final Map<String, Alarm> raised = new LinkedHashMap<>();
    private final Deque<Alarm> past = new ArrayDeque<>();
    private final Map<String, Long> counters = new LinkedHashMap<>();
    private final Map<String, Long> grewAt = new LinkedHashMap<>();
    private final Consumer<Alarm> told;

    /** @param told of each alarm when it rises and when it falls */
    public Alarms(Consumer<Alarm> told) {
        this.told = told;
    }

    /** Looks at limits whose use is known. */
    public void limits(List<Limit> limits, long nowMillis) {
        for (Limit limit : limits) {
            double share = limit.usedShare();
            Long used = limit.used();
            Long value = limit.value();
            if (share < 0 || used == null || value == null) {
                continue;
            }
            if (share >= RAISE) {
                raise(
                        limit.name(),
                        limit.name() + " is used to " + Math.round(share * 100) + " % (" + used + " of " + value + "), "
                                + limit.bounds() + "; to lift it: " + limit.lift(),
                        used,
                        value,
                        nowMillis);
            } else if (share < CLEAR) {
                clear(limit.name(), nowMillis);
            }
        }
    }

    /**
     * Looks at a count of overflows, which only grows. The first look is the base: what was before is not our alarm.
     *
     * @param fix the line that helps
     */
    public void overflows(String name, long count, String fix, long nowMillis) {
        overflows(name, count, fix, QUIET_MILLIS, nowMillis);
    }

    /** @param quietMillis how long there must have been none for the alarm to fall */
    public void overflows(String name, long count, String fix, long quietMillis, long nowMillis) {
        Long before = counters.put(name, count);
        if (before != null && count > before) {
            grewAt.put(name, nowMillis);
            raise(name, name + ": " + (count - before) + " more since the last look; " + fix, count, 0, nowMillis);
        } else if (nowMillis - grewAt.getOrDefault(name, nowMillis - quietMillis) >= quietMillis) {
            clear(name, nowMillis);
        }
    }

    private void raise(String name, String message, long used, long value, long nowMillis) {
        Alarm before = raised.get(name);
        Alarm now = new Alarm(name, message, used, value, before == null ? nowMillis : before.raisedAtMillis(), 0);
        raised.put(name, now);
        if (before == null) {
            told.accept(now);
        }
    }

    private void clear(String name, long nowMillis) {
        Alarm before = raised.remove(name);
        if (before != null) {
            Alarm over = new Alarm(
                    name,
                    before.message(),
                    before.used(),
                    before.value(),
                    before.raisedAtMillis(),
                    Math.max(1, nowMillis));
            past.addFirst(over);
            if (past.size() > PAST) {
                past.removeLast();
            }
            told.accept(over);
        }
    }

    /** Those that stand, in the order in which they rose. */
    public List<Alarm> raised() {
        return List.copyOf(raised.values());
    }

    /** Those that fell, the last first, at most 1000. */
    public List<Alarm> past() {
        return new ArrayList<>(past);
    }
}
