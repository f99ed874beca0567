package io.nightjar.http;

import io.nightjar.mqtt.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.util.ByteString;

/** Pieces of a trace's log cut into lines, each with the time that opens it. */
final class TraceLines {
    /** Most bytes asked of a node at once. */
    static final int PIECE = 128 << 10;

    /**
     * Time of what does not begin with one: the rest of a line that was longer than a piece. Smaller than every time,
     * so that a merge puts it right behind its beginning.
     */
    static final long NO_TIME = Long.MIN_VALUE;

    /** Most bytes of one character in UTF-8. */
    static final int CHARACTER = 4;

    private static final String JSON_START = "{\"time\":\"";
    private static final int TIME_LENGTH = "2026-11-23T14:05:09.123456Z".length();

    private TraceLines() {}

    /** @param micros since 1970, or {@link #NO_TIME} */
    record Line(long micros, ByteString bytes) {}

    static List<Line> split(Bytes piece) {
        byte[] text = piece.toArray();
        ByteString all = ByteString.fromArray(text);
        List<Line> lines = new ArrayList<>();
        for (int from = 0; from < text.length; ) {
            int end = end(text, from);
            lines.add(new Line(micros(text, from, end), all.slice(from, end)));
            from = end;
        }
        return lines;
    }

    /** Index behind the line that begins at an index: behind its line feed, or the end of the text. */
    static int end(byte[] text, int from) {
        for (int i = from; i < text.length; i++) {
            if (text[i] == '\n') {
                return i + 1;
            }
        }
        return text.length;
    }

    /** Bytes of a text but for a character at its end of which the rest is missing; all of them if it has none whole. */
    static int wholeCharacters(byte[] text) {
        int start = text.length - 1;
        while (start > 0 && text.length - start < CHARACTER && (text[start] & 0xC0) == 0x80) {
            start--;
        }
        if (start <= 0) {
            return text.length;
        }
        int first = text[start] & 0xFF;
        int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
        return start + length > text.length ? start : text.length;
    }

    /** Time of the last line that begins with one, or another if none does. */
    static long lastMicros(byte[] text, long otherwise) {
        for (int end = text.length; end > 0; ) {
            int from = end - 1;
            while (from > 0 && text[from - 1] != '\n') {
                from--;
            }
            long micros = micros(text, from, end);
            if (micros != NO_TIME) {
                return micros;
            }
            end = from;
        }
        return otherwise;
    }

    /** The time that opens a line of either format, in microseconds since 1970, or {@link #NO_TIME}. */
    static long micros(byte[] text, int from, int end) {
        int start = from < end && text[from] == '{' ? from + JSON_START.length() : from;
        if (start + TIME_LENGTH > end) {
            return NO_TIME;
        }
        try {
            Instant time = Instant.parse(new String(text, start, TIME_LENGTH, StandardCharsets.US_ASCII));
            return time.getEpochSecond() * 1_000_000 + time.getNano() / 1000;
        } catch (DateTimeParseException e) {
            return NO_TIME;
        }
    }
}
