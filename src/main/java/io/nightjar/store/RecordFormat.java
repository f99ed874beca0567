package io.nightjar.store;

/**
 * How one event stands in a recorder file. Numbers are little-endian; a record is a multiple of 8 bytes, never crosses a
 * block, and the file's version changes with anything here.
 *
 * <pre>
 *  0 int   length of the whole record, 0: nothing stands here yet. Written last
 *  4 int   checksum: CRC-32C of all from byte 32 on, mixed with the three numbers before
 *  8 long  position: how many bytes were ever written to the ring before this one
 * 16 long  sequence: one more than the event before, in whichever ring
 * 24 long  position of the record before of the same hash bucket, 0: none
 * 32 long  time, milliseconds since 1970
 * 40 int   hash of the ClientID, of the seed in the file's header
 * 44 u16   kind: number of its word
 * 46 u16   length of the ClientID in bytes
 * 48       ClientID | peer | fields | 0
 *
 * peer     0, none
 *          4, IPv4 address (4), port (u16)
 *          1, length (varint), text
 * field    number of its name (varint), 1: the name follows as length and text | type (1) | value
 * </pre>
 *
 * <p>A varint has 7 bits a byte, the lowest first. Text is UTF-8 in which half a surrogate pair is three bytes, so that
 * any text comes back as it was.
 */
final class RecordFormat {
    static final int VERSION = 1;

    static final int LENGTH = 0;
    static final int CHECKSUM = 4;
    static final int POSITION = 8;
    static final int SEQUENCE = 16;
    static final int PREVIOUS = 24;
    static final int TIME = 32;
    static final int HASH = 40;
    static final int KIND = 44;
    static final int CLIENT_ID_LENGTH = 46;
    static final int HEAD = 48;

    /** Where the part begins that the writer knows before it has its place. */
    static final int BODY = TIME;

    static final int BLOCK = 128 * 1024;

    /** Largest record: a ClientID of 65,535 bytes and 30 KiB of fields. What does not fit is left out, and it says so. */
    static final int MOST = 96 * 1024;

    static final int MOST_CLIENT_ID = 65_535;

    /** Longest text of a field in bytes; a longer one is cut and ends with dots. */
    static final int MOST_TEXT = 4096;

    static final int NO_PEER = 0;
    static final int TEXT_PEER = 1;
    static final int IPV4_PEER = 4;

    static final int END_OF_FIELDS = 0;
    static final int SPELLED_NAME = 1;

    /** Types of values. */
    static final int TEXT = 0;

    static final int WORD = 1;
    static final int DIGITS = 2; // a text that is a number without sign and leading zeros
    static final int LONG = 3;
    static final int INT = 4;
    static final int TRUE = 5;
    static final int FALSE = 6;
    static final int CUT_TEXT = 7;
    static final int MARKS = 8; // number, then of each: type, identifier, size, age

    private RecordFormat() {}

    static int padded(int length) {
        return length + 7 & ~7;
    }

    /** The checksum of a record whose body has this one. */
    static int checksum(int body, long position, long sequence, long previous) {
        long mixed = (position * 31 + sequence) * 31 + previous;
        return body ^ (int) (mixed ^ mixed >>> 32);
    }

    /** A hash that nobody can aim at without the seed. */
    static int hash(byte[] bytes, int from, int to, long seed) {
        long h = longHash(bytes, from, to, seed);
        return (int) (h ^ h >>> 32);
    }

    /** The same with more bits. */
    static long longHash(byte[] bytes, int from, int to, long seed) {
        long h = seed ^ to - from;
        int at = from;
        for (; at + 8 <= to; at += 8) {
            h = mix(h ^ Memory.getLong(bytes, at));
        }
        long tail = 0;
        for (; at < to; at++) {
            tail = tail << 8 | bytes[at] & 0xFF;
        }
        return mix(h ^ tail);
    }

    private static long mix(long z) {
        long a = (z ^ z >>> 32) * 0x9E3779B97F4A7C15L;
        return a ^ a >>> 29;
    }
}
