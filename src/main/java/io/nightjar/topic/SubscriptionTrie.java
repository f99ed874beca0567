package io.nightjar.topic;

import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.Topics;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All subscriptions by Topic Filter: which of them match a Topic Name.
 *
 * <p>Filters without wildcards stand in a hash map, filters with wildcards in a trie; {@code $share/group/filter}
 * stands as a group at {@code filter}. The cost of a match depends on the levels of the topic and on what matches,
 * never on the other filters. Matching takes no lock and may run on any thread; changes lock one filter's map bin or
 * trie node. A change is seen by every match that starts after it returned.
 *
 * <p>Filters must be valid ({@link Topics#filterFault}); how many levels they may have is the caller's limit. A
 * subscriber is recognised by its {@code equals}.
 *
 * @param <S> the subscriber
 */
public final class SubscriptionTrie<S> {
    /** What adding a subscription did. */
    public enum Added {
        /** Its filter had no subscription before. */
        FIRST,
        /** Others subscribe to this filter already. */
        MORE,
        /** The same subscriber had this filter already; options and identifier are the new ones [5.0/3.8.4-3]. */
        REPLACED
    }

    /** What removing a subscription did. */
    public enum Removed {
        ABSENT,
        SOME_LEFT,
        /** Its filter has no subscription any more. */
        LAST
    }

    /** The 36 possible options, so that a million subscriptions share them. */
    private static final SubscriptionOptions[] OPTIONS = new SubscriptionOptions[36];

    static {
        for (int i = 0; i < OPTIONS.length; i++) {
            OPTIONS[i] = new SubscriptionOptions(QoS.of(i / 12), (i & 1) != 0, (i & 2) != 0, i % 12 / 4);
        }
    }

    private final ConcurrentHashMap<String, Matched<S>> exact = new ConcurrentHashMap<>();
    private final WildcardTrie<S> wildcards = new WildcardTrie<>();
    private final LongAdder filters = new LongAdder();
    private final LongAdder subscriptions = new LongAdder();

    /** Adds a subscription or replaces the same subscriber's to the same filter. */
    public Added add(String filter, S subscriber, SubscriptionOptions options, int identifier) {
        Edit.Add<S> edit = new Edit.Add<>(filter, new Subscription<>(subscriber, shared(options), identifier));
        String matched = Topics.matchFilter(filter);
        if (Topics.hasWildcard(matched)) {
            wildcards.add(matched, edit);
        } else {
            exact.compute(matched, (key, now) -> edit.apply(now));
        }
        if (edit.result == Added.FIRST) {
            filters.increment();
        }
        if (edit.result != Added.REPLACED) {
            subscriptions.increment();
        }
        return edit.result;
    }

    public Removed remove(String filter, S subscriber) {
        Edit.Remove<S> edit = new Edit.Remove<>(filter, subscriber);
        String matched = Topics.matchFilter(filter);
        if (Topics.hasWildcard(matched)) {
            wildcards.remove(matched, edit);
        } else {
            exact.computeIfPresent(matched, (key, now) -> edit.apply(now));
        }
        if (edit.result == Removed.LAST) {
            filters.decrement();
        }
        if (edit.result != Removed.ABSENT) {
            subscriptions.decrement();
        }
        return edit.result;
    }

    /** Calls the visitor once for each filter that matches a Topic Name [5.0/4.7]. */
    public void match(String topic, Consumer<? super Matched<S>> visitor) {
        matchCounting(topic, visitor);
    }

    /** The same, and answers how many trie nodes were looked at, which is what a match costs. */
    int matchCounting(String topic, Consumer<? super Matched<S>> visitor) {
        Matched<S> exactly = exact.get(topic);
        if (exactly != null) {
            visitor.accept(exactly);
        }
        return wildcards.match(topic, visitor);
    }

    /** The group of a shared filter {@code $share/group/filter}, or null if it has no members. */
    public @Nullable SharedGroup<S> group(String sharedFilter) {
        String matched = Topics.matchFilter(sharedFilter);
        Matched<S> held = Topics.hasWildcard(matched) ? wildcards.find(matched) : exact.get(matched);
        return held instanceof Subscribers<S> many ? many.group(sharedFilter) : null;
    }

    /** Filters that have subscriptions, each shared filter counted by itself. */
    public long filters() {
        return filters.sum();
    }

    public long subscriptions() {
        return subscriptions.sum();
    }

    public boolean isEmpty() {
        return exact.isEmpty() && wildcards.isEmpty();
    }

    /**
     * Every filter, shared ones as {@code $share/group/filter}, once each. Those that are there from beginning to end
     * are certainly shown; those added or removed meanwhile may be.
     */
    public void forEachFilter(Consumer<String> action) {
        forEachHeld((filter, held) -> {
            if (held.plainCount() > 0) {
                action.accept(filter);
            }
            held.forEachGroup(group -> action.accept(group.filter()));
        });
    }

    /** Every subscription with its filter; as certain as {@link #forEachFilter}. */
    public void forEach(BiConsumer<String, Subscription<S>> action) {
        forEachHeld((filter, held) -> {
            held.forEachPlain(subscription -> action.accept(filter, subscription));
            held.forEachGroup(group -> group.forEach(member -> action.accept(group.filter(), member)));
        });
    }

    private void forEachHeld(BiConsumer<String, Matched<S>> action) {
        exact.forEach(action);
        wildcards.forEach(action);
    }

    /** Trie nodes and map entries that exist; for tests. */
    int nodes() {
        return exact.size() + wildcards.nodes();
    }

    private static SubscriptionOptions shared(SubscriptionOptions options) {
        int index = options.qos().value() * 12
                + options.retainHandling() * 4
                + (options.retainAsPublished() ? 2 : 0)
                + (options.noLocal() ? 1 : 0);
        return options.retainHandling() > 2 ? options : OPTIONS[index];
    }
}
