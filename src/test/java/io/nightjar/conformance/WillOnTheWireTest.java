package io.nightjar.conformance;

import static io.nightjar.conformance.Client.LASTING;
import static io.nightjar.conformance.Client.PATIENCE;
import static io.nightjar.mqtt.MqttVersion.V5;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.Will;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Will Messages of MQTT 5 on the wire, where no delay has to run out; io.nightjar.session.WillTest moves the clock.
 *
 * <p>The end of a session, and with it its Will, is over before the same ClientID is accepted again: after that, what did
 * not arrive was not published.
 */
@ExtendWith(StandardBroker.class)
class WillOnTheWireTest {
    private static final Properties DELAYED = Properties.of(Property.WILL_DELAY_INTERVAL, 600L);

    private static Will will(String topic, boolean retain, Properties properties) {
        return new Will(topic, Bytes.utf8("gone"), QoS.AT_LEAST_ONCE, retain, properties);
    }

    private static Client connect(String id, boolean cleanStart, Properties properties, Will will) throws IOException {
        return Client.connect(new Packet.Connect(V5, cleanStart, 0, properties, id, will, null, null));
    }

    private static Client heirOf(String topic) throws IOException {
        Client heir = Client.open();
        assertThat(heir.subscribe(topic, new SubscriptionOptions(QoS.AT_MOST_ONCE, false, true, 0), 0))
                .isEqualTo(ReasonCode.granted(QoS.AT_MOST_ONCE));
        return heir;
    }

    /** What the heir has when everything that this ClientID's old session did is done. */
    private static int wills(Client heir, String id) throws IOException {
        Client.connect(id, false, Properties.NONE).close();
        return heir.arrived().size();
    }

    @ParameterizedTest(name = "Will Delay {0}, old expiry {1}, new Clean Start {2}: published {3}")
    @CsvSource({
        "0, 0, false, true",
        "0, 0, true, true",
        "0, 600, false, true",
        "0, 600, true, true",
        "600, 600, false, false",
        "600, 600, true, true",
        "600, 0, false, true",
        "600, 0, true, true"
    })
    @OftenWrong(1)
    @Normative({"5.0/3.1.4-3", "5.0/3.1.2-8", "5.0/3.1.3-9"})
    void takeover_treats_the_will_as_its_delay_and_the_sessions_say(
            long delay, long expiry, boolean cleanStart, boolean published) throws IOException {
        String id = Client.fresh("taken");
        String topic = Client.fresh("taken/");
        Properties properties = delay == 0 ? Properties.NONE : DELAYED;
        try (Client heir = heirOf(topic);
                Client old = connect(
                        id,
                        true,
                        Properties.of(Property.SESSION_EXPIRY_INTERVAL, expiry),
                        will(topic, false, properties))) {

            try (RawMqttClient newcomer = RawMqttClient.connect("127.0.0.1", StandardBroker.port())) {
                Packet.ConnAck answer = newcomer.open(id, cleanStart, LASTING);

                assertThat(answer.sessionPresent()).isEqualTo(expiry > 0 && !cleanStart);
                assertThat(old.refusal()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
                assertThat(heir.arrived()).hasSize(published ? 1 : 0);
            }
        }
    }

    @ParameterizedTest(name = "DISCONNECT {0}: published {1}")
    @CsvSource({
        "0x00, 0", "0x04, 1", "0x80, 1", "0x81, 1", "0x82, 1", "0x83, 1", "0x90, 1", "0x93, 1", "0x94, 1", "0x95, 1",
        "0x96, 1", "0x97, 1", "0x98, 1", "0x99, 1"
    })
    @OftenWrong(3)
    @Normative({"5.0/3.14.4-3", "5.0/3.1.2-8", "5.0/3.1.2-10"})
    void only_disconnect_0x00_discards_the_will(String code, int published) throws IOException {
        String id = Client.fresh("leaves");
        String topic = Client.fresh("leaves/");
        try (Client heir = heirOf(topic);
                Client client = connect(id, true, Properties.NONE, will(topic, false, Properties.NONE))) {

            client.send(new Packet.Disconnect(ReasonCode.of(Integer.decode(code))));
            assertThat(client.raw.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);

            assertThat(wills(heir, id)).isEqualTo(published);
        }
    }

    /** Reserved bits, a code that is not for DISCONNECT, a property twice, one that is not for DISCONNECT. */
    @ParameterizedTest
    @ValueSource(
            strings = {"e100", "e001 05", "e001 8b", "e00c 00 0a 11 00000000 11 00000000", "e007 00 05 02 00000001"})
    @OftenWrong(3)
    @Normative({"5.0/3.14.4-3", "5.0/3.14.1-1"})
    void a_disconnect_that_breaks_a_rule_counts_as_none(String hex) throws IOException {
        String id = Client.fresh("broken");
        String topic = Client.fresh("broken/");
        try (Client heir = heirOf(topic);
                Client client = connect(id, true, Properties.NONE, will(topic, false, Properties.NONE))) {

            client.raw.sendHex(hex);
            assertThat(client.raw.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);

            assertThat(wills(heir, id)).isEqualTo(1);
        }
    }

    @Test
    @OftenWrong(2)
    @Normative({"5.0/3.1.2-7", "5.0/3.1.2-8", "5.0/3.1.2-10", "5.0/3.1.3-9"})
    void a_delayed_will_waits_in_the_session_and_its_end_publishes_it_once() throws IOException {
        String id = Client.fresh("delayed");
        String topic = Client.fresh("delayed/");
        try (Client heir = heirOf(topic)) {
            connect(id, true, LASTING, will(topic, false, DELAYED)).leave();
            Client back = Client.connect(id, false, LASTING);
            assertThat(heir.arrived()).as("back in time").isEmpty();
            back.leave();

            connect(id, false, LASTING, will(topic, false, DELAYED)).leave();
            Client.connect(id, true, Properties.NONE).leave();

            assertThat(heir.arrived()).as("Clean Start 1 ends the session").hasSize(1);
            assertThat(wills(heir, id)).as("once").isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"36 00", "82 02 0001", "30 80808001", "10 02 0000"})
    @Normative("5.0/3.1.2.5")
    void the_will_is_published_when_the_server_closes_for_a_fault_of_the_client(String hex) throws IOException {
        String id = Client.fresh("fault");
        String topic = Client.fresh("fault/");
        try (Client heir = heirOf(topic);
                Client client = connect(id, true, Properties.NONE, will(topic, false, Properties.NONE))) {

            client.raw.sendHex(hex);
            assertThat(client.raw.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);

            assertThat(wills(heir, id)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative({"5.0/3.1.2-14", "5.0/3.1.2-15", "5.0/3.1.2-7"})
    void will_retain_decides_whether_the_will_is_kept_for_later_subscribers(boolean retain) throws IOException {
        String id = Client.fresh("kept");
        String topic = Client.fresh("kept/");
        try (Client heir = heirOf(topic)) {
            connect(id, true, Properties.NONE, will(topic, retain, Properties.NONE))
                    .leave();
            Client.connect(id, true, Properties.NONE).close();

            assertThat(heir.only().retain()).as("live, as published").isEqualTo(retain);
            try (Client later = heirOf(topic)) {
                assertThat(later.arrived()).hasSize(retain ? 1 : 0);
            }
        }
    }
}
