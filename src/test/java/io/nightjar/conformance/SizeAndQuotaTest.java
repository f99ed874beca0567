package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.net.PacketEncoder;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Receive Maximum and Maximum Packet Size on the wire [5.0/4.9, 3.1.2.11.4]. */
@ExtendWith(StandardBroker.class)
class SizeAndQuotaTest {
    private static Packet.Publish qos2(String topic, int id, boolean dup) {
        return new Packet.Publish(topic, Bytes.utf8("x"), QoS.EXACTLY_ONCE, false, dup, id, Properties.NONE);
    }

    private static Client windowed(int receiveMaximum) throws IOException {
        return Client.connect(Client.fresh("window"), true, window(receiveMaximum));
    }

    private static Properties window(int receiveMaximum) {
        return Properties.builder()
                .add(Property.RECEIVE_MAXIMUM, receiveMaximum)
                .add(Property.SESSION_EXPIRY_INTERVAL, 600L)
                .build();
    }

    // ---- toward the client

    @Test
    @OftenWrong(20)
    @Normative({"5.0/3.3.4-9", "5.0/3.3.4-10", "5.0/4.9.0-1", "5.0/4.9.0-2", "5.0/4.9.0-3"})
    void a_full_window_holds_qos_1_and_2_back_and_each_end_of_an_exchange_lets_one_more_go() throws IOException {
        String topic = Client.fresh("window/");
        try (Client client = windowed(2);
                Client publisher = Client.open()) {
            client.subscribe(topic, 2);
            for (int i = 1; i <= 6; i++) {
                publisher.publish(topic, "m" + i, i % 2 == 0 ? 2 : 1);
            }
            publisher.publish(topic, "qos 0", 0);

            List<Packet.Publish> first = client.arrived();
            assertThat(Client.texts(first)).containsExactlyInAnyOrder("m1", "m2", "qos 0");

            client.acknowledge(PacketType.PUBREC, idOf(first, "m2"));
            client.expect(Packet.PubRel.class);
            assertThat(client.payloads()).as("PUBREC gives no credit").isEmpty();
            client.acknowledge(PacketType.PUBCOMP, idOf(first, "m2"));
            List<Packet.Publish> third = client.arrived();
            assertThat(Client.texts(third)).containsExactly("m3");
            client.acknowledge(PacketType.PUBACK, idOf(third, "m3"));
            List<Packet.Publish> fourth = client.arrived();
            assertThat(Client.texts(fourth)).containsExactly("m4");
            client.acknowledge(PacketType.PUBREC, idOf(fourth, "m4"), ReasonCode.QUOTA_EXCEEDED);
            assertThat(client.payloads()).as("an error PUBREC does").containsExactly("m5");
            client.acknowledge(PacketType.PUBACK, 65_000);
            assertThat(client.payloads()).as("an unknown id does not").isEmpty();
        }
    }

    @Test
    @OftenWrong(20)
    @Normative({"5.0/3.3.4-9", "5.0/4.9.0-1", "5.0/4.9.0-2", "5.0/4.4.0-1"})
    void a_smaller_window_after_a_resume_sends_that_many_again_and_drains_the_rest() throws IOException {
        String topic = Client.fresh("smaller/");
        try (Client client = windowed(5);
                Client publisher = Client.open()) {
            client.subscribe(topic, 1);
            for (int i = 1; i <= 4; i++) {
                publisher.publish(topic, "m" + i, 1);
            }
            assertThat(client.arrived()).hasSize(4);
            client.leave();

            try (Client again = client.comeBack(window(1))) {
                for (int i = 1; i <= 4; i++) {
                    Packet.Publish only = again.only();
                    assertThat(only.payload().text()).isEqualTo("m" + i);
                    assertThat(only.dup()).isTrue();
                    again.acknowledge(PacketType.PUBACK, only.packetId());
                }
                assertThat(again.arrived()).isEmpty();
            }
        }
    }

    private static int idOf(List<Packet.Publish> messages, String payload) {
        return messages.stream()
                .filter(message -> message.payload().text().equals(payload))
                .findFirst()
                .orElseThrow()
                .packetId();
    }

    // ---- from the client

    @Test
    @OftenWrong(21)
    @Normative("5.0/3.3.4-7")
    void a_client_may_have_exactly_receive_maximum_open_and_repeats_cost_nothing() throws IOException {
        String topic = Client.fresh("quota/");
        try (Client client = Client.open()) {
            assertThat(client.connAck().getInt(Property.RECEIVE_MAXIMUM, 0)).isEqualTo(StandardBroker.RECEIVE_MAXIMUM);
            for (int id = 1; id <= StandardBroker.RECEIVE_MAXIMUM; id++) {
                open(client, topic, id, false);
            }
            open(client, topic, 1, true);
            open(client, topic, StandardBroker.RECEIVE_MAXIMUM, true);

            complete(client, 3);
            assertThat(client.publish(topic, "qos 1 is answered at once", 1).isError())
                    .isFalse();
            open(client, topic, 100, false);
            client.send(qos2(topic, 101, false));

            assertThat(client.refusal()).isEqualTo(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
        }
    }

    @Test
    @OftenWrong(21)
    @Normative("5.0/3.3.4-7")
    void a_refused_message_costs_nothing_once_its_pubrec_went_out() throws IOException {
        try (Client client = Client.open()) {
            for (int id = 1; id <= 2 * StandardBroker.RECEIVE_MAXIMUM; id++) {
                client.send(qos2("$denied/quota", id, false));
                assertThat(client.expect(Packet.PubRec.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            }

            assertThat(client.arrived()).isEmpty();
        }
    }

    private static void open(Client client, String topic, int id, boolean dup) throws IOException {
        client.send(qos2(topic, id, dup));
        Packet.PubRec answer = client.expect(Packet.PubRec.class);
        assertThat(answer.packetId()).isEqualTo(id);
        assertThat(answer.code().isError()).isFalse();
    }

    private static void complete(Client client, int id) throws IOException {
        client.acknowledge(PacketType.PUBREL, id);
        assertThat(client.expect(Packet.PubComp.class).packetId()).isEqualTo(id);
    }

    // ---- size

    @Test
    @OftenWrong(22)
    @Normative({"5.0/3.1.2-24", "5.0/3.1.2-25"})
    void the_whole_packet_counts_and_one_that_is_a_byte_too_large_counts_as_delivered() throws IOException {
        String topic = Client.fresh("size/");
        Packet.Publish limit =
                new Packet.Publish(topic, Bytes.utf8("x".repeat(40)), QoS.of(1), false, false, 1, Properties.NONE);
        int size = PacketEncoder.size(limit, io.nightjar.mqtt.MqttVersion.V5);
        Properties small = Properties.builder()
                .add(Property.MAXIMUM_PACKET_SIZE, (long) size)
                .add(Property.RECEIVE_MAXIMUM, 1)
                .build();
        try (Client client = Client.connect(Client.fresh("size"), true, small);
                Client publisher = Client.open()) {
            client.subscribe(topic, 1);

            publisher.publish(topic, "y".repeat(41), 1);
            publisher.publish(topic, "x".repeat(40), 1);
            publisher.publish(topic, "z", 1);

            Packet.Publish fits = client.only();
            assertThat(fits.payload().text()).isEqualTo("x".repeat(40));
            assertThat(PacketEncoder.size(fits, io.nightjar.mqtt.MqttVersion.V5))
                    .isEqualTo(size);
            client.acknowledge(PacketType.PUBACK, fits.packetId());
            assertThat(client.payloads()).containsExactly("z");
        }
    }
}
