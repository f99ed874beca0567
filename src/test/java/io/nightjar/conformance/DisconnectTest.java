package io.nightjar.conformance;

import static io.nightjar.conformance.Client.PATIENCE;
import static io.nightjar.mqtt.MqttVersion.V5;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.net.PacketEncoder;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DISCONNECT of MQTT 5 [5.0/3.14]. */
@ExtendWith(StandardBroker.class)
class DisconnectTest {
    private static final String PINGREQ = "c000";

    /** What ends a connection from our side: malformed, Protocol Error, wildcard in a topic. */
    @ParameterizedTest
    @ValueSource(strings = {"36 00", "82 03 0001 00", "30 04 0001 2b 00"})
    @Normative({"5.0/3.14.4-1", "5.0/3.14.4-2", "5.0/4.13.1-1", "5.0/4.13.2-1"})
    void nothing_follows_the_servers_disconnect_and_the_server_closes(String hex) throws IOException {
        try (Client client = Client.open()) {
            client.raw.sendHex(PINGREQ + hex + PINGREQ + PINGREQ);

            assertThat(client.refusal().isError()).isTrue();
            assertThat(client.expect(Packet.PingResp.class)).as("before it").isNotNull();
        }
    }

    @Test
    @Normative({"5.0/3.14.4-1", "5.0/3.14.4-2"})
    void what_a_client_sends_behind_its_disconnect_is_not_heard() throws IOException {
        String topic = Client.fresh("behind/");
        try (Client subscriber = Client.open();
                Client client = Client.open()) {
            subscriber.subscribe(topic, 0);
            String publish = String.format("30%02x%04x", topic.length() + 3, topic.length())
                    + java.util.HexFormat.of().formatHex(topic.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                    + "00";

            client.raw.sendHex(PINGREQ + "e000" + publish + PINGREQ);

            client.expect(Packet.PingResp.class);
            assertThat(client.raw.receive(PATIENCE)).isNull();
            assertThat(client.raw.end()).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(subscriber.arrived()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 30, 1000})
    @OftenWrong(23)
    @Normative({"5.0/3.14.2-3", "5.0/3.14.2-4", "5.0/3.1.2-24"})
    void disconnect_goes_without_its_reason_string_where_that_would_not_fit(int maximum) throws IOException {
        Properties small = Properties.of(Property.MAXIMUM_PACKET_SIZE, (long) maximum);
        try (Client client = Client.connect(Client.fresh("small"), true, small)) {
            client.raw.sendHex("36 00");

            Packet.Disconnect last = client.expect(Packet.Disconnect.class);

            assertThat(last.code()).isEqualTo(ReasonCode.MALFORMED_PACKET);
            assertThat(PacketEncoder.size(last, V5)).isLessThanOrEqualTo(maximum);
            assertThat(last.properties().has(Property.REASON_STRING)).isEqualTo(maximum == 1000);
        }
    }
}
