package io.nightjar.load;

/** A histogram of times: log-linear, error below 1 %, from a microsecond to an hour. */
final class Latencies {
    /** Steps of each doubling; the first two doublings' worth of microseconds have a slot each. */
    private static final int STEPS = 64;

    private final long[] counts = new long[2 * STEPS + 40 * STEPS];
    private long total;
    private long largest;

    void add(long nanos) {
        long micros = Math.max(0, nanos / 1000);
        counts[slot(micros)]++;
        total++;
        largest = Math.max(largest, micros);
    }

    /** Adds all of another. */
    void add(Latencies other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        total += other.total;
        largest = Math.max(largest, other.largest);
    }

    private static int slot(long micros) {
        if (micros < 2 * STEPS) {
            return (int) micros;
        }
        int shift = 57 - Long.numberOfLeadingZeros(micros); // micros >>> shift is from 64 to 127
        return 2 * STEPS + (shift - 1) * STEPS + (int) (micros >>> shift) - STEPS;
    }

    private static long lowest(int slot) {
        if (slot < 2 * STEPS) {
            return slot;
        }
        int shift = (slot - 2 * STEPS) / STEPS + 1;
        return (long) ((slot - 2 * STEPS) % STEPS + STEPS) << shift;
    }

    long count() {
        return total;
    }

    /** Milliseconds below which this share of all lies. */
    double percentile(double share) {
        long wanted = (long) Math.ceil(total * share);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted && total > 0) {
                return Math.min(lowest(i), largest) / 1000.0;
            }
        }
        return 0;
    }

    double largestMillis() {
        return largest / 1000.0;
    }

    void clear() {
        java.util.Arrays.fill(counts, 0);
        total = 0;
        largest = 0;
    }
}
