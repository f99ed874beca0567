package io.nightjar.message;

import io.nightjar.mqtt.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes being written for another node. Everything is written byte by byte (numbers as groups of seven bits, lowest
 * first), so no byte order is involved: Artery's buffers are little-endian and must stay so.
 *
 * <p>Used by one thread at a time.
 */
public final class WireOutput {
    private byte[] array;
    private int size;

    public WireOutput(int initialCapacity) {
        this.array = new byte[Math.max(16, initialCapacity)];
    }

    /** Bytes written so far. */
    public int size() {
        return size;
    }

    /** A copy of what was written. */
    public byte[] toArray() {
        return Arrays.copyOf(array, size);
    }

    /** Puts what was written into a buffer, whose byte order is neither used nor changed. */
    public void copyTo(ByteBuffer buffer) {
        buffer.put(array, 0, size);
    }

    /** The low eight bits. */
    public void writeByte(int value) {
        ensure(1);
        array[size++] = (byte) value;
    }

    public void writeBoolean(boolean value) {
        writeByte(value ? 1 : 0);
    }

    /** An int in 1 to 5 bytes; small and not negative is short. */
    public void writeInt(int value) {
        ensure(5);
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            array[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        array[size++] = (byte) rest;
    }

    /** A long in 1 to 10 bytes; small and not negative is short. */
    public void writeLong(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            array[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        array[size++] = (byte) rest;
    }

    /** UTF-8 with its length in front. */
    public void writeString(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        writeInt(utf8.length);
        write(utf8, 0, utf8.length);
    }

    public void writeNullableString(@Nullable String text) {
        writeBoolean(text != null);
        if (text != null) {
            writeString(text);
        }
    }

    /** Bytes with their number in front. */
    public void writeBytes(Bytes bytes) {
        writeInt(bytes.size());
        bytes.writeTo(this::write);
    }

    /** Bytes with their number in front. */
    public void writeArray(byte[] bytes) {
        writeInt(bytes.length);
        write(bytes, 0, bytes.length);
    }

    /** Bytes as they are. */
    public void write(byte[] bytes, int offset, int length) {
        ensure(length);
        System.arraycopy(bytes, offset, array, size, length);
        size += length;
    }

    private void ensure(int more) {
        if (array.length - size < more) {
            int needed = Math.addExact(size, more);
            int doubled = array.length > Integer.MAX_VALUE / 2 - 8 ? Integer.MAX_VALUE - 8 : array.length * 2;
            array = Arrays.copyOf(array, Math.max(needed, doubled));
        }
    }
}
