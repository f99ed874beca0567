package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Property;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Best effort to read a few fields of a CONNECT that is broken, too large or not there in full, so that a trace by
 * ClientID sees a CONNECT that was refused. Never moves the reader index, never throws.
 *
 * <p>The bytes are trusted only as long as their lengths make sense: properties must be known and fill their length
 * exactly, otherwise a wrong length could make the password pass for the ClientID.
 */
public final class ConnectPeek {
    private static final int BRIDGE_BIT = 0x80;

    private final ByteBuf in;
    private int position;

    private ConnectPeek(ByteBuf in) {
        this.in = in;
        this.position = in.readerIndex();
    }

    /** The ClientID, perhaps empty; null if it cannot be read: not a CONNECT, ill-formed, or cut before its end. */
    public static @Nullable String clientId(ByteBuf in) {
        ConnectPeek peek = new ConnectPeek(in);
        MqttVersion version = peek.readVersion();
        // Connect flags and Keep Alive.
        if (version == null || !peek.skip(3) || version == MqttVersion.V5 && !peek.skipProperties()) {
            return null;
        }
        int length = peek.twoBytes();
        if (length < 0 || length > peek.left()) {
            return null;
        }
        return Utf8Text.decode(in, peek.position, length);
    }

    /** The version, the bridge bit ignored; null if this is not a CONNECT of a version we speak. */
    public static @Nullable MqttVersion version(ByteBuf in) {
        return new ConnectPeek(in).readVersion();
    }

    private @Nullable MqttVersion readVersion() {
        if (oneByte() != 0x10 || variableBytes() < 0) {
            return null;
        }
        int length = twoBytes();
        if (length < 0 || length > 6 || length >= left()) {
            return null;
        }
        String name = in.toString(position, length, StandardCharsets.US_ASCII);
        position += length;
        return MqttVersion.of(name, oneByte() & ~BRIDGE_BIT);
    }

    private boolean skipProperties() {
        int length = variableBytes();
        if (length < 0 || length > left()) {
            return false;
        }
        int end = position + length;
        while (position < end) {
            Property property = Property.of(variableBytes());
            if (property == null || !skipValue(property)) {
                return false;
            }
        }
        return position == end;
    }

    private boolean skipValue(Property property) {
        return switch (property.type()) {
            case BYTE -> skip(1);
            case TWO_BYTES -> skip(2);
            case FOUR_BYTES -> skip(4);
            case VARIABLE_BYTES -> variableBytes() >= 0;
            case STRING, BINARY -> skipField();
            case STRING_PAIR -> skipPair();
        };
    }

    private boolean skipField() {
        return skip(twoBytes());
    }

    private boolean skipPair() {
        boolean name = skipField();
        return name && skipField();
    }

    private int left() {
        return in.writerIndex() - position;
    }

    private boolean skip(int bytes) {
        if (bytes < 0 || bytes > left()) {
            return false;
        }
        position += bytes;
        return true;
    }

    /** The next byte, or -1. */
    private int oneByte() {
        return left() < 1 ? -1 : in.getUnsignedByte(position++);
    }

    private int twoBytes() {
        if (left() < 2) {
            return -1;
        }
        position += 2;
        return in.getUnsignedShort(position - 2);
    }

    /** A Variable Byte Integer, or -1 if it is cut or longer than four bytes. */
    private int variableBytes() {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            int next = oneByte();
            if (next < 0) {
                return -1;
            }
            value |= (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        return -1;
    }
}
