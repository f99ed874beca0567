package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Property;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A position in the bytes of one packet: reads the standard's data types and says exactly what is wrong when it cannot.
 * Never moves the buffer's reader index. Lives for one packet, on the event loop.
 *
 * <p>What an error shows of the bytes: the first {@value #SHOWN}, but of a CONNECT nothing behind the Keep Alive, of
 * CONNACK and AUTH nothing behind the Reason Code, and of a PUBLISH nothing that was not read yet, since the payload is
 * last. Before CONNECT it is {@value #SHOWN_FIRST}: what looks like junk may be a CONNECT with one wrong byte. Of a wrong
 * fixed header later on it is that header alone, since what follows may be the payload of a packet whose length was
 * wrong. {@code problem} never quotes a byte of a CONNECT.
 */
final class PacketReader {
    private static final int SHOWN = 64;

    /** Up to the Keep Alive of a CONNECT of 3.1.1 or 5.0. */
    private static final int SHOWN_FIRST = 12;

    /** At most: the first byte and four of Remaining Length. */
    private static final int FIXED_HEADER = 5;

    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

    private final ByteBuf in;
    private final int start;
    private final @Nullable PacketType type;
    private final boolean fromServer;

    private @Nullable MqttVersion version;
    private int bodyStart = -1;
    private int size = -1;
    private int end;
    private int position;
    private String field = "";
    private int fieldStart;
    private @Nullable Property property;
    private boolean inWill;

    /** Stands on the first byte of the fixed header. */
    PacketReader(ByteBuf in, int start, @Nullable PacketType type, @Nullable MqttVersion version, boolean fromServer) {
        this.in = in;
        this.start = start;
        this.position = start;
        this.fieldStart = start;
        this.type = type;
        this.version = version;
        this.fromServer = fromServer;
    }

    /** Bytes of the whole packet, once the fixed header told it. */
    void size(int bytes) {
        size = bytes;
    }

    int size() {
        return size;
    }

    /** Goes to the body, all of which is in the buffer. */
    void body(int from) {
        bodyStart = from;
        position = from;
        end = start + size;
    }

    PacketType type() {
        if (type == null) {
            throw new IllegalStateException("no packet type");
        }
        return type;
    }

    boolean fromServer() {
        return fromServer;
    }

    @Nullable
    MqttVersion version() {
        return version;
    }

    void version(MqttVersion known) {
        version = known;
    }

    boolean isV5() {
        return version == MqttVersion.V5;
    }

    int remaining() {
        return end - position;
    }

    /** Index in the buffer of the next byte. */
    int position() {
        return position;
    }

    /** Index in the buffer behind the last byte that may be read. */
    int end() {
        return end;
    }

    /** Moves the end: to that of the properties and back. */
    void end(int to) {
        end = to;
    }

    /** The property that the next values belong to, or null. */
    void property(@Nullable Property current, boolean will) {
        property = current;
        inWill = will;
        field = current == null ? field : "";
    }

    int oneByte(String name) throws DecodeException {
        require(name, 1);
        return in.getUnsignedByte(position++);
    }

    int twoBytes(String name) throws DecodeException {
        require(name, 2);
        int value = in.getUnsignedShort(position);
        position += 2;
        return value;
    }

    long fourBytes(String name) throws DecodeException {
        require(name, 4);
        long value = in.getUnsignedInt(position);
        position += 4;
        return value;
    }

    /** A Variable Byte Integer, which must be in its shortest form [5.0/1.5.5-1]. */
    int variableBytes(String name) throws DecodeException {
        require(name, 1);
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            if (position == end) {
                throw fail(Rule.CUT_SHORT, fieldStart, "the packet ends within it");
            }
            int next = in.getUnsignedByte(position++);
            value |= (next & 0x7F) << shift;
            if (next < 0x80) {
                if (next == 0 && shift > 0) {
                    throw fail(Rule.VARIABLE_BYTE_INTEGER, fieldStart, "it is not in its shortest form");
                }
                return value;
            }
        }
        throw fail(Rule.VARIABLE_BYTE_INTEGER, fieldStart, "it is longer than four bytes");
    }

    String text(String name) throws DecodeException {
        int length = lengthOf(name);
        String text = Utf8Text.decode(in, position, length);
        if (text == null) {
            int at = position + Utf8Text.fault(in, position, length);
            throw in.getByte(at) == 0
                    ? fail(Rule.UTF_8_NULL, at, "it has the character U+0000")
                    : fail(Rule.UTF_8, at, "it is not well-formed UTF-8");
        }
        position += length;
        return text;
    }

    /** What is left, copied once behind a text that was read before, since both go out together. */
    Bytes restBehind(String text, int textAt, int textEnd) {
        int textSize = textEnd - textAt;
        byte[] bytes = new byte[textSize + remaining()];
        in.getBytes(textAt, bytes, 0, textSize);
        in.getBytes(position, bytes, textSize, remaining());
        position = end;
        return Bytes.behind(text, bytes, textSize);
    }

    Bytes binary(String name) throws DecodeException {
        return copy(lengthOf(name));
    }

    /** What is left, copied once. */
    Bytes rest() {
        return copy(remaining());
    }

    private Bytes copy(int length) {
        if (length == 0) {
            return Bytes.EMPTY;
        }
        byte[] bytes = new byte[length];
        in.getBytes(position, bytes);
        position += length;
        return Bytes.wrap(bytes);
    }

    /** A Packet Identifier, which is never 0 [5.0/2.2.1-3]. */
    int packetIdentifier() throws DecodeException {
        int value = twoBytes("packet identifier");
        if (value == 0) {
            throw fail(Rule.PACKET_IDENTIFIER, fieldStart, "it is 0");
        }
        return value;
    }

    /** Refuses bytes behind the last field. */
    void requireEnd() throws DecodeException {
        if (position < end) {
            field = "end of packet";
            throw fail(Rule.LEFT_OVER, position, remaining() + " bytes are left over behind the last field");
        }
    }

    private int lengthOf(String name) throws DecodeException {
        int length = twoBytes(name);
        if (length > remaining()) {
            throw cutShort(length);
        }
        return length;
    }

    private void require(String name, int bytes) throws DecodeException {
        field = name;
        fieldStart = position;
        if (bytes > end - position) {
            throw cutShort(bytes);
        }
    }

    private DecodeException cutShort(int bytes) {
        return property == null
                ? fail(
                        Rule.CUT_SHORT,
                        fieldStart,
                        "it takes " + bytes + " bytes, the packet has " + remaining() + " left")
                : fail(
                        Rule.PROPERTY_LENGTH,
                        fieldStart,
                        "it takes " + bytes + " bytes, the property length leaves " + remaining());
    }

    /** The field that was read last has a value that breaks a rule. */
    DecodeException fail(Rule rule, String problem, String... moreFacts) {
        return fail(rule, fieldStart, problem, moreFacts);
    }

    /** Another field than the one read last. */
    DecodeException failIn(String name, int at, Rule rule, String problem, String... moreFacts) {
        field = name;
        return fail(rule, at, problem, moreFacts);
    }

    private DecodeException fail(Rule rule, int at, String problem, String... moreFacts) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("packet", type == null ? "unknown" : type.name());
        facts.put("offset", Integer.toString(at - start));
        facts.put("field", fieldWords());
        facts.put("problem", problem);
        facts.put("rule", rule.id(version));
        if (size >= 0) {
            facts.put("packet_size", Integer.toString(size));
        }
        for (int i = 0; i < moreFacts.length; i += 2) {
            facts.put(moreFacts[i], moreFacts[i + 1]);
        }
        facts.put("bytes", bytes(at));
        return new DecodeException(new DisconnectReason(rule.detail(version), null, facts), version, size);
    }

    private String fieldWords() {
        Property current = property;
        if (current == null) {
            return inWill ? "will " + field : field;
        }
        String name = current.name().toLowerCase(Locale.ROOT);
        return (inWill ? "will property " : "property ") + name + (field.isEmpty() ? "" : " " + field);
    }

    private String bytes(int at) {
        int until = Math.min(shownUntil(at), Math.min(start + SHOWN, bodyStart < 0 ? in.writerIndex() : start + size));
        byte[] shown = new byte[Math.max(0, until - start)];
        in.getBytes(start, shown);
        return HEX.formatHex(shown);
    }

    private int shownUntil(int at) {
        if (bodyStart < 0) {
            return start + (version == null ? SHOWN_FIRST : at == start ? 1 : FIXED_HEADER);
        }
        return switch (type()) {
            case CONNECT -> connectHeaderEnd();
            case CONNACK -> bodyStart + 2;
            case AUTH -> bodyStart + 1;
            case PUBLISH -> position;
            default -> start + size;
        };
    }

    /** Behind the Keep Alive if the protocol name is where it should be, else where the shortest one would end. */
    private int connectHeaderEnd() {
        for (MqttVersion known : MqttVersion.values()) {
            byte[] name = known.protocolName().getBytes(StandardCharsets.US_ASCII);
            int headerEnd = bodyStart + 2 + name.length + 4;
            if (headerEnd <= start + size && in.getUnsignedShort(bodyStart) == name.length) {
                byte[] found = new byte[name.length];
                in.getBytes(bodyStart + 2, found);
                if (Arrays.equals(name, found)) {
                    return headerEnd;
                }
            }
        }
        return bodyStart + 8;
    }
}
