package io.nightjar.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import org.junit.jupiter.api.Test;

/** An event that waits to be written holds no secret. */
class PacketSecretsTest {
    private static final Properties PROOF = Properties.builder()
            .add(Property.AUTHENTICATION_METHOD, "SCRAM-SHA-256")
            .add(Property.AUTHENTICATION_DATA, Bytes.utf8("proof"))
            .add(Property.RECEIVE_MAXIMUM, 7)
            .build();

    @Test
    void a_password_is_gone_and_that_it_was_there_is_known() {
        Packet.Connect kept = (Packet.Connect)
                kept(new Packet.Connect(MqttVersion.V5, true, 60, PROOF, "c", null, "ann", Bytes.utf8("secret")));

        assertThat(kept.password()).isEqualTo(Bytes.EMPTY);
        assertThat(kept.username()).isEqualTo("ann");
        assertProofGone(kept.properties());
        assertThat(new PacketFormat(new PayloadFormat(PayloadFormat.TEXT, 100)).format(kept))
                .contains("Password=******", "AuthenticationData=******");
    }

    @Test
    void authentication_data_is_gone_from_auth_and_connack() {
        assertProofGone(((Packet.Auth) kept(new Packet.Auth(ReasonCode.CONTINUE_AUTHENTICATION, PROOF))).properties());
        assertProofGone(((Packet.ConnAck) kept(new Packet.ConnAck(true, ReasonCode.SUCCESS, PROOF))).properties());
    }

    @Test
    void a_packet_without_secrets_is_kept_as_it_is() {
        Packet.Connect connect = new Packet.Connect(MqttVersion.V5, true, 60, Properties.NONE, "c", null, null, null);

        assertThat(kept(connect)).isSameAs(connect);
    }

    private static void assertProofGone(Properties kept) {
        assertThat(kept.getBytes(Property.AUTHENTICATION_DATA)).isEqualTo(Bytes.EMPTY);
        assertThat(kept.propertyAt(1)).as("in its place").isEqualTo(Property.AUTHENTICATION_DATA);
        assertThat(kept.getInt(Property.RECEIVE_MAXIMUM, 0)).isEqualTo(7);
    }

    private static Packet kept(Packet packet) {
        return TraceEvents.packetReceived(0, "c", "p:1", packet).packet();
    }
}
