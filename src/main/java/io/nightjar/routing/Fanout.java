package io.nightjar.routing;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.topic.Matched;
import io.nightjar.topic.SharedGroup;
import io.nightjar.topic.Subscription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way to the subscribers of this node: collects what matches, merges the overlapping subscriptions of
 * one subscriber to one {@link Delivery}, and hands them out. Used once, by one thread.
 *
 * <p>The merged copy has the highest granted QoS capped by the message's [5.0/3.3.4-2], the identifiers of all
 * subscriptions that matched [5.0/3.3.4-4], and the RETAIN flag if any of them has Retain As Published [5.0/3.3.1-13];
 * one that No Local excludes adds nothing [5.0/3.8.3-3]. With one matching filter nothing is grouped; with several, the
 * largest is only looked up in the others.
 */
final class Fanout implements Consumer<Matched<Subscriber>> {
    private final Message message;
    private final List<Matched<Subscriber>> plain = new ArrayList<>(2);
    private final List<SharedGroup<Subscriber>> groups = new ArrayList<>(0);
    private final @Nullable Delivery[] cache = new @Nullable Delivery[6];
    private @Nullable Delivery last;
    private int lastIdentifier;
    private int delivered;
    private boolean publisherSpared;

    Fanout(Message message) {
        this.message = message;
    }

    @Override
    public void accept(Matched<Subscriber> matched) {
        if (matched.plainCount() > 0) {
            plain.add(matched);
        }
        if (matched.hasGroups()) {
            matched.forEachGroup(groups::add);
        }
    }

    /** The shared groups of this node that match. */
    List<SharedGroup<Subscriber>> groups() {
        return groups;
    }

    /** Delivers to all plain subscriptions; answers to how many subscribers. */
    int deliverPlain() {
        delivered = 0;
        if (plain.size() == 1) {
            plain.get(0).forEachPlain(this::deliverAlone);
        } else if (plain.size() > 1) {
            deliverMerged();
        }
        return delivered;
    }

    /** Whether No Local kept the message from its publisher, whose subscription matches all the same. */
    boolean isPublisherSpared() {
        return publisherSpared;
    }

    /** Delivers to a chosen member of a shared group, a copy of its own with its own QoS [5.0/4.8.2-3]. */
    void deliverShared(Subscription<Subscriber> member, String sharedFilter) {
        SubscriptionOptions options = member.options();
        boolean retain = message.retain() && options.retainAsPublished();
        List<Integer> identifiers = member.identifier() == 0 ? List.of() : List.of(member.identifier());
        QoS qos = QoS.min(options.qos(), message.qos());
        member.subscriber().deliver(new Delivery(message, qos, retain, identifiers, sharedFilter));
    }

    private void deliverMerged() {
        int largest = 0;
        for (int i = 1; i < plain.size(); i++) {
            if (plain.get(i).plainCount() > plain.get(largest).plainCount()) {
                largest = i;
            }
        }
        Map<Subscriber, Merged> others = new HashMap<>();
        for (int i = 0; i < plain.size(); i++) {
            if (i != largest) {
                plain.get(i).forEachPlain(subscription -> merge(others, subscription));
            }
        }
        plain.get(largest).forEachPlain(subscription -> {
            Merged merged = others.remove(subscription.subscriber());
            if (merged == null) {
                deliverAlone(subscription);
            } else {
                if (!isOwn(subscription)) {
                    merged.add(subscription);
                }
                deliver(subscription.subscriber(), merged);
            }
        });
        others.forEach(this::deliver);
    }

    private void merge(Map<Subscriber, Merged> all, Subscription<Subscriber> subscription) {
        if (!isOwn(subscription)) {
            all.computeIfAbsent(subscription.subscriber(), key -> new Merged()).add(subscription);
        }
    }

    private void deliverAlone(Subscription<Subscriber> subscription) {
        if (!isOwn(subscription)) {
            SubscriptionOptions options = subscription.options();
            boolean retain = message.retain() && options.retainAsPublished();
            int identifier = subscription.identifier();
            hand(subscription.subscriber(), delivery(QoS.min(options.qos(), message.qos()), retain, identifier));
        }
    }

    private void deliver(Subscriber subscriber, Merged merged) {
        boolean retain = message.retain() && merged.retainAsPublished;
        QoS qos = QoS.min(merged.qos, message.qos());
        hand(
                subscriber,
                merged.identifiers.size() < 2
                        ? delivery(qos, retain, merged.identifiers.isEmpty() ? 0 : merged.identifiers.get(0))
                        : new Delivery(message, qos, retain, merged.identifiers, null));
    }

    private void hand(Subscriber subscriber, Delivery delivery) {
        subscriber.deliver(delivery);
        delivered++;
    }

    /** A delivery like this; the same object as before where it is equal. */
    private Delivery delivery(QoS qos, boolean retain, int identifier) {
        if (identifier == 0) {
            int i = qos.value() * 2 + (retain ? 1 : 0);
            Delivery cached = cache[i];
            if (cached == null) {
                cached = new Delivery(message, qos, retain, List.of(), null);
                cache[i] = cached;
            }
            return cached;
        }
        Delivery before = last;
        if (before != null && lastIdentifier == identifier && before.qos() == qos && before.retain() == retain) {
            return before;
        }
        Delivery made = new Delivery(message, qos, retain, List.of(identifier), null);
        last = made;
        lastIdentifier = identifier;
        return made;
    }

    private boolean isOwn(Subscription<Subscriber> subscription) {
        boolean own = subscription.options().noLocal()
                && !message.publisher().isEmpty()
                && message.publisher().equals(subscription.subscriber().clientId());
        publisherSpared |= own;
        return own;
    }

    /** The subscriptions of one subscriber, merged. */
    private static final class Merged {
        QoS qos = QoS.AT_MOST_ONCE;
        boolean retainAsPublished;
        List<Integer> identifiers = List.of();

        void add(Subscription<Subscriber> subscription) {
            SubscriptionOptions options = subscription.options();
            qos = qos.value() < options.qos().value() ? options.qos() : qos;
            retainAsPublished |= options.retainAsPublished();
            if (subscription.identifier() != 0) {
                identifiers = identifiers.isEmpty() ? new ArrayList<>(2) : identifiers;
                identifiers.add(subscription.identifier());
            }
        }
    }
}
