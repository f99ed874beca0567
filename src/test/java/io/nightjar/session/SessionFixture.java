package io.nightjar.session;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Will;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One session under test, its recorder and a manual clock. */
final class SessionFixture {
    final RecordingEffects effects = new RecordingEffects();
    SessionState session;
    long now;
    private int packetId;

    SessionFixture() {
        this(new SessionLimits(10, 1000, false, 2));
    }

    SessionFixture(SessionLimits limits) {
        session = new SessionState("c", limits);
    }

    void attach(Request request) {
        session.attach(request.build(), now, effects);
    }

    void detach(Detail detail) {
        session.detach(session.attachment(), detail, null, now, effects);
    }

    void subscribe(String filter, QoS qos) {
        subscribe(filter, SubscriptionOptions.of(qos), 0);
    }

    void subscribe(String filter, SubscriptionOptions options, int identifier) {
        Properties properties =
                identifier == 0 ? Properties.NONE : Properties.of(Property.SUBSCRIPTION_IDENTIFIER, identifier);
        subscribe(properties, new SubscriptionRequest(filter, options));
    }

    void subscribe(Properties properties, SubscriptionRequest... requests) {
        Packet.Subscribe packet = new Packet.Subscribe(++packetId, properties, List.of(requests));
        List<ReasonCode> allowed = Collections.nCopies(requests.length, ReasonCode.SUCCESS);
        session.subscribe(session.attachment(), packet, allowed, now, effects);
    }

    void unsubscribe(String... filters) {
        Packet.Unsubscribe packet = new Packet.Unsubscribe(++packetId, Properties.NONE, List.of(filters));
        session.unsubscribe(session.attachment(), packet, now, effects);
    }

    void deliver(String topic, QoS qos) {
        session.deliver(delivery(message(topic, qos)), now, effects);
    }

    void deliver(Message message) {
        session.deliver(delivery(message), now, effects);
    }

    void acknowledge(PacketType type, int id) {
        acknowledge(type, id, ReasonCode.SUCCESS);
    }

    void acknowledge(PacketType type, int id, ReasonCode code) {
        session.acknowledge(session.attachment(), type, id, code, now, effects);
    }

    void publishQos2(int id, String topic) {
        publishQos2(id, topic, ReasonCode.SUCCESS);
    }

    void publishQos2(int id, String topic, ReasonCode verdict) {
        session.publishQos2(session.attachment(), id, message(topic, QoS.EXACTLY_ONCE), verdict, now, effects);
    }

    void writable() {
        session.writable(session.attachment(), now, effects);
    }

    Message message(String topic, QoS qos) {
        return new Message(topic, Bytes.utf8("0123456789"), qos, false, Properties.NONE, "publisher", now);
    }

    Message expiring(String topic, QoS qos, long seconds) {
        Properties properties = Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, seconds);
        return new Message(topic, Bytes.utf8("0123456789"), qos, false, properties, "publisher", now);
    }

    static Delivery delivery(Message message) {
        return new Delivery(message, message.qos(), false, List.of(), null);
    }

    static Will will(long delaySeconds) {
        Properties properties =
                delaySeconds == 0 ? Properties.NONE : Properties.of(Property.WILL_DELAY_INTERVAL, delaySeconds);
        return new Will("will", Bytes.utf8("gone"), QoS.AT_LEAST_ONCE, false, properties);
    }

    static List<String> topics(List<Packet.Publish> publishes) {
        return publishes.stream().map(Packet.Publish::topic).toList();
    }

    static Stream<String> numbered(String prefix, int count) {
        return Stream.iterate(0, i -> i + 1).limit(count).map(i -> prefix + i);
    }

    /** A CONNECT that was accepted; MQTT 5, Clean Start 0, session for 100 s unless said otherwise. */
    static final class Request {
        private MqttVersion version = MqttVersion.V5;
        private boolean cleanStart;
        private long expirySeconds = 100;
        private int receiveMaximum = 100;
        private int maximumPacketSize = Integer.MAX_VALUE;
        private @Nullable Will will;
        private String peer = "10.0.0.1:5001";
        private int maxSubscriptions = 3;

        static Request resume() {
            return new Request();
        }

        static Request clean() {
            Request request = new Request();
            request.cleanStart = true;
            return request;
        }

        Request version(MqttVersion value) {
            version = value;
            return this;
        }

        Request expiry(long seconds) {
            expirySeconds = seconds;
            return this;
        }

        Request receiveMaximum(int value) {
            receiveMaximum = value;
            return this;
        }

        Request maximumPacketSize(int value) {
            maximumPacketSize = value;
            return this;
        }

        Request will(Will value) {
            will = value;
            return this;
        }

        Request peer(String value) {
            peer = value;
            return this;
        }

        Request maxSubscriptions(int value) {
            maxSubscriptions = value;
            return this;
        }

        AttachRequest build() {
            return new AttachRequest(
                    version,
                    cleanStart,
                    expirySeconds,
                    expirySeconds,
                    receiveMaximum,
                    maximumPacketSize,
                    60,
                    will,
                    null,
                    peer,
                    "n1",
                    maxSubscriptions,
                    null);
        }
    }
}
