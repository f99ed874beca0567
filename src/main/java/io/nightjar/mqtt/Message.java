package io.nightjar.mqtt;

import org.jspecify.annotations.Nullable;

/**
 * An Application Message on its way through the broker: what a PUBLISH or a Will carries, without what belongs to one
 * Network Connection (Packet Identifier, DUP, Topic Alias).
 *
 * @param topic Topic Name, valid and without wildcards
 * @param qos QoS at which the publisher sent it
 * @param retain RETAIN as the publisher set it
 * @param properties only those that are forwarded unaltered [5.0/3.3.2-4 ff.] and Message Expiry Interval
 * @param publisher ClientID of the publisher, for No Local; empty if the broker itself published it
 * @param createdAtMillis when the broker received it, milliseconds since 1970
 */
public record Message(
        String topic,
        Bytes payload,
        QoS qos,
        boolean retain,
        Properties properties,
        String publisher,
        long createdAtMillis) {

    /** Never expires. */
    public static final long NEVER = Long.MAX_VALUE;

    /** How long the way through the broker may take for a message that must not wait. */
    private static final long STRAIGHT_ON_MILLIS = 1000;

    /** When it expires, milliseconds since 1970, or {@link #NEVER} [5.0/3.3.2-5]. */
    public long expiresAtMillis() {
        if (properties.isEmpty()) {
            return NEVER;
        }
        long seconds = properties.getLong(Property.MESSAGE_EXPIRY_INTERVAL, -1);
        return seconds < 0 ? NEVER : createdAtMillis + seconds * 1000;
    }

    /** Whether it waited longer than its Message Expiry Interval. */
    public boolean expiredAt(long nowMillis) {
        long at = expiresAtMillis();
        return at != NEVER && nowMillis >= at;
    }

    /**
     * Whether it may still go out now: it has not expired, or its Message Expiry Interval is 0 and it came just now.
     * Such a message is sent straight on or not at all; it never waits.
     */
    public boolean isFreshAt(long nowMillis) {
        return !expiredAt(nowMillis)
                || expiresAtMillis() == createdAtMillis && nowMillis - createdAtMillis < STRAIGHT_ON_MILLIS;
    }

    /** The properties as they go out now: the Message Expiry Interval less the whole seconds waited [5.0/3.3.2-6]. */
    public Properties propertiesAt(long nowMillis) {
        if (properties.isEmpty()) {
            return properties;
        }
        long seconds = properties.getLong(Property.MESSAGE_EXPIRY_INTERVAL, -1);
        long waited = Math.max(0, nowMillis - createdAtMillis) / 1000;
        if (seconds < 0 || waited == 0) {
            return properties;
        }
        return properties.replace(Property.MESSAGE_EXPIRY_INTERVAL, Math.max(0L, seconds - waited));
    }

    /** The User Property or other string property's value, or null. */
    public @Nullable String property(Property property) {
        return properties.getString(property);
    }
}
