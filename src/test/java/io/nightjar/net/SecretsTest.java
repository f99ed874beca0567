package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Will;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an error tells never holds a password, authentication data or payload. */
class SecretsTest {
    private static final String SECRET = "Qx9!Zw7?";
    private static final int MAX = 1 << 16;

    /** Any three bytes of the secret in a row would be too much; a fact is searched for them as text and as hex. */
    private static final int PIECE = 3;

    static Stream<Packet.Connect> connects() {
        return Stream.of(MqttVersion.values()).flatMap(SecretsTest::connects);
    }

    private static Stream<Packet.Connect> connects(MqttVersion version) {
        boolean v5 = version == MqttVersion.V5;
        Properties properties = !v5
                ? Properties.NONE
                : Properties.builder()
                        .add(Property.USER_PROPERTY, new UserProperty("k", "v"))
                        .add(Property.AUTHENTICATION_METHOD, "PLAIN")
                        .add(Property.AUTHENTICATION_DATA, Bytes.utf8(SECRET))
                        .build();
        Will will = new Will("w", Bytes.utf8("gone"), QoS.AT_LEAST_ONCE, false, Properties.NONE);
        Bytes password = Bytes.utf8(SECRET);
        return Stream.of(
                new Packet.Connect(version, true, 60, Properties.NONE, "c", null, "u", password),
                new Packet.Connect(version, true, 60, Properties.NONE, "", null, "", password),
                new Packet.Connect(version, true, 60, properties, "client", will, "user", password));
    }

    @ParameterizedTest
    @MethodSource("connects")
    void a_connect_with_a_wrong_byte_never_shows_its_password(Packet.Connect connect) {
        byte[] valid = encode(connect, connect.version());
        for (int at = 0; at < valid.length; at++) {
            for (int change = 1; change < 256; change++) {
                byte[] wrong = valid.clone();
                wrong[at] ^= (byte) change;

                assertSilent(new PacketDecoder(MAX), wrong);
                assertPeekIsSilent(wrong);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("connects")
    void a_connect_that_is_cut_or_has_a_byte_too_few_or_too_many_never_shows_its_password(Packet.Connect connect) {
        byte[] valid = encode(connect, connect.version());
        for (int at = 1; at < valid.length; at++) {
            byte[] without = new byte[valid.length - 1];
            System.arraycopy(valid, 0, without, 0, at);
            System.arraycopy(valid, at + 1, without, at, valid.length - at - 1);
            byte[] with = new byte[valid.length + 1];
            System.arraycopy(valid, 0, with, 0, at);
            System.arraycopy(valid, at, with, at + 1, valid.length - at);

            assertSilent(new PacketDecoder(MAX), without);
            assertSilent(new PacketDecoder(MAX), with);
            assertSilent(new PacketDecoder(at), valid);
        }
    }

    @Test
    void a_wrong_auth_never_shows_its_data() {
        Properties properties = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, "PLAIN")
                .add(Property.AUTHENTICATION_DATA, Bytes.utf8(SECRET))
                .build();
        byte[] valid = encode(new Packet.Auth(ReasonCode.CONTINUE_AUTHENTICATION, properties), MqttVersion.V5);
        for (int at = 1; at < valid.length; at++) {
            for (int change = 1; change < 256; change++) {
                byte[] wrong = valid.clone();
                wrong[at] ^= (byte) change;
                PacketDecoder decoder = new PacketDecoder(MAX);
                decoder.version(MqttVersion.V5);

                assertSilent(decoder, wrong);
            }
        }
    }

    @Test
    void a_wrong_publish_never_shows_its_payload() {
        byte[] valid = encode(
                new Packet.Publish(
                        "t",
                        Bytes.utf8(SECRET),
                        QoS.AT_LEAST_ONCE,
                        false,
                        false,
                        7,
                        Properties.of(Property.TOPIC_ALIAS, 1)),
                MqttVersion.V5);
        for (int wrongByte : new int[] {2, 4, 5, 8, 9}) {
            byte[] wrong = valid.clone();
            wrong[wrongByte] = wrongByte == 4 ? (byte) '#' : (byte) 0xFF;
            if (wrongByte == 5) {
                wrong[5] = 0;
                wrong[6] = 0;
            }
            PacketDecoder decoder = new PacketDecoder(MAX);
            decoder.version(MqttVersion.V5);

            assertSilent(decoder, wrong);
        }
    }

    @Test
    void the_header_of_a_connect_is_shown() {
        byte[] bytes = encode(connects(MqttVersion.V3_1).findFirst().orElseThrow(), MqttVersion.V3_1);
        bytes[15] = 9;

        DisconnectReason reason = reasonOf(new PacketDecoder(MAX), bytes);

        assertThat(reason).isNotNull();
        assertThat(reason.facts()).containsEntry("bytes", "10 1c 00 06 4d 51 49 73 64 70 03 c2 00 3c");
    }

    private static void assertPeekIsSilent(byte[] bytes) {
        String clientId = ConnectPeek.clientId(Unpooled.wrappedBuffer(bytes));

        if (clientId != null) {
            assertSilent(clientId);
        }
    }

    private static void assertSilent(PacketDecoder decoder, byte[] bytes) {
        DisconnectReason reason = reasonOf(decoder, bytes);

        if (reason != null) {
            assertSilent(reason.facts().toString());
        }
    }

    private static void assertSilent(String shown) {
        for (int i = 0; i + PIECE <= SECRET.length(); i++) {
            String piece = SECRET.substring(i, i + PIECE);
            byte[] bytes = piece.getBytes(StandardCharsets.US_ASCII);

            if (shown.contains(piece)
                    || shown.contains(HexFormat.ofDelimiter(" ").formatHex(bytes))) {
                throw new AssertionError("shows a piece of the secret: " + shown);
            }
        }
    }

    private static DisconnectReason reasonOf(PacketDecoder decoder, byte[] bytes) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        try {
            Packet packet;
            do {
                packet = decoder.decode(in);
            } while (packet != null);
            return null;
        } catch (DecodeException e) {
            assertThat(e.getMessage()).contains(e.reason().facts().toString());
            return e.reason();
        }
    }

    private static byte[] encode(Packet packet, MqttVersion version) {
        ByteBuf out = Unpooled.buffer();
        PacketEncoder.encode(packet, version, out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
