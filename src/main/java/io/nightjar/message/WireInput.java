package io.nightjar.message;

import io.nightjar.mqtt.Bytes;
import java.io.NotSerializableException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that came from another node. They are checked like any input: whatever does not fit is a
 * {@link NotSerializableException}, on which Pekko drops that one message and keeps the association.
 *
 * <p>Used by one thread at a time.
 */
public final class WireInput {
    private final byte[] array;
    private final int end;
    private int position;

    public WireInput(byte[] array) {
        this(array, 0, array.length);
    }

    public WireInput(byte[] array, int offset, int length) {
        this.array = array;
        this.position = offset;
        this.end = offset + length;
    }

    /** Bytes not read yet. */
    public int remaining() {
        return end - position;
    }

    /** Unsigned. */
    public int readByte() throws NotSerializableException {
        require(1);
        return array[position++] & 0xFF;
    }

    public boolean readBoolean() throws NotSerializableException {
        int value = readByte();
        if (value > 1) {
            throw bad("a boolean is " + value);
        }
        return value == 1;
    }

    public int readInt() throws NotSerializableException {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int b = readByte();
            value |= (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw bad("a number is longer than 5 bytes");
    }

    public long readLong() throws NotSerializableException {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            int b = readByte();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw bad("a number is longer than 10 bytes");
    }

    public String readString() throws NotSerializableException {
        int length = readCount();
        String text = new String(array, position, length, StandardCharsets.UTF_8);
        position += length;
        return text;
    }

    public @Nullable String readNullableString() throws NotSerializableException {
        return readBoolean() ? readString() : null;
    }

    public Bytes readBytes() throws NotSerializableException {
        return Bytes.wrap(readArray());
    }

    public byte[] readArray() throws NotSerializableException {
        return take(readCount());
    }

    /** The next bytes as they are. */
    public byte[] take(int length) throws NotSerializableException {
        require(length);
        byte[] bytes = Arrays.copyOfRange(array, position, position + length);
        position += length;
        return bytes;
    }

    /** A window on the next bytes, which are then passed over here; nothing is copied. */
    public WireInput slice(int length) throws NotSerializableException {
        require(length);
        WireInput slice = new WireInput(array, position, length);
        position += length;
        return slice;
    }

    /** How many things follow; never more than there are bytes left, so that a bad number allocates nothing. */
    public int readCount() throws NotSerializableException {
        int count = readInt();
        if (count < 0 || count > remaining()) {
            throw bad(count + " things announced, " + remaining() + " bytes left");
        }
        return count;
    }

    /** An exception that says what is wrong and where. */
    public NotSerializableException bad(String what) {
        return new NotSerializableException(what + " at byte " + position);
    }

    private void require(int bytes) throws NotSerializableException {
        if (bytes < 0 || bytes > remaining()) {
            throw bad(bytes + " bytes needed, " + remaining() + " left");
        }
    }
}
