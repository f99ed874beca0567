package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Will;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which properties of a PUBLISH reach the subscribers, on every way a message can take, and what its expiry does. */
@ExtendWith(StandardBroker.class)
class ForwardedPropertiesTest {
    private static final Bytes PAYLOAD = Bytes.wrap(new byte[] {0, (byte) 0xFF, 'x', 0});

    private final String topic = Client.fresh("properties/");

    static Stream<Properties> properties() {
        byte[] binary = new byte[65_535];
        for (int i = 0; i < binary.length; i++) {
            binary[i] = (byte) i;
        }
        Properties users = Properties.builder()
                .add(Property.USER_PROPERTY, new UserProperty("b", "1"))
                .add(Property.USER_PROPERTY, new UserProperty("a", "2"))
                .add(Property.USER_PROPERTY, new UserProperty("b", "1"))
                .add(Property.USER_PROPERTY, new UserProperty("", ""))
                .add(Property.USER_PROPERTY, new UserProperty("b", "0"))
                .add(Property.USER_PROPERTY, new UserProperty("\uFEFF\u00e9 e\u0301", " \t"))
                .build();
        Properties all = Properties.of(Property.USER_PROPERTY, new UserProperty("first", "of all"))
                .with(Property.PAYLOAD_FORMAT_INDICATOR, 0)
                .with(Property.CONTENT_TYPE, "text/plain; charset=\u00fctf")
                .with(Property.RESPONSE_TOPIC, "re//ply/ /$x")
                .with(Property.CORRELATION_DATA, Bytes.wrap(new byte[] {0, 1, 0}))
                .with(Property.USER_PROPERTY, new UserProperty("last", "of all"));
        return Stream.of(
                Properties.NONE,
                Properties.of(Property.PAYLOAD_FORMAT_INDICATOR, 0),
                Properties.of(Property.PAYLOAD_FORMAT_INDICATOR, 1),
                Properties.of(Property.CONTENT_TYPE, ""),
                Properties.of(Property.CORRELATION_DATA, Bytes.EMPTY),
                Properties.of(Property.CORRELATION_DATA, Bytes.wrap(binary)),
                users,
                all);
    }

    /** The properties of a kind with their values, in order. */
    private static List<Object> values(Properties properties, Predicate<Property> test) {
        List<Object> values = new ArrayList<>();
        properties.forEach((property, value) -> {
            if (test.test(property)) {
                values.add(property + "=" + value);
            }
        });
        return values;
    }

    private static void assertForwarded(Packet.Publish arrived, Properties published, String way) {
        for (Property property : Property.values()) {
            assertThat(values(arrived.properties(), property::equals))
                    .as("%s, %s", way, property)
                    .isEqualTo(values(published, property::equals));
        }
        assertThat(arrived.payload()).as(way).isEqualTo(PAYLOAD);
    }

    @ParameterizedTest
    @MethodSource("properties")
    @Normative({
        "5.0/3.3.2-4",
        "5.0/3.3.2-15",
        "5.0/3.3.2-16",
        "5.0/3.3.2-17",
        "5.0/3.3.2-18",
        "5.0/3.3.2-20",
        "5.0/3.1.3-10"
    })
    @OftenWrong(38)
    void they_arrive_unaltered_on_every_way(Properties published) throws IOException {
        Client away = Client.lasting();
        away.subscribe(topic, 2);
        away.leave();
        try (Client live = Client.open();
                Client shares = Client.open();
                Client publisher = Client.open()) {
            live.subscribe(topic + "/#", 0);
            live.subscribe(topic, 1);
            shares.subscribe("$share/g/" + topic, 1);

            publisher.publish(
                    new Packet.Publish(topic, PAYLOAD, QoS.EXACTLY_ONCE, true, false, publisher.nextId(), published));

            assertForwarded(live.only(), published, "live");
            assertForwarded(shares.only(), published, "shared");
            away = away.comeBack();
            assertForwarded(away.only(), published, "queued");
            away.leave();
            away = away.comeBack();
            assertForwarded(away.only(), published, "sent again");
            away.close();
            try (Client late = Client.open()) {
                late.subscribe(topic, 2);
                assertForwarded(late.only(), published, "retained");
            }
            publisher.retain(topic, "");
            live.packets();
            will(published).close();
            assertForwarded(live.expect(Packet.Publish.class), published, "will");
        }
    }

    private Client will(Properties properties) throws IOException {
        Properties all = properties.with(Property.WILL_DELAY_INTERVAL, 0L);
        Will will = new Will(topic, PAYLOAD, QoS.AT_MOST_ONCE, false, all);
        return Client.connect(
                new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, Client.fresh("will"), will, null, null));
    }

    @Test
    @OftenWrong({9, 38})
    @Normative({"5.0/3.3.2-11", "5.0/3.3.4-6"})
    void what_is_between_the_publisher_and_the_broker_alone_goes_no_further() throws IOException {
        try (Client live = Client.open();
                Client publisher = Client.open()) {
            live.subscribe(topic, new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 0), 0);
            Properties properties = Properties.of(Property.TOPIC_ALIAS, 3).with(Property.CONTENT_TYPE, "t");
            publisher.publish(topic, "m", 1, false, properties);
            publisher.publish("", "n", 1, false, properties);

            assertThat(live.arrived()).hasSize(2).allSatisfy(publish -> assertThat(publish.properties())
                    .isEqualTo(Properties.of(Property.CONTENT_TYPE, "t")));
        }
    }

    // ---- expiry

    @Test
    @Normative({"5.0/3.3.2-5", "5.0/3.3.2-6", "5.0/3.3.2.3.3"})
    @OftenWrong(6)
    void a_message_is_gone_when_its_time_is_over_and_tells_what_is_left_before() throws IOException {
        Client away = Client.lasting();
        away.subscribe(topic + "/#", 2);
        away.leave();
        try (Client publisher = Client.open();
                Client late = Client.open()) {
            Properties one = Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, 1L);
            Properties hundred = Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, 100L);
            publisher.publish(topic + "/1", "over", 1, true, one);
            publisher.publish(topic + "/2", "over at QoS 2", 2, false, one);
            publisher.publish(topic + "/100", "alive", 1, true, hundred);
            publisher.publish(topic + "/never", "for ever", 1, true, Properties.NONE);
            publisher.publish(topic + "/most", "for long", 1, false, expiry(0xFFFF_FFFFL));
            long sent = System.nanoTime();
            await().atMost(Client.PATIENCE).until(() -> System.nanoTime() - sent > 1_100_000_000L);

            away = away.comeBack();
            List<Packet.Publish> queued = away.arrived();
            late.subscribe(topic + "/#", 1);
            List<Packet.Publish> kept = late.arrived();

            assertThat(Client.texts(queued)).containsExactly("alive", "for ever", "for long");
            assertThat(left(queued.get(0))).isBetween(60L, 99L);
            assertThat(left(queued.get(1))).isEqualTo(-1);
            assertThat(left(queued.get(2))).isBetween(0xFFFF_FFFFL - 40, 0xFFFF_FFFFL - 1);
            assertThat(Client.texts(kept)).containsExactlyInAnyOrder("alive", "for ever");
            assertThat(kept)
                    .filteredOn(publish -> left(publish) >= 0)
                    .hasSize(1)
                    .allSatisfy(publish -> assertThat(left(publish)).isBetween(60L, 99L));
            away.close();
            publisher.retain(topic + "/100", "");
            publisher.retain(topic + "/never", "");
        }
    }

    @Test
    @Normative({"5.0/3.3.2-5", "5.0/3.3.2-6"})
    @OftenWrong(6)
    void an_interval_of_0_never_waits_and_never_becomes_another() throws IOException {
        Client away = Client.lasting();
        away.subscribe(topic, 1);
        away.leave();
        try (Client live = Client.open();
                Client publisher = Client.open()) {
            live.subscribe(topic, 1);

            publisher.publish(topic, "now or never", 1, true, expiry(0));

            // That it is sent at all is held with a manual clock in OutboundFlowTest.
            assertThat(live.arrived()).hasSizeLessThanOrEqualTo(1).allMatch(publish -> left(publish) == 0);
            away = away.comeBack();
            assertThat(away.arrived()).isEmpty();
            away.close();
            try (Client late = Client.open()) {
                late.subscribe(topic, 1);
                assertThat(late.arrived()).isEmpty();
            }
        }
    }

    @Test
    @Normative({"5.0/4.3.3-7", "5.0/4.3.3-13"})
    @OftenWrong(7)
    void a_qos_2_exchange_that_began_goes_on_after_the_time_is_over() throws IOException {
        Client away = Client.lasting();
        away.subscribe(topic, 2);
        try (Client publisher = Client.open()) {
            int id = publisher.nextId();
            publisher.send(new Packet.Publish(topic, PAYLOAD, QoS.EXACTLY_ONCE, false, false, id, expiry(1)));
            publisher.expect(Packet.PubRec.class);
            int sentId = away.only().packetId();
            long sent = System.nanoTime();
            await().atMost(Client.PATIENCE).until(() -> System.nanoTime() - sent > 1_100_000_000L);

            publisher.acknowledge(PacketType.PUBREL, id);
            assertThat(publisher.expect(Packet.PubComp.class).code()).isEqualTo(ReasonCode.SUCCESS);
            away.leave();
            away = away.comeBack();
            Packet.Publish again = away.only();
            assertThat(again.packetId()).isEqualTo(sentId);
            assertThat(left(again)).isZero();
            away.acknowledge(PacketType.PUBREC, sentId);
            assertThat(away.expect(Packet.PubRel.class).packetId()).isEqualTo(sentId);
            away.close();
        }
    }

    private static Properties expiry(long seconds) {
        return Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, seconds);
    }

    private static long left(Packet.Publish publish) {
        return publish.properties().getLong(Property.MESSAGE_EXPIRY_INTERVAL, -1);
    }
}
