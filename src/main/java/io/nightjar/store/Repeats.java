package io.nightjar.store;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lets the first events of one sort through in each second and counts the rest, so that one client in a loop, or one
 * attacker, cannot fill a recorder. What was counted is told once: when the next event of the sort comes in another
 * second, when the place is needed for another sort, or by {@link #flush}; never under a lock, since telling may take as
 * long as the disk. Thread-safe; of fixed size, and texts are held no longer than until the next flush.
 *
 * <p>A sort is a kind, a client, a listener and a cause, of ends the detail, too, and of strangers the address. Two that
 * share a place push each other out, which lets more through and never less.
 */
final class Repeats {
    private static final int PLACES = 2048;

    /** Longest text that is held of an object. */
    private static final int MOST_OBJECT = 1024;

    private final Place[] places = new Place[PLACES];
    private final Out out;

    /** Where the number of those that were counted goes. */
    interface Out {
        void repeated(Repeated repeated);
    }

    /**
     * What an event is about.
     *
     * @param cause reason, what or why; null if the kind has none
     * @param object topic or filter; for an end the detail
     * @param listener null if the kind has none
     * @param side of an end, else null
     */
    record Sort(
            Kind kind,
            String clientId,
            @Nullable String cause,
            @Nullable String object,
            @Nullable String listener,
            @Nullable String side) {
        static Sort of(Kind kind, String clientId, @Nullable String cause, @Nullable String object) {
            return new Sort(kind, clientId, cause, object, null, null);
        }

        private boolean isSame(Sort other) {
            return kind == other.kind
                    && clientId.equals(other.clientId)
                    && Objects.equals(cause, other.cause)
                    && Objects.equals(listener, other.listener)
                    && (!kind.isEnd() || Objects.equals(object, other.object));
        }

        private int hash() {
            int hash = kind.ordinal() * 31 + clientId.hashCode();
            hash = hash * 31 + Objects.hashCode(cause);
            hash = hash * 31 + Objects.hashCode(listener);
            return kind.isEnd() ? hash * 31 + Objects.hashCode(object) : hash;
        }

        /** What is held of it: long topics are not. */
        private Sort held() {
            return object == null || kind.isEnd() || object.length() <= MOST_OBJECT
                    ? this
                    : new Sort(kind, clientId, cause, object.substring(0, MOST_OBJECT), listener, side);
        }

        private Sort withoutObject() {
            return object == null || kind.isEnd() ? this : new Sort(kind, clientId, cause, null, listener, side);
        }
    }

    /** Events of one sort that were counted; object, side, time and peer are those of the last. */
    record Repeated(Sort sort, long atMillis, String peer, int count) {}

    /** The events of one sort in one second. Guarded by itself. */
    private static final class Place {
        private @Nullable Sort sort;
        private String peer = "";
        private long second;
        private long lastMillis;
        private int seen;
        private int counted;

        /** Takes what was counted, or null if there is nothing. */
        @Nullable
        Repeated take() {
            Sort of = sort;
            if (of == null || counted == 0) {
                return null;
            }
            Repeated taken = new Repeated(of, lastMillis, peer, counted);
            counted = 0;
            sort = of.withoutObject();
            return taken;
        }

        void clear() {
            sort = null;
            peer = "";
        }
    }

    Repeats(Out out) {
        this.out = out;
        for (int i = 0; i < PLACES; i++) {
            places[i] = new Place();
        }
    }

    /**
     * Whether this event shall be written. If not it was counted.
     *
     * @param most how many of its sort are written in one second
     */
    boolean admits(Sort sort, long atMillis, String peer, int most) {
        boolean byAddress = sort.kind == Kind.FAILED || sort.kind == Kind.REFUSED;
        int hash = byAddress ? sort.hash() * 31 + addressHash(peer) : sort.hash();
        Place place = places[(hash * 0x9E3779B9) >>> 32 - 11];
        long second = Math.floorDiv(atMillis, 1000L);
        Repeated before = null;
        boolean admitted;
        synchronized (place) {
            Sort there = place.sort;
            boolean same = there != null && there.isSame(sort) && (!byAddress || sameAddress(place.peer, peer));
            if (!same || place.second != second) {
                before = place.take();
                place.second = second;
                place.seen = 0;
                place.sort = sort.withoutObject();
            }
            place.peer = peer;
            place.lastMillis = atMillis;
            admitted = place.seen < most;
            if (admitted) {
                place.seen++;
            } else {
                place.counted++;
                place.sort = sort.held();
            }
        }
        if (before != null) {
            out.repeated(before);
        }
        return admitted;
    }

    /** Tells what was counted in seconds that are over, and forgets whom it was about. */
    void flush(long nowMillis) {
        long second = Math.floorDiv(nowMillis, 1000L);
        for (Place place : places) {
            Repeated taken = null;
            synchronized (place) {
                if (place.second != second) {
                    taken = place.take();
                    place.clear();
                }
            }
            if (taken != null) {
                out.repeated(taken);
            }
        }
    }

    /** How many sorts are held. */
    int held() {
        int held = 0;
        for (Place place : places) {
            synchronized (place) {
                held += place.sort == null ? 0 : 1;
            }
        }
        return held;
    }

    private static int addressHash(String peer) {
        int end = addressEnd(peer);
        int hash = 0;
        for (int i = 0; i < end; i++) {
            hash = hash * 31 + peer.charAt(i);
        }
        return hash;
    }

    private static boolean sameAddress(String a, String b) {
        int end = addressEnd(a);
        return end == addressEnd(b) && a.regionMatches(0, b, 0, end);
    }

    private static int addressEnd(String peer) {
        int colon = peer.lastIndexOf(':');
        return colon < 0 ? peer.length() : colon;
    }
}
