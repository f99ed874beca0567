package io.nightjar.net;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import java.util.ArrayList;
import java.util.List;

/** Reads what is behind the fixed header, for every packet. The syntax of Topic Filters is left to the connection. */
final class BodyReader {
    private BodyReader() {}

    static Packet read(PacketReader in, int flags) throws DecodeException {
        return switch (in.type()) {
            case CONNECT -> ConnectReader.read(in);
            case CONNACK -> connAck(in);
            case PUBLISH -> publish(in, flags);
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> acknowledgement(in);
            case SUBSCRIBE -> subscribe(in);
            case SUBACK -> subAck(in);
            case UNSUBSCRIBE -> unsubscribe(in);
            case UNSUBACK -> unsubAck(in);
            case PINGREQ -> Packet.PingReq.INSTANCE;
            case PINGRESP -> Packet.PingResp.INSTANCE;
            case DISCONNECT -> disconnect(in);
            case AUTH -> auth(in);
        };
    }

    /** Refuses a Topic Name that is empty or has a wildcard; it is the field read last. */
    static void requireTopicName(PacketReader in, String topic) throws DecodeException {
        if (topic.isEmpty()) {
            throw in.fail(Rule.TOPIC_EMPTY, "it is empty");
        } else if (topic.indexOf('+') >= 0 || topic.indexOf('#') >= 0) {
            throw in.fail(Rule.TOPIC_WILDCARD, "it has a wildcard, + or #");
        }
    }

    private static Packet publish(PacketReader in, int flags) throws DecodeException {
        int topicAt = in.position();
        String topic = in.text("topic name");
        int topicEnd = in.position();
        if (!topic.isEmpty() || !in.isV5()) {
            requireTopicName(in, topic);
        }
        QoS qos = QoS.of((flags & 0x06) >> 1);
        int packetId = qos == QoS.AT_MOST_ONCE ? 0 : in.packetIdentifier();
        Properties properties = PropertyReader.read(in);
        if (topic.isEmpty() && !properties.has(Property.TOPIC_ALIAS)) {
            throw in.failIn("topic name", topicAt, Rule.TOPIC_EMPTY, "it is empty and there is no topic alias");
        }
        boolean retain = (flags & 0x01) != 0;
        boolean dup = (flags & 0x08) != 0;
        Bytes payload = topic.isEmpty() ? in.rest() : in.restBehind(topic, topicAt, topicEnd);
        return new Packet.Publish(topic, payload, qos, retain, dup, packetId, properties);
    }

    private static Packet acknowledgement(PacketReader in) throws DecodeException {
        int packetId = in.packetIdentifier();
        ReasonCode code = in.isV5() && in.remaining() > 0 ? ReasonCodeSet.read(in) : ReasonCode.SUCCESS;
        Properties properties = in.isV5() && in.remaining() > 0 ? PropertyReader.read(in) : Properties.NONE;
        return switch (in.type()) {
            case PUBACK -> new Packet.PubAck(packetId, code, properties);
            case PUBREC -> new Packet.PubRec(packetId, code, properties);
            case PUBREL -> new Packet.PubRel(packetId, code, properties);
            default -> new Packet.PubComp(packetId, code, properties);
        };
    }

    private static Packet subscribe(PacketReader in) throws DecodeException {
        int packetId = in.packetIdentifier();
        Properties properties = PropertyReader.read(in);
        List<SubscriptionRequest> requests = new ArrayList<>(4);
        while (in.remaining() > 0) {
            String filter = in.text("topic filter");
            requests.add(new SubscriptionRequest(filter, options(in)));
        }
        if (requests.isEmpty()) {
            throw in.failIn("topic filter", in.position(), Rule.SUBSCRIBE_EMPTY, "there is none");
        }
        return new Packet.Subscribe(packetId, properties, requests);
    }

    /** In MQTT 3.1 the upper six bits are not used; in 3.1.1 they are reserved. */
    private static SubscriptionOptions options(PacketReader in) throws DecodeException {
        int options = in.oneByte("subscription options");
        int reserved = in.isV5() ? 0xC0 : in.version() == MqttVersion.V3_1 ? 0x00 : 0xFC;
        if ((options & reserved) != 0) {
            throw in.fail(Rule.SUBSCRIPTION_OPTIONS_RESERVED, "a reserved bit is set");
        } else if ((options & 0x03) == 0x03) {
            throw in.fail(Rule.SUBSCRIPTION_QOS, "the maximum QoS is 3");
        }
        QoS qos = QoS.of(options & 0x03);
        if (!in.isV5()) {
            return SubscriptionOptions.of(qos);
        }
        int retainHandling = (options & 0x30) >> 4;
        if (retainHandling == 3) {
            throw in.fail(Rule.RETAIN_HANDLING, "the retain handling is 3");
        }
        return new SubscriptionOptions(qos, (options & 0x04) != 0, (options & 0x08) != 0, retainHandling);
    }

    private static Packet unsubscribe(PacketReader in) throws DecodeException {
        int packetId = in.packetIdentifier();
        Properties properties = PropertyReader.read(in);
        List<String> filters = new ArrayList<>(4);
        while (in.remaining() > 0) {
            filters.add(in.text("topic filter"));
        }
        if (filters.isEmpty()) {
            throw in.failIn("topic filter", in.position(), Rule.UNSUBSCRIBE_EMPTY, "there is none");
        }
        return new Packet.Unsubscribe(packetId, properties, filters);
    }

    private static Packet connAck(PacketReader in) throws DecodeException {
        int flags = in.oneByte("connect acknowledge flags");
        if ((flags & 0xFE) != 0) {
            throw in.fail(Rule.CONNACK_FLAGS, "a reserved bit is set");
        }
        boolean present = flags == 1 && in.version() != MqttVersion.V3_1; // 3.1 has no such flag
        ReasonCode code = ReasonCodeSet.read(in);
        if (present && code != ReasonCode.SUCCESS) {
            throw in.fail(Rule.CONNACK_SESSION_PRESENT, "a refusal has Session Present 1");
        }
        return new Packet.ConnAck(present, code, PropertyReader.read(in));
    }

    private static Packet subAck(PacketReader in) throws DecodeException {
        int packetId = in.packetIdentifier();
        Properties properties = PropertyReader.read(in);
        return new Packet.SubAck(packetId, properties, codes(in));
    }

    private static Packet unsubAck(PacketReader in) throws DecodeException {
        int packetId = in.packetIdentifier();
        Properties properties = PropertyReader.read(in);
        return new Packet.UnsubAck(packetId, properties, in.isV5() ? codes(in) : List.of());
    }

    private static List<ReasonCode> codes(PacketReader in) throws DecodeException {
        List<ReasonCode> codes = new ArrayList<>(4);
        while (in.remaining() > 0) {
            codes.add(ReasonCodeSet.read(in));
        }
        return codes;
    }

    private static Packet disconnect(PacketReader in) throws DecodeException {
        if (in.remaining() == 0 || !in.isV5()) {
            return new Packet.Disconnect(ReasonCode.SUCCESS);
        }
        ReasonCode code = ReasonCodeSet.read(in);
        return new Packet.Disconnect(code, in.remaining() == 0 ? Properties.NONE : PropertyReader.read(in));
    }

    /** Always with an Authentication Method, but for the short form of Success, which has nothing [5.0/3.15.2.1]. */
    private static Packet auth(PacketReader in) throws DecodeException {
        if (in.remaining() == 0) {
            return new Packet.Auth(ReasonCodeSet.leftOut(in), Properties.NONE);
        }
        ReasonCode code = ReasonCodeSet.read(in);
        int propertiesAt = in.position();
        Properties properties = PropertyReader.read(in);
        if (!properties.has(Property.AUTHENTICATION_METHOD)) {
            throw in.failIn("authentication method", propertiesAt, Rule.AUTHENTICATION_METHOD, "it is left out");
        }
        return new Packet.Auth(code, properties);
    }
}
