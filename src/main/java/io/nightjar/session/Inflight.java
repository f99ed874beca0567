package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.QoS;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The QoS 1 and 2 messages that were sent to the client and are not complete: those whose PUBLISH is unacknowledged, in
 * the order of first sending, and those whose PUBREL is, in the order of the PUBRECs [5.0/4.6.0-1, -4].
 *
 * <p>The window counts what is open on the present connection, and every PUBREL [5.0/3.3.4-9]. After a resume with a
 * smaller Receive Maximum the rest waits its turn. A message that was sent once never expires [5.0/4.3.3-7].
 */
final class Inflight {
    /** A message whose PUBLISH was sent and not yet acknowledged. */
    static final class Sent {
        private final int packetId;
        private final Delivery delivery;
        /** Whether it was sent on the connection that is attached now. */
        private boolean onWire;

        private Sent(int packetId, Delivery delivery, boolean onWire) {
            this.packetId = packetId;
            this.delivery = delivery;
            this.onWire = onWire;
        }

        int packetId() {
            return packetId;
        }

        Delivery delivery() {
            return delivery;
        }
    }

    private static final int LAST_PACKET_ID = 65_535;

    private final Map<Integer, Sent> published = new LinkedHashMap<>();
    private @Nullable Set<Integer> released;
    private @Nullable ArrayDeque<Sent> resend;
    private int lastPacketId;
    private int open;

    /** All that are not complete. */
    int size() {
        return published.size() + releasedCount();
    }

    private int releasedCount() {
        return released == null ? 0 : released.size();
    }

    /** Whether the window takes one more PUBLISH. */
    boolean hasRoom(int receiveMaximum) {
        return open < receiveMaximum;
    }

    /** Notes a message that is about to be sent for the first time; the answer is its Packet Identifier. */
    int add(Delivery delivery) {
        int packetId = freePacketId();
        published.put(packetId, new Sent(packetId, delivery, true));
        open++;
        return packetId;
    }

    /** An identifier that is not in use. There is one: the window is never larger than the number of identifiers. */
    private int freePacketId() {
        do {
            lastPacketId = lastPacketId == LAST_PACKET_ID ? 1 : lastPacketId + 1;
        } while (isInUse(lastPacketId));
        return lastPacketId;
    }

    boolean isInUse(int packetId) {
        return published.containsKey(packetId) || isReleased(packetId);
    }

    /** Whether a PUBLISH of this QoS and identifier awaits its acknowledgement. */
    boolean isPublished(int packetId, QoS qos) {
        Sent sent = published.get(packetId);
        return sent != null && sent.delivery.qos() == qos;
    }

    boolean isReleased(int packetId) {
        return released != null && released.contains(packetId);
    }

    /** PUBACK, error PUBREC, or given up: identifier and quota are free [5.0/4.3.3-9]. */
    void complete(int packetId) {
        Sent sent = published.remove(packetId);
        if (sent != null && sent.onWire) {
            open--;
        }
    }

    /** PUBREC: the message itself is done, its PUBREL goes out and waits for PUBCOMP [5.0/4.3.3-5, -6]. */
    void release(int packetId) {
        Sent sent = published.remove(packetId);
        if (sent == null) {
            return;
        }
        if (released == null) {
            released = new LinkedHashSet<>();
        }
        released.add(packetId);
        if (!sent.onWire) {
            open++;
        }
    }

    /** PUBCOMP. */
    void completeReleased(int packetId) {
        if (released != null && released.remove(packetId)) {
            open--;
        }
    }

    /** A new connection took the session: every PUBLISH is to be sent again. Answers the identifiers for PUBREL. */
    List<Integer> resume() {
        published.values().forEach(sent -> sent.onWire = false);
        resend = published.isEmpty() ? null : new ArrayDeque<>(published.values());
        open = releasedCount();
        return released == null ? List.of() : new ArrayList<>(released);
    }

    /** What was sent and not acknowledged, in the order of first sending. */
    List<Delivery> unacknowledged() {
        return published.values().stream().map(Sent::delivery).toList();
    }

    /**
     * What is not complete: messages in the order of first sending, then what waits for PUBCOMP.
     *
     * @param after position of the last one that is known, or empty
     * @return null if that one is complete by now
     */
    @Nullable
    List<HeldMessage> from(String after, int most) {
        List<HeldMessage> all = new ArrayList<>(size());
        published
                .values()
                .forEach(sent ->
                        all.add(new HeldMessage(Integer.toString(sent.packetId), sent.packetId, sent.delivery)));
        if (released != null) {
            released.forEach(packetId -> all.add(new HeldMessage(Integer.toString(packetId), packetId, null)));
        }
        int first = 0;
        while (!after.isEmpty()
                && first < all.size()
                && !all.get(first).position().equals(after)) {
            first++;
        }
        if (!after.isEmpty() && first++ == all.size()) {
            return null;
        }
        return List.copyOf(all.subList(first, Math.min(all.size(), first + most)));
    }

    /** The next message to send again, or null if there is none; counts it as open. */
    @Nullable
    Sent nextResend() {
        skipAcknowledged();
        if (resend == null) {
            return null;
        }
        Sent next = resend.remove();
        next.onWire = true;
        open++;
        return next;
    }

    /** Whether messages wait to be sent again; new ones must not overtake them. */
    boolean hasResend() {
        skipAcknowledged();
        return resend != null;
    }

    private void skipAcknowledged() {
        while (resend != null) {
            Sent next = resend.peek();
            if (next == null) {
                resend = null;
            } else if (published.get(next.packetId) == next) {
                return;
            } else {
                resend.remove();
            }
        }
    }
}
