package io.nightjar.diagnosis;

/**
 * Something on a path cuts connections that were idle for so long: which Keep Alive stays below it.
 *
 * @param cause address, network or listener
 * @param value which one
 * @param ageMillis how long they had been idle when they ended
 * @param count ends at that age
 * @param of all ends on this path that may have been cut for being idle
 */
public record KeepAliveAdvice(Cause cause, String value, long ageMillis, long count, long of) {
    /** A Keep Alive with room for one late packet, in seconds. */
    public long suggestedSeconds() {
        return suggestedSeconds(ageMillis);
    }

    static long suggestedSeconds(long ageMillis) {
        return Math.max(1, ageMillis * 3 / 4000);
    }

    /** One sentence for an operator. */
    public String text() {
        return count + " of " + of + " ends " + place() + " came after " + Durations.text(ageMillis)
                + " without a packet: a proxy, NAT or firewall on the way cuts idle connections; use a Keep Alive of "
                + suggestedSeconds() + " s or less, or raise that timeout";
    }

    private String place() {
        return switch (cause) {
            case ADDRESS -> "from " + value;
            case NETWORK -> "from the network " + value;
            case LISTENER -> "on listener " + value;
            case NODE, INSTANT -> "here";
        };
    }
}
