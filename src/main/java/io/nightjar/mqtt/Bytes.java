package io.nightjar.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Immutable binary data: a payload, a password, correlation data. The array inside never leaves, except to a sink.
 *
 * <p>A payload may stand in one array behind its topic, as both came: then whoever sends it on copies both and encodes
 * nothing ({@link #isBehind}).
 */
public final class Bytes {
    public static final Bytes EMPTY = new Bytes(new byte[0], 0, null);

    private final byte[] array;

    /** Where these bytes begin in the array; the field of {@link #before} fills it up to there. */
    private final int from;

    private final @Nullable String before;

    private Bytes(byte[] array, int from, @Nullable String before) {
        this.array = array;
        this.from = from;
        this.before = before;
    }

    /** Takes the array over: the caller must not touch it again. */
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array, 0, null);
    }

    /**
     * What stands in an array behind a text. Takes the array over: the caller must not touch it again.
     *
     * @param array the text as a UTF-8 Encoded String [5.0/1.5.4], two bytes of length first, then these bytes
     * @param from where these bytes begin
     */
    public static Bytes behind(String text, byte[] array, int from) {
        return from == array.length ? EMPTY : new Bytes(array, from, text);
    }

    /** Whether {@link #writeTextTo} would write this text: the same object, not an equal one. */
    @SuppressWarnings("ReferenceEquality") // an equal text would do as well, but costs a comparison each time
    public boolean isBehind(String text) {
        return before == text;
    }

    /** Bytes of the text in front as a UTF-8 Encoded String, its length included; 0 if there is none. */
    public int textSize() {
        return from;
    }

    /** Hands the text in front, as a UTF-8 Encoded String, to a sink that copies it and keeps no reference. */
    public void writeTextTo(Sink sink) {
        sink.write(array, 0, from);
    }

    public static Bytes copyOf(byte[] array) {
        return wrap(array.clone());
    }

    /** The UTF-8 bytes of a text. */
    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public int size() {
        return array.length - from;
    }

    public boolean isEmpty() {
        return array.length == from;
    }

    public byte at(int index) {
        return array[from + Objects.checkIndex(index, size())];
    }

    public byte[] toArray() {
        return Arrays.copyOfRange(array, from, array.length);
    }

    /** Hands all bytes to a sink that copies them and keeps no reference. */
    public void writeTo(Sink sink) {
        sink.write(array, from, size());
    }

    /** The bytes decoded as UTF-8, bad sequences replaced. */
    public String text() {
        return new String(array, from, size(), StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes
                && Arrays.equals(array, from, array.length, bytes.array, bytes.from, bytes.array.length);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = from; i < array.length; i++) {
            hash = 31 * hash + array[i];
        }
        return hash;
    }

    /** Says the size only, so that no payload or secret reaches a log by accident. */
    @Override
    public String toString() {
        return size() + " bytes";
    }

    /** Receives bytes; shaped like {@code ByteBuf.writeBytes} and {@code OutputStream.write}. */
    @FunctionalInterface
    public interface Sink {
        void write(byte[] array, int offset, int length);
    }
}
