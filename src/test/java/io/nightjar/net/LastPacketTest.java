package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.conformance.Normative;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The last packet of every end there is, before and after CONNACK. */
class LastPacketTest {
    private static Packet last(Detail detail, boolean connected, MqttVersion version) {
        PacketDecoder decoder = new PacketDecoder(1 << 20);
        decoder.version(version);
        return LastPacket.of(DisconnectReason.of(detail), connected, connected ? null : version, decoder);
    }

    /** As a client reads it: the decoder refuses a code or property that the packet may not have. */
    private static Packet read(Packet packet, MqttVersion version) throws DecodeException {
        ByteBuf bytes = Unpooled.buffer();
        PacketEncoder.encode(packet, version, bytes);
        return PacketDecoder.forClient(version, 1 << 20).decode(bytes);
    }

    @ParameterizedTest
    @EnumSource(Detail.class)
    @Normative({"5.0/3.2.2-1", "5.0/3.2.2-6", "5.0/3.2.2-8", "5.0/3.14.0-1"})
    void before_connack_it_is_a_connack_of_the_table_or_nothing(Detail detail) throws DecodeException {
        Packet last = last(detail, false, MqttVersion.V5);

        if (last != null) {
            assertThat(read(last, MqttVersion.V5)).isInstanceOfSatisfying(Packet.ConnAck.class, answer -> {
                assertThat(answer.code().isError()).isTrue();
                assertThat(answer.sessionPresent()).isFalse();
            });
        }
    }

    @ParameterizedTest
    @EnumSource(Detail.class)
    @Normative({"5.0/3.14.2-1", "5.0/3.14.2-2"})
    void after_connack_it_is_a_disconnect_of_the_table_or_nothing(Detail detail) throws DecodeException {
        if (detail.answer() == Detail.Answer.CONNACK) {
            assertThat(detail.code()).isNotNull(); // these end no connection that is open
            return;
        }
        Packet last = last(detail, true, MqttVersion.V5);

        if (last != null) {
            assertThat(read(last, MqttVersion.V5)).isInstanceOf(Packet.Disconnect.class);
        }
    }

    @ParameterizedTest
    @EnumSource(Detail.class)
    @Normative("311/3.2.2-4")
    void a_3_1_1_client_gets_a_return_code_before_connack_and_nothing_after_it(Detail detail) throws DecodeException {
        Packet before = last(detail, false, MqttVersion.V3_1_1);
        if (before != null) {
            assertThat(read(before, MqttVersion.V3_1_1))
                    .isInstanceOfSatisfying(Packet.ConnAck.class, answer -> assertThat(answer.sessionPresent())
                            .isFalse());
        }

        assertThat(last(detail, true, MqttVersion.V3_1_1)).isNull();
    }
}
