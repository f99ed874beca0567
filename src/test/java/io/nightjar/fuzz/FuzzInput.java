package io.nightjar.fuzz;

import java.util.Arrays;

/** Bytes of a fuzzer read from front to back; behind the end there are zeros, so that every input means something. */
public final class FuzzInput {
    private final byte[] data;
    private int position;

    public FuzzInput(byte[] data) {
        this.data = data;
    }

    public boolean isEmpty() {
        return position >= data.length;
    }

    /** 0 to 255. */
    public int next() {
        return isEmpty() ? 0 : data[position++] & 0xFF;
    }

    /** 0 to bound - 1, bound at most 256. */
    public int next(int bound) {
        return next() % bound;
    }

    public boolean chance() {
        return (next() & 1) == 1;
    }

    public byte[] rest() {
        byte[] rest = Arrays.copyOfRange(data, Math.min(position, data.length), data.length);
        position = data.length;
        return rest;
    }

    /** What does not hold breaks an invariant. */
    public static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("does not hold: " + what);
        }
    }
}
