package io.nightjar.store;

import static io.nightjar.store.RecordFormat.*;

import io.nightjar.diagnosis.EndFields;
import io.nightjar.diagnosis.Evidence.PacketMark;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Writes one record after the other into a piece of memory of its own, all but what belongs to its place. One for each
 * thread; nothing is allocated once the memory is large enough.
 */
final class RecordWriter implements EndFields.Sink {
    /** Names whose values come again and again. */
    private static final java.util.Set<String> REPEATING = java.util.Set.of(
            "reason",
            "detail",
            "side",
            "confidence",
            "reason_code",
            "listener",
            "transport",
            "node",
            "protocol_version",
            "what",
            "tls_version",
            "authenticator");

    private static final int ROOM_AT_END = 32;
    private static final int KNOWN = 1024;
    private static final int REPEATS = 1 << 16;

    private final RecorderWords words;
    private final long seed;
    private final CRC32C crc = new CRC32C();

    /** Words met before, each at the place of its hash, with its number and whether its values come again and again. */
    private final String[] known = new String[KNOWN];

    private final int[] numbers = new int[KNOWN];
    private byte[] bytes = new byte[4096];
    private int end;
    private boolean full;
    private boolean finished;
    private boolean withMarks = true;

    RecordWriter(RecorderWords words, long seed) {
        this.words = words;
        this.seed = seed;
    }

    /** Starts a record. */
    void begin(String kind, long atMillis, String clientId, String peer) {
        end = HEAD;
        full = false;
        finished = false;
        withMarks = true;
        int from = end;
        utf8(clientId, MOST_CLIENT_ID);
        Memory.putLong(bytes, TIME, atMillis);
        Memory.putInt(bytes, HASH, RecordFormat.hash(bytes, from, end, seed));
        Memory.putShort(bytes, KIND, number(kind) & ~REPEATS);
        Memory.putShort(bytes, CLIENT_ID_LENGTH, end - from);
        peer(peer);
    }

    /** Leaves the last packets out. */
    void withoutMarks() {
        withMarks = false;
    }

    /** Ends the record, if it is not, and tells its length, padded. */
    int finish() {
        if (finished) {
            return end;
        }
        if (full) {
            full = false;
            flag("truncated", true);
        }
        room(9);
        bytes[end++] = END_OF_FIELDS;
        int length = padded(end);
        Arrays.fill(bytes, end, length, (byte) 0);
        Memory.putInt(bytes, LENGTH, length);
        crc.reset();
        crc.update(bytes, BODY, length - BODY);
        end = length;
        finished = true;
        return length;
    }

    /** Of the finished record, without its place. */
    int checksum() {
        return (int) crc.getValue();
    }

    int hash() {
        return Memory.getInt(bytes, HASH);
    }

    boolean hasClientId() {
        return Memory.getShort(bytes, CLIENT_ID_LENGTH) > 0;
    }

    /** The finished record; valid until the next. */
    byte[] bytes() {
        return bytes;
    }

    // ---- fields

    @Override
    public void text(String name, String value) {
        int start = end;
        if (full || name(name, start)) {
            return;
        }
        long digits = digits(value);
        int word = digits >= 0 ? 0 : word(name, value);
        if (digits >= 0) {
            type(DIGITS);
            varint(digits);
        } else if (word > 0) {
            type(WORD);
            varint(word);
        } else {
            int length = utf8Length(value);
            type(length > MOST_TEXT ? CUT_TEXT : TEXT);
            sized(value, length, MOST_TEXT);
        }
        check(start);
    }

    @Override
    public void number(String name, long value) {
        number(name, LONG, value);
    }

    @Override
    public void number(String name, int value) {
        number(name, INT, value);
    }

    private void number(String name, int type, long value) {
        int start = end;
        if (full || name(name, start)) {
            return;
        }
        type(type);
        varint(value << 1 ^ value >> 63);
        check(start);
    }

    @Override
    public void flag(String name, boolean value) {
        int start = end;
        if (!full && !name(name, start)) {
            type(value ? TRUE : FALSE);
            check(start);
        }
    }

    @Override
    public void marks(String name, List<PacketMark> marks) {
        int start = end;
        if (!withMarks || full || name(name, start)) {
            return;
        }
        type(MARKS);
        int count = Math.min(marks.size(), 127);
        varint(count);
        for (int i = 0; i < count; i++) {
            PacketMark mark = marks.get(i);
            type(mark.type().value());
            varint(mark.packetId());
            varint(mark.size());
            varint(mark.ageMillis());
        }
        check(start);
    }

    private void check(int start) {
        if (end > MOST - ROOM_AT_END) {
            end = start;
            full = true;
        }
    }

    /** True if it did not fit. */
    private boolean name(String name, int start) {
        int number = number(name) & ~REPEATS;
        if (number > 0) {
            varint(number);
            return false;
        }
        varint(SPELLED_NAME);
        sized(name, utf8Length(name), RecorderWords.LONGEST);
        check(start);
        return full;
    }

    private int word(String name, String value) {
        if ((number(name) & REPEATS) != 0) {
            return number(value) & ~REPEATS;
        } else if (name.equals("advice")) {
            return words.isHalfFull() || hasDigit(value) ? words.number(value) : number(value) & ~REPEATS;
        }
        return 0;
    }

    /** What names a figure or an address is said once and never again. */
    private static boolean hasDigit(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                return true;
            }
        }
        return false;
    }

    /** The number of a word, which is added if it is new, or 0, and {@link #REPEATS} for some names. */
    private int number(String word) {
        int hash = word.hashCode();
        int place = (hash ^ hash >>> 10 ^ hash >>> 20) & KNOWN - 1;
        if (known[place] != word && known[place] != null) { // two that share a place would drive each other out
            place ^= 1;
        }
        if (known[place] == word) { // not equals: nearly all are constants
            return numbers[place];
        }
        int number = words.intern(word);
        if (number > 0) {
            number |= REPEATING.contains(word) ? REPEATS : 0;
            known[place] = word;
            numbers[place] = number;
        }
        return number;
    }

    // ---- bytes

    private void room(int more) {
        if (end + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, end + more));
        }
    }

    private void type(int type) {
        room(1);
        bytes[end++] = (byte) type;
    }

    private void varint(long value) {
        room(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[end++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[end++] = (byte) rest;
    }

    private void sized(String text, int length, int most) {
        if (length <= most) {
            varint(length);
            utf8(text, most);
            return;
        }
        int sizeAt = end;
        end += 2; // a cut text has 128 to 16383 bytes
        room(0);
        utf8(text, most);
        int size = end - sizeAt - 2;
        bytes[sizeAt] = (byte) (size | 0x80);
        bytes[sizeAt + 1] = (byte) (size >> 7);
    }

    private static int utf8Length(String text) {
        int length = text.length();
        int bytes = length;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                bytes += c < 0x800 ? 1 : 2;
                if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++; // the pair has four bytes
                }
            }
        }
        return bytes;
    }

    /** A text as it stands in records. */
    static byte[] bytes(String text) {
        byte[] bytes = new byte[utf8Length(text)];
        encode(text, bytes, 0, bytes.length);
        return bytes;
    }

    /** Writes at most so many bytes, whole characters only. */
    private void utf8(String text, int most) {
        room((int) Math.min(most, 3L * text.length()));
        end = encode(text, bytes, end, end + most);
    }

    /** Writes whole characters up to the limit; gives back where they end. */
    private static int encode(String text, byte[] to, int from, int limit) {
        int length = text.length();
        int at = from;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                if (at >= limit) {
                    break;
                }
                to[at++] = (byte) c;
                continue;
            }
            boolean pair =
                    Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1));
            int size = pair ? 4 : c < 0x800 ? 2 : 3;
            if (at + size > limit) {
                break;
            }
            int code = pair ? Character.toCodePoint(c, text.charAt(++i)) : c;
            to[at] = (byte) ((size == 4 ? 0xF0 : size == 3 ? 0xE0 : 0xC0) | code >> 6 * (size - 1));
            for (int k = 1; k < size; k++) {
                to[at + k] = (byte) (0x80 | code >> 6 * (size - 1 - k) & 0x3F);
            }
            at += size;
        }
        return at;
    }

    /** The number if the text is one that reads the same again, else -1. */
    private static long digits(String text) {
        int length = text.length();
        if (length == 0 || length > 18 || length > 1 && text.charAt(0) == '0') {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < length; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private void peer(String peer) {
        if (peer.isEmpty()) {
            type(NO_PEER);
        } else if (!ipv4(peer)) {
            type(TEXT_PEER);
            sized(peer, utf8Length(peer), 256);
        }
    }

    /** Writes {@code 10.1.2.3:1883} in seven bytes; false if it is not just so. */
    private boolean ipv4(String peer) {
        room(7);
        int part = 0;
        int number = -1;
        for (int i = 0; i <= peer.length(); i++) {
            char c = i == peer.length() ? '\0' : peer.charAt(i);
            if (c >= '0' && c <= '9' && number != 0 && number < 10_000) {
                number = Math.max(number, 0) * 10 + c - '0';
            } else if (number >= 0 && number < 256 && c == (part < 3 ? '.' : ':') && part < 4) {
                bytes[end + 1 + part++] = (byte) number;
                number = -1;
            } else if (c != '\0' || part != 4 || number < 0 || number > 65_535) {
                return false;
            }
        }
        bytes[end] = IPV4_PEER;
        Memory.putShort(bytes, end + 5, number);
        end += 7;
        return true;
    }
}
