package io.nightjar.topic;

import io.nightjar.mqtt.SubscriptionOptions;
import java.util.function.Consumer;

/**
 * One subscription of one subscriber to one Topic Filter. It is also the {@link Matched} of a filter that nobody else
 * subscribes to, by far the most frequent case, so that such a filter needs no object of its own.
 *
 * @param identifier Subscription Identifier, 0 if it has none [5.0/3.8.2.1.2]
 */
public record Subscription<S>(S subscriber, SubscriptionOptions options, int identifier) implements Matched<S> {
    @Override
    public int plainCount() {
        return 1;
    }

    @Override
    public void forEachPlain(Consumer<? super Subscription<S>> action) {
        action.accept(this);
    }

    @Override
    public boolean hasGroups() {
        return false;
    }

    @Override
    public void forEachGroup(Consumer<? super SharedGroup<S>> action) {}
}
