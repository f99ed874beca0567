package io.nightjar.connection;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * QoS 2 PUBLISH packets of the client that are still open [5.0/3.3.4-7]. One of QoS 1 is answered in the same turn, so
 * it needs a free place but takes none. A repeat of an open Packet Identifier costs nothing. Owned by the connection's
 * event loop.
 */
public final class InboundQuota {
    private final int maximum;
    private @Nullable Set<Integer> open;

    /** @param maximum Receive Maximum as announced */
    public InboundQuota(int maximum) {
        this.maximum = maximum;
    }

    /** Takes one; false if the client has more open than it may. */
    public boolean open(int packetId) {
        if (open == null) {
            open = new HashSet<>();
        }
        open.add(packetId);
        return open.size() <= maximum;
    }

    /** Whether there is no place for one more. */
    public boolean isFull() {
        return open != null && open.size() >= maximum;
    }

    /** PUBCOMP or a PUBREC with an error went out. */
    public void close(int packetId) {
        if (open != null) {
            open.remove(packetId);
        }
    }
}
