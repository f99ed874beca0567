package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Topic Aliases in both directions. What is refused stands in {@link RefusedPacketsTest}. */
@ExtendWith(StandardBroker.class)
class TopicAliasTest {
    private static Packet.Publish aliased(String topic, String payload, int alias) {
        return aliased(topic, payload, alias, false);
    }

    private static Packet.Publish aliased(String topic, String payload, int alias, boolean retain) {
        Properties properties = Properties.of(Property.TOPIC_ALIAS, alias);
        return new Packet.Publish(topic, Bytes.utf8(payload), QoS.AT_MOST_ONCE, retain, false, 0, properties);
    }

    private static int alias(Packet.Publish publish) {
        return publish.properties().getInt(Property.TOPIC_ALIAS, 0);
    }

    @Test
    @Normative("5.0/3.3.2-12")
    @OftenWrong(8)
    void every_alias_up_to_the_announced_maximum_is_taken_and_a_topic_maps_it_anew() throws IOException {
        String topic = Client.fresh("alias/");
        try (Client subscriber = Client.open();
                Client client = Client.open()) {
            subscriber.subscribe(topic + "/#", 0);
            int maximum = client.connAck().getInt(Property.TOPIC_ALIAS_MAXIMUM, 0);
            assertThat(maximum).isEqualTo(StandardBroker.TOPIC_ALIAS_MAXIMUM);

            for (int alias = 1; alias <= maximum; alias++) {
                client.send(aliased(topic + "/" + alias, "set", alias));
            }
            for (int alias = maximum; alias >= 1; alias--) {
                client.send(aliased("", "used", alias));
            }
            client.send(aliased(topic + "/other", "mapped anew", 7));
            client.publish(aliased("", "used anew", 7));
            client.publish(aliased("", "the neighbour stays", 8));

            List<Packet.Publish> all = subscriber.arrived();
            assertThat(all).hasSize(2 * maximum + 3);
            for (int i = 0; i < maximum; i++) {
                assertThat(all.get(i).topic()).isEqualTo(topic + "/" + (i + 1));
                assertThat(all.get(maximum + i).topic()).isEqualTo(topic + "/" + (maximum - i));
            }
            assertThat(all.subList(2 * maximum, all.size()))
                    .extracting(Packet.Publish::topic)
                    .containsExactly(topic + "/other", topic + "/other", topic + "/8");
            assertThat(all).as("the publisher's alias").allMatch(publish -> alias(publish) == 0);
        }
    }

    @Test
    @Normative({"5.0/3.3.2-7", "5.0/3.3.2.3.4"})
    @OftenWrong({8, 9})
    void aliases_of_the_client_die_with_the_connection_even_if_the_session_goes_on() throws IOException {
        String topic = Client.fresh("alias/");
        Client client = Client.lasting();
        client.publish(aliased(topic, "set", 1));
        client.leave();

        try (Client subscriber = Client.open();
                Client again = client.comeBack()) {
            subscriber.subscribe(topic, 0);
            again.send(aliased("", "to nobody knows whom", 1));

            assertThat(again.refusal()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            assertThat(subscriber.arrived()).isEmpty();
        }
    }

    @Test
    @Normative("5.0/3.3.2-12")
    @OftenWrong({8, 9})
    void two_connections_have_their_own_aliases() throws IOException {
        String topic = Client.fresh("alias/");
        try (Client subscriber = Client.open();
                Client one = Client.open();
                Client two = Client.open()) {
            subscriber.subscribe(topic + "/#", 0);
            one.publish(aliased(topic + "/one", "1", 1));
            two.publish(aliased(topic + "/two", "2", 1));
            one.publish(aliased("", "1", 1));
            two.publish(aliased("", "2", 1));

            assertThat(subscriber.arrived())
                    .extracting(Packet.Publish::topic)
                    .containsExactly(topic + "/one", topic + "/two", topic + "/one", topic + "/two");
        }
    }

    @Test
    @Normative("5.0/3.3.2-12")
    @OftenWrong(8)
    void what_looks_at_the_topic_sees_the_one_behind_the_alias() throws IOException {
        String topic = Client.fresh("alias/");
        try (Client client = Client.open();
                Client late = Client.open()) {
            client.publish(aliased(topic, "first", 1));
            client.publish(aliased("", "kept", 1, true));
            Properties denied = Properties.of(Property.TOPIC_ALIAS, 2);
            client.publish(new Packet.Publish("$denied/x", Bytes.EMPTY, QoS.AT_MOST_ONCE, false, false, 0, denied));
            ReasonCode refused = client.publish(
                    new Packet.Publish("", Bytes.EMPTY, QoS.AT_LEAST_ONCE, false, false, client.nextId(), denied));
            late.subscribe(topic, 0);

            assertThat(refused)
                    .as("an alias set by a PUBLISH that was not allowed is set all the same")
                    .isEqualTo(ReasonCode.NOT_AUTHORIZED);
            Packet.Publish kept = late.only();
            assertThat(kept.topic()).isEqualTo(topic);
            assertThat(kept.payload().text()).isEqualTo("kept");
            client.publish(topic, "", 0, true, Properties.NONE);
        }
    }

    @Test
    @Normative({"5.0/3.3.2-11", "5.0/3.1.2-26"})
    @OftenWrong(9)
    void toward_a_client_no_alias_is_above_its_own_maximum_and_each_stands_for_the_topic_it_was_sent_with()
            throws IOException {
        String topic = Client.fresh("alias/");
        Properties three = Properties.of(Property.TOPIC_ALIAS_MAXIMUM, 3);
        try (Client client = Client.connect(Client.fresh("c"), true, three);
                Client publisher = Client.open()) {
            client.subscribe(topic + "/#", 1);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 6; i++) {
                    publisher.publish(topic + "/" + i, topic + "/" + i, round % 2);
                }
            }

            Map<Integer, String> known = new HashMap<>();
            List<Packet.Publish> all = client.arrived();
            assertThat(all).hasSize(18);
            for (Packet.Publish publish : all) {
                assertThat(alias(publish)).isBetween(0, 3);
                if (alias(publish) > 0 && !publish.topic().isEmpty()) {
                    known.put(alias(publish), publish.topic());
                }
                String meant = publish.topic().isEmpty() ? known.get(alias(publish)) : publish.topic();
                assertThat(meant).isEqualTo(publish.payload().text());
            }
            assertThat(all).as("aliases are used at all").anyMatch(publish -> publish.topic()
                    .isEmpty());
        }
    }

    @Test
    @Normative({"5.0/3.3.2-11", "5.0/3.1.2-27"})
    @OftenWrong(9)
    void a_client_that_allows_none_gets_none() throws IOException {
        String topic = Client.fresh("alias/");
        Properties zero = Properties.of(Property.TOPIC_ALIAS_MAXIMUM, 0);
        try (Client silent = Client.open();
                Client none = Client.connect(Client.fresh("c"), true, zero);
                Client publisher = Client.open()) {
            silent.subscribe(topic, 0);
            none.subscribe(topic, 0);
            publisher.publish(aliased(topic, "1", 1));
            publisher.publish(aliased("", "2", 1));
            publisher.publish(aliased("", "3", 1));

            for (Client client : List.of(silent, none)) {
                assertThat(client.arrived())
                        .hasSize(3)
                        .allMatch(publish -> publish.topic().equals(topic) && alias(publish) == 0);
            }
        }
    }

    @Test
    @Normative("5.0/3.3.2-7")
    @OftenWrong(9)
    void after_a_resume_topics_are_whole_again_and_the_new_maximum_holds() throws IOException {
        String topic = Client.fresh("alias/");
        Properties aliases = Client.LASTING.with(Property.TOPIC_ALIAS_MAXIMUM, 5);
        Client client = Client.connect(Client.fresh("c"), true, aliases);
        client.subscribe(topic, 1);
        try (Client publisher = Client.open()) {
            publisher.publish(topic, "in flight 1", 1);
            publisher.publish(topic, "in flight 2", 1);
            List<Packet.Publish> before = client.arrived();
            assertThat(before.get(1).topic()).isEmpty();
            client.leave();
            publisher.publish(topic, "queued", 1);

            Client again = client.comeBack(aliases);
            List<Packet.Publish> resent = again.arrived();
            again.leave();
            Client last = client.comeBack(Client.LASTING);
            List<Packet.Publish> without = last.arrived();
            last.close();

            assertThat(Client.texts(resent)).containsExactly("in flight 1", "in flight 2", "queued");
            assertThat(resent.get(0).topic()).isEqualTo(topic);
            assertThat(resent.get(1).topic()).isEqualTo(topic);
            assertThat(resent.get(2).topic().isEmpty()).isFalse();
            assertThat(without).hasSize(3).allMatch(publish -> publish.topic().equals(topic) && alias(publish) == 0);
        }
    }

    @Test
    @Normative({"5.0/3.1.2-24", "5.0/3.3.2-11"})
    @OftenWrong(22)
    void an_alias_never_makes_a_message_too_large_for_the_client() throws IOException {
        String topic = "z"; // an alias takes three bytes, which is more than this
        Properties properties = Properties.of(Property.TOPIC_ALIAS_MAXIMUM, 5).with(Property.MAXIMUM_PACKET_SIZE, 40L);
        try (Client client = Client.connect(Client.fresh("c"), true, properties);
                Client publisher = Client.open()) {
            client.subscribe(topic, 1);
            int payload = 40 - (2 + 2 + 1 + 2 + 1);
            publisher.publish(topic, "x", 1);
            publisher.publish(topic, "y".repeat(payload), 1);
            publisher.publish(topic, "y".repeat(payload - 1), 1);
            publisher.publish(topic, "y".repeat(payload + 1), 1);
            publisher.publish(topic, "z", 1);

            assertThat(client.payloads()).containsExactly("x", "y".repeat(payload), "y".repeat(payload - 1), "z");
        }
    }
}
