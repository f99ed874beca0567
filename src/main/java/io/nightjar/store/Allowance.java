package io.nightjar.store;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.Detail;

/**
 * How many bytes of refused and failed connections a recorder takes: a quarter of their ring at once, and from then on so
 * many in a second that the ring reaches back ten minutes at least, however many strangers knock from however many
 * addresses. What is beyond is counted by its detail. Thread-safe.
 */
final class Allowance {
    private static final int SECONDS = 600;
    private static final int AT_ONCE = 4;
    private static final Detail[] DETAILS = Detail.values();

    private final long most;
    private final long perSecond;
    private final int[] failed = new int[DETAILS.length];
    private final int[] refused = new int[DETAILS.length];
    private long left;
    private long lastMillis;

    /** Where the numbers go. */
    interface Out {
        void counted(Kind kind, Detail detail, int count);
    }

    /** @param ring bytes of the ring */
    Allowance(long ring) {
        this.most = ring / AT_ONCE;
        this.perSecond = Math.max(1, ring / SECONDS);
        this.left = most;
    }

    /** Whether there is room for an event. If not it was counted. */
    synchronized boolean admits(long atMillis, int bytes, Kind kind, Detail detail) {
        long passed = Math.max(0, Math.min(atMillis - lastMillis, SECONDS * 1000L)); // the clock may jump
        if (passed * perSecond >= 1000 || lastMillis > atMillis) {
            left = Math.min(most, left + passed * perSecond / 1000);
            lastMillis = atMillis;
        }
        if (left >= bytes) {
            left -= bytes;
            return true;
        }
        (kind == Kind.FAILED ? failed : refused)[detail.ordinal()]++;
        return false;
    }

    /** Tells what was counted since the last time. */
    void flush(Out out) {
        flush(Kind.FAILED, failed, out);
        flush(Kind.REFUSED, refused, out);
    }

    private void flush(Kind kind, int[] counts, Out out) {
        for (Detail detail : DETAILS) {
            int count;
            synchronized (this) {
                count = counts[detail.ordinal()];
                counts[detail.ordinal()] = 0;
            }
            if (count > 0) {
                out.counted(kind, detail, count);
            }
        }
    }
}
