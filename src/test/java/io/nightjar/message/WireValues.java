package io.nightjar.message;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
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
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Will;
import io.nightjar.session.AttachRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Arbitrary values of everything that crosses between nodes. */
final class WireValues {
    private WireValues() {}

    static Arbitrary<String> texts() {
        return Arbitraries.strings()
                .withCharRange(' ', '~')
                .withCharRange('\u00e0', '\u00ff')
                .withCharRange('\u4e00', '\u4eff')
                .ofMaxLength(20);
    }

    static Arbitrary<Bytes> payloads() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(200).map(Bytes::copyOf);
    }

    static Arbitrary<Properties> properties() {
        return Arbitraries.of(Property.values())
                .flatMap(property -> value(property).map(value -> Tuple.of(property, value)))
                .list()
                .ofMaxSize(6)
                .map(entries -> {
                    Properties.Builder builder = Properties.builder();
                    entries.forEach(entry -> builder.add(entry.get1(), entry.get2()));
                    return builder.build();
                });
    }

    private static Arbitrary<Object> value(Property property) {
        return switch (property.type()) {
            case BYTE -> Arbitraries.integers().between(0, 255).asGeneric();
            case TWO_BYTES -> Arbitraries.integers().between(0, 65_535).asGeneric();
            case VARIABLE_BYTES ->
                Arbitraries.integers().between(0, 0x0FFF_FFFF).asGeneric();
            case FOUR_BYTES -> Arbitraries.longs().between(0, 0xFFFF_FFFFL).asGeneric();
            case STRING -> texts().asGeneric();
            case BINARY -> payloads().asGeneric();
            case STRING_PAIR ->
                Combinators.combine(texts(), texts()).as(UserProperty::new).asGeneric();
        };
    }

    static Arbitrary<QoS> qos() {
        return Arbitraries.of(QoS.values());
    }

    static Arbitrary<Boolean> flags() {
        return Arbitraries.of(true, false);
    }

    static Arbitrary<ReasonCode> codes() {
        return Arbitraries.of(ReasonCode.values());
    }

    static Arbitrary<Integer> packetIds() {
        return Arbitraries.integers().between(0, 65_535);
    }

    static Arbitrary<Long> longs() {
        return Arbitraries.longs();
    }

    static Arbitrary<Message> messages() {
        return Combinators.combine(texts(), payloads(), qos(), flags(), properties(), texts(), longs())
                .as(Message::new);
    }

    static Arbitrary<Delivery> deliveries() {
        return Combinators.combine(
                        messages(),
                        qos(),
                        flags(),
                        Arbitraries.integers().between(1, 0x0FFF_FFFF).list().ofMaxSize(4),
                        texts().injectNull(0.5))
                .as(Delivery::new);
    }

    static Arbitrary<Will> wills() {
        return Combinators.combine(texts(), payloads(), qos(), flags(), properties())
                .as(Will::new);
    }

    static Arbitrary<ConnectionInfo> infos() {
        Arbitrary<Integer> ints = Arbitraries.integers().between(0, Integer.MAX_VALUE);
        Arbitrary<List<Integer>> numbers = ints.list().ofSize(3);
        Arbitrary<List<Long>> times = longs().list().ofSize(3);
        return Combinators.combine(
                        Arbitraries.of(MqttVersion.values()),
                        flags(),
                        times,
                        numbers,
                        wills().injectNull(0.3),
                        texts().injectNull(0.3),
                        texts().list().ofSize(4))
                .as((version, clean, time, number, will, username, names) -> new ConnectionInfo(
                        new AttachRequest(
                                version,
                                clean,
                                time.get(0),
                                time.get(1),
                                number.get(0),
                                number.get(1),
                                number.get(2),
                                will,
                                username,
                                names.get(0),
                                names.get(1),
                                number.get(2),
                                username),
                        names.get(2),
                        names.get(3),
                        time.get(2)));
    }

    static Arbitrary<DisconnectReason> reasons() {
        return Combinators.combine(
                        Arbitraries.of(Detail.values()),
                        codes().injectNull(0.5),
                        Arbitraries.maps(texts(), texts()).ofMaxSize(4))
                .as(DisconnectReason::new);
    }

    static Arbitrary<ClientView> views() {
        Arbitrary<Object> values = Arbitraries.oneOf(
                texts().asGeneric(),
                longs().asGeneric(),
                Arbitraries.integers().asGeneric(),
                Arbitraries.doubles().asGeneric(),
                flags().asGeneric());
        Arbitrary<Object> below = Arbitraries.maps(texts(), values).ofMaxSize(3).asGeneric();
        return Arbitraries.maps(texts(), Arbitraries.frequencyOf(Tuple.of(9, values), Tuple.of(1, below)))
                .ofMaxSize(8)
                .map((Map<String, Object> fields) -> new ClientView(new LinkedHashMap<>(fields)));
    }

    static Arbitrary<Packet> packets() {
        Arbitrary<SubscriptionOptions> options = Combinators.combine(
                        qos(), flags(), flags(), Arbitraries.integers().between(0, 2))
                .as(SubscriptionOptions::new);
        Arbitrary<List<SubscriptionRequest>> requests = Combinators.combine(texts(), options)
                .as(SubscriptionRequest::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(4);
        Arbitrary<List<ReasonCode>> verdicts = codes().list().ofMinSize(1).ofMaxSize(4);
        Arbitrary<List<String>> filters = texts().list().ofMinSize(1).ofMaxSize(4);
        Arbitrary<Packet> publishes = Combinators.combine(
                        texts(), payloads(), qos(), flags(), flags(), packetIds(), properties())
                .as(Packet.Publish::new);
        Arbitrary<Packet> pubAcks =
                Combinators.combine(packetIds(), codes(), properties()).as(Packet.PubAck::new);
        Arbitrary<Packet> pubRecs =
                Combinators.combine(packetIds(), codes(), properties()).as(Packet.PubRec::new);
        Arbitrary<Packet> pubRels =
                Combinators.combine(packetIds(), codes(), properties()).as(Packet.PubRel::new);
        Arbitrary<Packet> pubComps =
                Combinators.combine(packetIds(), codes(), properties()).as(Packet.PubComp::new);
        Arbitrary<Packet> subscribes =
                Combinators.combine(packetIds(), properties(), requests).as(Packet.Subscribe::new);
        Arbitrary<Packet> subAcks =
                Combinators.combine(packetIds(), properties(), verdicts).as(Packet.SubAck::new);
        Arbitrary<Packet> unsubscribes =
                Combinators.combine(packetIds(), properties(), filters).as(Packet.Unsubscribe::new);
        Arbitrary<Packet> unsubAcks =
                Combinators.combine(packetIds(), properties(), verdicts).as(Packet.UnsubAck::new);
        Arbitrary<Packet> disconnects =
                Combinators.combine(codes(), properties()).as(Packet.Disconnect::new);
        return Arbitraries.oneOf(List.of(
                publishes,
                pubAcks,
                pubRecs,
                pubRels,
                pubComps,
                subscribes,
                subAcks,
                unsubscribes,
                unsubAcks,
                disconnects));
    }

    /** All commands but those that hold a reference: Attach, Kick and Inspect. */
    static Arbitrary<SessionCommand> commands() {
        Arbitrary<Packet> packets = packets();
        Arbitrary<SessionCommand> detaches = Combinators.combine(
                        longs(), Arbitraries.of(Detail.values()), longs().injectNull(0.5))
                .as(SessionCommand.Detach::new);
        Arbitrary<SessionCommand> publishes =
                Combinators.combine(longs(), packetIds(), messages(), codes()).as(SessionCommand.PublishQos2::new);
        Arbitrary<SessionCommand> acknowledges = Combinators.combine(
                        longs(), Arbitraries.of(PacketType.values()), packetIds(), codes())
                .as(SessionCommand.Acknowledge::new);
        Arbitrary<SessionCommand> subscribes = Combinators.combine(
                        longs(),
                        packets.filter(p -> p instanceof Packet.Subscribe),
                        codes().list().ofMaxSize(4))
                .as((n, packet, verdicts) -> new SessionCommand.Subscribe(n, (Packet.Subscribe) packet, verdicts));
        Arbitrary<SessionCommand> unsubscribes = Combinators.combine(
                        longs(), packets.filter(p -> p instanceof Packet.Unsubscribe))
                .as((n, packet) -> new SessionCommand.Unsubscribe(n, (Packet.Unsubscribe) packet));
        Arbitrary<SessionCommand> writables =
                Combinators.combine(longs(), flags()).as(SessionCommand.Writable::new);
        Arbitrary<SessionCommand> timers = Combinators.combine(texts(), longs()).as(SessionCommand.TimerFired::new);
        Arbitrary<SessionCommand> lost = texts().map(SessionCommand.NodeLost::new);
        Arbitrary<SessionCommand> delivers = deliveries().map(SessionCommand.Deliver::new);
        return Arbitraries.oneOf(List.of(
                detaches,
                publishes,
                acknowledges,
                subscribes,
                unsubscribes,
                writables,
                timers,
                lost,
                delivers,
                Arbitraries.just(SessionCommand.Stop.INSTANCE)));
    }
}
