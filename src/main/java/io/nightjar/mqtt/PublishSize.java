package io.nightjar.mqtt;

/** The exact size of a PUBLISH on the wire, to hold it against the client's Maximum Packet Size [5.0/3.1.2-24]. */
public final class PublishSize {
    private PublishSize() {}

    /**
     * Bytes of the whole packet, fixed header included.
     *
     * @param properties those that go out; ignored for a version without properties
     */
    public static int of(MqttVersion version, String topic, int payloadSize, QoS qos, Properties properties) {
        int remaining = 2 + Utf8.size(topic) + payloadSize;
        if (qos != QoS.AT_MOST_ONCE) {
            remaining += 2;
        }
        if (version.hasProperties()) {
            int size = properties.encodedSize();
            remaining += VariableByteInteger.size(size) + size;
        }
        return 1 + VariableByteInteger.size(remaining) + remaining;
    }
}
