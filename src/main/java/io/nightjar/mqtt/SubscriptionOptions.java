package io.nightjar.mqtt;

/**
 * Subscription Options [5.0/3.8.3.1]. 3.x clients have the QoS only.
 *
 * @param qos maximum QoS
 * @param noLocal do not send the subscriber its own messages [5.0/3.8.3-3]
 * @param retainAsPublished keep RETAIN on live messages [5.0/3.3.1-13]
 * @param retainHandling 0 = send retained messages, 1 = only for a new subscription, 2 = never [5.0/3.3.1-9 ff.]
 */
public record SubscriptionOptions(QoS qos, boolean noLocal, boolean retainAsPublished, int retainHandling) {
    public static SubscriptionOptions of(QoS qos) {
        return new SubscriptionOptions(qos, false, false, 0);
    }
}
