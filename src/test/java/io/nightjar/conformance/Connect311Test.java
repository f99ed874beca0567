package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.ACCEPTED;
import static io.nightjar.conformance.Packets311.ACCEPTED_SESSION_PRESENT;
import static io.nightjar.conformance.Packets311.DISCONNECT;
import static io.nightjar.conformance.Packets311.PINGREQ;
import static io.nightjar.conformance.Packets311.PINGRESP;
import static io.nightjar.conformance.Packets311.packet;
import static io.nightjar.conformance.Packets311.publish0;
import static io.nightjar.conformance.Packets311.publish1;
import static io.nightjar.conformance.Packets311.rawText;
import static io.nightjar.conformance.Packets311.suback;
import static io.nightjar.conformance.Packets311.subscribe;
import static io.nightjar.conformance.Packets311.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Packets311.Connect;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CONNECT and CONNACK of 3.1.1. What depends on who the client is stands in {@link Refusals311Test}. */
class Connect311Test extends OneNode {
    /** Return codes. */
    private static final String UNACCEPTABLE_PROTOCOL_VERSION = "20020001";

    private static final String IDENTIFIER_REJECTED = "20020002";

    private static final String MQTT_4 = "0004 4d515454 04";

    /** ClientID of every CONNECT below that gets so far. */
    private static final String ID = text("incumbent");

    private static String connect(String flags, String afterClientId) {
        return packet(0x10, MQTT_4 + flags + "0000" + ID + afterClientId);
    }

    static Stream<String> brokenConnects() {
        return Stream.of(
                // the reserved flag
                connect("03", ""),
                connect("01", ""),
                // a Will QoS or Will Retain without a Will, and Will QoS 3
                connect("0a", ""),
                connect("12", ""),
                connect("1a", ""),
                connect("22", ""),
                connect("1e", text("t") + text("m")),
                // a password without a user name
                connect("42", text("secret")),
                connect("46", text("t") + text("m") + text("secret")),
                // flags that say more, or less, than there is
                connect("82", ""),
                connect("c2", text("name")),
                connect("06", ""),
                connect("06", text("t")),
                connect("02", text("t") + text("m")),
                connect("02", "00"),
                // text that is no text
                connect("06", rawText("c328") + text("m")),
                connect("06", rawText("eda080") + text("m")),
                connect("06", rawText("6100") + text("m")),
                connect("82", rawText("ff")),
                connect("82", rawText("edbfbf")),
                connect("82", rawText("610062")),
                packet(0x10, MQTT_4 + "02 0000" + rawText("c080")),
                packet(0x10, MQTT_4 + "02 0000" + rawText("eda080")),
                packet(0x10, MQTT_4 + "02 0000" + rawText("696e0063")),
                // a Will Topic that is no Topic Name
                connect("06", text("") + text("m")),
                connect("06", text("a/+") + text("m")),
                connect("06", text("#") + text("m")),
                // cut anywhere
                "1000",
                "10 02 0004",
                "10 04 0004 4d51",
                "10 07" + MQTT_4,
                "10 08" + MQTT_4 + "02",
                "10 0a" + MQTT_4 + "02 0000",
                "10 0c" + MQTT_4 + "02 0000 0009",
                // fixed header
                "11" + connect("02", "").substring(2),
                "1f" + connect("02", "").substring(2),
                "10 ff ff ff ff 01");
    }

    @ParameterizedTest
    @MethodSource("brokenConnects")
    @Normative({
        "311/1.5.3-1",
        "311/1.5.3-2",
        "311/2.2.2-1",
        "311/2.2.2-2",
        "311/3.1.2-3",
        "311/3.1.2-11",
        "311/3.1.2-13",
        "311/3.1.2-14",
        "311/3.1.2-15",
        "311/3.1.2-18",
        "311/3.1.2-19",
        "311/3.1.2-20",
        "311/3.1.2-21",
        "311/3.1.2-22",
        "311/3.1.4-1",
        "311/3.3.2-2",
        "311/4.7.1-1",
        "311/4.7.3-1",
        "311/4.7.3-2",
        "311/4.8.0-1"
    })
    @OftenWrong(27)
    void a_connect_that_breaks_the_format_is_closed_without_a_connack_and_takes_nothing_over(String broken)
            throws IOException {
        try (HexClient incumbent = open("incumbent");
                HexClient client = transport()) {
            incumbent.send(subscribe(1, "broken/#", 0)).expect(suback(1, 0));

            client.send(broken, publish0("broken/after", "x"));

            client.expectClosed();
            incumbent.send(PINGREQ).expect(PINGRESP).expectNothing();
        }
    }

    @Test
    @Normative({"311/3.1.4-1", "311/3.2.0-1", "311/3.1.2-1", "311/3.1.2-2"})
    @OftenWrong(27)
    void a_connect_with_any_one_bit_wrong_is_served_refused_by_its_version_or_closed_in_silence() throws IOException {
        String clientId = fresh("bit");
        Connect connect =
                Connect.of(clientId).will("bits/" + clientId, "w", 1, false).user("ann", "secret");
        byte[] good = HexFormat.of().parseHex(connect.hex());
        int levelAt = 8;
        for (int bit = 0; bit < 8 * good.length; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            try (HexClient client = transport()) {
                client.send(HexFormat.of().formatHex(bad));
                client.finish();

                String answer = client.next();

                boolean versionIsWrong = bit / 8 > 1 && bit / 8 <= levelAt;
                assertThat(answer)
                        .as("bit %d of byte %d", bit % 8, bit / 8)
                        .matches(versionIsWrong ? "closed|20020001|20..0084.*|20..008[12].*" : "closed|20020000");
                assertThat(answer.equals(ACCEPTED) ? client.next() : HexClient.CLOSED)
                        .isEqualTo(HexClient.CLOSED);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"MQTX", "mqtt", "MQT", "MQTTT", "", "MQIsdP", "HTTP", "MQTT\uFEFF"})
    @Normative("311/3.1.2-1")
    void another_protocol_name_is_never_served_as_mqtt(String name) throws IOException {
        String clientId = fresh("name");
        try (HexClient incumbent = open(clientId);
                HexClient client = transport()) {
            incumbent.send(subscribe(1, "other/#", 0)).expect(suback(1, 0));
            String connect = packet(0x10, text(name) + "04 02 0000" + text(clientId));

            client.send(connect, publish0("other/protocol", "x"));

            String answer = client.next();
            if (!answer.equals(HexClient.CLOSED)) {
                // The CONNACK that MQTT 5 has for it: not a success.
                assertThat(answer).startsWith("20").matches("20..0084.*");
                client.expectClosed();
            }
            incumbent.send(PINGREQ).expect(PINGRESP).expectNothing();
        }
    }

    /** Levels that there never were, and those of bridges that set the highest bit and fall back on code 1. */
    static Stream<String> levelsNotServed() {
        return Stream.of(
                text("MQTT") + "00",
                text("MQTT") + "01",
                text("MQTT") + "02",
                text("MQTT") + "03",
                text("MQTT") + "83",
                text("MQTT") + "84",
                text("MQIsdp") + "02",
                text("MQIsdp") + "04",
                text("MQIsdp") + "83");
    }

    @ParameterizedTest
    @MethodSource("levelsNotServed")
    @Normative({"311/3.1.2-2", "311/3.2.2-4", "311/3.2.2-5", "311/3.1.4-5"})
    void a_level_that_is_not_served_gets_return_code_1_and_the_connection_is_closed(String protocol)
            throws IOException {
        String clientId = fresh("level");
        try (HexClient incumbent = open(clientId);
                HexClient client = transport()) {
            incumbent.send(subscribe(1, "level/#", 0)).expect(suback(1, 0));

            client.send(packet(0x10, protocol + "02 0000" + text(clientId)), publish0("level/after", "x"));

            client.expect(UNACCEPTABLE_PROTOCOL_VERSION).expectClosed();
            incumbent.send(PINGREQ).expect(PINGRESP).expectNothing();
        }
    }

    // ---- ClientIDs

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "a",
                "Z",
                "0123456789abcdefghijklm",
                "nopqrstuvwxyzABCDEFGHIJ",
                "KLMNOPQRSTUVWXYZ0123456",
                "longer than the 23 bytes that all servers take",
                "ünï/+#$%\u2603",
            })
    @Normative({"311/3.1.3-5", "311/3.1.4-4"})
    void client_identifiers_are_taken(String clientId) throws IOException {
        try (HexClient client = open(clientId)) {
            client.send(subscribe(1, "ids/" + fresh("t"), 1)).expect(suback(1, 1));
            client.leave();
        }
    }

    @Test
    @Normative({"311/3.1.3-6", "311/3.1.3-7", "311/3.2.2-3"})
    @OftenWrong(25)
    void two_clients_with_an_empty_client_identifier_are_two() throws IOException {
        try (HexClient one = open(Connect.of("").will("gone/empty", "one", 0, false));
                HexClient two = open(Connect.of("").will("gone/empty", "two", 0, false))) {
            one.send(subscribe(1, "empty/1", 1)).expect(suback(1, 1));
            two.send(subscribe(1, "empty/2", 1)).expect(suback(1, 1));

            two.send(publish1(9, "empty/1", "to one")).expect(Packets311.puback(9));
            one.send(publish1(9, "empty/2", "to two"));

            assertThat(one.all()).containsExactlyInAnyOrder(publish1(1, "empty/1", "to one"), Packets311.puback(9));
            assertThat(two.all()).containsExactly(publish1(1, "empty/2", "to two"));
        }
    }

    @Test
    @Normative({"311/3.1.3-7", "311/3.1.3-8", "311/3.2.2-4", "311/3.2.2-5", "311/3.1.4-5"})
    @OftenWrong(25)
    void an_empty_client_identifier_with_clean_session_0_gets_return_code_2() throws IOException {
        try (HexClient watcher = subscriber("no/id/#", 0);
                HexClient client = transport()) {
            Connect connect = Connect.of("").stored().will("no/id/will", "x", 0, false);

            client.send(connect.hex(), publish0("no/id/after", "x"));

            client.expect(IDENTIFIER_REJECTED).expectClosed();
            watcher.expectNothing();
        }
    }

    @Test
    @Normative({"311/3.1.3-9", "311/3.2.2-4", "311/3.2.2-5"})
    void a_client_identifier_beyond_the_limit_gets_return_code_2() throws IOException {
        try (HexClient client = transport();
                HexClient longest = open("i".repeat(4096))) {
            client.send(Connect.of("i".repeat(4097)).hex());

            client.expect(IDENTIFIER_REJECTED).expectClosed();
            longest.leave();
        }
    }

    // ---- CONNACK

    @Test
    @Normative({"311/3.1.4-4", "311/3.2.0-1"})
    void connack_comes_first_even_if_more_came_with_connect() throws IOException {
        String clientId = fresh("first");
        try (HexClient client = transport()) {
            client.send(Connect.of(clientId).hex(), PINGREQ, subscribe(2, clientId, 1), publish1(3, "a", "x"));

            client.expect(ACCEPTED);
            assertThat(client.all()).containsExactlyInAnyOrder(PINGRESP, suback(2, 1), Packets311.puback(3));
        }
    }

    @Test
    @Normative({"311/3.2.0-1", "311/3.2.2-2"})
    void connack_comes_before_the_messages_that_waited() throws IOException {
        String clientId = fresh("waited");
        HexClient stored = open(Connect.of(clientId).stored());
        stored.send(subscribe(1, clientId, 1)).expect(suback(1, 1)).leave();
        try (HexClient publisher = open(fresh("pub"))) {
            for (int i = 1; i <= 100; i++) {
                publisher.send(publish1(i, clientId, "m" + i)).expect(Packets311.puback(i));
            }
        }

        try (HexClient client = transport()) {
            client.send(Connect.of(clientId).stored().hex());

            client.expect(ACCEPTED_SESSION_PRESENT);
            for (int i = 1; i <= 100; i++) {
                client.expect(publish1(i, clientId, "m" + i));
            }
        }
    }

    @Test
    @Normative({"311/3.2.2-1", "311/3.2.2-2", "311/3.2.2-3", "311/3.1.4-3", "311/3.1.4-4"})
    void session_present_is_1_only_for_clean_session_0_with_a_session_that_is_there() throws IOException {
        Connect clean = Connect.of(fresh("present"));

        present(clean.stored(), ACCEPTED);
        present(clean.stored(), ACCEPTED_SESSION_PRESENT); // one without subscriptions counts
        present(clean, ACCEPTED);
        present(clean.stored(), ACCEPTED); // Clean Session 1 left nothing
        present(clean.stored(), ACCEPTED_SESSION_PRESENT);
    }

    @Test
    @Normative({"311/3.2.2-1", "311/3.2.2-2", "311/3.2.2-3", "311/3.1.4-2"})
    void session_present_tells_the_same_when_the_session_is_taken_over() throws IOException {
        Connect clean = Connect.of(fresh("over"));
        try (HexClient a = HexClient.open(broker.port(), clean, ACCEPTED);
                HexClient b = HexClient.open(broker.port(), clean.stored(), ACCEPTED);
                HexClient c = HexClient.open(broker.port(), clean.stored(), ACCEPTED_SESSION_PRESENT);
                HexClient d = HexClient.open(broker.port(), clean, ACCEPTED);
                HexClient e = HexClient.open(broker.port(), clean, ACCEPTED);
                HexClient f = HexClient.open(broker.port(), clean.stored(), ACCEPTED)) {
            for (HexClient old : List.of(a, b, c, d, e)) {
                old.expectClosed();
            }
            f.send(PINGREQ).expect(PINGRESP);
        }
    }

    @Test
    @Normative({"311/3.2.2-6", "311/3.1.4-5"})
    void a_limit_that_no_return_code_names_closes_without_a_connack() throws IOException {
        String clientId = fresh("levels");
        try (HexClient incumbent = open(clientId);
                HexClient client = transport()) {
            String deeper = "l" + "/l".repeat(128);

            client.send(Connect.of(clientId).will(deeper, "x", 0, true).hex());

            client.expectClosed();
            incumbent.send(PINGREQ).expect(PINGRESP);
        }
    }

    @Test
    @Normative("311/3.1.4-2")
    void the_older_connection_of_a_client_identifier_is_closed_and_the_newer_works() throws IOException {
        String clientId = fresh("older");
        try (HexClient older = open(clientId);
                HexClient newer = open(clientId);
                HexClient similar = open(clientId.toUpperCase(java.util.Locale.ROOT))) {
            older.expectClosed();

            newer.send(subscribe(1, clientId, 0)).expect(suback(1, 0));
            similar.send(publish0(clientId, "x"), PINGREQ).expect(PINGRESP);
            newer.expect(publish0(clientId, "x"));
        }
    }

    @Test
    @Normative({"311/3.1.0-1"})
    @OftenWrong(33)
    void a_first_packet_other_than_connect_is_closed_without_an_answer() throws IOException {
        try (HexClient watcher = subscriber("unconnected/#", 0)) {
            for (String packet : List.of(
                    PINGREQ,
                    publish0("unconnected/a", "x"),
                    publish1(1, "unconnected/a", "x"),
                    subscribe(1, "a", 0),
                    Packets311.unsubscribe(1, "a"),
                    Packets311.puback(1),
                    Packets311.pubrel(1),
                    DISCONNECT)) {
                try (HexClient client = transport()) {
                    client.send(packet, Connect.of(fresh("late")).hex()).expectClosed();
                }
            }
            watcher.expectNothing();
        }
    }

    @Test
    @Normative({"311/7.1.1-1", "311/7.0.0-2"})
    void a_client_over_tcp_needs_nothing_that_the_standard_does_not_have() throws IOException {
        try (HexClient client = open(fresh("plain"))) {
            client.send(subscribe(1, "plain/+", 2)).expect(suback(1, 2));

            client.send(Packets311.publish2(2, "plain/a", "x")).expect(Packets311.pubrec(2));

            client.send(Packets311.pubrel(2));
            assertThat(client.all())
                    .containsExactlyInAnyOrder(Packets311.publish2(1, "plain/a", "x"), Packets311.pubcomp(2));
            client.leave();
        }
    }

    private static void present(Connect connect, String connAck) throws IOException {
        try (HexClient client = HexClient.open(broker.port(), connect, connAck)) {
            client.leave();
        }
    }
}
