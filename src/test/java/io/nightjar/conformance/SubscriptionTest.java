package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.nightjar.mqtt.Will;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SUBSCRIBE and UNSUBSCRIBE with their answers, and what the options and identifiers of subscriptions do. */
@ExtendWith(StandardBroker.class)
class SubscriptionTest {
    private final String topic = Client.fresh("sub/");

    private static SubscriptionOptions options(int qos) {
        return SubscriptionOptions.of(QoS.of(qos));
    }

    private static SubscriptionOptions noLocal(int qos) {
        return new SubscriptionOptions(QoS.of(qos), true, false, 0);
    }

    private static SubscriptionRequest request(String filter, int qos) {
        return new SubscriptionRequest(filter, options(qos));
    }

    private static List<Integer> identifiers(Packet.Publish publish) {
        return publish.properties().subscriptionIdentifiers().stream().sorted().toList();
    }

    // ---- the answers

    @Test
    @Normative({"5.0/3.8.4-1", "5.0/3.8.4-2", "5.0/3.8.4-5", "5.0/3.8.4-6", "5.0/3.8.4-7", "5.0/3.9.3-1", "5.0/3.9.3-2"
    })
    @OftenWrong(19)
    void suback_has_a_code_for_each_filter_in_their_order_and_one_failure_fails_no_other() throws IOException {
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            List<SubscriptionRequest> requests = new ArrayList<>();
            requests.add(request(topic + "/a", 2));
            requests.add(request("$denied/x", 1));
            requests.add(request(topic + "/b", 0));
            requests.add(request(topic + "/a", 1));
            requests.add(request("$share/g/$denied/#", 0));
            requests.add(request("$share/g/" + topic + "/c", 2));
            for (int i = 0; i < StandardBroker.MOST_SUBSCRIPTIONS - 2; i++) {
                requests.add(request(topic + "/more/" + i, 1));
            }
            requests.add(request(topic + "/b", 1));

            List<ReasonCode> codes = client.subscribe(Properties.NONE, requests.toArray(SubscriptionRequest[]::new));

            List<ReasonCode> expected = new ArrayList<>(List.of(
                    ReasonCode.GRANTED_QOS_2,
                    ReasonCode.NOT_AUTHORIZED,
                    ReasonCode.SUCCESS,
                    ReasonCode.GRANTED_QOS_1,
                    ReasonCode.NOT_AUTHORIZED,
                    ReasonCode.GRANTED_QOS_2));
            expected.addAll(Collections.nCopies(StandardBroker.MOST_SUBSCRIPTIONS - 3, ReasonCode.GRANTED_QOS_1));
            expected.add(ReasonCode.QUOTA_EXCEEDED);
            expected.add(ReasonCode.GRANTED_QOS_1);
            assertThat(codes).isEqualTo(expected);
            publisher.publish("$denied/x", "no", 0);
            for (String leaf : List.of("/a", "/b", "/c", "/more/0")) {
                publisher.publish(topic + leaf, leaf, 2);
            }
            publisher.publish(topic + "/more/" + (StandardBroker.MOST_SUBSCRIPTIONS - 3), "refused", 2);
            assertThat(client.arrived())
                    .extracting(publish ->
                            publish.payload().text() + " " + publish.qos().value())
                    .containsExactly("/a 1", "/b 1", "/c 2", "/more/0 1");
        }
    }

    @Test
    @Normative({"5.0/3.8.4-1", "5.0/3.8.4-2", "5.0/3.10.4-4", "5.0/3.10.4-5", "5.0/2.2.1-6"})
    @OftenWrong(19)
    void each_request_is_answered_with_its_identifier_also_if_all_is_refused_and_if_many_come_at_once()
            throws IOException {
        try (Client client = Client.open()) {
            client.send(new Packet.Subscribe(65_535, Properties.NONE, List.of(request(topic, 0))));
            client.send(new Packet.Unsubscribe(1, Properties.NONE, List.of("never/subscribed")));
            client.send(new Packet.Subscribe(
                    9, Properties.NONE, List.of(request("$denied/a", 0), request("$denied/b", 0))));
            client.send(new Packet.Unsubscribe(9, Properties.NONE, List.of(topic)));
            client.send(new Packet.Subscribe(9, Properties.NONE, List.of(request(topic, 2))));

            ReasonCode denied = ReasonCode.NOT_AUTHORIZED;
            for (Packet answer : List.of(
                    new Packet.SubAck(65_535, Properties.NONE, List.of(ReasonCode.SUCCESS)),
                    new Packet.UnsubAck(1, Properties.NONE, List.of(ReasonCode.NO_SUBSCRIPTION_EXISTED)),
                    new Packet.SubAck(9, Properties.NONE, List.of(denied, denied)),
                    new Packet.UnsubAck(9, Properties.NONE, List.of(ReasonCode.SUCCESS)),
                    new Packet.SubAck(9, Properties.NONE, List.of(ReasonCode.GRANTED_QOS_2)))) {
                assertThat(client.expect(Packet.class)).isEqualTo(answer);
            }
        }
    }

    @Test
    @Normative({"5.0/3.10.4-1", "5.0/3.10.4-2", "5.0/3.10.4-6", "5.0/3.11.3-1", "5.0/3.11.3-2"})
    @OftenWrong(19)
    void unsubscribe_compares_filters_character_by_character_and_tells_for_each() throws IOException {
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            for (String filter : List.of("/#", "/b", "/+", "/B", "/c", "/c/")) {
                client.subscribe(topic + filter, options(0), 0);
            }
            client.subscribe("$share/g/" + topic + "/d", 0);

            List<ReasonCode> codes = client.unsubscribe(
                    topic + "/c",
                    topic + "/b/#",
                    topic + "/#",
                    topic + "/x",
                    topic + "/#",
                    topic + "/d",
                    "$share/h/" + topic + "/d",
                    "$share/G/" + topic + "/d",
                    topic + "/+/",
                    topic + "/B");

            ReasonCode gone = ReasonCode.SUCCESS;
            ReasonCode none = ReasonCode.NO_SUBSCRIPTION_EXISTED;
            assertThat(codes).containsExactly(gone, none, gone, none, none, none, none, none, none, gone);
            publisher.publish(topic, "no longer", 1);
            publisher.publish(topic + "/c/", "/c/", 1);
            publisher.publish(topic + "/b", "/b and /+", 1);
            publisher.publish(topic + "/d", "/+ and shared", 1);
            assertThat(client.payloads())
                    .containsExactlyInAnyOrder("/c/", "/b and /+", "/+ and shared", "/+ and shared");
        }
    }

    @Test
    @Normative("5.0/3.8.4-3")
    @OftenWrong({10, 12})
    void subscribing_again_replaces_qos_options_and_identifier() throws IOException {
        Client client = Client.lasting();
        try (Client publisher = Client.open()) {
            client.subscribe(topic, new SubscriptionOptions(QoS.EXACTLY_ONCE, true, true, 0), 7);
            client.subscribe(topic, options(0), 0);
            publisher.publish(topic, "one", 2, false, Properties.NONE);
            client.publish(topic, "own", 1);
            List<Packet.Publish> after = client.arrived();
            assertThat(Client.texts(after)).as("one copy, No Local is gone").containsExactly("one", "own");
            assertThat(after).allSatisfy(publish -> {
                assertThat(publish.qos()).isEqualTo(QoS.AT_MOST_ONCE);
                assertThat(identifiers(publish)).isEmpty();
            });

            client.leave();
            client = client.comeBack();
            client.subscribe(topic, new SubscriptionOptions(QoS.AT_LEAST_ONCE, true, false, 0), 8);
            publisher.publish(topic, "two", 2);
            client.publish(topic, "own", 2);

            Packet.Publish two = client.only();
            assertThat(two.qos()).isEqualTo(QoS.AT_LEAST_ONCE);
            assertThat(identifiers(two)).containsExactly(8);
            client.close();
        }
    }

    // ---- QoS

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative("5.0/3.8.4-8")
    @OftenWrong(11)
    void the_qos_of_a_delivery_is_the_lower_one_on_every_way(int granted) throws IOException {
        Client away = Client.lasting();
        away.subscribe(topic + "/#", granted);
        away.leave();
        try (Client live = Client.open();
                Client publisher = Client.open()) {
            live.subscribe(topic + "/#", granted);
            for (int qos = 0; qos <= 2; qos++) {
                publisher.publish(topic + "/" + qos, Integer.toString(qos), qos, true, Properties.NONE);
                willAt(qos).close();
                Packet.Publish first = live.expect(Packet.Publish.class);
                Packet.Publish will = live.expect(Packet.Publish.class);
                assertThat(List.of(first.qos().value(), will.qos().value()))
                        .as("published at %d, and the will", qos)
                        .containsOnly(Math.min(qos, granted));
            }
            away = away.comeBack();
            assertThat(away.arrived()).hasSize(6).allSatisfy(publish -> assertThat(
                            publish.qos().value())
                    .isEqualTo(
                            Math.min(granted, Integer.parseInt(publish.payload().text()))));
            away.close();
            try (Client late = Client.open()) {
                late.subscribe(topic + "/#", granted);
                assertThat(late.arrived()).hasSize(3).allSatisfy(publish -> assertThat(
                                publish.qos().value())
                        .isEqualTo(Math.min(
                                granted, Integer.parseInt(publish.payload().text()))));
            }
            for (int qos = 0; qos <= 2; qos++) {
                publisher.retain(topic + "/" + qos, "");
            }
        }
    }

    private Client willAt(int qos) throws IOException {
        Bytes payload = Bytes.utf8(Integer.toString(qos));
        Will will = new Will(topic + "/will", payload, QoS.of(qos), false, Properties.NONE);
        return Client.connect(
                new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, Client.fresh("w"), will, null, null));
    }

    /** Filters as tail:granted QoS:identifier. */
    @ParameterizedTest
    @CsvSource({
        "'/#:0:1 /x:2:2',               2, 2, '[1, 2]'",
        "'/x:2:2 /#:0:1',               2, 2, '[1, 2]'",
        "'/#:2:1 /x:0:2',               2, 2, '[1, 2]'",
        "'/#:1:1 /+:0:2 /x:0:3',        2, 1, '[1, 2, 3]'",
        "'/#:2:0 /+:0:2 /x:0:0',        1, 1, '[2]'",
        "'/#:0:5 /+:2:5 /x:1:0',        1, 1, '[5, 5]'",
        "'/#:0:0 /+:0:0 /x:0:0',        2, 0, '[]'",
        "'/#:0:268435455 /y:2:4 /x:1:1', 2, 1, '[1, 268435455]'"
    })
    @Normative({"5.0/3.3.4-2", "5.0/3.3.4-3", "5.0/3.3.4-4", "5.0/3.3.4-5"})
    @OftenWrong({11, 12})
    void overlapping_subscriptions_give_one_copy_at_the_highest_qos_with_all_their_identifiers(
            String filters, int published, int highest, String identifiers) throws IOException {
        Client client = Client.lasting();
        try (Client stranger = Client.open();
                Client publisher = Client.open()) {
            stranger.subscribe(topic + "/x", options(0), 99);
            for (String filter : filters.split(" ")) {
                String[] part = filter.split(":");
                client.subscribe(topic + part[0], options(Integer.parseInt(part[1])), Integer.parseInt(part[2]));
            }
            publisher.publish(topic + "/x", "live", published);
            Packet.Publish live = client.only();
            client.leave();
            publisher.publish(topic + "/x", "queued", published);
            client = client.comeBack();
            List<Packet.Publish> queued = client.arrived();

            assertThat(live.qos().value()).isEqualTo(highest);
            assertThat(identifiers(live)).hasToString(identifiers);
            assertThat(queued).isNotEmpty().allSatisfy(publish -> {
                assertThat(publish.qos().value()).isEqualTo(highest);
                assertThat(identifiers(publish)).hasToString(identifiers);
            });
            assertThat(stranger.arrived()).hasSize(2).allMatch(publish -> identifiers(publish)
                    .equals(List.of(99)));
            client.close();
        }
    }

    @Test
    @Normative({"5.0/3.3.4-3", "5.0/3.3.4-5"})
    @OftenWrong(12)
    void replay_and_shared_copies_carry_the_identifier_of_their_own_subscription() throws IOException {
        Client client = Client.lasting();
        try (Client publisher = Client.open()) {
            publisher.retain(topic, "kept");
            client.subscribe(topic, options(1), 1);
            client.subscribe(topic + "/#", options(1), 268_435_455);
            assertThat(client.arrived())
                    .extracting(SubscriptionTest::identifiers)
                    .containsExactly(List.of(1), List.of(268_435_455));

            client.unsubscribe(topic, topic + "/#");
            client.subscribe("$share/g/" + topic, options(1), 3);
            publisher.publish(topic, "shared", 1);
            assertThat(identifiers(client.only())).containsExactly(3);
            client.leave();
            publisher.publish(topic, "shared, queued", 1);
            client = client.comeBack();

            assertThat(client.arrived())
                    .as("sent again with theirs, and the queued one")
                    .extracting(SubscriptionTest::identifiers)
                    .containsExactly(List.of(1), List.of(268_435_455), List.of(3), List.of(3));
            client.close();
            publisher.retain(topic, "");
        }
    }

    @Test
    @OftenWrong(13)
    @Normative("5.0/3.8.2.1.2")
    void the_identifier_of_a_packet_is_that_of_each_of_its_filters() throws IOException {
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            client.subscribe(
                    Properties.of(Property.SUBSCRIPTION_IDENTIFIER, 268_435_455),
                    request(topic + "/a", 0),
                    request(topic + "/b", 0));

            publisher.publish(topic + "/a", "a", 1);
            publisher.publish(topic + "/b", "b", 1);

            assertThat(client.arrived())
                    .extracting(SubscriptionTest::identifiers)
                    .containsExactly(List.of(268_435_455), List.of(268_435_455));
        }
    }

    // ---- No Local

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative("5.0/3.8.3-3")
    @OftenWrong(10)
    void no_local_spares_the_publisher_and_nobody_else_over_reconnects_too(int qos) throws IOException {
        Client client = Client.lasting();
        client.subscribe(topic, noLocal(2), 0);
        try (Client other = Client.open()) {
            other.subscribe(topic, noLocal(0), 0);
            client.publish(topic, "from client", qos);
            other.publish(topic, "from other", qos);
            assertThat(client.payloads()).containsExactly("from other");
            assertThat(other.payloads()).containsExactly("from client");
            client.leave();

            client = client.comeBack();
            client.packets();
            client.publish(topic, "from client again", qos);
            other.publish(topic, "from other again", qos);

            assertThat(client.payloads()).containsExactly("from other again");
            assertThat(other.payloads()).containsExactly("from client again");
            client.close();
        }
    }

    @Test
    @Normative("5.0/3.8.3-3")
    @OftenWrong(10)
    void no_local_is_about_its_own_subscription_and_an_overlapping_one_still_delivers() throws IOException {
        try (Client client = Client.open()) {
            client.subscribe(topic + "/#", noLocal(2), 1);
            client.subscribe(topic + "/x", options(1), 2);

            client.publish(topic + "/x", "matches both", 2);
            client.publish(topic + "/y", "matches one", 2);

            Packet.Publish copy = client.only();
            assertThat(copy.payload().text()).isEqualTo("matches both");
            assertThat(copy.qos()).isEqualTo(QoS.AT_LEAST_ONCE);
            assertThat(identifiers(copy)).containsExactly(2);
        }
    }

    @Test
    @Normative("5.0/3.8.3-3")
    @OftenWrong(10)
    void no_local_holds_for_messages_that_wait_and_for_the_clients_own_will() throws IOException {
        Properties one = Client.LASTING.with(Property.RECEIVE_MAXIMUM, 1);
        Will will = new Will(topic, Bytes.utf8("own will"), QoS.AT_LEAST_ONCE, false, Properties.NONE);
        Client client =
                Client.connect(new Packet.Connect(MqttVersion.V5, true, 0, one, Client.fresh("c"), will, null, null));
        try (Client other = Client.open()) {
            client.subscribe(topic, noLocal(1), 0);
            other.subscribe(topic, 0);
            other.publish(topic, "first", 1);
            client.publish(topic, "own while the window is full", 1);
            other.publish(topic, "second", 1);
            Packet.Publish first = client.only();
            client.acknowledge(PacketType.PUBACK, first.packetId());
            Packet.Publish second = client.only();
            client.acknowledge(PacketType.PUBACK, second.packetId());
            client.packets();
            client.leave();
            assertThat(other.payloads()).containsExactly("first", "own while the window is full", "second", "own will");

            client = client.comeBack();

            assertThat(second.payload().text()).isEqualTo("second");
            assertThat(client.packets()).isEmpty();
            client.close();
        }
    }
}
