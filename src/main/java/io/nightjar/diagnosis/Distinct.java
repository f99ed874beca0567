package io.nightjar.diagnosis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How many different texts there were, in at most 1 KB: exact up to {@link #KEPT}, beyond it an estimate that is off by
 * some 6 % (the smallest hashes are kept, and how close together they lie tells how many there are). Two of them can be
 * added up. Owned by one thread.
 */
final class Distinct {
    /** Most hashes that are kept. */
    static final int KEPT = 256;

    private int used;
    private int[] hashes = new int[2]; // sorted

    static Distinct of(List<Integer> part) {
        Distinct distinct = new Distinct();
        part.forEach(distinct::put);
        return distinct;
    }

    void add(String text) {
        int h = text.hashCode(); // neighbours of a sequence have neighbouring hashes: mix them
        h ^= h >>> 16;
        h *= 0x85EBCA6B;
        h ^= h >>> 13;
        h *= 0xC2B2AE35;
        put(h ^ h >>> 16);
    }

    void addAll(List<Integer> part) {
        part.forEach(this::put);
    }

    private void put(int hash) {
        if (used == KEPT && hash >= hashes[used - 1]) {
            return;
        }
        int at = Arrays.binarySearch(hashes, 0, used, hash);
        if (at >= 0) {
            return;
        }
        int to = -at - 1;
        if (used == hashes.length && used < KEPT) {
            hashes = Arrays.copyOf(hashes, used * 2);
        }
        int last = Math.min(used, KEPT - 1);
        System.arraycopy(hashes, to, hashes, to + 1, last - to);
        hashes[to] = hash;
        used = Math.min(used + 1, KEPT);
    }

    long count() {
        if (used < KEPT) {
            return used;
        }
        double share = ((double) hashes[used - 1] - Integer.MIN_VALUE) / (1L << 32);
        return Math.max(KEPT, Math.round((KEPT - 1) / share));
    }

    /** The same as plain values, to send. */
    List<Integer> part() {
        List<Integer> all = new ArrayList<>(used);
        for (int i = 0; i < used; i++) {
            all.add(hashes[i]);
        }
        return all;
    }
}
