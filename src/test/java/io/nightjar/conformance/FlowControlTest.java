package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Receive Maximum in both directions. */
@ExtendWith(StandardBroker.class)
class FlowControlTest {
    private final String topic = Client.fresh("flow/");

    private static Properties receiveMaximum(int value) {
        return Client.LASTING.with(Property.RECEIVE_MAXIMUM, value);
    }

    private void publish(int first, int last, int qos) throws IOException {
        try (Client publisher = Client.open()) {
            for (int i = first; i <= last; i++) {
                publisher.publish(topic, Integer.toString(i), qos);
            }
        }
    }

    private Packet.Publish message(int qos, int id) {
        return new Packet.Publish(topic, Bytes.EMPTY, QoS.of(qos), false, false, id, Properties.NONE);
    }

    // ---- toward the client

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    @Normative({"5.0/3.3.4-9", "5.0/4.9.0-1", "5.0/4.9.0-2"})
    @OftenWrong(20)
    void no_more_than_receive_maximum_are_open_and_each_that_is_done_lets_one_through(int maximum) throws IOException {
        try (Client client = Client.connect(Client.fresh("c"), true, receiveMaximum(maximum))) {
            client.subscribe(topic, 2);
            publish(1, 5, 1);
            publish(6, 15, 2);

            List<Packet.Publish> open = new ArrayList<>(client.arrived());
            assertThat(open).hasSize(maximum);
            int next = maximum;
            while (!open.isEmpty()) {
                Packet.Publish done = open.remove(0);
                int id = done.packetId();
                if (done.qos() == QoS.AT_LEAST_ONCE) {
                    client.acknowledge(PacketType.PUBACK, id);
                    client.acknowledge(PacketType.PUBACK, id); // once more: it is one credit all the same
                } else if (id % 2 == 0) {
                    client.acknowledge(PacketType.PUBREC, id, ReasonCode.UNSPECIFIED_ERROR);
                } else {
                    client.acknowledge(PacketType.PUBREC, id);
                    client.acknowledge(PacketType.PUBREC, id);
                    client.expect(Packet.PubRel.class);
                    client.expect(Packet.PubRel.class);
                    assertThat(client.packets()).as("PUBREC gives no credit").isEmpty();
                    client.acknowledge(PacketType.PUBCOMP, id);
                    client.acknowledge(PacketType.PUBCOMP, id);
                }
                client.acknowledge(PacketType.PUBCOMP, 65_000);
                client.acknowledge(PacketType.PUBACK, 65_000);
                List<Packet.Publish> more = client.arrived();
                assertThat(more).hasSize(next < 15 ? 1 : 0);
                next += more.size();
                open.addAll(more);
            }
            assertThat(next).isEqualTo(15);
        }
    }

    @Test
    @Normative({"5.0/4.9.0-1", "5.0/3.3.4-9"})
    @OftenWrong(20)
    void a_client_that_names_no_maximum_or_the_largest_gets_some_at_once() throws IOException {
        try (Client silent = Client.open();
                Client most = Client.connect(Client.fresh("c"), true, receiveMaximum(65_535))) {
            silent.subscribe(topic, 1);
            most.subscribe(topic, 1);

            publish(1, 50, 1);

            assertThat(silent.arrived()).hasSize(50);
            assertThat(most.arrived()).hasSize(50);
        }
    }

    @Test
    @Normative({"5.0/3.3.4-10", "5.0/4.9.0-3"})
    @OftenWrong(20)
    void with_nothing_left_everything_else_goes_on() throws IOException {
        try (Client client = Client.connect(Client.fresh("c"), true, receiveMaximum(1));
                Client other = Client.open()) {
            client.subscribe(topic, 2);
            client.subscribe(topic + "/0", 0);
            other.subscribe(topic + "/from", 0);
            publish(1, 3, 2);
            Packet.Publish first = client.only();

            client.send(Packet.PingReq.INSTANCE);
            client.expect(Packet.PingResp.class);
            client.subscribe(topic + "/more", 1);
            assertThat(client.unsubscribe(topic + "/more")).containsExactly(ReasonCode.SUCCESS);
            assertThat(client.publish(topic + "/from", "one", 1)).isEqualTo(ReasonCode.SUCCESS);
            assertThat(client.publish(topic + "/from", "two", 2)).isEqualTo(ReasonCode.SUCCESS);
            client.acknowledge(PacketType.PUBREL, 77);
            assertThat(client.expect(Packet.PubComp.class).packetId()).isEqualTo(77);
            other.publish(topic + "/0", "at QoS 0", 0);

            assertThat(other.payloads()).containsExactly("one", "two");
            assertThat(client.payloads()).containsExactly("at QoS 0");
            client.acknowledge(PacketType.PUBREC, first.packetId());
            assertThat(client.expect(Packet.PubRel.class).packetId()).isEqualTo(first.packetId());
        }
    }

    @Test
    @Normative({"5.0/3.3.4-9", "5.0/4.9.0-1", "5.0/4.4.0-1"})
    @OftenWrong(20)
    void the_maximum_of_the_new_connection_holds_for_what_is_sent_again() throws IOException {
        Client client = Client.lasting();
        client.subscribe(topic, 1);
        publish(1, 5, 1);
        assertThat(client.arrived()).hasSize(5);
        client.leave();
        publish(6, 7, 1);

        client = client.comeBack(receiveMaximum(2));
        List<Packet.Publish> open = new ArrayList<>(client.arrived());
        assertThat(open).hasSize(2);
        List<String> seen = new ArrayList<>();
        List<Boolean> dup = new ArrayList<>();
        while (!open.isEmpty()) {
            Packet.Publish next = open.remove(0);
            seen.add(next.payload().text());
            dup.add(next.dup());
            client.acknowledge(PacketType.PUBACK, next.packetId());
            open.addAll(client.arrived());
            assertThat(open.size()).isLessThanOrEqualTo(2);
        }

        assertThat(seen).containsExactly("1", "2", "3", "4", "5", "6", "7");
        assertThat(dup).containsExactly(true, true, true, true, true, false, false);
        client.close();
    }

    // ---- from the client

    @Test
    @Normative("5.0/3.3.4-7")
    @OftenWrong(21)
    void a_client_within_the_maximum_may_repeat_and_go_on_as_soon_as_one_is_complete() throws IOException {
        try (Client client = Client.open()) {
            int maximum = client.connAck().getInt(Property.RECEIVE_MAXIMUM, 65_535);
            assertThat(maximum).isEqualTo(StandardBroker.RECEIVE_MAXIMUM);
            IntStream ids = IntStream.rangeClosed(1, maximum);
            for (int id : ids.toArray()) {
                client.send(message(2, id));
                client.expect(Packet.PubRec.class);
            }

            for (int round = 0; round < 5; round++) {
                client.send(message(2, 1 + round));
                assertThat(client.expect(Packet.PubRec.class).packetId()).isEqualTo(1 + round);
                client.acknowledge(PacketType.PUBREL, 1 + round);
                client.expect(Packet.PubComp.class);
                client.publish(message(1, 900));
                client.send(message(2, 100 + round));
                assertThat(client.expect(Packet.PubRec.class).packetId()).isEqualTo(100 + round);
            }

            assertThat(client.packets()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @Normative("5.0/3.3.4-7")
    @OftenWrong(21)
    void one_more_than_the_maximum_ends_the_connection_though_all_had_their_pubrec(int qos) throws IOException {
        try (Client witness = Client.open();
                Client client = Client.open()) {
            witness.subscribe(topic, 0);
            for (int id = 1; id <= StandardBroker.RECEIVE_MAXIMUM; id++) {
                client.send(message(2, id));
                client.expect(Packet.PubRec.class);
            }

            client.send(message(qos, 500));

            assertThat(client.refusal()).isEqualTo(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
            assertThat(witness.arrived()).hasSize(StandardBroker.RECEIVE_MAXIMUM);
            await().pollDelay(Duration.ZERO)
                    .atMost(Client.PATIENCE)
                    .until(() -> StandardBroker.log().ends(client.id).size() == 1);
            assertThat(StandardBroker.log().ends(client.id).get(0))
                    .contains("reason=internal_error detail=receive_maximum_exceeded ")
                    .contains(" rule=5.0/3.3.4-7 ");
        }
    }
}
