package io.nightjar.limits;

/**
 * A limit that is nearly used up, or a queue of the kernel that overflowed.
 *
 * @param name of the limit
 * @param message what is the matter and the line that lifts it
 * @param used, of how much; of an overflow how many there were
 * @param raisedAtMillis milliseconds since 1970
 * @param clearedAtMillis when it fell again; 0 while it stands
 */
public record Alarm(String name, String message, long used, long value, long raisedAtMillis, long clearedAtMillis) {
    public boolean isRaised() {
        return clearedAtMillis == 0;
    }
}
