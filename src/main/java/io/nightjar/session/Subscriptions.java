package io.nightjar.session;

import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one session by filter, in the order they were made. Comparison is character by character
 * [5.0/3.10.4-1].
 *
 * <p>A device has one to three, so up to {@link #FEW} stand in an array (one costs 72 bytes with its entry, filter
 * text apart; a hash map would cost 240), more in a map.
 */
final class Subscriptions {
    private static final int FEW = 8;

    /** All options there are, so that a million sessions share 36 objects. */
    private static final SubscriptionOptions[] OPTIONS = new SubscriptionOptions[36];

    static {
        for (int i = 0; i < OPTIONS.length; i++) {
            OPTIONS[i] = new SubscriptionOptions(QoS.of(i % 3), i / 3 % 2 == 1, i / 6 % 2 == 1, i / 12);
        }
    }

    private @Nullable Subscription[] few = new Subscription[1];
    private @Nullable Map<String, Subscription> many;
    private int size;

    int size() {
        return many != null ? many.size() : size;
    }

    boolean contains(String filter) {
        return many != null ? many.containsKey(filter) : indexOf(filter) >= 0;
    }

    /** Adds a subscription or replaces the one with the same filter [5.0/3.8.4-3]. */
    Subscription put(String filter, SubscriptionOptions options, int identifier) {
        Subscription added = new Subscription(filter, shared(options), identifier);
        if (many != null) {
            many.put(filter, added);
            return added;
        }
        int index = indexOf(filter);
        if (index >= 0) {
            few[index] = added;
        } else if (size < FEW) {
            if (size == few.length) {
                few = Arrays.copyOf(few, Math.min(FEW, 2 * size));
            }
            few[size++] = added;
        } else {
            Map<String, Subscription> map = new LinkedHashMap<>();
            all().forEach(subscription -> map.put(subscription.filter(), subscription));
            map.put(filter, added);
            many = map;
            few = new Subscription[0];
        }
        return added;
    }

    /** Whether there was one. */
    boolean remove(String filter) {
        if (many != null) {
            return many.remove(filter) != null;
        }
        int index = indexOf(filter);
        if (index < 0) {
            return false;
        }
        size--;
        System.arraycopy(few, index + 1, few, index, size - index);
        few[size] = null;
        return true;
    }

    List<Subscription> all() {
        if (many != null) {
            return List.copyOf(many.values());
        }
        List<Subscription> all = new ArrayList<>(size);
        for (Subscription subscription : few) {
            if (subscription != null) {
                all.add(subscription);
            }
        }
        return all;
    }

    private int indexOf(String filter) {
        for (int i = 0; i < size; i++) {
            Subscription subscription = few[i];
            if (subscription != null && subscription.filter().equals(filter)) {
                return i;
            }
        }
        return -1;
    }

    private static SubscriptionOptions shared(SubscriptionOptions options) {
        int index = options.qos().value()
                + (options.noLocal() ? 3 : 0)
                + (options.retainAsPublished() ? 6 : 0)
                + 12 * options.retainHandling();
        return OPTIONS[index];
    }
}
