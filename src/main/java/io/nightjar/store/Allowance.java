package io.nightjar.store;

import io.nightjar.store.Repeats.Sort;
import java.util.HashMap;
import java.util.Map;

/**
 * How many bytes of refused and failed connections a recorder takes: a quarter of their ring at once, and from then on so
 * many in a second that the ring reaches back ten minutes at least, however many strangers knock from however many
 * addresses. What is beyond is counted by its detail, side and listener. Thread-safe.
 */
final class Allowance {
    private static final int SECONDS = 600;
    private static final int AT_ONCE = 4;

    /** Sorts that are counted; beyond, the listener is left out, and there are few without it. */
    private static final int MOST_SORTS = 256;

    private final long most;
    private final long perSecond;
    private final Counts counts = new Counts();
    private long left;
    private long lastMillis;

    /** Where the numbers go. */
    interface Out {
        /** @param sort without a client */
        void counted(Sort sort, int count);
    }

    /** @param ring bytes of the ring */
    Allowance(long ring) {
        this.most = ring / AT_ONCE;
        this.perSecond = Math.max(1, ring / SECONDS);
        this.left = most;
    }

    /**
     * Whether there is room for a record. If not it was counted.
     *
     * @param count how many events it stands for
     */
    synchronized boolean admits(long atMillis, int bytes, Sort sort, int count) {
        long passed = Math.max(0, Math.min(atMillis - lastMillis, SECONDS * 1000L)); // the clock may jump
        if (passed * perSecond >= 1000 || lastMillis > atMillis) {
            left = Math.min(most, left + passed * perSecond / 1000);
            lastMillis = atMillis;
        }
        if (left >= bytes) {
            left -= bytes;
            return true;
        }
        counts.add(sort, count);
        return false;
    }

    /** Tells what was counted since the last time. */
    void flush(Out out) {
        counts.flush(out);
    }

    /** How many events of which sort there were beyond what was allowed, without their clients. Thread-safe. */
    static final class Counts {
        private Map<Sort, Integer> counts = new HashMap<>();

        synchronized void add(Sort sort, int count) {
            boolean room = counts.size() < MOST_SORTS;
            Sort counted = new Sort(
                    sort.kind(),
                    "",
                    sort.cause(),
                    sort.kind().isEnd() ? sort.object() : null,
                    room ? sort.listener() : null,
                    sort.side());
            counts.merge(counted, count, Integer::sum);
        }

        void flush(Out out) {
            Map<Sort, Integer> told;
            synchronized (this) {
                if (counts.isEmpty()) {
                    return;
                }
                told = counts;
                counts = new HashMap<>();
            }
            told.forEach(out::counted);
        }
    }
}
