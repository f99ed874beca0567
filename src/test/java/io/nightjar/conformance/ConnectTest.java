package io.nightjar.conformance;

import static io.nightjar.conformance.Client.LASTING;
import static io.nightjar.conformance.Client.PATIENCE;
import static io.nightjar.mqtt.MqttVersion.V5;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Will;
import io.nightjar.net.PacketEncoder;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CONNECT and CONNACK of MQTT 5 [5.0/3.1, 3.2]. */
@ExtendWith(StandardBroker.class)
class ConnectTest {
    private static RawMqttClient raw() throws IOException {
        return RawMqttClient.connect("127.0.0.1", StandardBroker.port());
    }

    private static Packet.Connect connect(String id, boolean cleanStart, Properties properties, Will will) {
        return new Packet.Connect(V5, cleanStart, 0, properties, id, will, null, null);
    }

    /** A will that the broker's rules deny: a CONNECT in good form that is refused with 0x87. */
    private static Will denied() {
        return new Will("$denied/will", Bytes.utf8("gone"), QoS.AT_MOST_ONCE, false, Properties.NONE);
    }

    private static byte[] encode(Packet... packets) {
        ByteBuf out = Unpooled.buffer();
        for (Packet packet : packets) {
            PacketEncoder.encode(packet, V5, out);
        }
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static Packet.Publish publish(String topic) {
        return new Packet.Publish(topic, Bytes.utf8("x"), QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE);
    }

    /** Everything until the server closes, which it must. */
    private static List<Packet> untilClosed(RawMqttClient client) throws IOException {
        List<Packet> all = new ArrayList<>();
        for (Packet p = client.receive(PATIENCE); p != null; p = client.receive(PATIENCE)) {
            all.add(p);
        }
        assertThat(client.end()).isNotEqualTo(RawMqttClient.End.OPEN);
        return all;
    }

    // ---- Session Present

    @ParameterizedTest(name = "Clean Start {0}, session there {1}: Session Present {2}")
    @CsvSource({"true, false, false", "true, true, false", "false, false, false", "false, true, true"})
    @Normative({"5.0/3.2.2-2", "5.0/3.2.2-3", "5.0/3.1.4-4", "5.0/3.1.4-5", "5.0/3.1.2-4", "5.0/3.1.2-5", "5.0/3.1.2-6"
    })
    void session_present_says_whether_an_earlier_session_goes_on(boolean clean, boolean there, boolean present)
            throws IOException {
        String id = Client.fresh("present");
        if (there) {
            Client.connect(id, true, LASTING).leave();
        }
        try (RawMqttClient client = raw()) {
            client.send(connect(id, clean, LASTING, null));

            Packet.ConnAck answer = client.expect(Packet.ConnAck.class);

            assertThat(answer.code()).isEqualTo(ReasonCode.SUCCESS);
            assertThat(answer.sessionPresent()).isEqualTo(present);
        }
    }

    @Test
    @OftenWrong(5)
    @Normative({"5.0/3.2.2-3", "5.0/4.1.0-2", "5.0/3.1.2-23"})
    void without_a_session_expiry_interval_the_session_ends_with_the_connection_even_with_clean_start_0()
            throws IOException {
        String id = Client.fresh("absent");
        String topic = Client.fresh("absent/");
        try (Client first = Client.connect(id, false, Properties.NONE);
                Client publisher = Client.open()) {
            first.subscribe(topic, 1);
            first.leave();
            publisher.publish(topic, "into the void", 1);
        }

        try (RawMqttClient again = raw()) {
            assertThat(again.open(id, false, LASTING).sessionPresent()).isFalse();
            again.send(Packet.PingReq.INSTANCE);
            again.expect(Packet.PingResp.class);
        }
    }

    // ---- ClientID

    @ParameterizedTest
    @ValueSource(strings = {"0", "Z", "abcdefghijklmnopqrstuvw", "0123456789ABCDEFGHIJKLM", "NOPQRSTUVWXYZxyz"})
    @Normative("5.0/3.1.3-5")
    void every_id_of_1_to_23_letters_and_digits_is_allowed(String id) throws IOException {
        try (RawMqttClient client = raw()) {
            assertThat(client.open(id, true).code()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    @Test
    @Normative("5.0/3.1.3-2")
    void ids_that_differ_in_a_character_have_sessions_of_their_own() throws IOException {
        String stem = Client.fresh("own");
        List<String> ids =
                List.of(stem, stem.toUpperCase(java.util.Locale.ROOT), stem + " ", stem + "\u00e9", stem + "e\u0301");
        for (String id : ids) {
            try (Client client = Client.connect(id, false, LASTING)) {
                client.subscribe("filter/of/" + id, 0);
                client.leave();
            }
        }

        for (String id : ids) {
            try (Client client = Client.connect(id, false, LASTING)) {
                assertThat(client.unsubscribe("filter/of/" + id, "filter/of/" + stem + "x"))
                        .as(id)
                        .containsExactly(ReasonCode.SUCCESS, ReasonCode.NO_SUBSCRIPTION_EXISTED);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @OftenWrong(25)
    @Normative({"5.0/3.1.3-6", "5.0/3.1.3-7", "5.0/3.2.2-16"})
    void an_empty_id_gets_a_new_one_with_which_the_client_can_come_back(boolean cleanStart) throws IOException {
        Set<String> assigned = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            try (RawMqttClient client = raw()) {
                Packet.ConnAck answer = client.open("", cleanStart, LASTING);
                assertThat(answer.sessionPresent()).isFalse();
                String id = answer.properties().getString(Property.ASSIGNED_CLIENT_IDENTIFIER);
                assertThat(id).isNotEmpty();
                assigned.add(id);
                client.subscribe(1, "assigned", QoS.AT_LEAST_ONCE);
                client.shutdownOutput();
                client.awaitEnd(PATIENCE);
            }
        }
        assertThat(assigned).hasSize(3);

        for (String id : assigned) {
            try (RawMqttClient back = raw()) {
                Packet.ConnAck answer = back.open(id, false, LASTING);

                assertThat(answer.sessionPresent()).isTrue();
                assertThat(answer.properties().has(Property.ASSIGNED_CLIENT_IDENTIFIER))
                        .isFalse();
            }
        }
    }

    @Test
    @Normative({"5.0/3.1.3-8", "5.0/3.2.2-7"})
    void an_id_that_is_too_long_for_us_is_refused_with_0x85_and_closed() throws IOException {
        try (RawMqttClient client = raw()) {
            client.send(connect("i".repeat(4097), true, Properties.NONE, null));

            List<Packet> all = untilClosed(client);

            assertThat(all).hasSize(1);
            assertThat(((Packet.ConnAck) all.get(0)).code()).isEqualTo(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
        }
    }

    // ---- refusals

    @Test
    @OftenWrong(31)
    @Normative({
        "5.0/3.1.4-2",
        "5.0/3.1.4-6",
        "5.0/3.2.0-1",
        "5.0/3.2.0-2",
        "5.0/3.2.2-6",
        "5.0/3.2.2-7",
        "5.0/3.14.0-1",
        "5.0/4.13.2-1"
    })
    void a_refused_client_gets_one_connack_with_session_present_0_and_nothing_it_sent_behind_counts()
            throws IOException {
        String id = Client.fresh("refused");
        String topic = Client.fresh("refused/");
        Client.connect(id, true, LASTING).leave();
        try (Client subscriber = Client.open();
                RawMqttClient client = raw()) {
            subscriber.subscribe(topic, 0);

            client.sendBytes(encode(
                    connect(id, false, LASTING, denied()),
                    publish(topic),
                    Packet.PingReq.INSTANCE,
                    new Packet.Disconnect(ReasonCode.SUCCESS)));
            List<Packet> all = untilClosed(client);

            assertThat(all).hasSize(1);
            assertThat(all.get(0)).isInstanceOf(Packet.ConnAck.class);
            Packet.ConnAck answer = (Packet.ConnAck) all.get(0);
            assertThat(answer.code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(answer.sessionPresent()).isFalse();
            assertThat(subscriber.arrived()).isEmpty();
        }
        try (RawMqttClient owner = raw()) {
            assertThat(owner.open(id, false, LASTING).sessionPresent())
                    .as("the session of the ClientID is untouched")
                    .isTrue();
        }
    }

    @Test
    @Normative({"5.0/3.2.2-19", "5.0/3.2.2-20", "5.0/3.1.2-24"})
    @OftenWrong(23)
    void connack_goes_without_its_reason_string_where_that_would_not_fit() throws IOException {
        String id = Client.fresh("small");
        for (int maximum : new int[] {5, 20, 1000}) {
            try (RawMqttClient client = raw()) {
                client.send(connect(id, true, Properties.of(Property.MAXIMUM_PACKET_SIZE, (long) maximum), denied()));

                Packet.ConnAck answer = client.expect(Packet.ConnAck.class);

                assertThat(PacketEncoder.size(answer, V5)).isLessThanOrEqualTo(maximum);
                assertThat(answer.code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
                assertThat(answer.properties().has(Property.REASON_STRING)).isEqualTo(maximum == 1000);
                assertThat(untilClosed(client)).isEmpty();
            }
        }
    }

    // ---- what comes before and after CONNACK

    @Test
    @OftenWrong(31)
    @Normative({"5.0/3.2.0-1", "5.0/3.2.0-2", "5.0/3.1.4-5"})
    void connack_comes_first_and_once_whatever_waits_and_whatever_was_sent_behind_connect() throws IOException {
        String topic = Client.fresh("first/");
        try (Client before = Client.lasting();
                Client publisher = Client.open()) {
            before.subscribe(topic, 1);
            before.leave();
            publisher.publish(topic, "queued", 1);

            try (RawMqttClient client = raw()) {
                SubscriptionRequest more = new SubscriptionRequest(topic + "/x", SubscriptionOptions.of(QoS.of(0)));
                client.sendBytes(encode(
                        connect(before.id, false, LASTING, null),
                        new Packet.Subscribe(7, Properties.NONE, List.of(more)),
                        Packet.PingReq.INSTANCE));

                Packet.ConnAck answer = client.expect(Packet.ConnAck.class);

                assertThat(answer.sessionPresent()).isTrue();
                List<String> behind = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    behind.add(client.receive(PATIENCE).type().name());
                }
                assertThat(behind).containsExactlyInAnyOrder("PUBLISH", "SUBACK", "PINGRESP");
            }
        }
    }

    @Test
    @OftenWrong(33)
    @Normative("5.0/3.1.0-2")
    void a_second_connect_runs_neither_login_nor_takeover() throws IOException {
        try (Client victim = Client.open();
                Client twice = Client.open()) {
            twice.send(connect(victim.id, true, Properties.NONE, denied()));

            assertThat(twice.refusal()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            assertThat(victim.arrived()).isEmpty();
        }
    }

    // ---- what a client asks for

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1})
    @Normative("5.0/3.1.2-28")
    void there_is_no_response_information(int requested) throws IOException {
        Properties properties =
                requested < 0 ? Properties.NONE : Properties.of(Property.REQUEST_RESPONSE_INFORMATION, requested);

        try (Client client = Client.connect(Client.fresh("info"), true, properties)) {
            assertThat(client.connAck().has(Property.RESPONSE_INFORMATION)).isFalse();
        }
    }

    @Test
    @OftenWrong(24)
    @Normative("5.0/3.1.2-29")
    void request_problem_information_0_silences_acknowledgements_but_not_connack_disconnect_and_publish()
            throws IOException {
        Properties silent = Properties.of(Property.REQUEST_PROBLEM_INFORMATION, 0);
        Properties user = Properties.builder()
                .add(Property.USER_PROPERTY, new io.nightjar.mqtt.UserProperty("who", "publisher"))
                .build();
        String topic = Client.fresh("problem/");
        try (Client client = Client.connect(Client.fresh("problem"), true, silent);
                Client publisher = Client.open()) {
            client.subscribe(topic, 0);

            assertSilent(refusals(client));
            publisher.publish(topic, "x", 0, false, user);
            assertThat(client.only().properties()).isEqualTo(user);
            client.raw.sendHex("36 00");
            Packet.Disconnect last = client.expect(Packet.Disconnect.class);
            assertThat(last.properties().has(Property.REASON_STRING)).isTrue();
        }
        try (RawMqttClient refused = raw()) {
            refused.send(connect(Client.fresh("problem"), true, silent, denied()));
            assertThat(refused.expect(Packet.ConnAck.class).properties().has(Property.REASON_STRING))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 1000})
    @OftenWrong(23)
    @Normative({
        "5.0/3.4.2-2",
        "5.0/3.4.2-3",
        "5.0/3.5.2-2",
        "5.0/3.5.2-3",
        "5.0/3.6.2-2",
        "5.0/3.6.2-3",
        "5.0/3.7.2-2",
        "5.0/3.7.2-3",
        "5.0/3.9.2-1",
        "5.0/3.9.2-2",
        "5.0/3.11.2-1",
        "5.0/3.11.2-2",
        "5.0/3.1.2-24"
    })
    void an_acknowledgement_fits_the_smallest_client(int maximum) throws IOException {
        Properties small = Properties.of(Property.MAXIMUM_PACKET_SIZE, (long) maximum);
        try (Client client = Client.connect(Client.fresh("small"), true, small)) {
            List<Packet> answers = refusals(client);

            assertThat(answers).allMatch(answer -> PacketEncoder.size(answer, V5) <= 16);
            assertSilent(answers);
        }
    }

    /** Makes the broker refuse something in each acknowledgement that it has. */
    private static List<Packet> refusals(Client client) throws IOException {
        List<Packet> all = new ArrayList<>();
        Packet.Publish denied = publish("$denied/x");
        client.send(copy(denied, QoS.AT_LEAST_ONCE, 1));
        all.add(client.expect(Packet.PubAck.class));
        client.send(copy(denied, QoS.EXACTLY_ONCE, 2));
        all.add(client.expect(Packet.PubRec.class));
        client.send(new Packet.PubRec(3, ReasonCode.SUCCESS));
        all.add(client.expect(Packet.PubRel.class));
        client.send(new Packet.PubRel(4, ReasonCode.SUCCESS));
        all.add(client.expect(Packet.PubComp.class));
        SubscriptionRequest request = new SubscriptionRequest("$denied/#", SubscriptionOptions.of(QoS.of(0)));
        client.send(new Packet.Subscribe(5, Properties.NONE, List.of(request)));
        all.add(client.expect(Packet.SubAck.class));
        client.send(new Packet.Unsubscribe(6, Properties.NONE, List.of("$denied/#")));
        all.add(client.expect(Packet.UnsubAck.class));
        return all;
    }

    private static Packet.Publish copy(Packet.Publish p, QoS qos, int id) {
        return new Packet.Publish(p.topic(), p.payload(), qos, false, false, id, p.properties());
    }

    private static void assertSilent(List<Packet> answers) {
        for (Packet answer : answers) {
            Properties properties = properties(answer);
            assertThat(properties.has(Property.REASON_STRING)).as("%s", answer).isFalse();
            assertThat(properties.has(Property.USER_PROPERTY)).as("%s", answer).isFalse();
        }
    }

    private static Properties properties(Packet packet) {
        if (packet instanceof Packet.PubAck p) {
            return p.properties();
        } else if (packet instanceof Packet.PubRec p) {
            return p.properties();
        } else if (packet instanceof Packet.PubRel p) {
            return p.properties();
        } else if (packet instanceof Packet.PubComp p) {
            return p.properties();
        } else if (packet instanceof Packet.SubAck p) {
            return p.properties();
        }
        return ((Packet.UnsubAck) packet).properties();
    }
}
