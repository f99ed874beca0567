package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Utf8;
import io.nightjar.mqtt.VariableByteInteger;

/** Sizes and bytes of the standard's data types [5.0/1.5]. */
final class FieldWriter {
    private static final int MAX_LENGTH = 65_535;

    private FieldWriter() {}

    static int size(String text) {
        return 2 + checked(Utf8.size(text));
    }

    static int size(Bytes bytes) {
        return 2 + checked(bytes.size());
    }

    /** Properties with their length in front; nothing before MQTT 5. */
    static int size(Properties properties, MqttVersion version) {
        if (version != MqttVersion.V5) {
            return 0;
        }
        return VariableByteInteger.size(properties.encodedSize()) + properties.encodedSize();
    }

    static void text(ByteBuf out, String text) {
        int lengthAt = out.writerIndex();
        out.writeShort(0);
        out.setShort(lengthAt, checked(ByteBufUtil.writeUtf8(out, text)));
    }

    static void binary(ByteBuf out, Bytes bytes) {
        out.writeShort(checked(bytes.size()));
        bytes.writeTo(out::writeBytes);
    }

    static void variableBytes(ByteBuf out, int value) {
        int rest = value;
        while (rest >= 0x80) {
            out.writeByte(rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    /** Properties with their length in front; nothing before MQTT 5. */
    static void properties(ByteBuf out, Properties properties, MqttVersion version) {
        if (version != MqttVersion.V5) {
            return;
        }
        variableBytes(out, properties.encodedSize());
        for (int i = 0; i < properties.count(); i++) {
            property(out, properties.propertyAt(i), properties.valueAt(i));
        }
    }

    private static void property(ByteBuf out, Property property, Object value) {
        out.writeByte(property.id());
        switch (property.type()) {
            case BYTE -> out.writeByte((Integer) value);
            case TWO_BYTES -> out.writeShort((Integer) value);
            case FOUR_BYTES -> out.writeInt(((Long) value).intValue());
            case VARIABLE_BYTES -> variableBytes(out, (Integer) value);
            case STRING -> text(out, (String) value);
            case BINARY -> binary(out, (Bytes) value);
            case STRING_PAIR -> {
                text(out, ((UserProperty) value).name());
                text(out, ((UserProperty) value).value());
            }
        }
    }

    private static int checked(int length) {
        if (length > MAX_LENGTH) {
            throw new IllegalArgumentException("a field of " + length + " bytes is longer than " + MAX_LENGTH);
        }
        return length;
    }
}
