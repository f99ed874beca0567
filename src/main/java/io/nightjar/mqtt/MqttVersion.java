package io.nightjar.mqtt;

import org.jspecify.annotations.Nullable;

/** A protocol version that Nightjar speaks, with the name and level of its CONNECT [5.0/3.1.2.1, 311/3.1.2.1]. */
public enum MqttVersion {
    V3_1("MQIsdp", 3, "3.1"),
    V3_1_1("MQTT", 4, "3.1.1"),
    V5("MQTT", 5, "5.0");

    private final String protocolName;
    private final int level;
    private final String words;

    MqttVersion(String protocolName, int level, String words) {
        this.protocolName = protocolName;
        this.level = level;
        this.words = words;
    }

    /** The version with this protocol name and level, or null if we do not speak it. */
    public static @Nullable MqttVersion of(String protocolName, int level) {
        for (MqttVersion version : values()) {
            if (version.level == level && version.protocolName.equals(protocolName)) {
                return version;
            }
        }
        return null;
    }

    public String protocolName() {
        return protocolName;
    }

    /** Protocol level byte: 3, 4 or 5. */
    public int level() {
        return level;
    }

    /** Whether packets carry properties and reason codes. */
    public boolean hasProperties() {
        return this == V5;
    }

    @Override
    public String toString() {
        return words;
    }
}
