package io.nightjar.load;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What arrived of one publisher's numbered messages, from 0 on: tells the first copy of a message from a repetition, and
 * one in order from one that was overtaken. What never comes is what was sent without {@link #distinct}.
 */
final class Arrivals {
    /** Gaps beyond this many are closed, the oldest first; what still comes of those counts as a repetition. */
    private static final int MOST_GAPS = 4096;

    private long next;
    private long distinct;
    private long duplicates;
    private long overtaken;

    /** First number of each gap to the first after it; made with the first gap. */
    private @Nullable TreeMap<Long, Long> gaps;

    /** Whether this is the first copy. */
    boolean add(long number) {
        if (number == next) {
            next++;
        } else if (number > next) {
            gap(next, number);
            next = number + 1;
        } else if (fill(number)) {
            overtaken++;
        } else {
            duplicates++;
            return false;
        }
        distinct++;
        return true;
    }

    private void gap(long from, long to) {
        TreeMap<Long, Long> all = gaps == null ? new TreeMap<>() : gaps;
        gaps = all;
        all.put(from, to);
        if (all.size() > MOST_GAPS) {
            all.pollFirstEntry();
        }
    }

    private boolean fill(long number) {
        TreeMap<Long, Long> all = gaps;
        Map.Entry<Long, Long> gap = all == null ? null : all.floorEntry(number);
        if (all == null || gap == null || number >= gap.getValue()) {
            return false;
        }
        all.remove(gap.getKey());
        if (gap.getKey() < number) {
            all.put(gap.getKey(), number);
        }
        if (number + 1 < gap.getValue()) {
            all.put(number + 1, gap.getValue());
        }
        return true;
    }

    /** Messages that came at least once. */
    long distinct() {
        return distinct;
    }

    /** Copies beyond the first. */
    long duplicates() {
        return duplicates;
    }

    /** Messages that came after one that was sent later. */
    long overtaken() {
        return overtaken;
    }
}
