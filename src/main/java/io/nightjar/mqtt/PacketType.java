package io.nightjar.mqtt;

/** MQTT Control Packet type, the high nibble of the first byte [5.0/2.1.2]. */
public enum PacketType {
    CONNECT(1, 0),
    CONNACK(2, 0),
    PUBLISH(3, 0),
    PUBACK(4, 0),
    PUBREC(5, 0),
    PUBREL(6, 2),
    PUBCOMP(7, 0),
    SUBSCRIBE(8, 2),
    SUBACK(9, 0),
    UNSUBSCRIBE(10, 2),
    UNSUBACK(11, 0),
    PINGREQ(12, 0),
    PINGRESP(13, 0),
    DISCONNECT(14, 0),
    AUTH(15, 0);

    private static final PacketType[] BY_VALUE = new PacketType[16];

    static {
        for (PacketType type : values()) {
            BY_VALUE[type.value] = type;
        }
    }

    private final int value;
    private final int flags;

    PacketType(int value, int flags) {
        this.value = value;
        this.flags = flags;
    }

    /** The type of value 1 to 15. Value 0 is reserved and must be refused before this call. */
    public static PacketType of(int value) {
        return BY_VALUE[value];
    }

    /** 1 to 15. */
    public int value() {
        return value;
    }

    /** The fixed low nibble of every type but PUBLISH [5.0/2.1.3-1]. */
    public int flags() {
        return flags;
    }
}
