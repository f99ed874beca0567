package io.nightjar.store;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The connections of a node that died: those that began after its last start and of which no end was told. One pass over
 * the ring back to that start, with eight bytes for each of them and some for each end whose beginning is still to come.
 */
final class Unended {
    private static final EventFilter COMINGS_AND_GOINGS = new EventFilter(
            Set.of(Kind.CONNECTED, Kind.ENDED, Kind.NODE_STARTED),
            Set.of(),
            Set.of(),
            Set.of(),
            null,
            null,
            null,
            null,
            null,
            0,
            Long.MAX_VALUE);

    private long[] positions = new long[64];
    private int size;
    private int removed;
    private long beyond;

    /** A beginning that was counted and told when its end may have been told already. */
    private record Told(int at, long atMillis) {}

    private Unended() {}

    /**
     * Looks for them.
     *
     * @param room bytes of the records of their beginnings, newest first; more are only counted
     */
    static Unended find(RecorderRing ring, RecorderWords words, long seed, long room) {
        Unended found = new Unended();
        Set<Long> ended = new HashSet<>();
        Set<Integer> countedOnly = new HashSet<>();
        Map<Long, Told> toldLater = new HashMap<>();
        int repeated = words.number("repeated");
        long left = room;
        RecordCursor cursor =
                new RecordCursor.All(ring, new RecordMatcher(COMINGS_AND_GOINGS, words), words, Long.MAX_VALUE);
        while (cursor.next()) {
            RecordView record = cursor.record();
            Kind kind = record.kind();
            if (kind == Kind.NODE_STARTED) {
                break;
            } else if (kind == Kind.ENDED) {
                long connection = record.connectionHash(seed);
                Told later = toldLater.remove(connection);
                if (later != null && later.atMillis <= record.time()) {
                    found.positions[later.at] = -1;
                    found.removed++;
                } else {
                    ended.add(connection);
                }
                if (record.hasField(repeated)) {
                    countedOnly.add(record.hash()); // its other ends have no record of their own
                }
            } else if (!ended.remove(record.connectionHash(seed)) && !countedOnly.contains(record.hash())) {
                left -= record.length();
                found.add(record.position(), left >= 0);
                if (left >= 0 && record.hasField(repeated)) {
                    toldLater.put(record.connectionHash(seed), new Told(found.size - 1, record.time()));
                }
            }
        }
        return found;
    }

    private void add(long position, boolean fits) {
        if (!fits) {
            beyond++;
            return;
        }
        if (size == positions.length) {
            positions = Arrays.copyOf(positions, size * 2);
        }
        positions[size++] = position;
    }

    /** How many there are. */
    long count() {
        return size - removed + beyond;
    }

    /** How many positions there are. */
    int size() {
        return size;
    }

    /** Where the record of a beginning is; the newest is the first. -1: it is none of them after all. */
    long position(int i) {
        return positions[i];
    }

    /** How many there are beside those. */
    long beyond() {
        return beyond;
    }
}
