package io.nightjar.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers in bytes, little-endian, and their order in memory that others share. */
final class Memory {
    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private static final VarHandle INT_OF = MethodHandles.byteArrayViewVarHandle(int[].class, ORDER);
    private static final VarHandle LONG_OF = MethodHandles.byteArrayViewVarHandle(long[].class, ORDER);

    private Memory() {}

    static int getInt(byte[] bytes, int at) {
        return (int) INT_OF.get(bytes, at);
    }

    static void putInt(byte[] bytes, int at, int value) {
        INT_OF.set(bytes, at, value);
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONG_OF.get(bytes, at);
    }

    static void putLong(byte[] bytes, int at, long value) {
        LONG_OF.set(bytes, at, value);
    }

    static int getShort(byte[] bytes, int at) {
        return bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8;
    }

    static void putShort(byte[] bytes, int at, int value) {
        bytes[at] = (byte) value;
        bytes[at + 1] = (byte) (value >> 8);
    }

    /** Writes after all that was written before, as others see it. */
    static void publishInt(ByteBuffer memory, int at, int value) {
        VarHandle.fullFence();
        memory.putInt(at, value);
        VarHandle.fullFence();
    }

    static void publishShort(ByteBuffer memory, int at, short value) {
        VarHandle.fullFence();
        memory.putShort(at, value);
        VarHandle.fullFence();
    }
}
