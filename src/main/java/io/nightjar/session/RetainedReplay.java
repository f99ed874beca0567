package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.QoS;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Retained Messages that a SUBSCRIBE asked for and that were not sent yet. They stay in the retained store and are
 * pulled one by one as the client takes them, so that a million matches cost one iterator; a re-SUBSCRIBE starts the
 * filter anew, so there are never more iterators than subscriptions.
 *
 * <p>Replay sets RETAIN whatever Retain As Published says [5.0/3.8.3.1]. With No Local the client's own retained
 * messages are left out: the rule speaks of every message that is forwarded [5.0/3.8.3-3].
 */
final class RetainedReplay {
    private record Pending(Subscription subscription, Iterator<Message> messages) {}

    private final ArrayDeque<Pending> pending = new ArrayDeque<>(2);
    private @Nullable Delivery next;

    void add(Subscription subscription, Iterator<Message> messages) {
        remove(subscription.filter());
        pending.add(new Pending(subscription, messages));
    }

    void remove(String filter) {
        Pending first = pending.peek();
        if (first != null && first.subscription.filter().equals(filter)) {
            next = null;
        }
        pending.removeIf(p -> p.subscription.filter().equals(filter));
    }

    /** The next message to send, the same one until {@link #taken}; null if the replay is over. */
    @Nullable
    Delivery peek(String clientId, long nowMillis) {
        while (next == null) {
            Pending first = pending.peek();
            if (first == null) {
                return null;
            } else if (first.messages.hasNext()) {
                Message message = first.messages.next();
                Subscription subscription = first.subscription;
                boolean own =
                        subscription.options().noLocal() && message.publisher().equals(clientId);
                if (!own && !message.expiredAt(nowMillis)) {
                    QoS qos = QoS.min(message.qos(), subscription.options().qos());
                    int identifier = subscription.identifier();
                    next = new Delivery(message, qos, true, identifier == 0 ? List.of() : List.of(identifier), null);
                }
            } else {
                pending.remove();
            }
        }
        return next;
    }

    void taken() {
        next = null;
    }
}
