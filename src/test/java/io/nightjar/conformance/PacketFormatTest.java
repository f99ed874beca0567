package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of what an MQTT 5 client sends and gets [5.0/1.5, 2]. */
@ExtendWith(StandardBroker.class)
class PacketFormatTest {
    private static String text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return String.format("%04x", bytes.length) + HexFormat.of().formatHex(bytes);
    }

    private static String packet(String first, String... body) {
        String all = String.join("", body).replace(" ", "");
        return first + String.format("%02x", all.length() / 2) + all;
    }

    private static HexClient open() throws IOException {
        HexClient client = new HexClient(StandardBroker.port());
        client.send(packet("10", "0004 4d515454 05 02 0000 00", text(Client.fresh("hex"))));
        assertThat(client.next()).startsWith("20").matches("20..0000.*");
        return client;
    }

    private static HexClient subscriber(String filter, int qos) throws IOException {
        HexClient client = open();
        client.send(packet("82", "0001 00", text(filter), "0" + qos));
        client.expect("90040001000" + qos);
        return client;
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uFEFFstart", "mid\uFEFFdle", "\uFEFF"})
    @Normative({"5.0/1.5.4-3", "5.0/4.7.3-4"})
    void a_byte_order_mark_is_a_character_of_the_topic_and_stays(String marked) throws IOException {
        String topic = Client.fresh("bom/") + "/" + marked;
        try (HexClient withMark = subscriber(topic, 0);
                HexClient without = subscriber(topic.replace("\uFEFF", ""), 0);
                HexClient publisher = open()) {
            publisher.send(packet("30", text(topic), "00 61"), "c000").expect("d000");

            withMark.expect(packet("30", text(topic), "00 61"));
            without.send(packet("a2", "0009 00", text("nobody"))).expect("b00400090011");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u0001b", "\u001f", "\u007f", "\u009fend", "non\uFFFFcharacter"})
    @Normative("5.0/1.5.4")
    void control_characters_and_non_characters_are_taken_and_kept(String odd) throws IOException {
        String topic = Client.fresh("odd/") + "/" + odd;
        try (HexClient subscriber = subscriber(topic, 0);
                HexClient publisher = open()) {
            publisher.send(packet("30", text(topic), "00 61"));

            subscriber.expect(packet("30", text(topic), "00 61"));
        }
    }

    @Test
    @Normative({"5.0/2.2.1-2", "5.0/2.2.2-1", "5.0/3.3.2-1"})
    void a_publish_of_qos_0_has_no_packet_identifier_and_its_empty_properties_are_one_zero_byte() throws IOException {
        String topic = Client.fresh("qos0/");
        try (HexClient subscriber = subscriber(topic, 2);
                HexClient publisher = open()) {
            publisher.send(packet("30", text(topic), "00 6869"));

            subscriber.expect(packet("30", text(topic), "00 6869"));
        }
    }

    @Test
    @Normative({"5.0/2.2.1-5", "5.0/2.2.1-6", "5.0/2.2.2-1"})
    void every_answer_repeats_the_identifier_of_what_it_answers() throws IOException {
        String topic = Client.fresh("ids/");
        try (HexClient client = open()) {
            client.send(packet("82", "abcd 00", text(topic), "02")).expect("9004abcd0002");
            client.send(packet("34", text("elsewhere/" + topic), "1234 00 61"));
            assertThat(client.next()).matches("50(02|03)1234(10)?");
            client.send("6202 1234").expect("70021234");
            client.send(packet("32", text("elsewhere/" + topic), "0007 00 61"));
            assertThat(client.next()).matches("40(02|03)0007(10)?");
            client.send(packet("a2", "8001 00", text(topic))).expect("b004" + "8001" + "0000");
        }
    }

    @Test
    @Normative({"5.0/2.2.1-5", "5.0/4.3.3-4"})
    void pubrel_repeats_the_identifier_of_the_message() throws IOException {
        String topic = Client.fresh("rel/");
        try (HexClient subscriber = subscriber(topic, 2);
                HexClient publisher = open()) {
            publisher.send(packet("34", text(topic), "0001 00 61"));
            String message = subscriber.next();
            String id = message.substring(message.length() - 8, message.length() - 4);
            assertThat(id).isNotEqualTo("0000");

            subscriber.send("5002" + id).expect("6202" + id);
        }
    }

    @Test
    @Normative("5.0/3.12.4-1")
    void every_pingreq_gets_one_pingresp() throws IOException {
        try (HexClient client = open()) {
            client.send("c000", "c000", "c000").expect("d000", "d000", "d000");

            client.send(packet("a2", "0001 00", text("x"))).expect("b00400010011");
        }
    }

    @Test
    @Normative("5.0/4.2-1")
    void bytes_pass_in_order_in_both_directions_however_they_are_cut() throws IOException {
        String topic = Client.fresh("cut/");
        try (HexClient subscriber = subscriber(topic, 0);
                HexClient publisher = open()) {
            StringBuilder stream = new StringBuilder();
            String[] messages = new String[50];
            for (int i = 0; i < messages.length; i++) {
                messages[i] = packet("30", text(topic), "00", String.format("%04x", i));
                stream.append(messages[i]);
            }

            for (int at = 0; at < stream.length(); at += 14) {
                publisher.send(stream.substring(at, Math.min(stream.length(), at + 14)));
            }

            subscriber.expect(messages);
        }
    }
}
