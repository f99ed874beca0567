package io.nightjar.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Immutable binary data: a payload, a password, correlation data. The array inside never leaves, except to a sink. */
public final class Bytes {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /** Takes the array over: the caller must not touch it again. */
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array);
    }

    public static Bytes copyOf(byte[] array) {
        return wrap(array.clone());
    }

    /** The UTF-8 bytes of a text. */
    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public int size() {
        return array.length;
    }

    public boolean isEmpty() {
        return array.length == 0;
    }

    public byte at(int index) {
        return array[index];
    }

    public byte[] toArray() {
        return array.clone();
    }

    /** Hands all bytes to a sink that copies them and keeps no reference. */
    public void writeTo(Sink sink) {
        sink.write(array, 0, array.length);
    }

    /** The bytes decoded as UTF-8, bad sequences replaced. */
    public String text() {
        return new String(array, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    /** Says the size only, so that no payload or secret reaches a log by accident. */
    @Override
    public String toString() {
        return array.length + " bytes";
    }

    /** Receives bytes; shaped like {@code ByteBuf.writeBytes} and {@code OutputStream.write}. */
    @FunctionalInterface
    public interface Sink {
        void write(byte[] array, int offset, int length);
    }
}
