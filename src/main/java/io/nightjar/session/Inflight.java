package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.QoS;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The QoS 1 and 2 messages that were sent to the client and are not complete: those whose PUBLISH is unacknowledged, in
 * the order of first sending, and those whose PUBREL is, in the order of the PUBRECs [5.0/4.6.0-1, -4].
 *
 * <p>The window counts what is open on the present connection, and every PUBREL [5.0/3.3.4-9]. After a resume with a
 * smaller Receive Maximum the rest waits its turn. A message that was sent once never expires [5.0/4.3.3-7].
 *
 * <p>A message is kept in an array, in the place that the last bits of its Packet Identifier say, so that it costs one
 * reference and no object of its own. An identifier whose place is taken by another message is not given; before more
 * than half of the places are taken, they are doubled, up to one for each identifier.
 */
final class Inflight {
    /** A message to send again. */
    record Sent(int packetId, Delivery delivery) {}

    private static final int LAST_PACKET_ID = 65_535;
    private static final int PACKET_ID_BITS = 16;
    private static final int FEWEST_PLACES = 8;
    private static final int MOST_PLACES = LAST_PACKET_ID + 1;
    /** More than these are let go when nothing is unacknowledged. */
    private static final int PLACES_TO_KEEP = 256;

    private static final long[] NO_PLACE = {};
    private static final Delivery[] NO_MESSAGE = {};

    /** For each place the number of a message, counted up as they are first sent, then its Packet Identifier; 0 if free. */
    private long[] keys = NO_PLACE;

    private @Nullable Delivery[] messages = NO_MESSAGE;
    private int published;
    private long sent;
    /** Keys of what was unacknowledged at the last resume, in order; null when all of it was sent again. */
    private long @Nullable [] resend;

    private int resent;
    private @Nullable Set<Integer> released;
    private int lastPacketId;
    private int open;

    /** All that are not complete. */
    int size() {
        return published + releasedCount();
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
        if (published >= keys.length / 2 && keys.length < MOST_PLACES) {
            grow();
        }
        int packetId = freePacketId();
        int place = place(packetId);
        keys[place] = ++sent << PACKET_ID_BITS | packetId;
        messages[place] = delivery;
        published++;
        open++;
        return packetId;
    }

    private void grow() {
        long[] old = keys;
        @Nullable Delivery[] moved = messages;
        keys = new long[Math.max(FEWEST_PLACES, 2 * old.length)];
        messages = new Delivery[keys.length];
        for (int i = 0; i < old.length; i++) {
            if (old[i] != 0) {
                int place = place(packetId(old[i]));
                keys[place] = old[i];
                messages[place] = moved[i];
            }
        }
    }

    private int place(int packetId) {
        return packetId & keys.length - 1;
    }

    private static int packetId(long key) {
        return (int) key & LAST_PACKET_ID;
    }

    /** An identifier that can be used. There is one: the window is never larger than the number of identifiers. */
    private int freePacketId() {
        for (int tried = 0; ; tried++) {
            if (tried == LAST_PACKET_ID) {
                tried = 0;
                grow(); // what is free shares its place with what is not
            }
            lastPacketId = lastPacketId == LAST_PACKET_ID ? 1 : lastPacketId + 1;
            if (keys[place(lastPacketId)] == 0 && !isReleased(lastPacketId)) {
                return lastPacketId;
            }
        }
    }

    /** The place of an unacknowledged PUBLISH, or -1. */
    private int find(int packetId) {
        if (published == 0) {
            return -1;
        }
        int place = place(packetId);
        return packetId(keys[place]) == packetId ? place : -1;
    }

    boolean isInUse(int packetId) {
        return find(packetId) >= 0 || isReleased(packetId);
    }

    /** Whether a PUBLISH of this QoS and identifier awaits its acknowledgement. */
    boolean isPublished(int packetId, QoS qos) {
        int place = find(packetId);
        return place >= 0 && message(place).qos() == qos;
    }

    private Delivery message(int place) {
        Delivery message = messages[place];
        if (message == null) {
            throw new IllegalStateException("no message in place " + place);
        }
        return message;
    }

    boolean isReleased(int packetId) {
        return released != null && released.contains(packetId);
    }

    /** PUBACK, error PUBREC, or given up: identifier and quota are free [5.0/4.3.3-9]. */
    void complete(int packetId) {
        int place = find(packetId);
        if (place >= 0) {
            if (isOnWire(keys[place])) {
                open--;
            }
            free(place);
        }
    }

    private void free(int place) {
        keys[place] = 0;
        messages[place] = null;
        published--;
        if (published == 0 && keys.length > PLACES_TO_KEEP) {
            keys = NO_PLACE;
            messages = NO_MESSAGE;
        }
    }

    /** Whether it was sent on the connection that is attached now. */
    private boolean isOnWire(long key) {
        return resend == null || resent == resend.length || key < resend[resent] || key > resend[resend.length - 1];
    }

    /** PUBREC: the message itself is done, its PUBREL goes out and waits for PUBCOMP [5.0/4.3.3-5, -6]. */
    void release(int packetId) {
        int place = find(packetId);
        if (place < 0) {
            return;
        }
        if (released == null) {
            released = new LinkedHashSet<>();
        }
        released.add(packetId);
        if (!isOnWire(keys[place])) {
            open++;
        }
        free(place);
    }

    /** PUBCOMP. */
    void completeReleased(int packetId) {
        if (released != null && released.remove(packetId)) {
            open--;
        }
    }

    /** A new connection took the session: every PUBLISH is to be sent again. Answers the identifiers for PUBREL. */
    List<Integer> resume() {
        resend = published == 0 ? null : inOrder();
        resent = 0;
        open = releasedCount();
        return released == null ? List.of() : new ArrayList<>(released);
    }

    /** The keys of what is unacknowledged, in the order of first sending. */
    private long[] inOrder() {
        return Arrays.stream(keys).filter(key -> key != 0).sorted().toArray();
    }

    private Delivery message(long key) {
        return message(place(packetId(key)));
    }

    /** What was sent and not acknowledged, in the order of first sending. */
    List<Delivery> unacknowledged() {
        return Arrays.stream(inOrder()).mapToObj(this::message).toList();
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
        for (long key : inOrder()) {
            int packetId = packetId(key);
            all.add(new HeldMessage(Integer.toString(packetId), packetId, message(key)));
        }
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
        if (!hasResend() || resend == null) {
            return null;
        }
        long key = resend[resent++];
        open++;
        return new Sent(packetId(key), message(key));
    }

    /** Whether messages wait to be sent again; new ones must not overtake them. */
    boolean hasResend() {
        while (resend != null) {
            if (resent == resend.length) {
                resend = null;
            } else if (published > 0 && keys[place(packetId(resend[resent]))] == resend[resent]) {
                return true;
            } else {
                resent++; // acknowledged meanwhile
            }
        }
        return false;
    }
}
