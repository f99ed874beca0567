package io.nightjar.topic;

import io.nightjar.mqtt.Topics;
import org.jspecify.annotations.Nullable;

/** A change to what one filter holds, applied once, under that filter's lock. */
interface Edit<S> {
    /** What the filter holds afterwards, null for nothing. */
    @Nullable
    Matched<S> apply(@Nullable Matched<S> now);

    /** Adds or replaces a subscription. */
    final class Add<S> implements Edit<S> {
        private final String filter;
        private final Subscription<S> subscription;
        SubscriptionTrie.Added result = SubscriptionTrie.Added.FIRST;

        Add(String filter, Subscription<S> subscription) {
            this.filter = filter;
            this.subscription = subscription;
        }

        @Override
        public Matched<S> apply(@Nullable Matched<S> now) {
            return Topics.isShared(filter) ? shared(Subscribers.of(now)) : plain(now);
        }

        private Matched<S> plain(@Nullable Matched<S> now) {
            if (now == null) {
                result = SubscriptionTrie.Added.FIRST;
                return subscription;
            } else if (now instanceof Subscription<S> one && one.subscriber().equals(subscription.subscriber())) {
                result = SubscriptionTrie.Added.REPLACED;
                return subscription;
            }
            Subscribers<S> many = Subscribers.of(now);
            boolean first = many.plain().isEmpty();
            boolean replaced = many.plain().put(subscription) != null;
            result = replaced
                    ? SubscriptionTrie.Added.REPLACED
                    : first ? SubscriptionTrie.Added.FIRST : SubscriptionTrie.Added.MORE;
            return many;
        }

        private Matched<S> shared(Subscribers<S> many) {
            SharedGroup<S> group = many.group(filter);
            if (group == null) {
                group = new SharedGroup<>(filter);
                group.put(subscription);
                many.addGroup(group);
                result = SubscriptionTrie.Added.FIRST;
            } else {
                result = group.put(subscription) ? SubscriptionTrie.Added.MORE : SubscriptionTrie.Added.REPLACED;
            }
            return many;
        }
    }

    /** Removes a subscription. */
    final class Remove<S> implements Edit<S> {
        private final String filter;
        private final S subscriber;
        SubscriptionTrie.Removed result = SubscriptionTrie.Removed.ABSENT;

        Remove(String filter, S subscriber) {
            this.filter = filter;
            this.subscriber = subscriber;
        }

        @Override
        public @Nullable Matched<S> apply(@Nullable Matched<S> now) {
            result = SubscriptionTrie.Removed.ABSENT;
            if (now instanceof Subscription<S> one) {
                if (!Topics.isShared(filter) && one.subscriber().equals(subscriber)) {
                    result = SubscriptionTrie.Removed.LAST;
                    return null;
                }
            } else if (now instanceof Subscribers<S> many) {
                result = Topics.isShared(filter) ? shared(many) : plain(many);
                return many.lean();
            }
            return now;
        }

        private SubscriptionTrie.Removed plain(Subscribers<S> many) {
            if (many.plain().remove(subscriber) == null) {
                return SubscriptionTrie.Removed.ABSENT;
            }
            return many.plain().isEmpty() ? SubscriptionTrie.Removed.LAST : SubscriptionTrie.Removed.SOME_LEFT;
        }

        private SubscriptionTrie.Removed shared(Subscribers<S> many) {
            SharedGroup<S> group = many.group(filter);
            if (group == null || !group.remove(subscriber)) {
                return SubscriptionTrie.Removed.ABSENT;
            } else if (group.size() > 0) {
                return SubscriptionTrie.Removed.SOME_LEFT;
            }
            many.removeGroup(filter);
            return SubscriptionTrie.Removed.LAST;
        }
    }
}
