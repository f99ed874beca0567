package io.nightjar.connection;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Topics;
import org.jspecify.annotations.Nullable;

/**
 * Which optional parts of the protocol a listener offers; what it does not offer is announced in CONNACK [5.0/3.2.2.3].
 *
 * @param maximumQos highest QoS a client may publish with, and be granted
 * @param retain whether messages are retained
 * @param wildcards whether a Topic Filter may have wildcards
 * @param identifiers whether a SUBSCRIBE may carry a Subscription Identifier
 * @param shared whether there are shared subscriptions
 */
public record Offers(QoS maximumQos, boolean retain, boolean wildcards, boolean identifiers, boolean shared) {
    /** Everything that the standard has. */
    public static final Offers ALL = new Offers(QoS.EXACTLY_ONCE, true, true, true, true);

    /** Adds what CONNACK says of what is missing; what is offered is left out, as the standard's defaults say it. */
    void announce(Properties.Builder connAck) {
        if (maximumQos != QoS.EXACTLY_ONCE) {
            connAck.add(Property.MAXIMUM_QOS, maximumQos.value()); // never 2 [5.0/3.2.2-9]
        }
        announce(connAck, Property.RETAIN_AVAILABLE, retain);
        announce(connAck, Property.WILDCARD_SUBSCRIPTION_AVAILABLE, wildcards);
        announce(connAck, Property.SUBSCRIPTION_IDENTIFIERS_AVAILABLE, identifiers);
        announce(connAck, Property.SHARED_SUBSCRIPTION_AVAILABLE, shared);
    }

    private static void announce(Properties.Builder connAck, Property property, boolean offered) {
        if (!offered) {
            connAck.add(property, 0);
        }
    }

    /**
     * Why a message may not be published so, or null [5.0/3.2.2-11, -14; for a Will 5.0/3.2.2-12, -13].
     *
     * @param will whether it is the Will of a CONNECT, else a PUBLISH
     */
    public @Nullable DisconnectReason publishFault(QoS qos, boolean retained, boolean will) {
        if (qos.compareTo(maximumQos) > 0) {
            return refused(
                    Detail.QOS_NOT_SUPPORTED,
                    will ? "CONNECT" : "PUBLISH",
                    (will ? "the Will has QoS " : "QoS ") + qos.value() + ", the Maximum QoS is " + maximumQos.value(),
                    will ? "5.0/3.2.2-12" : "5.0/3.2.2-11",
                    "max-qos=" + maximumQos.value());
        } else if (retained && !retain) {
            return refused(
                    Detail.RETAIN_NOT_SUPPORTED,
                    will ? "CONNECT" : "PUBLISH",
                    (will ? "the Will" : "the message") + " is to be retained, and Retain Available is 0",
                    will ? "5.0/3.2.2-13" : "5.0/3.2.2-14",
                    "retain-available=false");
        }
        return null;
    }

    /** Why a Topic Filter, or an identifier with it, may not be subscribed to, or null [5.0/3.2.2.3.11 to 13]. */
    public @Nullable DisconnectReason subscribeFault(SubscriptionRequest request, boolean identifier) {
        String filter = request.filter();
        if (identifier && !identifiers) {
            return subscribeRefused(
                    Detail.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, "5.0/3.2.2.3.12", "subscription-identifiers=false");
        } else if (!shared && Topics.isShared(filter)) {
            return subscribeRefused(
                    Detail.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED, "5.0/3.2.2.3.13", "shared-subscriptions=false");
        } else if (!wildcards && (filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0)) {
            return subscribeRefused(
                    Detail.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED, "5.0/3.2.2.3.11", "wildcard-subscriptions=false");
        }
        return null;
    }

    /** The same SUBSCRIBE with no QoS above the Maximum QoS: lower ones are granted, not refused [5.0/3.2.2-10]. */
    public Packet.Subscribe grant(Packet.Subscribe packet) {
        if (maximumQos == QoS.EXACTLY_ONCE) {
            return packet;
        }
        return new Packet.Subscribe(
                packet.packetId(),
                packet.properties(),
                packet.requests().stream().map(this::lowered).toList());
    }

    private SubscriptionRequest lowered(SubscriptionRequest request) {
        SubscriptionOptions options = request.options();
        QoS granted = QoS.min(options.qos(), maximumQos);
        return new SubscriptionRequest(
                request.filter(),
                new SubscriptionOptions(
                        granted, options.noLocal(), options.retainAsPublished(), options.retainHandling()));
    }

    private static DisconnectReason subscribeRefused(Detail detail, String rule, String limit) {
        String problem = "this listener does not offer it and says so in CONNACK";
        return refused(detail, "SUBSCRIBE", problem, rule, limit);
    }

    private static DisconnectReason refused(Detail detail, String packet, String problem, String rule, String limit) {
        return DisconnectReason.of(detail, "packet", packet, "problem", problem, "rule", rule, "limit", limit);
    }
}
