package io.nightjar.topic;

import java.util.function.Consumer;

/**
 * What one matching Topic Filter holds: its plain subscriptions and its shared groups. Reading takes no lock; changes
 * made meanwhile may or may not be seen.
 */
public sealed interface Matched<S> permits Subscription, Subscribers {
    /** How many plain subscriptions there are now. */
    int plainCount();

    /** All plain subscriptions, each subscriber once, in no promised order. */
    void forEachPlain(Consumer<? super Subscription<S>> action);

    /** Whether {@link #forEachGroup} has anything to show. */
    boolean hasGroups();

    /** All shared groups of this filter, each once, in no promised order. */
    void forEachGroup(Consumer<? super SharedGroup<S>> action);
}
