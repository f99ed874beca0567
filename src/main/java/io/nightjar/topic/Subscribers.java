package io.nightjar.topic;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A filter with more than one plain subscription, or with shared groups. Writers hold the filter's lock. */
final class Subscribers<S> implements Matched<S> {
    private final Members<S, Subscription<S>> plain = new Members<>(Subscription::subscriber);

    /** By whole filter, {@code $share/group/filter}. */
    private volatile @Nullable Members<String, SharedGroup<S>> groups;

    /** The holder of what the filter holds now, to which more can be added. */
    static <S> Subscribers<S> of(@Nullable Matched<S> now) {
        if (now instanceof Subscribers<S> many) {
            return many;
        }
        Subscribers<S> many = new Subscribers<>();
        if (now instanceof Subscription<S> one) {
            many.plain.put(one);
        }
        return many;
    }

    /** The leanest holder of the same: null if empty, the subscription itself if it is alone. */
    @Nullable
    Matched<S> lean() {
        if (hasGroups() || plain.size() > 1) {
            return this;
        }
        Alone<S> alone = new Alone<>();
        plain.forEach(alone);
        return alone.subscription;
    }

    Members<S, Subscription<S>> plain() {
        return plain;
    }

    @Nullable
    SharedGroup<S> group(String filter) {
        Members<String, SharedGroup<S>> all = groups;
        return all == null ? null : all.get(filter);
    }

    void addGroup(SharedGroup<S> group) {
        Members<String, SharedGroup<S>> all = groups;
        if (all == null) {
            all = new Members<>(SharedGroup::filter);
        }
        all.put(group);
        groups = all;
    }

    void removeGroup(String filter) {
        Members<String, SharedGroup<S>> all = groups;
        if (all != null) {
            all.remove(filter);
            if (all.isEmpty()) {
                groups = null;
            }
        }
    }

    @Override
    public int plainCount() {
        return plain.size();
    }

    @Override
    public void forEachPlain(Consumer<? super Subscription<S>> action) {
        plain.forEach(action);
    }

    @Override
    public boolean hasGroups() {
        return groups != null;
    }

    @Override
    public void forEachGroup(Consumer<? super SharedGroup<S>> action) {
        Members<String, SharedGroup<S>> all = groups;
        if (all != null) {
            all.forEach(action);
        }
    }

    private static final class Alone<S> implements Consumer<Subscription<S>> {
        @Nullable
        Subscription<S> subscription;

        @Override
        public void accept(Subscription<S> only) {
            subscription = only;
        }
    }
}
