package io.nightjar.mqtt;

/** Quality of Service of a delivery [5.0/4.3]. */
public enum QoS {
    AT_MOST_ONCE,
    AT_LEAST_ONCE,
    EXACTLY_ONCE;

    private static final QoS[] VALUES = values();

    /** The QoS with wire value 0, 1 or 2. */
    public static QoS of(int value) {
        return VALUES[value];
    }

    /** Wire value: 0, 1 or 2. */
    public int value() {
        return ordinal();
    }

    /** The lower of the two. */
    public static QoS min(QoS a, QoS b) {
        return a.ordinal() <= b.ordinal() ? a : b;
    }
}
