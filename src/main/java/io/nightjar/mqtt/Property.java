package io.nightjar.mqtt;

import static io.nightjar.mqtt.PacketType.AUTH;
import static io.nightjar.mqtt.PacketType.CONNACK;
import static io.nightjar.mqtt.PacketType.CONNECT;
import static io.nightjar.mqtt.PacketType.DISCONNECT;
import static io.nightjar.mqtt.PacketType.PUBACK;
import static io.nightjar.mqtt.PacketType.PUBCOMP;
import static io.nightjar.mqtt.PacketType.PUBLISH;
import static io.nightjar.mqtt.PacketType.PUBREC;
import static io.nightjar.mqtt.PacketType.PUBREL;
import static io.nightjar.mqtt.PacketType.SUBACK;
import static io.nightjar.mqtt.PacketType.SUBSCRIBE;
import static io.nightjar.mqtt.PacketType.UNSUBACK;
import static io.nightjar.mqtt.PacketType.UNSUBSCRIBE;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An MQTT 5 property: its identifier, its type and the packets that may carry it [5.0/2.2.2.2]. */
public enum Property {
    PAYLOAD_FORMAT_INDICATOR(0x01, Type.BYTE, true, PUBLISH),
    MESSAGE_EXPIRY_INTERVAL(0x02, Type.FOUR_BYTES, true, PUBLISH),
    CONTENT_TYPE(0x03, Type.STRING, true, PUBLISH),
    RESPONSE_TOPIC(0x08, Type.STRING, true, PUBLISH),
    CORRELATION_DATA(0x09, Type.BINARY, true, PUBLISH),
    SUBSCRIPTION_IDENTIFIER(0x0B, Type.VARIABLE_BYTES, false, PUBLISH, SUBSCRIBE),
    SESSION_EXPIRY_INTERVAL(0x11, Type.FOUR_BYTES, false, CONNECT, CONNACK, DISCONNECT),
    ASSIGNED_CLIENT_IDENTIFIER(0x12, Type.STRING, false, CONNACK),
    SERVER_KEEP_ALIVE(0x13, Type.TWO_BYTES, false, CONNACK),
    AUTHENTICATION_METHOD(0x15, Type.STRING, false, CONNECT, CONNACK, AUTH),
    AUTHENTICATION_DATA(0x16, Type.BINARY, false, CONNECT, CONNACK, AUTH),
    REQUEST_PROBLEM_INFORMATION(0x17, Type.BYTE, false, CONNECT),
    WILL_DELAY_INTERVAL(0x18, Type.FOUR_BYTES, true),
    REQUEST_RESPONSE_INFORMATION(0x19, Type.BYTE, false, CONNECT),
    RESPONSE_INFORMATION(0x1A, Type.STRING, false, CONNACK),
    SERVER_REFERENCE(0x1C, Type.STRING, false, CONNACK, DISCONNECT),
    REASON_STRING(
            0x1F, Type.STRING, false, CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH),
    RECEIVE_MAXIMUM(0x21, Type.TWO_BYTES, false, CONNECT, CONNACK),
    TOPIC_ALIAS_MAXIMUM(0x22, Type.TWO_BYTES, false, CONNECT, CONNACK),
    TOPIC_ALIAS(0x23, Type.TWO_BYTES, false, PUBLISH),
    MAXIMUM_QOS(0x24, Type.BYTE, false, CONNACK),
    RETAIN_AVAILABLE(0x25, Type.BYTE, false, CONNACK),
    USER_PROPERTY(
            0x26,
            Type.STRING_PAIR,
            true,
            CONNECT,
            CONNACK,
            PUBLISH,
            PUBACK,
            PUBREC,
            PUBREL,
            PUBCOMP,
            SUBSCRIBE,
            SUBACK,
            UNSUBSCRIBE,
            UNSUBACK,
            DISCONNECT,
            AUTH),
    MAXIMUM_PACKET_SIZE(0x27, Type.FOUR_BYTES, false, CONNECT, CONNACK),
    WILDCARD_SUBSCRIPTION_AVAILABLE(0x28, Type.BYTE, false, CONNACK),
    SUBSCRIPTION_IDENTIFIERS_AVAILABLE(0x29, Type.BYTE, false, CONNACK),
    SHARED_SUBSCRIPTION_AVAILABLE(0x2A, Type.BYTE, false, CONNACK);

    /** How a value is written; in memory it is Integer, Long, String, Bytes or UserProperty. */
    public enum Type {
        /** Integer 0 to 255. */
        BYTE,
        /** Integer 0 to 65,535. */
        TWO_BYTES,
        /** Long 0 to 4,294,967,295. */
        FOUR_BYTES,
        /** Integer 0 to 268,435,455. */
        VARIABLE_BYTES,
        /** String. */
        STRING,
        /** {@link Bytes}. */
        BINARY,
        /** {@link UserProperty}. */
        STRING_PAIR
    }

    private static final @Nullable Property[] BY_ID = new Property[0x2B];

    static {
        for (Property property : values()) {
            BY_ID[property.id] = property;
        }
    }

    private final int id;
    private final Type type;
    private final boolean inWill;
    private final Set<PacketType> packets;

    Property(int id, Type type, boolean inWill, PacketType... packets) {
        this.id = id;
        this.type = type;
        this.inWill = inWill;
        this.packets = EnumSet.noneOf(PacketType.class);
        this.packets.addAll(Set.of(packets));
    }

    /** The property with this identifier, or null if the standard has none. */
    public static @Nullable Property of(int id) {
        return id < 0 || id >= BY_ID.length ? null : BY_ID[id];
    }

    public int id() {
        return id;
    }

    public Type type() {
        return type;
    }

    /** Whether this packet may carry it. The Will Properties of CONNECT are their own set: {@link #allowedInWill}. */
    public boolean allowedIn(PacketType packet) {
        return packets.contains(packet);
    }

    public boolean allowedInWill() {
        return inWill;
    }

    /** Whether it may stand more than once in this packet. */
    public boolean repeatableIn(PacketType packet) {
        return this == USER_PROPERTY || this == SUBSCRIPTION_IDENTIFIER && packet == PUBLISH;
    }
}
