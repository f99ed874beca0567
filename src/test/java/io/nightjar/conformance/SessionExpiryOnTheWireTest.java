package io.nightjar.conformance;

import static io.nightjar.conformance.Client.PATIENCE;
import static io.nightjar.mqtt.MqttVersion.V5;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.Will;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Session Expiry Interval in DISCONNECT [5.0/3.14.2.2.2]. */
@ExtendWith(StandardBroker.class)
class SessionExpiryOnTheWireTest {
    private static Properties expiry(long seconds) {
        return seconds < 0 ? Properties.NONE : Properties.of(Property.SESSION_EXPIRY_INTERVAL, seconds);
    }

    private static boolean isSessionPresent(String id) throws IOException {
        try (RawMqttClient again = RawMqttClient.connect("127.0.0.1", StandardBroker.port())) {
            return again.open(id, false, Properties.NONE).sessionPresent();
        }
    }

    @ParameterizedTest(name = "CONNECT {0}, DISCONNECT {1}")
    @CsvSource({"-1, 1", "-1, 4294967295", "0, 1", "0, 4294967295"})
    @OftenWrong(4)
    @Normative({"5.0/3.14.2.2.2", "5.0/3.1.2-23"})
    void raising_0_is_a_protocol_error_and_no_valid_goodbye(long connect, long disconnect) throws IOException {
        String id = Client.fresh("raises");
        String topic = Client.fresh("raises/");
        Will will = new Will(topic, Bytes.utf8("gone"), QoS.AT_MOST_ONCE, false, Properties.NONE);
        try (Client heir = Client.open();
                Client client =
                        Client.connect(new Packet.Connect(V5, true, 0, expiry(connect), id, will, null, null))) {
            heir.subscribe(topic, 0);

            client.send(new Packet.Disconnect(ReasonCode.SUCCESS, expiry(disconnect)));

            assertThat(client.refusal()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            assertThat(isSessionPresent(id)).as("the interval stays 0").isFalse();
            assertThat(heir.arrived()).as("the will").hasSize(1);
        }
    }

    @ParameterizedTest(name = "CONNECT {0}, DISCONNECT {1}: kept {2}")
    @CsvSource({
        "600, -1, true",
        "600, 0, false",
        "600, 1200, true",
        "4294967295, 600, true",
        "600, 4294967295, true",
        "-1, -1, false",
        "-1, 0, false",
        "0, 0, false"
    })
    @OftenWrong({4, 5})
    @Normative({"5.0/3.14.2.2.2", "5.0/3.1.2-23", "5.0/4.1.0-2"})
    void any_other_value_replaces_the_old_one_and_0_ends_the_session(long connect, long disconnect, boolean kept)
            throws IOException {
        String id = Client.fresh("changes");
        try (Client client = Client.connect(id, true, expiry(connect))) {
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS, expiry(disconnect)));
            assertThat(client.raw.receive(PATIENCE)).isNull();
            assertThat(client.raw.end()).isEqualTo(RawMqttClient.End.EOF);
        }

        assertThat(isSessionPresent(id)).isEqualTo(kept);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 600})
    @OftenWrong(4)
    @Normative("5.0/3.14.2-2")
    void the_server_never_sends_the_interval_in_disconnect(long connect) throws IOException {
        try (Client client = Client.connect(Client.fresh("ends"), true, expiry(connect))) {
            client.raw.sendHex("36 00");

            assertThat(client.expect(Packet.Disconnect.class).properties().has(Property.SESSION_EXPIRY_INTERVAL))
                    .isFalse();
        }
    }
}
