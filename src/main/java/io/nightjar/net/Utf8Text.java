package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Strict UTF-8 as the standard wants it: shortest forms, no surrogates, no U+0000 [5.0/1.5.4-1, -2]. Control
 * characters and non-characters, which a receiver may refuse, are taken; so is a byte order mark, which is a character
 * like others [5.0/1.5.4-3].
 */
final class Utf8Text {
    /** Topics and ClientIDs of usual length are copied through it; longer text takes an array of its own. */
    private static final int SCRATCH = 1024;

    private static final FastThreadLocal<byte[]> SCRATCHES = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[SCRATCH];
        }
    };

    private Utf8Text() {}

    /** The text, or null if it is ill-formed; {@link #fault} then says where. */
    static @Nullable String decode(ByteBuf in, int index, int length) {
        if (length == 0) {
            return "";
        } else if (in.hasArray()) {
            return decode(in.array(), in.arrayOffset() + index, length);
        }
        byte[] bytes = length <= SCRATCH ? SCRATCHES.get() : new byte[length];
        in.getBytes(index, bytes, 0, length);
        return decode(bytes, 0, length);
    }

    private static @Nullable String decode(byte[] bytes, int from, int length) {
        int end = from + length;
        for (int i = from; i < end; i++) {
            if (bytes[i] <= 0) {
                return fault(bytes, i, end) < 0 ? new String(bytes, from, length, StandardCharsets.UTF_8) : null;
            }
        }
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }

    /** Index, relative to the text, of the first byte of the first ill-formed character, or -1 if there is none. */
    static int fault(ByteBuf in, int index, int length) {
        byte[] bytes = new byte[length];
        in.getBytes(index, bytes);
        return fault(bytes, 0, length);
    }

    private static int fault(byte[] bytes, int from, int end) {
        int i = from;
        while (i < end) {
            int size = characterSize(bytes, i, end);
            if (size == 0) {
                return i;
            }
            i += size;
        }
        return -1;
    }

    /** Bytes of the well-formed character here, or 0 if it is ill-formed or U+0000 [RFC 3629 section 4]. */
    private static int characterSize(byte[] bytes, int i, int end) {
        int first = bytes[i] & 0xFF;
        if (first < 0x80) {
            return first == 0 ? 0 : 1;
        } else if (first < 0xC2 || first > 0xF4) {
            return 0;
        }
        int size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (end - i < size) {
            return 0;
        }
        int low =
                switch (first) {
                    case 0xE0 -> 0xA0;
                    case 0xF0 -> 0x90;
                    default -> 0x80;
                };
        int high =
                switch (first) {
                    case 0xED -> 0x9F;
                    case 0xF4 -> 0x8F;
                    default -> 0xBF;
                };
        int second = bytes[i + 1] & 0xFF;
        if (second < low || second > high) {
            return 0;
        }
        for (int k = 2; k < size; k++) {
            if ((bytes[i + k] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return size;
    }
}
