package io.nightjar.store;

/**
 * How much of the ring of accepted clients one client, or one address, may take, so that no one of them washes out the
 * history of the others: at once a part of the ring, which comes back little by little. Of fixed size: two that share a
 * place are not told apart, and whoever has used up most is the one that is watched. Thread-safe.
 */
final class Shares {
    private static final int PLACES = 4096;
    private static final int LOCKS = 64;

    private final long most;
    private final long perSecond;
    private final int[] owner = new int[PLACES];
    private final long[] used = new long[PLACES];
    private final long[] lastMillis = new long[PLACES];
    private final Object[] locks = new Object[LOCKS];

    /**
     * @param most bytes at once
     * @param seconds after which all of it has come back
     */
    Shares(long most, int seconds) {
        this.most = most;
        this.perSecond = Math.max(1, most / seconds);
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new Object();
        }
    }

    /** Whether one of this hash, well mixed, may take so many bytes; if so they are charged. */
    boolean takes(int hash, long atMillis, int bytes) {
        int place = hash & PLACES - 1;
        synchronized (locks[place & LOCKS - 1]) {
            long passed = Math.max(0, atMillis - lastMillis[place]); // the clock may jump
            long back = passed > Integer.MAX_VALUE ? most : passed * perSecond / 1000;
            long left = Math.max(0, used[place] - back);
            if (owner[place] != hash) {
                if (left > 0) {
                    return true; // somebody else is watched here
                }
                owner[place] = hash;
            }
            if (left + bytes > most) {
                return false; // time goes on from where it was charged last
            }
            if (back > 0 || used[place] == 0 || atMillis < lastMillis[place]) {
                lastMillis[place] = atMillis;
                used[place] = left;
            }
            used[place] += bytes;
            return true;
        }
    }
}
