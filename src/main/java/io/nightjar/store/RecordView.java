package io.nightjar.store;

import static io.nightjar.store.RecordFormat.*;

import io.nightjar.diagnosis.Evidence.PacketMark;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.PacketType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One record in a piece of memory, taken apart as far as somebody asks. Moves from record to record; belongs to one
 * thread. What is asked of a record that is not {@link #isWhole} may be wrong or fail with an {@link
 * IndexOutOfBoundsException}, but ends and allocates no more than there are bytes.
 */
final class RecordView {
    private static final Map<String, Kind> KINDS = new HashMap<>();

    static {
        for (Kind kind : Kind.values()) {
            KINDS.put(kind.word(), kind);
        }
    }

    private final RecorderWords words;
    private final CRC32C crc = new CRC32C();
    private byte[] bytes = {};
    private int start;
    private int at;

    RecordView(RecorderWords words) {
        this.words = words;
    }

    void set(byte[] memory, int from) {
        bytes = memory;
        start = from;
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return Memory.getInt(bytes, start + LENGTH);
    }

    long position() {
        return Memory.getLong(bytes, start + POSITION);
    }

    long sequence() {
        return Memory.getLong(bytes, start + SEQUENCE);
    }

    long previous() {
        return Memory.getLong(bytes, start + PREVIOUS);
    }

    long time() {
        return Memory.getLong(bytes, start + TIME);
    }

    int hash() {
        return Memory.getInt(bytes, start + HASH);
    }

    /** Number of the kind's word. */
    int kindWord() {
        return Memory.getShort(bytes, start + KIND);
    }

    int clientIdStart() {
        return start + HEAD;
    }

    int clientIdLength() {
        return Memory.getShort(bytes, start + CLIENT_ID_LENGTH);
    }

    /** Whether all of it stands here as it was written, at this position. */
    boolean isWhole(long position, int room) {
        if (room < HEAD) {
            return false;
        }
        int length = length();
        if (length < HEAD || length > MOST || length > room || (length & 7) != 0 || position() != position) {
            return false;
        }
        crc.reset();
        crc.update(bytes, start + BODY, length - BODY);
        int sum = RecordFormat.checksum((int) crc.getValue(), position, sequence(), previous());
        return sum == Memory.getInt(bytes, start + CHECKSUM) && HEAD + clientIdLength() < length;
    }

    /** What it is, or null if this version does not know such an event. */
    @Nullable
    Kind kind() {
        String word = words.text(kindWord());
        return word == null ? null : KINDS.get(word);
    }

    String clientId() {
        return utf8(bytes, clientIdStart(), clientIdLength());
    }

    // ---- peer

    private int peerStart() {
        return clientIdStart() + clientIdLength();
    }

    /** Where the four bytes of an IPv4 address stand, or -1 if there is none. */
    int ipv4() {
        return bytes[peerStart()] == IPV4_PEER ? peerStart() + 1 : -1;
    }

    String peer() {
        int type = bytes[peerStart()];
        at = peerStart() + 1;
        if (type == IPV4_PEER) {
            StringBuilder text = new StringBuilder(21);
            for (int i = 0; i < 4; i++) {
                text.append(bytes[at + i] & 0xFF).append(i < 3 ? '.' : ':');
            }
            return text.append(Memory.getShort(bytes, at + 4)).toString();
        }
        return type == TEXT_PEER ? sized() : "";
    }

    // ---- fields, one after the other

    private String spelledName = "";
    private int name;
    private int type;

    /** Before the first field. */
    void toFields() {
        at = peerStart();
        int peer = bytes[at++];
        if (peer == IPV4_PEER) {
            at += 6;
        } else if (peer == TEXT_PEER) {
            int length = length(varint());
            at += length; // not in one: the number itself moves on, too
        }
    }

    /** A hash of ClientID and peer, which tells one connection from another. */
    long connectionHash(long seed) {
        toFields();
        return RecordFormat.longHash(bytes, clientIdStart(), at, seed);
    }

    /** Whether there is a field whose name has this number. */
    boolean hasField(int number) {
        toFields();
        while (nextField()) {
            if (name == number) {
                return true;
            }
            skip();
        }
        return false;
    }

    /** To the next field; false after the last. Its value must be taken or skipped. */
    boolean nextField() {
        name = (int) varint();
        if (name == END_OF_FIELDS) {
            return false;
        } else if (name == SPELLED_NAME) {
            spelledName = sized();
        }
        type = bytes[at++];
        return true;
    }

    /** Number of the field's name; 1 if it is spelled out. */
    int name() {
        return name;
    }

    private String nameText() {
        if (name == SPELLED_NAME) {
            return spelledName;
        }
        String text = words.text(name);
        return text == null ? "field_" + name : text;
    }

    /** The number of the word that is the field's value, or 0 if it is something else. Does not move on. */
    int word() {
        if (type != WORD) {
            return 0;
        }
        int before = at;
        int word = (int) varint();
        at = before;
        return word;
    }

    void skip() {
        switch (type) {
            case TEXT, CUT_TEXT -> {
                int length = length(varint());
                at += length;
            }
            case MARKS -> {
                for (int count = length(varint()); count > 0; count--) {
                    at++;
                    varint();
                    varint();
                    varint();
                }
            }
            case TRUE, FALSE -> {}
            default -> varint();
        }
    }

    Object value() {
        return switch (type) {
            case TEXT -> sized();
            case CUT_TEXT -> sized() + "...";
            case WORD -> {
                String text = words.text((int) varint());
                yield text == null ? "?" : text;
            }
            case DIGITS -> Long.toString(varint());
            case LONG -> (Object) zigzag();
            case INT -> (Object) (int) zigzag();
            case TRUE -> true;
            case FALSE -> false;
            case MARKS -> marks();
            default -> throw new IndexOutOfBoundsException("type " + type);
        };
    }

    private List<String> marks() {
        List<String> marks = new ArrayList<>(8);
        for (int count = length(varint()); count > 0; count--) {
            PacketType packet = PacketType.of(bytes[at++] & 15);
            marks.add(new PacketMark(packet, (int) varint(), (int) varint(), varint()).toString());
        }
        return marks;
    }

    /**
     * All of it, or null if this version does not know such an event.
     *
     * @param names numbers of the fields that are wanted, or null for all
     */
    @Nullable
    RecordedEvent event(@Nullable BitSet names) {
        Kind kind = kind();
        if (kind == null) {
            return null;
        }
        String peer = peer();
        Map<String, Object> fields = new LinkedHashMap<>();
        toFields();
        while (nextField()) {
            if (names != null && !names.get(name)) {
                skip();
            } else {
                String text = nameText();
                fields.putIfAbsent(text, value());
            }
        }
        return new RecordedEvent(time(), kind, clientId(), peer, fields);
    }

    // ---- bytes

    private long zigzag() {
        long value = varint();
        return value >>> 1 ^ -(value & 1);
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = bytes[at++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                break;
            }
        }
        return value;
    }

    /** A number of bytes, or of what has one at least, that are still there. */
    private int length(long length) {
        if (length < 0 || length > bytes.length - at) {
            throw new IndexOutOfBoundsException(length + " bytes from " + at + " of " + bytes.length);
        }
        return (int) length;
    }

    private String sized() {
        int length = length(varint());
        String text = utf8(bytes, at, length);
        at += length;
        return text;
    }

    /** Text as {@link RecordWriter} writes it. */
    static String utf8(byte[] bytes, int from, int length) {
        int to = from + length;
        StringBuilder text = new StringBuilder(length);
        int i = from;
        while (i < to) {
            int b = bytes[i];
            int size = b >= 0 ? 1 : (b & 0xE0) == 0xC0 ? 2 : (b & 0xF0) == 0xE0 ? 3 : 4;
            if (i + size > to) {
                break;
            }
            int code = size == 1 ? b : b & 0x7F >> size;
            for (int k = 1; k < size; k++) {
                code = code << 6 | bytes[i + k] & 0x3F;
            }
            if (Character.isValidCodePoint(code)) {
                text.appendCodePoint(code);
            }
            i += size;
        }
        return text.toString();
    }
}
