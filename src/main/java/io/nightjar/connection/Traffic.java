package io.nightjar.connection;

import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.QoS;
import org.jspecify.annotations.Nullable;

/** What passed on one connection, counted: the evidence of its end. Owned by the connection's event loop. */
public final class Traffic {
    private final PacketRing lastIn = new PacketRing();
    private final PacketRing lastOut = new PacketRing();
    private final long startMillis;
    private long bytesIn;
    private long bytesOut;
    private int packetsIn;
    private int packetsOut;
    private int messagesIn;
    private int messagesOut;
    /** Messages of QoS 1 and 2 that came, then those that went; null until there is one, so that others do not pay. */
    private int @Nullable [] acknowledged;

    private long lastInMillis;
    private long lastOutMillis;
    private int droppedTooLarge;

    /** @param startMillis when the transport was accepted, milliseconds since 1970 */
    public Traffic(long startMillis) {
        this.startMillis = startMillis;
        this.lastInMillis = startMillis;
        this.lastOutMillis = startMillis;
    }

    public void received(PacketType type, int packetId, int size, long nowMillis) {
        lastInMillis = nowMillis;
        bytesIn += size;
        packetsIn++;
        if (type == PacketType.PUBLISH) {
            messagesIn++;
        }
        lastIn.add(type, packetId, size, nowMillis - startMillis);
    }

    public void sent(PacketType type, int packetId, int size, long nowMillis) {
        lastOutMillis = nowMillis;
        bytesOut += size;
        packetsOut++;
        if (type == PacketType.PUBLISH) {
            messagesOut++;
        }
        lastOut.add(type, packetId, size, nowMillis - startMillis);
    }

    /** A PUBLISH of this QoS came; it is in {@link #received} too. */
    public void messageIn(QoS qos) {
        if (qos != QoS.AT_MOST_ONCE) {
            acknowledged()[qos.value() - 1]++;
        }
    }

    /** A PUBLISH of this QoS went; it is in {@link #sent} too. */
    public void messageOut(QoS qos) {
        if (qos != QoS.AT_MOST_ONCE) {
            acknowledged()[qos.value() + 1]++;
        }
    }

    private int[] acknowledged() {
        if (acknowledged == null) {
            acknowledged = new int[4];
        }
        return acknowledged;
    }

    public void droppedTooLarge() {
        droppedTooLarge++;
    }

    public PacketRing lastIn() {
        return lastIn;
    }

    public PacketRing lastOut() {
        return lastOut;
    }

    public long startMillis() {
        return startMillis;
    }

    public long bytesIn() {
        return bytesIn;
    }

    public long bytesOut() {
        return bytesOut;
    }

    public long packetsIn() {
        return Integer.toUnsignedLong(packetsIn);
    }

    public long packetsOut() {
        return Integer.toUnsignedLong(packetsOut);
    }

    public long messagesIn() {
        return Integer.toUnsignedLong(messagesIn);
    }

    public long messagesOut() {
        return Integer.toUnsignedLong(messagesOut);
    }

    /** Messages of one QoS that came. */
    public long messagesIn(QoS qos) {
        return qos == QoS.AT_MOST_ONCE
                ? messagesIn() - acknowledged(0) - acknowledged(1)
                : acknowledged(qos.value() - 1);
    }

    /** Messages of one QoS that went. */
    public long messagesOut(QoS qos) {
        return qos == QoS.AT_MOST_ONCE
                ? messagesOut() - acknowledged(2) - acknowledged(3)
                : acknowledged(qos.value() + 1);
    }

    private long acknowledged(int index) {
        return acknowledged == null ? 0 : Integer.toUnsignedLong(acknowledged[index]);
    }

    public long dropped() {
        return droppedTooLarge;
    }

    /** When the last packet came in, milliseconds since 1970; the start if none did. */
    public long lastInMillis() {
        return lastInMillis;
    }

    /** When the last packet went out, milliseconds since 1970; the start if none did. */
    public long lastOutMillis() {
        return lastOutMillis;
    }
}
