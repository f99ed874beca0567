package io.nightjar.connection;

/**
 * A token bucket: {@code rate} tokens a second come in, {@code burst} are kept at most, one is taken for each event. It
 * begins full. Counts in thousandths of a token, so that no fraction of a millisecond's share is lost. Not thread-safe.
 */
public final class TokenBucket {
    private static final long TOKEN = 1000;

    private final int rate;
    private final int burst;
    private long credit;
    private long atMillis;

    /**
     * @param rate tokens a second; 0: no limit
     * @param burst most tokens at a time, at least 1
     */
    public TokenBucket(int rate, int burst, long nowMillis) {
        if (rate < 0 || burst < 1) {
            throw new IllegalArgumentException("rate " + rate + ", burst " + burst);
        }
        this.rate = rate;
        this.burst = burst;
        this.credit = burst * TOKEN;
        this.atMillis = nowMillis;
    }

    public int rate() {
        return rate;
    }

    public int burst() {
        return burst;
    }

    /** Whether a token is there; time that goes backwards brings none. */
    public boolean has(long nowMillis) {
        if (rate == 0) {
            return true;
        }
        long passed = nowMillis - atMillis;
        if (passed > 0) {
            atMillis = nowMillis;
            // a day and longer fills any bucket; the product of more might not fit
            credit = Math.min(burst * TOKEN, credit + Math.min(passed, 86_400_000L) * rate);
        }
        return credit >= TOKEN;
    }

    /** Takes one that {@link #has} says is there. */
    public void take() {
        if (rate > 0) {
            credit -= TOKEN;
        }
    }

    /** Milliseconds until the next token is there, from the last look; 0 if one is. */
    public long waitMillis() {
        return waitMillis(1);
    }

    /** Milliseconds until so many tokens will have come in, from the last look, if none is taken; 0 if they are there. */
    public long waitMillis(int tokens) {
        long needed = tokens * TOKEN;
        return rate == 0 || credit >= needed ? 0 : (needed - credit + rate - 1) / rate;
    }
}
