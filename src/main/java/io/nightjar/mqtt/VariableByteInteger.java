package io.nightjar.mqtt;

/** The Variable Byte Integer [5.0/1.5.5]. */
public final class VariableByteInteger {
    /** 268,435,455: the largest value of four bytes. */
    public static final int MAX = 0x0FFF_FFFF;

    private VariableByteInteger() {}

    /** Bytes that a value 0 to {@link #MAX} takes: 1 to 4. */
    public static int size(int value) {
        if (value < 0x80) {
            return 1;
        } else if (value < 0x4000) {
            return 2;
        } else if (value < 0x20_0000) {
            return 3;
        }
        return 4;
    }
}
