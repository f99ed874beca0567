package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.Detail;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FirstBytesTest {
    @ParameterizedTest
    @CsvSource({
        "'GET / HTTP/1.1', http, 4",
        "'POST /x', http, 5",
        "'PUT /x', http, 4",
        "'PATCH /x', http, 6",
        "'HEAD /x', http, 5",
        "'DELETE /', http, 7",
        "'OPTIONS *', http, 8",
        "'CONNECT a:1', http, 8",
        "'PRI * HTTP/2.0', http, 12",
        "'SSH-2.0-OpenSSH', ssh, 4",
        "'PROXY TCP4 1.2.3.4', proxy_protocol, 6",
        "'GOT', junk, 2",
        "'hello', junk, 1",
        "'EHLO a', junk, 1"
    })
    void text_is_told_as_early_as_it_can_be(String text, String word, int needed) {
        assertDecidedAt(text.getBytes(StandardCharsets.US_ASCII), word, needed, Detail.NOT_MQTT);
    }

    @ParameterizedTest
    @CsvSource({
        "160301, tls, 2",
        "160303020001, tls, 2",
        "0d0a0d0a000d0a515549540a21, proxy_protocol, 12",
        "0d0a0d0a01, junk, 5",
        "00, junk, 1",
        "ff, junk, 1",
        "36, junk, 1",
        "30ffffffffff, junk, 5",
        "c001, junk, 2",
        "5001, junk, 2",
    })
    void bytes_are_told_as_early_as_they_can_be(String hex, String word, int needed) {
        assertDecidedAt(HexFormat.of().parseHex(hex), word, needed, Detail.NOT_MQTT);
    }

    @ParameterizedTest
    @CsvSource({
        "c000, mqtt_pingreq",
        "300500017461, mqtt_publish",
        "82080001, mqtt_subscribe",
        "e000, mqtt_disconnect",
        "20020000, mqtt_connack",
        "50020001, mqtt_pubrec",
        "f000, mqtt_auth"
    })
    void another_packet_first_is_a_protocol_error(String hex, String word) {
        assertDecidedAt(HexFormat.of().parseHex(hex), word, 2, Detail.PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10", "1000", "16", "47", "4745", "5052", "505249", "c0", "30", "3080", "0d0a0d"})
    void too_few_bytes_are_waited_for(String hex) throws DecodeException {
        if (hex.equals("1000")) {
            assertThat(refused(HexFormat.of().parseHex(hex)).reason().detail()).isEqualTo(Detail.MALFORMED_PACKET);
            return;
        }
        ByteBuf in = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));

        assertThat(new PacketDecoder(100).decode(in)).isNull();
        assertThat(in.readerIndex()).isZero();
    }

    @Test
    void few_bytes_are_shown() {
        DecodeException e = refused("GET /?password=secret HTTP/1.1".getBytes(StandardCharsets.US_ASCII));

        assertThat(e.reason().facts())
                .containsEntry("bytes", "47 45 54 20 2f 3f 70 61 73 73 77 6f")
                .containsEntry("packet", "unknown");
    }

    private static void assertDecidedAt(byte[] bytes, String word, int needed, Detail detail) {
        for (int length = 1; length < needed; length++) {
            ByteBuf part = Unpooled.wrappedBuffer(bytes, 0, length);

            assertThat(FirstBytes.looksLike(part, 0, length))
                    .as("%d bytes", length)
                    .isNull();
        }
        for (int length = needed; length <= bytes.length; length++) {
            assertThat(FirstBytes.looksLike(Unpooled.wrappedBuffer(bytes), 0, length))
                    .isEqualTo(word);
        }
        DecodeException e = refused(bytes);
        assertThat(e.reason().detail()).isEqualTo(detail);
        assertThat(e.reason().facts()).containsEntry("looks_like", word).containsEntry("offset", "0");
    }

    private static DecodeException refused(byte[] bytes) {
        try {
            throw new AssertionError("was taken: " + new PacketDecoder(100).decode(Unpooled.wrappedBuffer(bytes)));
        } catch (DecodeException e) {
            return e;
        }
    }
}
