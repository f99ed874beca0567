package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
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

/** The handshakes of QoS 1 and 2 in both directions: who answers what, what is sent again and when, what is new. */
@ExtendWith(StandardBroker.class)
class QosHandshakeTest {
    private final String topic = Client.fresh("qos/");

    private Packet.Publish message(int qos, int id, boolean dup, String payload) {
        return new Packet.Publish(topic, Bytes.utf8(payload), QoS.of(qos), false, dup, id, Properties.NONE);
    }

    // ---- the broker receives

    @Test
    @Normative({"5.0/3.3.4-1", "5.0/4.3.2-4", "5.0/4.3.3-8", "5.0/4.3.3-11"})
    void each_qos_has_its_answer_with_the_same_identifier_in_the_order_of_the_messages() throws IOException {
        try (Client subscriber = Client.open();
                Client client = Client.open()) {
            subscriber.subscribe(topic, 0);

            client.send(message(1, 65_535, false, "a"));
            client.send(message(0, 0, false, "b"));
            client.send(message(2, 1, false, "c"));
            client.send(message(2, 300, false, "d"));
            client.send(message(1, 2, false, "e"));
            client.expect(Packet.PubRec.class); // #1
            client.expect(Packet.PubRec.class); // #300
            client.acknowledge(PacketType.PUBREL, 300);
            client.acknowledge(PacketType.PUBREL, 1);

            assertThat(client.expect(Packet.PubAck.class).packetId()).isEqualTo(65_535);
            assertThat(client.expect(Packet.PubAck.class).packetId()).isEqualTo(2);
            assertThat(client.expect(Packet.PubComp.class)).isEqualTo(new Packet.PubComp(300, ReasonCode.SUCCESS));
            assertThat(client.expect(Packet.PubComp.class)).isEqualTo(new Packet.PubComp(1, ReasonCode.SUCCESS));
            assertThat(client.packets()).as("anything else").isEmpty();
            assertThat(subscriber.payloads()).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
        }
    }

    @Test
    @Normative({"5.0/3.4.2-1", "5.0/3.5.2-1", "5.0/4.3.2-4"})
    void puback_and_pubrec_say_what_became_of_the_message() throws IOException {
        try (Client subscriber = Client.open();
                Client shares = Client.open();
                Client client = Client.open()) {
            for (int qos = 1; qos <= 2; qos++) {
                assertThat(client.publish(topic, "nobody", qos)).isEqualTo(ReasonCode.NO_MATCHING_SUBSCRIBERS);
                assertThat(client.publish("$denied/x", "no", qos)).isEqualTo(ReasonCode.NOT_AUTHORIZED);
                subscriber.subscribe(topic + "/#", 0);
                assertThat(client.publish(topic, "somebody", qos)).isEqualTo(ReasonCode.SUCCESS);
                subscriber.unsubscribe(topic + "/#");
                shares.subscribe("$share/g/" + topic, 0);
                assertThat(client.publish(topic, "a member", qos)).isEqualTo(ReasonCode.SUCCESS);
                shares.unsubscribe("$share/g/" + topic);
                client.subscribe(topic, new SubscriptionOptions(QoS.AT_MOST_ONCE, true, false, 0), 0);
                assertThat(client.publish(topic, "No Local", qos))
                        .as("a subscriber exists, though it gets nothing")
                        .isEqualTo(ReasonCode.SUCCESS);
                client.unsubscribe(topic);
            }
        }
    }

    @Test
    @Normative({"5.0/4.3.2-4", "5.0/4.5.0-1"})
    void at_puback_and_pubrec_the_message_is_with_every_session_that_matches() throws IOException {
        List<Client> away = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Client client = Client.lasting();
            client.subscribe(topic + (i == 2 ? "/#" : ""), i == 0 ? 1 : 2);
            client.leave();
            away.add(client);
        }
        try (Client publisher = Client.open()) {
            publisher.publish(topic, "one", 1);
            int id = publisher.nextId();
            publisher.send(message(2, id, false, "two"));
            publisher.expect(Packet.PubRec.class);
            publisher.raw.reset(); // no PUBREL: the broker has the message all the same
        }

        for (Client client : away) {
            Client again = client.comeBack();
            assertThat(again.payloads()).containsExactly("one", "two");
            again.close();
        }
    }

    @Test
    @Normative("5.0/4.3.2-5")
    void after_puback_the_identifier_is_new_whatever_dup_says() throws IOException {
        try (Client subscriber = Client.open();
                Client client = Client.open()) {
            subscriber.subscribe(topic, 0);

            client.publish(message(1, 1, false, "first"));
            client.publish(message(1, 1, true, "second"));
            client.publish(message(1, 1, true, "second"));

            assertThat(subscriber.payloads()).containsExactly("first", "second", "second");
        }
    }

    @Test
    @Normative({"5.0/4.3.3-10", "5.0/4.3.3-11", "5.0/4.3.3-12"})
    @OftenWrong(34)
    void a_qos_2_message_is_delivered_once_until_its_pubrel_and_then_it_is_new() throws IOException {
        Client client = Client.lasting();
        try (Client subscriber = Client.open()) {
            subscriber.subscribe(topic, 0);

            for (int i = 0; i < 4; i++) {
                client.send(message(2, 7, i % 2 == 1, "once"));
                assertThat(client.expect(Packet.PubRec.class)).isEqualTo(new Packet.PubRec(7, ReasonCode.SUCCESS));
            }
            client.leave();
            client = client.comeBack();
            assertThat(client.packets())
                    .as("PUBREC is not sent of its own accord")
                    .isEmpty();
            for (int i = 0; i < 2; i++) {
                client.send(message(2, 7, true, "once"));
                assertThat(client.expect(Packet.PubRec.class)).isEqualTo(new Packet.PubRec(7, ReasonCode.SUCCESS));
            }
            client.acknowledge(PacketType.PUBREL, 7);
            assertThat(client.expect(Packet.PubComp.class).code()).isEqualTo(ReasonCode.SUCCESS);
            client.acknowledge(PacketType.PUBREL, 7);
            assertThat(client.expect(Packet.PubComp.class).code()).isEqualTo(ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
            assertThat(subscriber.payloads()).containsExactly("once");
            client.publish(message(2, 7, true, "new"));

            assertThat(subscriber.payloads()).containsExactly("new");
            client.close();
        }
    }

    @Test
    @Normative("5.0/4.3.3-9")
    @OftenWrong(35)
    void after_an_error_in_pubrec_the_identifier_is_new() throws IOException {
        try (Client subscriber = Client.open();
                Client client = Client.open()) {
            subscriber.subscribe(topic, 0);
            Packet.Publish denied =
                    new Packet.Publish("$denied/x", Bytes.EMPTY, QoS.EXACTLY_ONCE, false, false, 5, Properties.NONE);

            for (int i = 0; i < 2 * StandardBroker.RECEIVE_MAXIMUM; i++) {
                assertThat(client.publish(denied)).as("it holds no place").isEqualTo(ReasonCode.NOT_AUTHORIZED);
            }
            assertThat(client.publish(message(2, 5, true, "allowed"))).isEqualTo(ReasonCode.SUCCESS);

            assertThat(subscriber.payloads()).containsExactly("allowed");
        }
    }

    @Test
    @Normative({"5.0/3.7.2-1", "5.0/4.3.3-11"})
    @OftenWrong(37)
    void pubrel_of_an_unknown_identifier_is_answered_with_0x92() throws IOException {
        try (Client client = Client.open()) {
            client.publish(message(1, 9, false, "QoS 1 has no PUBREL"));
            client.acknowledge(PacketType.PUBREL, 9);
            client.acknowledge(PacketType.PUBREL, 10, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);

            ReasonCode notFound = ReasonCode.PACKET_IDENTIFIER_NOT_FOUND;
            assertThat(client.packets())
                    .containsExactly(new Packet.PubComp(9, notFound), new Packet.PubComp(10, notFound));
        }
    }

    // ---- the broker sends

    @Test
    @Normative({"5.0/3.3.1-2", "5.0/3.3.1-3", "5.0/4.3.1-1", "5.0/4.3.2-2", "5.0/4.3.3-2"})
    @OftenWrong(36)
    void the_dup_of_the_publisher_goes_no_further_and_first_transmissions_have_none() throws IOException {
        Client away = Client.lasting();
        away.subscribe(topic, 2);
        away.leave();
        try (Client live = Client.open();
                Client publisher = Client.open()) {
            live.subscribe(topic, 2);

            publisher.publish(message(1, 1, true, "dup at 1"));
            publisher.publish(message(2, 2, true, "dup at 2"));
            publisher.publish(topic, "at 0", 0);

            assertThat(live.arrived()).hasSize(3).noneMatch(Packet.Publish::dup);
            away = away.comeBack();
            assertThat(away.arrived()).as("queued").hasSize(3).noneMatch(Packet.Publish::dup);
            away.close();
        }
    }

    @Test
    @Normative({
        "5.0/3.3.1-1",
        "5.0/4.3.2-3",
        "5.0/4.3.3-3",
        "5.0/4.3.3-5",
        "5.0/4.3.3-6",
        "5.0/4.4.0-1",
        "5.0/4.6.0-1",
        "5.0/4.6.0-4"
    })
    @OftenWrong(36)
    void what_is_not_complete_is_sent_again_in_order_on_a_resume_and_at_no_other_time() throws IOException {
        Client client = Client.lasting();
        client.subscribe(topic, 2);
        try (Client publisher = Client.open()) {
            for (int i = 0; i < 6; i++) {
                publisher.publish(topic, Integer.toString(i), i % 2 == 0 ? 1 : 2);
            }
            List<Packet.Publish> first = client.arrived();
            assertThat(first).hasSize(6);
            client.acknowledge(PacketType.PUBREC, first.get(5).packetId());
            client.acknowledge(PacketType.PUBREC, first.get(1).packetId());
            client.expect(Packet.PubRel.class);
            client.expect(Packet.PubRel.class);
            client.send(Packet.PingReq.INSTANCE);
            client.expect(Packet.PingResp.class);
            assertThat(client.packets()).as("on a live connection").isEmpty();

            for (int round = 0; round < 2; round++) {
                client.leave();
                client = client.comeBack();
                List<Packet> again = client.packets();

                assertThat(again.stream()
                                .filter(Packet.PubRel.class::isInstance)
                                .toList())
                        .containsExactly(
                                new Packet.PubRel(first.get(5).packetId(), ReasonCode.SUCCESS),
                                new Packet.PubRel(first.get(1).packetId(), ReasonCode.SUCCESS));
                List<Packet.Publish> messages = again.stream()
                        .filter(Packet.Publish.class::isInstance)
                        .map(Packet.Publish.class::cast)
                        .toList();
                assertThat(messages)
                        .extracting(Packet.Publish::packetId)
                        .containsExactly(
                                first.get(0).packetId(),
                                first.get(2).packetId(),
                                first.get(3).packetId(),
                                first.get(4).packetId());
                assertThat(Client.texts(messages)).containsExactly("0", "2", "3", "4");
                assertThat(messages).allMatch(Packet.Publish::dup);
                assertThat(messages)
                        .extracting(publish -> publish.qos().value())
                        .containsExactly(1, 1, 2, 1);
                assertThat(again).hasSize(6);
            }
            Client fresh = Client.connect(client.id, true, Properties.NONE);
            assertThat(fresh.packets()).as("after Clean Start").isEmpty();
            fresh.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,0x80", "1,0x97", "2,0x80", "2,0x87"})
    @Normative({"5.0/4.3.3-4", "5.0/4.4.0-2"})
    @OftenWrong(35)
    void an_error_in_puback_or_pubrec_is_the_end_of_the_message(int qos, String code) throws IOException {
        Client client = Client.lasting();
        client.subscribe(topic, 2);
        try (Client publisher = Client.open()) {
            publisher.publish(topic, "refused", qos);
            int id = client.only().packetId();

            client.acknowledge(
                    qos == 1 ? PacketType.PUBACK : PacketType.PUBREC, id, ReasonCode.of(Integer.decode(code)));

            assertThat(client.packets()).as("no PUBREL").isEmpty();
            client.leave();
            client = client.comeBack();
            assertThat(client.packets()).isEmpty();
            client.close();
        }
    }

    @Test
    @Normative({"5.0/4.3.3-4", "5.0/3.6.2-1"})
    void a_pubrec_that_succeeds_is_followed_by_pubrel_whichever_code_it_has() throws IOException {
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            client.subscribe(topic, 2);
            publisher.publish(topic, "m", 2);
            publisher.publish(topic, "n", 2);
            List<Packet.Publish> messages = client.arrived();

            client.acknowledge(PacketType.PUBREC, messages.get(1).packetId(), ReasonCode.NO_MATCHING_SUBSCRIBERS);
            client.acknowledge(PacketType.PUBREC, messages.get(0).packetId());

            assertThat(client.packets())
                    .containsExactly(
                            new Packet.PubRel(messages.get(1).packetId(), ReasonCode.SUCCESS),
                            new Packet.PubRel(messages.get(0).packetId(), ReasonCode.SUCCESS));
        }
    }

    @Test
    @Normative("5.0/3.6.2-1")
    @OftenWrong(37)
    void acknowledgements_that_fit_nothing_complete_nothing() throws IOException {
        Client client = Client.lasting();
        client.subscribe(topic, 2);
        try (Client publisher = Client.open()) {
            publisher.publish(topic, "one", 1);
            publisher.publish(topic, "two", 2);
            List<Packet.Publish> messages = client.arrived();
            int one = messages.get(0).packetId();
            int two = messages.get(1).packetId();

            client.acknowledge(PacketType.PUBREC, 999);
            client.acknowledge(PacketType.PUBACK, 999);
            client.acknowledge(PacketType.PUBCOMP, 999);
            client.acknowledge(PacketType.PUBACK, two);
            client.acknowledge(PacketType.PUBCOMP, two);
            client.acknowledge(PacketType.PUBREC, one);
            client.acknowledge(PacketType.PUBCOMP, one);

            assertThat(client.packets())
                    .containsExactly(new Packet.PubRel(999, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
            client.leave();
            client = client.comeBack();
            assertThat(client.payloads()).containsExactly("one", "two");
            client.close();
        }
    }

    @Test
    @Normative({"5.0/4.3.2-1", "5.0/4.3.3-1", "5.0/2.2.1-4"})
    void each_new_message_has_an_identifier_that_is_not_in_use() throws IOException {
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            client.subscribe(topic, 2);
            for (int i = 0; i < 100; i++) {
                publisher.publish(topic, Integer.toString(i), 1 + i % 2);
            }

            Set<Integer> ids = new HashSet<>();
            client.arrived().forEach(publish -> ids.add(publish.packetId()));

            assertThat(ids).hasSize(100).doesNotContain(0);
        }
    }

    @Test
    @Normative({"5.0/2.2.1", "5.0/4.3.2-1"})
    void the_identifiers_of_both_directions_have_nothing_to_do_with_each_other() throws IOException {
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            client.subscribe(topic + "/in", 2);
            publisher.publish(topic + "/in", "to the client", 2);
            int id = client.only().packetId();

            client.send(new Packet.Publish(topic, Bytes.EMPTY, QoS.EXACTLY_ONCE, false, false, id, Properties.NONE));
            assertThat(client.expect(Packet.PubRec.class).packetId()).isEqualTo(id);
            client.acknowledge(PacketType.PUBREC, id);
            assertThat(client.expect(Packet.PubRel.class).packetId()).isEqualTo(id);
            client.acknowledge(PacketType.PUBREL, id);
            assertThat(client.expect(Packet.PubComp.class)).isEqualTo(new Packet.PubComp(id, ReasonCode.SUCCESS));
            client.acknowledge(PacketType.PUBCOMP, id);

            assertThat(client.packets()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @Normative({"5.0/4.6.0-2", "5.0/4.6.0-3"})
    void acknowledgements_come_in_the_order_of_the_messages_refused_ones_among_them(int qos) throws IOException {
        try (Client client = Client.open()) {
            List<Integer> sent = new ArrayList<>();
            for (int i = 0; i < StandardBroker.RECEIVE_MAXIMUM; i++) {
                int id = client.nextId();
                sent.add(id);
                String to = i % 3 == 1 ? "$denied/x" : topic;
                client.send(new Packet.Publish(to, Bytes.EMPTY, QoS.of(qos), false, false, id, Properties.NONE));
            }

            List<Integer> answered = new ArrayList<>();
            for (int i = 0; i < sent.size(); i++) {
                answered.add(
                        qos == 1
                                ? client.expect(Packet.PubAck.class).packetId()
                                : client.expect(Packet.PubRec.class).packetId());
            }

            assertThat(answered).isEqualTo(sent);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative({"5.0/4.6.0-5", "5.0/4.6.0-6"})
    void the_messages_of_one_publisher_come_in_their_order_over_a_gap_too(int qos) throws IOException {
        Client client = Client.lasting();
        client.subscribe(topic + "/#", 2);
        List<String> seen = new ArrayList<>();
        try (Client plain = Client.open();
                Client publisher = Client.open()) {
            plain.subscribe(topic + "/+", 0);
            int number = 0;
            for (int phase = 0; phase < 3; phase++) {
                for (int i = 0; i < 40; i++) {
                    publisher.publish(topic + "/" + number % 3, Integer.toString(number++), qos);
                }
                if (phase == 0) {
                    client.arrived()
                            .forEach(publish -> seen.add(publish.payload().text()));
                    client.leave();
                } else if (phase == 1) {
                    client = client.comeBack();
                }
            }
            List<String> rest = client.arrived().stream()
                    .filter(publish -> !publish.dup())
                    .map(publish -> publish.payload().text())
                    .toList();
            seen.addAll(rest);

            List<String> all = java.util.stream.IntStream.range(0, number)
                    .mapToObj(Integer::toString)
                    .toList();
            assertThat(seen).isEqualTo(all);
            assertThat(plain.payloads()).isEqualTo(all);
            client.close();
        }
    }

    @Test
    @Normative({"5.0/3.10.4-2", "5.0/3.10.4-3"})
    void unsubscribe_ends_what_is_new_and_not_what_was_begun() throws IOException {
        Client client = Client.lasting();
        client.subscribe(topic, 2);
        client.subscribe(topic + "/stays", 2);
        try (Client publisher = Client.open()) {
            publisher.publish(topic, "one", 1);
            publisher.publish(topic, "two", 2);
            publisher.publish(topic, "three", 2);
            List<Packet.Publish> begun = client.arrived();
            client.unsubscribe(topic);
            publisher.publish(topic, "new", 2);
            publisher.publish(topic + "/stays", "other", 1);
            client.acknowledge(PacketType.PUBREC, begun.get(1).packetId());
            assertThat(client.expect(Packet.PubRel.class).packetId())
                    .isEqualTo(begun.get(1).packetId());
            assertThat(client.payloads()).containsExactly("other");

            client.leave();
            client = client.comeBack();

            assertThat(client.expect(Packet.PubRel.class).packetId())
                    .isEqualTo(begun.get(1).packetId());
            assertThat(client.payloads()).containsExactly("one", "three", "other");
            client.close();
        }
    }

    @Test
    @Normative("5.0/3.6.2-1")
    void a_3_1_1_client_is_answered_without_codes() throws IOException {
        Packet.Connect connect =
                new Packet.Connect(MqttVersion.V3_1_1, true, 0, Properties.NONE, Client.fresh("old"), null, null, null);
        try (Client client = Client.connect(connect)) {
            client.acknowledge(PacketType.PUBREL, 3);
            client.acknowledge(PacketType.PUBREC, 4);

            assertThat(client.packets())
                    .containsExactly(
                            new Packet.PubComp(3, ReasonCode.SUCCESS), new Packet.PubRel(4, ReasonCode.SUCCESS));
        }
    }
}
