package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.ACCEPTED;
import static io.nightjar.conformance.Packets311.PINGREQ;
import static io.nightjar.conformance.Packets311.PINGRESP;
import static io.nightjar.conformance.Packets311.id;
import static io.nightjar.conformance.Packets311.packet;
import static io.nightjar.conformance.Packets311.puback;
import static io.nightjar.conformance.Packets311.pubcomp;
import static io.nightjar.conformance.Packets311.publish;
import static io.nightjar.conformance.Packets311.publish0;
import static io.nightjar.conformance.Packets311.publish1;
import static io.nightjar.conformance.Packets311.publish2;
import static io.nightjar.conformance.Packets311.pubrec;
import static io.nightjar.conformance.Packets311.pubrel;
import static io.nightjar.conformance.Packets311.request;
import static io.nightjar.conformance.Packets311.suback;
import static io.nightjar.conformance.Packets311.subscribe;
import static io.nightjar.conformance.Packets311.text;
import static io.nightjar.conformance.Packets311.unsuback;
import static io.nightjar.conformance.Packets311.unsubscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Packets311.Connect;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 3.1 ("MQIsdp", level 3), where it is not as 3.1.1: it has no numbered statements. */
class Version31Test {
    @TempDir
    private static Path directory;

    private static TestBroker broker;

    @BeforeAll
    static void start() {
        String rules = "[{permission = deny, who = all, action = all, topics = [\"secret/#\"]}]";
        broker = TestBroker.start(
                directory, "oldest", Map.of("authorization.rules", rules, "mqtt.max-subscriptions", "8"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static HexClient open(String clientId) throws IOException {
        return open(Connect.of(clientId));
    }

    private static HexClient open(Connect connect) throws IOException {
        return HexClient.open(broker.port(), connect.v31(), ACCEPTED);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void messages_go_both_ways_with_every_qos(int qos) throws IOException {
        String topic = "both/" + qos;
        try (HexClient subscriber = open("both-sub-" + qos);
                HexClient publisher = open("both-pub-" + qos)) {
            subscriber.send(subscribe(1, topic, qos)).expect(suback(1, qos));

            publisher.send(publish(0x30 | qos << 1, topic, 5, "m"));

            if (qos == 1) {
                publisher.expect(puback(5));
            } else if (qos == 2) {
                publisher.expect(pubrec(5)).send(pubrel(5)).expect(pubcomp(5));
            }
            subscriber.expect(publish(0x30 | qos << 1, topic, 1, "m"));
            if (qos == 1) {
                subscriber.send(puback(1));
            } else if (qos == 2) {
                subscriber.send(pubrec(1)).expect(pubrel(1)).send(pubcomp(1));
            }
            subscriber.send(unsubscribe(2, topic)).expect(unsuback(2));
            publisher.send(PINGREQ).expect(PINGRESP).leave();
            subscriber.leave();
        }
    }

    @Test
    void pubrel_subscribe_and_unsubscribe_may_be_sent_again_with_dup() throws IOException {
        try (HexClient client = open("dup")) {
            client.send(subscribe(1, "dup", 1)).expect(suback(1, 1));
            client.send("8a" + subscribe(1, "dup", 1).substring(2)).expect(suback(1, 1));
            client.send(publish2(2, "elsewhere", "x")).expect(pubrec(2));
            client.send(pubrel(2)).expect(pubcomp(2));
            client.send("6a02" + id(2)).expect(pubcomp(2));
            client.send(unsubscribe(3, "dup")).expect(unsuback(3));
            client.send("aa" + unsubscribe(3, "dup").substring(2)).expect(unsuback(3));
        }
    }

    @Test
    void the_byte_that_is_session_present_later_stays_0() throws IOException {
        HexClient client = open(Connect.of("reserved").stored());
        client.send(subscribe(1, "reserved", 1)).expect(suback(1, 1)).leave();
        try (HexClient publisher = open("reserved-pub")) {
            publisher.send(publish1(1, "reserved", "waited")).expect(puback(1));
        }

        try (HexClient again = open(Connect.of("reserved").stored())) {
            again.expect(publish1(1, "reserved", "waited")).send(puback(1)).expectNothing();
        }
        // A client of 3.1.1 with this ClientID is told.
        HexClient.open(broker.port(), Connect.of("reserved").stored(), Packets311.ACCEPTED_SESSION_PRESENT)
                .leave();
    }

    @Test
    void an_exchange_goes_on_after_a_break_and_when_the_client_speaks_3_1_1_next() throws IOException {
        HexClient client = open(Connect.of("upgrade").stored());
        client.send(subscribe(1, "upgrade", 2)).expect(suback(1, 2));
        try (HexClient publisher = open("upgrade-pub")) {
            publisher.send(publish2(1, "upgrade", "two")).expect(pubrec(1));
        }
        client.expect(publish2(1, "upgrade", "two")).reset();
        client = open(Connect.of("upgrade").stored());
        client.expect(publish(0x3C, "upgrade", 1, "two"));
        client.send(pubrec(1)).expect(pubrel(1)).reset();

        client = HexClient.open(broker.port(), Connect.of("upgrade").stored(), Packets311.ACCEPTED_SESSION_PRESENT);

        client.expect(pubrel(1)).send(pubcomp(1)).expectNothing().leave();
    }

    @Test
    void a_filter_that_is_not_allowed_is_granted_all_the_same_since_3_1_has_no_failure_code_and_brings_nothing()
            throws IOException {
        try (HexClient client = open("denied");
                HexClient publisher = open("denied-pub")) {
            client.send(subscribe(1, request("open", 1), request("secret/a", 2), request("secret/#", 0)))
                    .expect(suback(1, 1, 2, 0));

            publisher.send(publish2(1, "secret/a", "x")).expect(pubrec(1));
            publisher.send(publish1(2, "open", "x")).expect(puback(2));

            client.expect(publish1(1, "open", "x")).expectNothing();
        }
    }

    @Test
    void a_filter_beyond_the_limit_gets_no_failure_code_either() throws IOException {
        try (HexClient client = open("many")) {
            for (int i = 1; i <= 9; i++) {
                client.send(subscribe(i, "many/" + i, 1)).expect(suback(i, 1));
            }
        }
    }

    @Test
    void an_empty_client_identifier_is_rejected_with_either_clean_session() throws IOException {
        for (Connect connect : new Connect[] {Connect.of(""), Connect.of("").stored()}) {
            try (HexClient client = new HexClient(broker.port())) {
                client.send(connect.v31().hex()).expect("20020002").expectClosed();
            }
        }
    }

    @Test
    void a_client_identifier_of_more_than_23_characters_is_taken() throws IOException {
        open("a-client-identifier-of-more-than-23-characters").leave();
    }

    @Test
    void flags_for_a_user_name_and_password_that_are_missing_are_forgiven() throws IOException {
        String header = text("MQIsdp") + "03" + "c2" + "0000";
        try (HexClient neither = new HexClient(broker.port());
                HexClient nameOnly = new HexClient(broker.port())) {
            neither.send(packet(0x10, header + text("neither"))).expect(ACCEPTED);

            nameOnly.send(packet(0x10, header + text("name-only") + text("ann")))
                    .expect(ACCEPTED);
        }
    }

    @Test
    void the_will_is_published_when_the_connection_breaks_and_at_takeover_and_not_after_disconnect()
            throws IOException {
        try (HexClient heir = open("heir")) {
            heir.send(subscribe(1, "will/#", 0)).expect(suback(1, 0));
            Connect mortal = Connect.of("mortal").will("will/31", "gone", 1, false);
            open(mortal).reset();
            heir.expect(publish0("will/31", "gone"));

            HexClient old = open(mortal);
            HexClient client = open(mortal);
            old.expectClosed();
            heir.expect(publish0("will/31", "gone"));
            client.leave();

            open(Connect.of("mortal")).leave();
            heir.expectNothing();
        }
    }

    @Test
    void a_connect_that_breaks_the_format_is_closed_without_a_connack() throws IOException {
        String name = text("MQIsdp") + "03";
        for (String broken : new String[] {
            packet(0x10, name + "42 0000" + text("x") + text("password")),
            packet(0x10, name + "1e 0000" + text("x") + text("t") + text("m")),
            packet(0x10, name + "06 0000" + text("x") + text("a/#") + text("m")),
            packet(0x10, name + "02 0000 0005 78"),
            packet(0x10, name)
        }) {
            try (HexClient client = new HexClient(broker.port())) {
                client.send(broken).expectClosed();
            }
        }
    }

    @Test
    void a_client_of_3_1_gets_what_a_client_of_5_has_to_say_without_its_properties() throws IOException {
        try (HexClient client = open("plain");
                HexClient newest = new HexClient(broker.port())) {
            client.send(subscribe(1, "plain/#", 1)).expect(suback(1, 1));
            newest.send(packet(0x10, text("MQTT") + "05 02 0000 00" + text("newest")));
            assertThat(newest.next()).startsWith("20");

            newest.send(packet(0x32, text("plain/a") + "0001" + "0c 02 0000003c 26" + text("k") + text("v") + "6d6d"));

            client.expect(publish1(1, "plain/a", "mm"));
        }
    }
}
