package io.nightjar.diagnosis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long connections had been idle, in milliseconds, as a histogram of buckets 5 % wide: small however many there are,
 * and two of them can be added up. What it tells of the middle is off by 5 % at most; least and most are exact. Owned by
 * one thread.
 */
final class Ages {
    private static final double WIDTH = Math.log(1.05);

    private int used;
    private int[] buckets = new int[2];
    private long[] counts = new long[2];
    private long[] sums = new long[2];
    private long count;
    private long min = Long.MAX_VALUE;
    private long max;

    /**
     * The same as plain values, to send.
     *
     * @param buckets {@code [bucket, count, sum of its ages]} each
     */
    public record Part(long min, long max, List<List<Long>> buckets) {
        static final Part NONE = new Part(0, 0, List.of());

        public Part {
            buckets = List.copyOf(buckets);
        }
    }

    /**
     * Where most ages are close together.
     *
     * @param ageMillis their mean
     * @param count how many of them
     */
    record Mode(long ageMillis, long count) {}

    static Ages of(Part part) {
        Ages ages = new Ages();
        ages.add(part);
        return ages;
    }

    void add(long millis) {
        long age = Math.max(0, millis);
        put((int) (Math.log(age + 1.0) / WIDTH), 1, age);
        min = Math.min(min, age);
        max = Math.max(max, age);
    }

    void add(Part part) {
        for (List<Long> bucket : part.buckets) {
            put(bucket.get(0).intValue(), bucket.get(1), bucket.get(2));
        }
        if (!part.buckets.isEmpty()) {
            min = Math.min(min, part.min);
            max = Math.max(max, part.max);
        }
    }

    private void put(int bucket, long more, long sum) {
        int at = Arrays.binarySearch(buckets, 0, used, bucket);
        if (at < 0) {
            at = -at - 1;
            if (used == buckets.length) {
                buckets = Arrays.copyOf(buckets, used * 2);
                counts = Arrays.copyOf(counts, used * 2);
                sums = Arrays.copyOf(sums, used * 2);
            }
            System.arraycopy(buckets, at, buckets, at + 1, used - at);
            System.arraycopy(counts, at, counts, at + 1, used - at);
            System.arraycopy(sums, at, sums, at + 1, used - at);
            buckets[at] = bucket;
            counts[at] = 0;
            sums[at] = 0;
            used++;
        }
        counts[at] += more;
        sums[at] += sum;
        count += more;
    }

    long count() {
        return count;
    }

    /** Least, middle and most, or null if there is none. */
    @Nullable
    Idle idle() {
        return count == 0 ? null : new Idle(min, median(), max);
    }

    private long median() {
        long half = (count + 1) / 2;
        int at = 0;
        for (long seen = counts[0]; seen < half; seen += counts[at]) {
            at++;
        }
        return sums[at] / counts[at];
    }

    /** The three neighbouring buckets with the most ages, or null if there is none. */
    @Nullable
    Mode mode() {
        Mode best = null;
        for (int from = 0; from < used; from++) {
            long many = 0;
            long sum = 0;
            for (int at = from; at < used && buckets[at] <= buckets[from] + 2; at++) {
                many += counts[at];
                sum += sums[at];
            }
            if (best == null || many > best.count) {
                best = new Mode(sum / many, many);
            }
        }
        return best;
    }

    Part part() {
        List<List<Long>> all = new ArrayList<>(used);
        for (int i = 0; i < used; i++) {
            all.add(List.of((long) buckets[i], counts[i], sums[i]));
        }
        return count == 0 ? Part.NONE : new Part(min, max, all);
    }
}
