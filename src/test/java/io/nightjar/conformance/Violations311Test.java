package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.PINGREQ;
import static io.nightjar.conformance.Packets311.PINGRESP;
import static io.nightjar.conformance.Packets311.id;
import static io.nightjar.conformance.Packets311.packet;
import static io.nightjar.conformance.Packets311.publish0;
import static io.nightjar.conformance.Packets311.publish1;
import static io.nightjar.conformance.Packets311.pubrec;
import static io.nightjar.conformance.Packets311.rawText;
import static io.nightjar.conformance.Packets311.request;
import static io.nightjar.conformance.Packets311.suback;
import static io.nightjar.conformance.Packets311.subscribe;
import static io.nightjar.conformance.Packets311.text;

import io.nightjar.conformance.Packets311.Connect;
import java.io.IOException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a connected client of 3.1.1 must not send. Each time: its connection is closed without a packet, its Will is
 * published, nothing of the packet or of what follows it in the same segment is done, and a client beside it that takes
 * everything notices nothing else.
 */
class Violations311Test extends OneNode {
    /** Ill-formed in one way each: a lone continuation byte, a cut sequence, an overlong form, surrogates, above U+10FFFF. */
    private static final String[] ILL_FORMED = {"80", "c3", "c328", "c0af", "eda080", "edbfbf", "f4908080", "fe"};

    private HexClient witness;

    @BeforeEach
    void watch() throws IOException {
        witness = subscriber("#", 0);
    }

    @AfterEach
    void leave() throws IOException {
        witness.leave();
    }

    static Stream<String> badText() {
        return Stream.of(ILL_FORMED).flatMap(Violations311Test::eachTextOf);
    }

    static Stream<String> nullCharacters() {
        return Stream.of("00", "610062").flatMap(Violations311Test::eachTextOf);
    }

    /** The packets of a connected client that have a text, with these bytes in it. */
    private static Stream<String> eachTextOf(String bytes) {
        String text = rawText(bytes);
        return Stream.of(
                packet(0x30, text + "78"),
                packet(0x32, text + id(1) + "78"),
                packet(0x35, text + id(1) + "78"),
                packet(0x82, id(1) + text + "00"),
                packet(0x82, id(1) + request("fine", 0) + text + "00"),
                packet(0xA2, id(1) + text),
                packet(0xA2, id(1) + text("fine") + text));
    }

    @ParameterizedTest
    @MethodSource("badText")
    @Normative({"311/1.5.3-1", "311/3.3.2-1", "311/4.8.0-1"})
    @OftenWrong(40)
    void text_that_is_not_utf_8_ends_the_connection(String packet) throws IOException {
        breaks(packet);
    }

    @ParameterizedTest
    @MethodSource("nullCharacters")
    @Normative({"311/1.5.3-2", "311/4.7.3-2", "311/3.3.2-1", "311/4.8.0-1"})
    @OftenWrong(40)
    void the_null_character_in_a_text_ends_the_connection(String packet) throws IOException {
        breaks(packet);
    }

    /** PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT, well-formed but for their flags. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "40020001",
                "50020001",
                "62020001",
                "70020001",
                "8206000100016100",
                "a20500010001 61",
                "c000",
                "e000"
            })
    @Normative({
        "311/2.2.2-1",
        "311/2.2.2-2",
        "311/3.6.1-1",
        "311/3.8.1-1",
        "311/3.10.1-1",
        "311/3.14.1-1",
        "311/4.8.0-1"
    })
    void any_other_flags_than_those_of_the_packet_end_the_connection(String wellFormed) throws IOException {
        char rightFlags = wellFormed.charAt(1);
        for (char flags : "0123456789abcdef".toCharArray()) {
            if (flags != rightFlags) {
                breaks(wellFormed.charAt(0) + "" + flags + wellFormed.substring(2));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3206 0001 61 0000 78",
                "3406 0001 61 0000 78",
                "3b06 0001 61 0000 78",
                "8206 0000 0001 61 00",
                "a205 0000 0001 61",
                "4002 0000",
                "6202 0000"
            })
    @Normative({"311/2.3.1-1", "311/4.8.0-1"})
    void packet_identifier_0_ends_the_connection(String packet) throws IOException {
        breaks(packet);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x36, 0x37, 0x3E, 0x3F})
    @Normative({"311/3.3.1-4", "311/4.8.0-1"})
    void publish_with_qos_3_ends_the_connection(int first) throws IOException {
        breaks(Packets311.publish(first, "a", 1, "x"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x38, 0x39})
    @Normative({"311/3.3.1-2", "311/4.8.0-1"})
    void publish_with_dup_and_qos_0_ends_the_connection(int first) throws IOException {
        breaks(Packets311.publish(first, "a", 0, "x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "#", "a/+", "a/#", "a/+/b", "a+b", "a#", "/#", "$a/+"})
    @Normative({"311/3.3.2-2", "311/4.7.1-1", "311/4.8.0-1"})
    @OftenWrong(40)
    void a_wildcard_in_a_topic_name_ends_the_connection(String topic) throws IOException {
        breaks(publish0(topic, "x"));
        breaks(publish1(1, topic, "x"));
        breaks(Packets311.publish(0x35, topic, 1, "x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3003 0000 78",
                "3205 0000 0001 78",
                "8205 0001 0000 00",
                "a204 0001 0000",
                "8209 0001 0001 61 00 0000 00"
            })
    @Normative({"311/4.7.3-1", "311/4.8.0-1"})
    @OftenWrong(40)
    void an_empty_topic_name_or_filter_ends_the_connection(String packet) throws IOException {
        breaks(packet);
    }

    static Stream<String> badQosBytes() {
        return IntStream.of(0x03, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x05, 0x2D, 0xFF)
                .boxed()
                .flatMap(qos -> Stream.of(
                        packet(0x82, id(1) + request("a", qos)),
                        packet(0x82, id(1) + request("fine", 1) + request("a", qos))));
    }

    @ParameterizedTest
    @MethodSource("badQosBytes")
    @Normative({"311/3.8.3-4", "311/4.8.0-1"})
    void a_reserved_bit_or_qos_3_in_subscribe_ends_the_connection(String packet) throws IOException {
        breaks(packet);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/#/b", "a#", "#/a", "+a", "a+/b", "a/b+", "##", "++"})
    @Normative({"311/4.7.1-2", "311/4.7.1-3", "311/4.8.0-1"})
    void a_wildcard_in_the_wrong_place_of_a_filter_ends_the_connection(String filter) throws IOException {
        breaks(subscribe(1, filter, 0));
        breaks(subscribe(1, request("fine", 0), request(filter, 0)));
    }

    /** No filter; cut and too long; what only servers send; types 0 and 15; a Remaining Length of five bytes. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "8202 0001",
                "a202 0001",
                "8204 0001 0001",
                "8205 0001 0001 61",
                "a206 0001 0001 61 00",
                "3001 00",
                "3003 0002 61",
                "3203 0001 61",
                "4001 00",
                "4003 0001 00",
                "c001 00",
                "e001 00",
                "e002 0000",
                "2002 0000",
                "9003 0001 00",
                "b002 0001",
                "d000",
                "0000",
                "f000",
                "f002 1800",
                "30 ffffffff 7f",
                "c0 80 80 80 80 00"
            })
    @Normative({"311/3.8.3-3", "311/3.10.3-2", "311/4.8.0-1"})
    void other_packets_that_3_1_1_does_not_know_end_the_connection(String packet) throws IOException {
        breaks(packet);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative({"311/3.1.0-2", "311/3.1.2-8", "311/4.8.0-1"})
    @OftenWrong(33)
    void a_second_connect_ends_the_connection_and_does_nothing_else(boolean sameClientId) throws IOException {
        String victim = fresh("victim");
        String other = fresh("other");
        try (HexClient bystander = open(other);
                HexClient client = open(Connect.of(victim).will("gone", victim, 0, false))) {
            Connect second = Connect.of(sameClientId ? victim : other).will("gone", "second", 0, false);

            client.send(second.hex(), publish0("after", "x"));

            client.expectClosed();
            witness.expect(publish0("gone", victim)).expectNothing();
            bystander.send(PINGREQ).expect(PINGRESP);
        }
    }

    @Test
    @Normative("311/4.8.0-1")
    void what_was_answered_before_the_wrong_packet_stays_and_other_exchanges_go_on() throws IOException {
        try (HexClient other = open(fresh("other"));
                HexClient client = open(fresh("victim"))) {
            other.send(Packets311.publish2(7, "half", "x")).expect(pubrec(7));

            client.send(publish1(9, "before", "x"), "36 04 0001 61 00", publish0("after", "x"));

            client.expect(Packets311.puback(9)).expectClosed();
            other.send(Packets311.pubrel(7)).expect(Packets311.pubcomp(7));
            other.send(subscribe(8, "a", 2)).expect(suback(8, 2));
            witness.expect(publish0("half", "x"), publish0("before", "x")).expectNothing();
        }
    }

    /** A client connects, sends this and a good PUBLISH behind it; only its Will may come of that. */
    private void breaks(String packet) throws IOException {
        String victim = fresh("victim");
        try (HexClient client = open(Connect.of(victim).will("gone", victim, 0, false))) {
            client.send(packet, publish0("after", "x"));

            client.expectClosed();
        }
        witness.expect(publish0("gone", victim)).expectNothing();
    }
}
