package io.nightjar.trace;

import io.nightjar.mqtt.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How one trace writes payloads.
 *
 * @param encode {@code text}, {@code hex} or {@code hidden}. As text, what is not UTF-8 is written in hex after {@code
 *     0x}
 * @param limit most bytes that are written; the rest is counted
 */
record PayloadFormat(String encode, int limit) {
    static final String TEXT = "text";
    static final String HEX = "hex";
    static final String HIDDEN = "hidden";

    /** Characters that, beside comma and quote, make a payload quoted: they have a meaning inside a packet. */
    private static final String MEANING = "()=[]";

    void write(StringBuilder out, Bytes payload) {
        if (encode.equals(HIDDEN)) {
            out.append("hidden(").append(payload.size()).append(" bytes)");
            return;
        }
        boolean asHex = encode.equals(HEX);
        byte[] head = head(payload, asHex ? limit : textEnd(payload));
        String text = asHex ? null : decode(head);
        if (text != null) {
            LineText.plainOrQuoted(out, text, MEANING, Integer.MAX_VALUE);
        } else {
            out.append(asHex ? "" : "0x");
            for (byte b : head) {
                LineText.hex(out, b);
            }
        }
        if (head.length < payload.size()) {
            out.append("...(").append(payload.size()).append(" bytes)");
        }
    }

    private static byte[] head(Bytes payload, int bytes) {
        byte[] head = new byte[Math.min(payload.size(), bytes)];
        payload.writeTo((array, offset, length) -> System.arraycopy(array, offset, head, 0, head.length));
        return head;
    }

    /** The limit, moved to the start of the UTF-8 character that would be cut. */
    private int textEnd(Bytes payload) {
        if (payload.size() <= limit) {
            return payload.size();
        }
        int end = limit;
        for (int back = 0; back < 3 && end > 0 && (payload.at(end) & 0xC0) == 0x80; back++) {
            end--;
        }
        return end;
    }

    private static @Nullable String decode(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
