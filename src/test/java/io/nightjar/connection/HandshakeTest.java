package io.nightjar.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet.Connect;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a CONNECT and our limits agree on, and what CONNACK says of it. */
class HandshakeTest {
    private static Handshake.Agreed agree(Properties properties, int keepAlive, long maxExpiry, int maxKeepAlive) {
        ConnectionLimits limits =
                new ConnectionLimits(1 << 20, 1024, 16, 8, 8, 64, 64, maxExpiry, 7200, maxKeepAlive, 100, Offers.ALL);
        Connect connect = new Connect(MqttVersion.V5, true, keepAlive, properties, "c", null, null, null);
        return (Handshake.Agreed) Handshake.of(connect, limits, () -> "assigned");
    }

    @ParameterizedTest(name = "asked for {0}, at most {1}: in force {2}, announced {3}")
    @CsvSource({
        "0, 3600, 0, false",
        "3600, 3600, 3600, false",
        "3601, 3600, 3600, true",
        "4294967295, 3600, 3600, true",
        "4294967295, 4294967295, 4294967295, false",
        "5, 0, 0, true"
    })
    @OftenWrong(5)
    @Normative("5.0/3.1.2-23")
    void a_session_expiry_interval_that_we_lower_is_announced(long asked, long most, long inForce, boolean announced) {
        Handshake.Agreed agreed = agree(Properties.of(Property.SESSION_EXPIRY_INTERVAL, asked), 0, most, 0);

        assertThat(agreed.sessionExpirySeconds()).isEqualTo(inForce);
        assertThat(agreed.requestedExpirySeconds())
                .as("DISCONNECT is compared with what the client sent")
                .isEqualTo(asked);
        assertThat(agreed.connAck().getLong(Property.SESSION_EXPIRY_INTERVAL, -1))
                .isEqualTo(announced ? inForce : -1);
    }

    @ParameterizedTest(name = "asked for {0}, at most {1}: in force {2}, announced {3}")
    @CsvSource({
        "60, 0, 60, false",
        "0, 0, 0, false",
        "65535, 0, 65535, false",
        "60, 60, 60, false",
        "61, 60, 60, true",
        "0, 60, 60, true",
        "65535, 60, 60, true"
    })
    @OftenWrong(26)
    @Normative({"5.0/3.2.2-22", "5.0/3.2.2-21"})
    void the_clients_keep_alive_is_in_force_unless_connack_says_another(
            int asked, int most, int inForce, boolean announced) {
        Handshake.Agreed agreed = agree(Properties.NONE, asked, 3600, most);

        assertThat(agreed.keepAliveSeconds()).isEqualTo(inForce);
        assertThat(agreed.connAck().getInt(Property.SERVER_KEEP_ALIVE, -1)).isEqualTo(announced ? inForce : -1);
    }

    @ParameterizedTest(name = "the client takes {0}, we have at most 64: {1}")
    @CsvSource({"-1, 64", "1, 1", "63, 63", "65535, 64"})
    @Normative("5.0/4.9.0-1")
    void the_send_quota_is_at_least_1_and_at_most_the_clients_receive_maximum(int asked, int quota) {
        Properties properties = asked < 0 ? Properties.NONE : Properties.of(Property.RECEIVE_MAXIMUM, asked);

        assertThat(agree(properties, 0, 3600, 0).receiveMaximum()).isEqualTo(quota);
    }

    @ParameterizedTest(name = "the client takes {0}, we have at most 8: {1}")
    @CsvSource({"-1, 0", "0, 0", "1, 1", "9, 8"})
    @Normative({"5.0/3.1.2-26", "5.0/3.1.2-27"})
    void aliases_toward_the_client_stay_within_its_maximum(int asked, int aliases) {
        Properties properties = asked < 0 ? Properties.NONE : Properties.of(Property.TOPIC_ALIAS_MAXIMUM, asked);

        assertThat(agree(properties, 0, 3600, 0).outboundAliasMaximum()).isEqualTo(aliases);
    }
}
