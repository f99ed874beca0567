package io.nightjar.connection;

import io.nightjar.mqtt.PacketType;

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
