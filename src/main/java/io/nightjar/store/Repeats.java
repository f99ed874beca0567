package io.nightjar.store;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Lets the first events of one sort through in each second and counts the rest, so that one client in a loop, or one
 * attacker, cannot fill a recorder. What was counted is told once: when the next event of the sort comes in another
 * second, when the place is needed for another sort, or by {@link #flush}. Thread-safe; of fixed size.
 *
 * <p>A sort is a kind, a client, an address and a cause. Two that share a place push each other out, which lets more
 * through and never less.
 */
final class Repeats {
    private static final int PLACES = 2048;

    private final Place[] places = new Place[PLACES];
    private final Out out;

    /** Where the number of those that were counted goes. */
    interface Out {
        /**
         * @param peer of the last one
         * @param cause reason, what or why; null if the kind has none
         * @param object of the last one: topic or filter; for an end the detail
         */
        void repeated(
                Kind kind,
                long atMillis,
                String clientId,
                String peer,
                @Nullable String cause,
                @Nullable String object,
                int count);
    }

    /** The events of one sort in one second. Guarded by itself. */
    private static final class Place {
        private @Nullable Kind kind;
        private String clientId = "";
        private String peer = "";
        private @Nullable String cause;
        private @Nullable String object;
        private long second;
        private long lastMillis;
        private int seen;
        private int counted;
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
    boolean admits(
            Kind kind,
            long atMillis,
            String clientId,
            String peer,
            @Nullable String cause,
            @Nullable String object,
            int most) {
        boolean byAddress = kind == Kind.FAILED || kind == Kind.REFUSED;
        int hash = kind.ordinal() * 31 + clientId.hashCode();
        hash = hash * 31 + (cause == null ? 0 : cause.hashCode());
        hash = byAddress ? hash * 31 + addressHash(peer) : hash;
        Place place = places[(hash * 0x9E3779B9) >>> 32 - 11];
        long second = Math.floorDiv(atMillis, 1000L);
        synchronized (place) {
            boolean same = place.kind == kind
                    && place.clientId.equals(clientId)
                    && java.util.Objects.equals(place.cause, cause)
                    && (!byAddress || sameAddress(place.peer, peer));
            if (!same || place.second != second) {
                tell(place);
                place.kind = kind;
                place.clientId = clientId;
                place.cause = cause;
                place.second = second;
                place.seen = 0;
            }
            place.peer = peer;
            place.object = object;
            place.lastMillis = atMillis;
            if (place.seen < most) {
                place.seen++;
                return true;
            }
            place.counted++;
            return false;
        }
    }

    /** Tells what was counted in seconds that are over. */
    void flush(long nowMillis) {
        long second = Math.floorDiv(nowMillis, 1000L);
        for (Place place : places) {
            synchronized (place) {
                if (place.second != second) {
                    tell(place);
                }
            }
        }
    }

    private void tell(Place place) {
        int count = place.counted;
        Kind kind = place.kind;
        if (count > 0 && kind != null) {
            place.counted = 0;
            out.repeated(kind, place.lastMillis, place.clientId, place.peer, place.cause, place.object, count);
        }
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
