package io.nightjar.mqtt;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message as one session is to get it: the subscriptions that matched are already merged into one copy
 * [5.0/3.3.4-2].
 *
 * @param qos the lower of the message's QoS and the highest granted QoS of the matching subscriptions
 * @param retain RETAIN as it goes out: 1 on replay; live only with Retain As Published [5.0/3.3.1-12, -13]
 * @param subscriptionIdentifiers of all matching subscriptions that have one, order free [5.0/3.3.4-4]
 * @param sharedFilter {@code $share/group/filter} through which it came, or null
 */
public record Delivery(
        Message message,
        QoS qos,
        boolean retain,
        List<Integer> subscriptionIdentifiers,
        @Nullable String sharedFilter) {
    public Delivery {
        subscriptionIdentifiers = List.copyOf(subscriptionIdentifiers);
    }

    /** Whether it came through a shared subscription. */
    public boolean shared() {
        return sharedFilter != null;
    }
}
