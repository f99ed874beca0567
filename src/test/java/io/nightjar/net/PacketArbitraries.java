package io.nightjar.net;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Will;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Valid packets of every type and version, as their sender may send them. */
final class PacketArbitraries {
    /** A packet, the version of its connection, and who sends it. */
    record Sent(MqttVersion version, boolean fromServer, Packet packet) {}

    private PacketArbitraries() {}

    static Arbitrary<Sent> any() {
        return Arbitraries.oneOf(fromClient(), fromServer());
    }

    static Arbitrary<Sent> fromClient() {
        return version().flatMap(v -> packetOfClient(v).map(p -> new Sent(v, false, p)));
    }

    static Arbitrary<Sent> fromServer() {
        return version().flatMap(v -> packetOfServer(v).map(p -> new Sent(v, true, p)));
    }

    static Arbitrary<MqttVersion> version() {
        return Arbitraries.of(MqttVersion.values());
    }

    static Arbitrary<Packet> packetOfClient(MqttVersion v) {
        Arbitrary<Packet> common = Arbitraries.oneOf(
                connect(v),
                publish(v, false),
                ack(v),
                subscribe(v),
                unsubscribe(v),
                Arbitraries.just(Packet.PingReq.INSTANCE),
                disconnect(v, false));
        return v == MqttVersion.V5 ? Arbitraries.oneOf(common, auth(false)) : common;
    }

    static Arbitrary<Packet> packetOfServer(MqttVersion v) {
        Arbitrary<Packet> common = Arbitraries.oneOf(
                connAck(v),
                publish(v, true),
                ack(v),
                subAck(v),
                unsubAck(v),
                Arbitraries.just(Packet.PingResp.INSTANCE));
        return v == MqttVersion.V5 ? Arbitraries.oneOf(common, auth(true), disconnect(v, true)) : common;
    }

    static Arbitrary<Packet> connect(MqttVersion v) {
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.integers().between(0, 65535),
                        properties(v, PacketType.CONNECT, true),
                        text(),
                        will(v).injectNull(0.5),
                        text().injectNull(0.3),
                        bytes().injectNull(0.3))
                .as((clean, keepAlive, properties, id, will, user, password) -> new Packet.Connect(
                        v,
                        clean,
                        keepAlive,
                        properties,
                        id,
                        will,
                        user,
                        v != MqttVersion.V5 && user == null ? null : password));
    }

    private static Arbitrary<Will> will(MqttVersion v) {
        return Combinators.combine(topic(), bytes(), qos(), Arbitraries.of(true, false), properties(v, null, true))
                .as(Will::new);
    }

    static Arbitrary<Packet> connAck(MqttVersion v) {
        Arbitrary<ReasonCode> codes = v == MqttVersion.V5
                ? codes(0x00, 0x80, 0x84, 0x87, 0x8A, 0x9F)
                : codes(0x00, 0x84, 0x85, 0x88, 0x86, 0x87);
        return Combinators.combine(Arbitraries.of(true, false), codes, properties(v, PacketType.CONNACK, false))
                .as((present, code, properties) -> new Packet.ConnAck(
                        present && code == ReasonCode.SUCCESS && v != MqttVersion.V3_1, code, properties));
    }

    static Arbitrary<Packet> publish(MqttVersion v, boolean fromServer) {
        return Combinators.combine(
                        topic(),
                        bytes(),
                        qos(),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false),
                        packetId(),
                        properties(v, PacketType.PUBLISH, !fromServer))
                .as((topic, payload, qos, retain, dup, id, properties) -> new Packet.Publish(
                        properties.has(Property.TOPIC_ALIAS) && retain ? "" : topic,
                        payload,
                        qos,
                        retain,
                        dup && qos != QoS.AT_MOST_ONCE,
                        qos == QoS.AT_MOST_ONCE ? 0 : id,
                        properties));
    }

    static Arbitrary<Packet> ack(MqttVersion v) {
        boolean v5 = v == MqttVersion.V5;
        return Arbitraries.of(PacketType.PUBACK, PacketType.PUBREC, PacketType.PUBREL, PacketType.PUBCOMP)
                .flatMap(type -> {
                    boolean first = type == PacketType.PUBACK || type == PacketType.PUBREC;
                    Arbitrary<ReasonCode> codes = !v5 ? codes(0) : first ? codes(0, 0x10, 0x80, 0x97) : codes(0, 0x92);
                    return Combinators.combine(packetId(), codes, properties(v, type, false))
                            .as((id, code, properties) -> switch (type) {
                                case PUBACK -> new Packet.PubAck(id, code, properties);
                                case PUBREC -> new Packet.PubRec(id, code, properties);
                                case PUBREL -> new Packet.PubRel(id, code, properties);
                                default -> new Packet.PubComp(id, code, properties);
                            });
                });
    }

    static Arbitrary<Packet> subscribe(MqttVersion v) {
        Arbitrary<SubscriptionOptions> options = v == MqttVersion.V5
                ? Combinators.combine(
                                qos(),
                                Arbitraries.of(true, false),
                                Arbitraries.of(true, false),
                                Arbitraries.integers().between(0, 2))
                        .as(SubscriptionOptions::new)
                : qos().map(SubscriptionOptions::of);
        Arbitrary<List<SubscriptionRequest>> requests = Combinators.combine(filter(), options)
                .as(SubscriptionRequest::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(4);
        return Combinators.combine(packetId(), properties(v, PacketType.SUBSCRIBE, true), requests)
                .as(Packet.Subscribe::new);
    }

    static Arbitrary<Packet> subAck(MqttVersion v) {
        Arbitrary<ReasonCode> codes =
                v == MqttVersion.V5 ? codes(0, 1, 2, 0x80, 0x87, 0x8F, 0x97, 0x9E) : codes(0, 1, 2, 0x80);
        return Combinators.combine(
                        packetId(),
                        properties(v, PacketType.SUBACK, false),
                        codes.list().ofMinSize(1).ofMaxSize(4))
                .as(Packet.SubAck::new);
    }

    static Arbitrary<Packet> unsubscribe(MqttVersion v) {
        return Combinators.combine(
                        packetId(),
                        properties(v, PacketType.UNSUBSCRIBE, true),
                        filter().list().ofMinSize(1).ofMaxSize(4))
                .as(Packet.Unsubscribe::new);
    }

    static Arbitrary<Packet> unsubAck(MqttVersion v) {
        Arbitrary<List<ReasonCode>> codes = v == MqttVersion.V5
                ? codes(0, 0x11, 0x80, 0x87).list().ofMinSize(1).ofMaxSize(4)
                : Arbitraries.just(List.of());
        return Combinators.combine(packetId(), properties(v, PacketType.UNSUBACK, false), codes)
                .as(Packet.UnsubAck::new);
    }

    static Arbitrary<Packet> disconnect(MqttVersion v, boolean fromServer) {
        if (v != MqttVersion.V5) {
            return Arbitraries.just(new Packet.Disconnect(ReasonCode.SUCCESS));
        }
        Arbitrary<ReasonCode> codes = fromServer ? codes(0, 0x81, 0x8E, 0x9C, 0xA2) : codes(0, 0x04, 0x80, 0x99);
        return Combinators.combine(codes, properties(v, PacketType.DISCONNECT, !fromServer))
                .as(Packet.Disconnect::new);
    }

    static Arbitrary<Packet> auth(boolean fromServer) {
        return Combinators.combine(
                        fromServer ? codes(0, 0x18) : codes(0x18, 0x19),
                        text(),
                        properties(MqttVersion.V5, PacketType.AUTH, false))
                .as((code, method, properties) -> new Packet.Auth(
                        code,
                        properties.has(Property.AUTHENTICATION_METHOD)
                                ? properties
                                : properties.with(Property.AUTHENTICATION_METHOD, method)));
    }

    /** Up to four properties that this packet may carry; the Will Properties if the type is null. */
    static Arbitrary<Properties> properties(MqttVersion v, PacketType type, boolean fromClient) {
        if (v != MqttVersion.V5) {
            return Arbitraries.just(Properties.NONE);
        }
        Predicate<Property> allowed = p -> (type == null ? p.allowedInWill() : p.allowedIn(type))
                && !(fromClient && type == PacketType.PUBLISH && p == Property.SUBSCRIPTION_IDENTIFIER)
                && !(!fromClient && type == PacketType.DISCONNECT && p == Property.SESSION_EXPIRY_INTERVAL);
        List<Property> choice = Arrays.stream(Property.values()).filter(allowed).toList();
        return Arbitraries.of(choice)
                .flatMap(p -> value(p).map(value -> new Object[] {p, value}))
                .list()
                .ofMaxSize(4)
                .map(entries -> {
                    Properties.Builder builder = Properties.builder();
                    for (Object[] entry : entries) {
                        Property p = (Property) entry[0];
                        if (!builder.has(p) || p.repeatableIn(type == null ? PacketType.CONNECT : type)) {
                            builder.add(p, entry[1]);
                        }
                    }
                    return withMethod(builder);
                });
    }

    private static Properties withMethod(Properties.Builder builder) {
        if (builder.has(Property.AUTHENTICATION_DATA) && !builder.has(Property.AUTHENTICATION_METHOD)) {
            builder.add(Property.AUTHENTICATION_METHOD, "SCRAM-SHA-256");
        }
        return builder.build();
    }

    private static Arbitrary<?> value(Property property) {
        return switch (property.type()) {
            case BYTE -> Arbitraries.integers().between(0, 1);
            case TWO_BYTES -> Arbitraries.integers().between(1, 65535);
            case FOUR_BYTES -> Arbitraries.longs().between(1, 0xFFFF_FFFFL);
            case VARIABLE_BYTES -> Arbitraries.integers().between(1, 268_435_455);
            case STRING -> property == Property.RESPONSE_TOPIC ? topic() : text();
            case BINARY -> bytes();
            case STRING_PAIR -> Combinators.combine(text(), text()).as(UserProperty::new);
        };
    }

    /** Text with all sizes of UTF-8 characters, no U+0000. */
    static Arbitrary<String> text() {
        Arbitrary<String> character = Arbitraries.of(
                "a",
                "Z",
                "0",
                "/",
                " ",
                "\u0001",
                "\u007f",
                "\u0080",
                "é",
                "\u07ff",
                "\u0800",
                "\uFEFF",
                "\uD7FF",
                "\uE000",
                "\uFFFD",
                "水",
                "😀",
                new String(Character.toChars(0x10FFFF)));
        return Arbitraries.oneOf(
                Arbitraries.strings().ascii().excludeChars('\0').ofMaxLength(12),
                character.list().ofMaxSize(8).map(parts -> String.join("", parts)));
    }

    static Arbitrary<String> topic() {
        return text().map(t -> t.replace("+", "p").replace("#", "h")).map(t -> t.isEmpty() ? "t" : t);
    }

    private static Arbitrary<String> filter() {
        return Arbitraries.oneOf(topic(), Arbitraries.of("#", "a/+/b", "$share/g/a/#", ""));
    }

    static Arbitrary<Bytes> bytes() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(40).map(Bytes::copyOf);
    }

    private static Arbitrary<QoS> qos() {
        return Arbitraries.of(QoS.values());
    }

    private static Arbitrary<Integer> packetId() {
        return Arbitraries.integers().between(1, 65535);
    }

    private static Arbitrary<ReasonCode> codes(int... values) {
        return Arbitraries.of(Arrays.stream(values).mapToObj(ReasonCode::of).toList());
    }
}
