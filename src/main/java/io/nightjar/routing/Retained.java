package io.nightjar.routing;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Utf8;

/**
 * The last thing known of one topic: its retained message, or with an empty payload that it was deleted (a tombstone).
 *
 * @param origin node on which the message was published
 * @param sinceMillis when this node took it, milliseconds since 1970 by its own clock
 */
public record Retained(Message message, String origin, long sinceMillis) {
    public boolean isTombstone() {
        return message.payload().isEmpty();
    }

    /** Memory it counts with. */
    long bytes() {
        return isTombstone() ? 0 : bytes(message);
    }

    static long bytes(Message message) {
        return (long) message.payload().size()
                + Utf8.size(message.topic())
                + message.properties().encodedSize()
                + RetainedLimits.OVERHEAD;
    }

    /**
     * Whether this is later than the other: by the time of creation, then origin, then publisher, then payload. Every
     * node that sees the same two keeps the same one, in whichever order they arrive.
     */
    boolean isLaterThan(Retained other) {
        int order = Long.compare(message.createdAtMillis(), other.message.createdAtMillis());
        if (order == 0) {
            order = origin.compareTo(other.origin);
        }
        if (order == 0) {
            order = message.publisher().compareTo(other.message.publisher());
        }
        return (order == 0 ? compare(message.payload(), other.message.payload()) : order) > 0;
    }

    private static int compare(Bytes a, Bytes b) {
        int shorter = Math.min(a.size(), b.size());
        for (int i = 0; i < shorter; i++) {
            int order = Byte.compareUnsigned(a.at(i), b.at(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(a.size(), b.size());
    }
}
