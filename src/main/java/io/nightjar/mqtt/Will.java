package io.nightjar.mqtt;

/**
 * A Will Message as CONNECT carries it [5.0/3.1.3.2].
 *
 * @param properties the Will Properties, the Will Delay Interval among them
 */
public record Will(String topic, Bytes payload, QoS qos, boolean retain, Properties properties) {
    /** Will Delay Interval in seconds; 0 if absent. */
    public long delaySeconds() {
        return properties.getLong(Property.WILL_DELAY_INTERVAL, 0);
    }

    /** The message to publish, without the Will Delay Interval. */
    public Message message(String publisher, long nowMillis) {
        Properties forwarded = properties.without(p -> p == Property.WILL_DELAY_INTERVAL);
        return new Message(topic, payload, qos, retain, forwarded, publisher, nowMillis);
    }
}
