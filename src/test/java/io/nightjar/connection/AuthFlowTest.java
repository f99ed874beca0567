package io.nightjar.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.connection.AuthFlow.Turn;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of {@link AuthFlow}, row by row. */
class AuthFlowTest {
    private final AuthFlow flow = new AuthFlow("M", new AuthLimits(10_000, 3, 16));

    @ParameterizedTest(name = "turn of {0}, AUTH {1} with method {2}: turn of {3}, rule {4}")
    @CsvSource({
        "AUTHENTICATOR, CONTINUE_AUTHENTICATION, M, , 5.0/4.12.0-3",
        "AUTHENTICATOR, RE_AUTHENTICATE, M, , 5.0/4.12.0-3",
        "CLIENT, CONTINUE_AUTHENTICATION, M, AUTHENTICATOR,",
        "CLIENT, RE_AUTHENTICATE, M, , 5.0/4.12.0-3",
        "CLIENT, CONTINUE_AUTHENTICATION, m, , 5.0/4.12.0-5",
        "CLIENT, CONTINUE_AUTHENTICATION, , , 5.0/4.12.0-5",
        "NOBODY, RE_AUTHENTICATE, M, AUTHENTICATOR,",
        "NOBODY, RE_AUTHENTICATE, m, , 5.0/4.12.0-5",
        "NOBODY, RE_AUTHENTICATE, , , 5.0/4.12.0-5",
        "NOBODY, CONTINUE_AUTHENTICATION, M, , 5.0/4.12.1-1",
    })
    @Normative({"5.0/4.12.0-3", "5.0/4.12.0-5", "5.0/4.12.1-1"})
    @OftenWrong(32)
    void an_auth_is_taken_or_refused_as_the_table_says(
            Turn turn, ReasonCode code, @Nullable String method, @Nullable Turn next, @Nullable String rule) {
        bring(turn);

        DisconnectReason wrong = flow.received(auth(code, method, 1));

        if (next != null) {
            assertThat(wrong).isNull();
            assertThat(flow.turn()).isEqualTo(next);
        } else {
            assertThat(wrong).isNotNull();
            assertThat(wrong.detail()).isEqualTo(Detail.PROTOCOL_ERROR);
            assertThat(wrong.facts()).containsEntry("rule", rule);
        }
    }

    @Test
    void each_conversation_has_its_rounds_and_not_more() {
        flow.connect(connect(1));
        answer();
        answer();
        flow.succeeded();

        assertThat(flow.received(auth(ReasonCode.RE_AUTHENTICATE, "M", 1))).isNull();
        answer();
        answer();
        flow.challenged();
        DisconnectReason wrong = flow.received(auth(ReasonCode.CONTINUE_AUTHENTICATION, "M", 1));

        assertThat(wrong).isNotNull();
        assertThat(wrong.detail()).isEqualTo(Detail.AUTHENTICATION_REFUSED);
        assertThat(wrong.facts()).containsEntry("limit", "nightjar.authentication.exchange-max-rounds=3");
    }

    @Test
    void data_longer_than_the_limit_is_refused_in_connect_and_in_auth() {
        assertThat(flow.connect(connect(16))).isNull();
        assertThat(new AuthFlow("M", new AuthLimits(1, 3, 16)).connect(connect(17)))
                .isNotNull();
        flow.challenged();

        DisconnectReason wrong = flow.received(auth(ReasonCode.CONTINUE_AUTHENTICATION, "M", 17));

        assertThat(wrong).isNotNull();
        assertThat(wrong.facts()).containsEntry("limit", "nightjar.authentication.exchange-max-data=16");
    }

    @ParameterizedTest
    @EnumSource(PacketType.class)
    @Normative("5.0/3.1.2-30")
    void nothing_but_auth_and_disconnect_may_come_before_connack(PacketType type) {
        DisconnectReason wrong = AuthFlow.beforeConnAck(type);

        if (type == PacketType.AUTH || type == PacketType.DISCONNECT) {
            assertThat(wrong).isNull();
        } else {
            assertThat(wrong).isNotNull();
            assertThat(wrong.detail()).isEqualTo(Detail.PROTOCOL_ERROR);
        }
    }

    private void bring(Turn turn) {
        flow.connect(connect(1));
        if (turn == Turn.CLIENT) {
            flow.challenged();
        } else if (turn == Turn.NOBODY) {
            flow.succeeded();
        }
    }

    private void answer() {
        flow.challenged();
        assertThat(flow.received(auth(ReasonCode.CONTINUE_AUTHENTICATION, "M", 1)))
                .isNull();
    }

    private static Packet.Connect connect(int dataBytes) {
        return new Packet.Connect(MqttVersion.V5, true, 0, properties("M", dataBytes), "c", null, null, null);
    }

    private static Packet.Auth auth(ReasonCode code, @Nullable String method, int dataBytes) {
        return new Packet.Auth(code, method == null ? Properties.NONE : properties(method, dataBytes));
    }

    private static Properties properties(String method, int dataBytes) {
        return Properties.of(Property.AUTHENTICATION_METHOD, method)
                .with(Property.AUTHENTICATION_DATA, Bytes.wrap(new byte[dataBytes]));
    }
}
