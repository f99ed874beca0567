package io.nightjar.connection;

import io.nightjar.mqtt.PacketType;
import java.util.Arrays;

/**
 * The last 8 packets of one direction: 12 bytes each, grown as they come, so that an idle connection that exchanged two
 * packets pays for two. Owned by the connection's event loop.
 */
public final class PacketRing {
    private static final int CAPACITY = 8;
    private static final int INTS = 3;
    private static final int[] EMPTY = new int[0];

    /** Time (milliseconds since the connection began), size and type, Packet Identifier. */
    private int[] entries = EMPTY;

    private int count;

    /** @param atMillis since the connection began; beyond 24 days it saturates */
    public void add(PacketType type, int packetId, int size, long atMillis) {
        int slot = count % CAPACITY * INTS;
        if (slot >= entries.length) {
            entries = Arrays.copyOf(entries, Math.max(2 * INTS, entries.length * 2));
        }
        entries[slot] = (int) Math.min(atMillis, Integer.MAX_VALUE);
        entries[slot + 1] = size << 4 | type.value();
        entries[slot + 2] = packetId;
        count = count + 1 == 2 * CAPACITY ? CAPACITY : count + 1;
    }

    /** Shows them, oldest first. */
    public void forEach(Visitor visitor) {
        int n = Math.min(count, CAPACITY);
        for (int i = count - n; i < count; i++) {
            int slot = i % CAPACITY * INTS;
            int sizeAndType = entries[slot + 1];
            visitor.packet(
                    PacketType.of(sizeAndType & 15), entries[slot + 2], sizeAndType >>> 4, Math.max(0, entries[slot]));
        }
    }

    /** Receives one packet; {@code atMillis} since the connection began. */
    @FunctionalInterface
    public interface Visitor {
        void packet(PacketType type, int packetId, int size, long atMillis);
    }
}
