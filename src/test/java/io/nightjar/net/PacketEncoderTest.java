package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PacketEncoderTest {
    private static final MqttVersion V5 = MqttVersion.V5;
    private static final MqttVersion V311 = MqttVersion.V3_1_1;
    private static final Properties WHY = Properties.of(Property.REASON_STRING, "x");

    @Test
    void acknowledgements_have_their_shortest_form() {
        assertThat(hex(new Packet.PubAck(1, ReasonCode.SUCCESS), V5)).isEqualTo("40 02 00 01");
        assertThat(hex(new Packet.PubRec(1, ReasonCode.QUOTA_EXCEEDED), V5)).isEqualTo("50 03 00 01 97");
        assertThat(hex(new Packet.PubRel(1, ReasonCode.SUCCESS, WHY), V5)).isEqualTo("62 08 00 01 00 04 1f 00 01 78");
        assertThat(hex(new Packet.PubComp(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND), V311))
                .isEqualTo("70 02 00 01");
    }

    @Test
    void disconnect_and_auth_have_their_shortest_form() {
        assertThat(hex(new Packet.Disconnect(ReasonCode.SUCCESS), V5)).isEqualTo("e0 00");
        assertThat(hex(new Packet.Disconnect(ReasonCode.SESSION_TAKEN_OVER), V5))
                .isEqualTo("e0 01 8e");
        assertThat(hex(new Packet.Auth(ReasonCode.SUCCESS, Properties.NONE), V5))
                .isEqualTo("f0 00");
        assertThat(hex(new Packet.Auth(ReasonCode.CONTINUE_AUTHENTICATION, Properties.NONE), V5))
                .isEqualTo("f0 02 18 00");
    }

    @Test
    void clients_before_mqtt_5_get_return_codes_and_no_properties() {
        Properties none = Properties.NONE;

        assertThat(hex(new Packet.ConnAck(true, ReasonCode.SUCCESS, WHY), V311)).isEqualTo("20 02 01 00");
        assertThat(hex(new Packet.ConnAck(true, ReasonCode.SUCCESS, none), MqttVersion.V3_1))
                .isEqualTo("20 02 00 00");
        assertThat(hex(new Packet.ConnAck(false, ReasonCode.BANNED, WHY), V311)).isEqualTo("20 02 00 05");
        assertThat(hex(new Packet.SubAck(1, WHY, List.of(ReasonCode.GRANTED_QOS_2, ReasonCode.NOT_AUTHORIZED)), V311))
                .isEqualTo("90 04 00 01 02 80");
        assertThat(hex(new Packet.UnsubAck(1, WHY, List.of(ReasonCode.SUCCESS)), V311))
                .isEqualTo("b0 02 00 01");
    }

    @ParameterizedTest
    @EnumSource(names = {"V3_1", "V3_1_1"})
    void what_a_server_cannot_say_before_mqtt_5_has_no_bytes(MqttVersion version) {
        Packet disconnect = new Packet.Disconnect(ReasonCode.SESSION_TAKEN_OVER);
        Packet auth = new Packet.Auth(ReasonCode.CONTINUE_AUTHENTICATION, Properties.NONE);

        assertThat(PacketEncoder.size(disconnect, version)).isZero();
        assertThat(hex(disconnect, version)).isEmpty();
        assertThat(PacketEncoder.size(auth, version)).isZero();
        assertThat(hex(auth, version)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 124, 125, 16380, 16381, 2097148, 2097149})
    void the_remaining_length_is_right_at_its_steps(int payload) throws DecodeException {
        Packet publish = publish("t", payload);
        ByteBuf out = Unpooled.buffer();

        PacketEncoder.encode(publish, V311, out);

        assertThat(PacketEncoder.size(publish, V311)).isEqualTo(out.readableBytes());
        PacketDecoder decoder = new PacketDecoder(1 << 22);
        decoder.version(V311);
        assertThat(decoder.decode(out)).isEqualTo(publish);
    }

    @Test
    void what_does_not_fit_a_field_is_refused_and_nothing_is_written() {
        ByteBuf out = Unpooled.buffer();
        Packet.Disconnect longReason =
                new Packet.Disconnect(ReasonCode.SUCCESS, Properties.of(Property.REASON_STRING, "x".repeat(65_536)));

        assertThatThrownBy(() -> PacketEncoder.size(publish("t".repeat(65_536), 1), V5))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PacketEncoder.encode(longReason, V5, out))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(out.readableBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD800", "\uDC00", "a\uD800b", "\uD800\uD800", "\uD800水"})
    void half_a_surrogate_pair_is_refused_and_nothing_is_written(String topic) {
        ByteBuf out = Unpooled.buffer();

        assertThatThrownBy(() -> PacketEncoder.encode(publish(topic, 1), V5, out))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PUBLISH");
        assertThat(out.readableBytes()).isZero();
    }

    private static Packet publish(String topic, int payload) {
        return new Packet.Publish(
                topic, Bytes.wrap(new byte[payload]), QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE);
    }

    private static String hex(Packet packet, MqttVersion version) {
        ByteBuf out = Unpooled.buffer();
        PacketEncoder.encode(packet, version, out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }
}
