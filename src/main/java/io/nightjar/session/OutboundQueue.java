package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.QoS;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages that wait for a client: for it to come back, for room in its in-flight window, or for room in its send
 * buffer.
 *
 * <p>Two lines in one set of limits. QoS 1 and 2 wait in one line, so that their order stands [5.0/4.6.0-5]; QoS 0
 * waits in its own, since a full in-flight window must not hold it up [5.0/3.3.4-10]. When the limits are passed the
 * oldest QoS 0 message goes first, and only when there is none the oldest QoS 1 or 2: what was never promised is given
 * up before what was.
 */
final class OutboundQueue {
    private static final String ACKNOWLEDGED = "a";
    private static final String AT_MOST_ONCE = "z";

    private @Nullable ArrayDeque<Delivery> acknowledged;
    private @Nullable ArrayDeque<Delivery> atMostOnce;
    private long bytes;

    /** Messages that left each line at its head: where the first one stands, for people who page through it. */
    private long takenAcknowledged;

    private long takenAtMostOnce;

    int size() {
        return size(acknowledged) + size(atMostOnce);
    }

    /** Bytes of topics and payloads that wait. */
    long bytes() {
        return bytes;
    }

    /** Whether a message of this QoS would have to stand in line. */
    boolean hasWaiting(QoS qos) {
        return size(qos == QoS.AT_MOST_ONCE ? atMostOnce : acknowledged) > 0;
    }

    void add(Delivery delivery) {
        if (delivery.qos() == QoS.AT_MOST_ONCE) {
            atMostOnce = addTo(atMostOnce, delivery);
        } else {
            acknowledged = addTo(acknowledged, delivery);
        }
        bytes += size(delivery);
    }

    boolean exceeds(SessionLimits limits) {
        return size() > limits.queuedMessages() || bytes > limits.queuedBytes();
    }

    /**
     * Messages in the order they will go, QoS 1 and 2 first.
     *
     * @param after position of the last one that is known, which may be gone, or empty
     */
    List<HeldMessage> from(String after, int most) {
        List<HeldMessage> all = new ArrayList<>();
        if (!after.startsWith(AT_MOST_ONCE)) {
            add(all, ACKNOWLEDGED, acknowledged, takenAcknowledged, number(after), most);
        }
        boolean inside = after.startsWith(AT_MOST_ONCE);
        add(all, AT_MOST_ONCE, atMostOnce, takenAtMostOnce, inside ? number(after) : -1, most);
        return all;
    }

    private static void add(
            List<HeldMessage> to, String name, @Nullable ArrayDeque<Delivery> line, long taken, long after, int most) {
        long number = taken;
        if (line != null) {
            for (Delivery delivery : line) {
                if (to.size() >= most) {
                    return;
                }
                if (number > after) {
                    to.add(new HeldMessage(name + number, 0, delivery));
                }
                number++;
            }
        }
    }

    private static long number(String position) {
        return position.isEmpty() ? -1 : Long.parseLong(position.substring(ACKNOWLEDGED.length()));
    }

    /** Takes the oldest of the line that serves this QoS, or null. */
    @Nullable
    Delivery poll(QoS qos) {
        return pollFrom(qos == QoS.AT_MOST_ONCE ? atMostOnce : acknowledged);
    }

    /** Takes the one that is to be given up first, or null if the queue is empty. */
    @Nullable
    Delivery evict() {
        Delivery oldest = pollFrom(atMostOnce);
        return oldest != null ? oldest : pollFrom(acknowledged);
    }

    /** What one message counts against the limit in bytes. */
    static long size(Delivery delivery) {
        return (long) delivery.message().topic().length()
                + delivery.message().payload().size();
    }

    private @Nullable Delivery pollFrom(@Nullable ArrayDeque<Delivery> line) {
        Delivery oldest = line == null ? null : line.poll();
        if (oldest != null) {
            bytes -= size(oldest);
            if (line == atMostOnce) {
                takenAtMostOnce++;
            } else {
                takenAcknowledged++;
            }
        }
        return oldest;
    }

    private static ArrayDeque<Delivery> addTo(@Nullable ArrayDeque<Delivery> line, Delivery delivery) {
        ArrayDeque<Delivery> deque = line == null ? new ArrayDeque<>(4) : line;
        deque.add(delivery);
        return deque;
    }

    private static int size(@Nullable ArrayDeque<Delivery> line) {
        return line == null ? 0 : line.size();
    }
}
