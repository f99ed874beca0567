package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.UserProperty;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectPeekTest {
    private static final String ID = "sensor-ä-17";

    @ParameterizedTest
    @EnumSource
    void reads_the_client_id_of_every_version_once_it_is_there(MqttVersion version) {
        ByteBuf whole = connect(version, ID);
        int idEnd = whole.readableBytes() - 2 - 1 - 2 - 6;

        for (int length = 0; length <= whole.readableBytes(); length++) {
            ByteBuf part = whole.slice(0, length);

            assertThat(ConnectPeek.clientId(part)).isEqualTo(length < idEnd ? null : ID);
            assertThat(part.readerIndex()).isZero();
        }
        assertThat(ConnectPeek.version(whole)).isEqualTo(version);
    }

    @ParameterizedTest
    @EnumSource
    void reads_an_empty_client_id(MqttVersion version) {
        assertThat(ConnectPeek.clientId(connect(version, ""))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void reads_a_connect_that_is_too_large_or_has_a_wrong_flag(MqttVersion version) {
        ByteBuf large = connect(version, "x".repeat(500));
        ByteBuf wrong = connect(version, ID);
        int flagsAt = 2 + 2 + version.protocolName().length() + 1;
        wrong.setByte(flagsAt, wrong.getByte(flagsAt) | 0x19);

        assertThat(ConnectPeek.clientId(large)).hasSize(500);
        assertThat(ConnectPeek.clientId(wrong)).isEqualTo(ID);
    }

    @Test
    void reads_a_bridge() {
        ByteBuf bridge = connect(MqttVersion.V3_1_1, ID);
        bridge.setByte(8, 0x84);

        assertThat(ConnectPeek.clientId(bridge)).isEqualTo(ID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10",
                "c000",
                "160301",
                "10ffffffffff",
                "100d 0004 4d515455 04 02 0000 0001 61",
                "100d 0004 4d515454 06 02 0000 0001 61",
                "100d 0004 4d515454 04 02 0000 0001 ff",
                "100d 0004 4d515454 04 02 0000 0001 00",
                "100d 00ff 4d515454 04 02 0000 0001 61",
                "1010 0004 4d515454 05 02 0000 03 7f0000 0001 61",
                "1010 0004 4d515454 05 02 0000 02 210001 0001 61",
                "1010 0004 4d515454 05 02 0000 ff 210001 0001 61"
            })
    void says_nothing_about_what_cannot_be_read(String hex) {
        ByteBuf in = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));

        assertThat(ConnectPeek.clientId(in)).isNull();
    }

    private static ByteBuf connect(MqttVersion version, String clientId) {
        Properties properties = Properties.builder()
                .add(Property.RECEIVE_MAXIMUM, 10)
                .add(Property.MAXIMUM_PACKET_SIZE, 1000L)
                .add(Property.REQUEST_PROBLEM_INFORMATION, 1)
                .add(Property.USER_PROPERTY, new UserProperty("a", "b"))
                .add(Property.AUTHENTICATION_METHOD, "m")
                .add(Property.AUTHENTICATION_DATA, Bytes.utf8("d"))
                .build();
        ByteBuf out = Unpooled.buffer();
        Bytes password = Bytes.utf8("secret");
        PacketEncoder.encode(
                new Packet.Connect(version, true, 60, properties, clientId, null, "u", password), version, out);
        return out;
    }
}
