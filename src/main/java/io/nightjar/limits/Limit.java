package io.nightjar.limits;

import org.jspecify.annotations.Nullable;

/**
 * One limit that bounds connections.
 *
 * @param name as the operator finds it: {@code net.core.somaxconn}, {@code nofile}, {@code heap}
 * @param bounds what it bounds, in words
 * @param value as it is now, or null if it cannot be read or does not exist here
 * @param needed at least this much for the target
 * @param used how much of {@code value} is in use now, or null if that cannot be told
 * @param unit {@code bytes}, {@code pages}, {@code seconds}, or empty for a plain number
 * @param fix the exact line that lifts it to {@code needed}
 */
public record Limit(
        String name,
        String bounds,
        @Nullable Long value,
        long needed,
        @Nullable Long used,
        String unit,
        Status status,
        String fix) {
    /** How it stands. */
    public enum Status {
        OK("ok"),
        TOO_LOW("too_low"),
        /** Cannot be read here: nothing is claimed. */
        UNKNOWN("unknown");

        private final String word;

        Status(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    static Limit of(
            String name,
            String bounds,
            @Nullable Long value,
            long needed,
            @Nullable Long used,
            String unit,
            String fix) {
        Status status = value == null ? Status.UNKNOWN : value >= needed ? Status.OK : Status.TOO_LOW;
        return new Limit(name, bounds, value, needed, used, unit, status, fix);
    }

    /**
     * How to lift it when it is nearly used up: its line, unless it meets the target already and the line, which is made
     * for the target, would lower it.
     */
    public String lift() {
        return status == Status.OK
                ? "it meets what nightjar.target-connections needs, so raise that to the connections you expect, and"
                        + " ops/nightjar doctor names the line"
                : fix;
    }

    /** Used of the value, 0 to 1 and above, or -1 if it cannot be told. */
    public double usedShare() {
        Long has = value;
        Long takes = used;
        return has == null || takes == null || has <= 0 ? -1 : (double) takes / has;
    }
}
