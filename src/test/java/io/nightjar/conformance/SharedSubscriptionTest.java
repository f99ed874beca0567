package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shared subscriptions: who gets a message, at which QoS, and what becomes of it when that member goes. */
@ExtendWith(StandardBroker.class)
class SharedSubscriptionTest {
    private final String topic = Client.fresh("shared/");
    private final String shared = "$share/group/" + topic;

    private void publish(int count, int qos) throws IOException {
        try (Client publisher = Client.open()) {
            for (int i = 0; i < count; i++) {
                publisher.publish(topic, Integer.toString(i), qos);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative("5.0/4.8.2-3")
    @OftenWrong(18)
    void each_member_is_served_at_the_qos_it_was_granted(int qos) throws IOException {
        List<Client> members = new ArrayList<>();
        for (int granted = 0; granted <= 2; granted++) {
            Client member = Client.open();
            member.subscribe(shared, granted);
            members.add(member);
        }

        publish(12, qos);

        List<String> all = new ArrayList<>();
        for (int granted = 0; granted <= 2; granted++) {
            List<Packet.Publish> own = members.get(granted).arrived();
            QoS wanted = QoS.of(Math.min(granted, qos));
            assertThat(own).isNotEmpty().allMatch(publish -> publish.qos() == wanted);
            all.addAll(Client.texts(own));
        }
        for (Client member : members) {
            member.close();
        }
        assertThat(all)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 12).mapToObj(Integer::toString).toList());
    }

    @Test
    @Normative("5.0/4.8.2")
    void each_share_gets_a_message_once_and_a_plain_subscription_of_a_member_gets_its_own() throws IOException {
        try (Client one = Client.open();
                Client two = Client.open();
                Client both = Client.open()) {
            one.subscribe(shared, 1);
            two.subscribe(shared, 1);
            both.subscribe("$share/other/" + topic, new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 0), 5);
            both.subscribe(topic, new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 0), 6);

            publish(8, 1);

            assertThat(one.payloads().size() + two.payloads().size()).isEqualTo(8);
            List<Packet.Publish> copies = both.arrived();
            assertThat(copies).hasSize(16);
            for (int identifier : new int[] {5, 6}) {
                assertThat(copies.stream()
                                .filter(publish -> publish.properties()
                                        .subscriptionIdentifiers()
                                        .equals(List.of(identifier)))
                                .map(publish -> publish.payload().text()))
                        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7");
            }
        }
    }

    @Test
    @Normative({"5.0/4.8.2", "5.0/3.10.4-1"})
    void subscribing_again_adds_no_member_and_only_the_whole_filter_leaves_the_share() throws IOException {
        try (Client often = Client.open();
                Client once = Client.open()) {
            for (int i = 0; i < 4; i++) {
                often.subscribe(shared, new SubscriptionOptions(QoS.of(i % 2), false, false, 0), 1 + i);
            }
            once.subscribe(shared, 1);
            assertThat(often.unsubscribe(topic, "$share/other/" + topic, shared + "/#"))
                    .containsOnly(ReasonCode.NO_SUBSCRIPTION_EXISTED);

            publish(20, 1);

            List<Packet.Publish> own = often.arrived();
            assertThat(own).as("half of them").hasSize(10).allSatisfy(publish -> {
                assertThat(publish.qos()).isEqualTo(QoS.AT_LEAST_ONCE);
                assertThat(publish.properties().subscriptionIdentifiers()).containsExactly(4);
            });
            assertThat(once.payloads()).hasSize(10);
            assertThat(often.unsubscribe(shared)).containsExactly(ReasonCode.SUCCESS);
            publish(4, 1);
            assertThat(often.arrived()).isEmpty();
            assertThat(once.payloads()).hasSize(4);
        }
    }

    @Test
    @Normative("5.0/4.8.2-2")
    @OftenWrong(17)
    void the_filter_behind_the_share_name_begins_behind_its_first_slash() throws IOException {
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            client.subscribe("$share/g//" + topic, 0);

            publisher.publish(topic, "without", 1);
            publisher.publish("/" + topic, "with", 1);

            assertThat(client.payloads()).containsExactly("with");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Normative("5.0/4.8.2-4")
    @OftenWrong(18)
    void a_qos_2_message_that_was_sent_is_finished_with_the_member_that_has_it(boolean received) throws IOException {
        Client chosen = Client.lasting();
        chosen.subscribe(shared, 2);
        publish(1, 2);
        int id = chosen.only().packetId();
        try (Client other = Client.open()) {
            other.subscribe(shared, 2);
            if (received) {
                chosen.acknowledge(PacketType.PUBREC, id);
                chosen.expect(Packet.PubRel.class);
            }
            chosen.leave();
            assertThat(other.arrived()).as("while the member is away").isEmpty();

            chosen = chosen.comeBack();

            if (received) {
                assertThat(chosen.packets()).containsExactly(new Packet.PubRel(id, ReasonCode.SUCCESS));
            } else {
                Packet.Publish again = chosen.only();
                assertThat(again.packetId()).isEqualTo(id);
                assertThat(again.dup()).isTrue();
                chosen.acknowledge(PacketType.PUBREC, id);
                chosen.expect(Packet.PubRel.class);
            }
            chosen.acknowledge(PacketType.PUBCOMP, id);
            assertThat(chosen.packets()).isEmpty();
            assertThat(other.arrived()).isEmpty();
            chosen.close();
        }
    }

    @Test
    @Normative("5.0/4.8.2-5")
    @OftenWrong(18)
    void if_the_session_of_that_member_ends_a_qos_2_message_goes_to_nobody_and_one_of_qos_1_to_another()
            throws IOException {
        Client chosen = Client.lasting();
        chosen.subscribe(shared, 2);
        try (Client publisher = Client.open()) {
            publisher.publish(topic, "two, sent", 2);
            publisher.publish(topic, "two, received", 2);
            publisher.publish(topic, "one, sent", 1);
            publisher.publish(topic, "one, acknowledged", 1);
            List<Packet.Publish> sent = chosen.arrived();
            chosen.acknowledge(PacketType.PUBREC, sent.get(1).packetId());
            chosen.acknowledge(PacketType.PUBACK, sent.get(3).packetId());
            chosen.expect(Packet.PubRel.class);
            chosen.leave();
            publisher.publish(topic, "two, never sent", 2);
            publisher.publish(topic, "one, never sent", 1);
        }
        try (Client other = Client.open()) {
            other.subscribe(shared, 2);
            assertThat(other.arrived()).isEmpty();

            Client.connect(chosen.id, true, Properties.NONE).close();

            List<Packet.Publish> taken = other.arrived();
            assertThat(Client.texts(taken)).containsExactly("one, sent", "two, never sent", "one, never sent");
            assertThat(taken).noneMatch(Packet.Publish::dup);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @Normative("5.0/4.8.2-6")
    @OftenWrong(18)
    void a_message_that_its_member_refuses_goes_to_nobody_else(int qos) throws IOException {
        try (Client chosen = Client.open();
                Client other = Client.open()) {
            chosen.subscribe(shared, 2);
            publish(1, qos);
            int id = chosen.only().packetId();
            other.subscribe(shared, 2);

            chosen.acknowledge(qos == 1 ? PacketType.PUBACK : PacketType.PUBREC, id, ReasonCode.UNSPECIFIED_ERROR);

            assertThat(chosen.packets()).isEmpty();
            chosen.leave();
            assertThat(other.arrived()).isEmpty();
        }
    }
}
