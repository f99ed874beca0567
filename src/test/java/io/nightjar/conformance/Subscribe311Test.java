package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.PINGREQ;
import static io.nightjar.conformance.Packets311.PINGRESP;
import static io.nightjar.conformance.Packets311.packet;
import static io.nightjar.conformance.Packets311.puback;
import static io.nightjar.conformance.Packets311.pubcomp;
import static io.nightjar.conformance.Packets311.publish;
import static io.nightjar.conformance.Packets311.publish0;
import static io.nightjar.conformance.Packets311.publish1;
import static io.nightjar.conformance.Packets311.publish2;
import static io.nightjar.conformance.Packets311.pubrec;
import static io.nightjar.conformance.Packets311.pubrel;
import static io.nightjar.conformance.Packets311.rawText;
import static io.nightjar.conformance.Packets311.request;
import static io.nightjar.conformance.Packets311.suback;
import static io.nightjar.conformance.Packets311.subscribe;
import static io.nightjar.conformance.Packets311.unsuback;
import static io.nightjar.conformance.Packets311.unsubscribe;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SUBSCRIBE, UNSUBSCRIBE, PINGREQ and which messages a subscription brings, in 3.1.1. */
class Subscribe311Test extends OneNode {
    @Test
    @Normative({"311/2.3.1-7", "311/3.8.4-1", "311/3.8.4-2", "311/3.8.4-4", "311/3.8.4-5", "311/3.9.3-1", "311/3.9.3-2"
    })
    @OftenWrong(19)
    void one_suback_has_a_code_for_each_filter_in_their_order() throws IOException {
        String t = fresh("order");
        try (HexClient client = open(fresh("sub"));
                HexClient publisher = open(fresh("pub"))) {
            client.send(subscribe(
                            0xFFFE,
                            request(t + "/a", 2),
                            request(t + "/b", 0),
                            request(t + "/c", 1),
                            request(t + "/b", 2),
                            request(t + "/a", 0)))
                    .expect(suback(0xFFFE, 2, 0, 1, 2, 0))
                    .expectNothing();

            publisher.send(publish2(1, t + "/a", "x")).expect(pubrec(1));
            publisher.send(publish2(2, t + "/b", "x")).expect(pubrec(2));
            // The last request for a filter counts, as if they had come one by one.
            client.expect(publish0(t + "/a", "x"), publish2(1, t + "/b", "x")).expectNothing();
        }
    }

    @Test
    @Normative({"311/2.3.1-7", "311/3.8.4-2", "311/3.10.4-4", "311/3.8.4-1"})
    void requests_sent_at_once_are_answered_each_with_its_identifier() throws IOException {
        String t = fresh("pipelined");
        try (HexClient client = open(fresh("sub"))) {
            client.send(
                    subscribe(1, t, 1),
                    subscribe(0x0100, t, 2),
                    unsubscribe(0x00FF, t),
                    subscribe(7, t, 0),
                    unsubscribe(0xFF00, t),
                    unsubscribe(2, t));

            client.expect(
                    suback(1, 1), suback(0x0100, 2), unsuback(0x00FF), suback(7, 0), unsuback(0xFF00), unsuback(2));
        }
    }

    @ParameterizedTest(name = "published with QoS {0}, granted {1}")
    @CsvSource({"0,0", "0,1", "0,2", "1,0", "1,1", "1,2", "2,0", "2,1", "2,2"})
    @Normative({"311/3.8.4-6", "311/3.8.4-5", "311/4.3.1-1", "311/4.3.2-1", "311/4.3.3-1", "311/4.5.0-1"})
    void a_message_comes_with_the_lower_of_published_and_granted_qos(int published, int granted) throws IOException {
        String topic = fresh("matrix");
        try (HexClient subscriber = subscriber(topic, granted);
                HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish(0x30 | published << 1, topic, 77, "m"));
            publisher.all();

            int delivered = Math.min(published, granted);
            subscriber.expect(publish(0x30 | delivered << 1, topic, 1, "m")).expectNothing();
        }
    }

    @ParameterizedTest(name = "{0} with QoS {1} before {2} with QoS {3}")
    @CsvSource({"/#,0,/b,2", "/b,2,/#,0", "/+,2,/#,1", "/#,1,/+,2", "/b,1,/+,0", "/b,0,/+,1"})
    @Normative({"311/3.3.5-1", "311/3.3.2-3"})
    @OftenWrong(11)
    void overlapping_filters_bring_one_copy_of_the_highest_qos_granted(
            String firstFilter, int firstQos, String secondFilter, int secondQos) throws IOException {
        String root = fresh("over");
        int highest = Math.max(firstQos, secondQos);
        try (HexClient client = open(fresh("sub"));
                HexClient publisher = open(fresh("pub"))) {
            client.send(subscribe(1, root + firstFilter, firstQos), subscribe(2, root + secondFilter, secondQos));
            client.send(subscribe(3, root + "/nothing", 2)).expect(suback(1, firstQos), suback(2, secondQos));
            client.expect(suback(3, 2));

            publisher.send(publish2(1, root + "/b", "m")).expect(pubrec(1));

            client.expect(publish(0x30 | highest << 1, root + "/b", 1, "m")).expectNothing();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "a/b, a/b, true",
        "a/b, a/B, false",
        "a/b, a/b/, false",
        "a/b, /a/b, false",
        "a/b, a//b, false",
        "a//b, a//b, true",
        "a/+/b, a//b, true",
        "a/#, a, true",
        "a/#, a/b/c/d, true",
        "a/#, ab, false",
        "a/#, a/, true",
        "+/b, a/b, true",
        "+, /a, false",
        "+/+, /a, true",
        "/+, /a, true",
        "+/a/#, /a, true",
        "a/+, a, false",
        "a/+, a/, true",
        "a b/c, a b/c, true",
        "a/$b/+, a/$b/c, true"
    })
    @Normative({"311/3.3.2-3", "311/4.7.3-4", "311/4.5.0-1"})
    @OftenWrong(40)
    void a_filter_matches_names_level_by_level_and_nothing_else(String filter, String name, boolean matches)
            throws IOException {
        String root = fresh("match");
        try (HexClient subscriber = subscriber(root + "/" + filter, 0);
                HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish0(root + "/" + name, "x")).expectNothing();

            if (matches) {
                subscriber.expect(publish0(root + "/" + name, "x"));
            }
            subscriber.expectNothing();
        }
    }

    /** Pairs that look or sort alike and are not the same: composed or not, case, byte order mark, spaces, slashes. */
    @ParameterizedTest
    @CsvSource({
        "c3a9, 65cc81",
        "61, 41",
        "efbbbf61, 61",
        "61efbbbf, 61",
        "61, 6120",
        "61, 2061",
        "612f2f62, 612f62",
        "2f61, 61",
        "612f, 61",
        "efac81, 6669",
        "f09f9880, f09f9881",
        "01, 02",
        "c2a0, 20"
    })
    @Normative({"311/1.5.3-3", "311/4.7.3-4", "311/3.3.2-3", "311/3.10.4-1"})
    @OftenWrong(40)
    void names_are_compared_byte_by_byte_and_arrive_unchanged(String one, String other) throws IOException {
        String root = Packets311.text(fresh("bytes") + "/").substring(4);
        String oneText = rawText(root + one);
        String otherText = rawText(root + other);
        try (HexClient first = open(fresh("sub"));
                HexClient second = open(fresh("sub"));
                HexClient publisher = open(fresh("pub"))) {
            first.send(packet(0x82, "0001" + oneText + "00")).expect(suback(1, 0));
            second.send(packet(0x82, "0001" + otherText + "00")).expect(suback(1, 0));
            first.send(packet(0xA2, "0002" + otherText)).expect(unsuback(2));

            publisher
                    .send(packet(0x30, oneText + "31"), packet(0x30, otherText + "32"))
                    .expectNothing();

            first.expect(packet(0x30, oneText + "31")).expectNothing();
            second.expect(packet(0x30, otherText + "32")).expectNothing();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"#", "+/x", "+/#", "+", "/#", "+/+"})
    @Normative({"311/4.7.2-1", "311/3.3.2-3"})
    @OftenWrong(39)
    void wildcards_in_the_first_level_do_not_match_names_that_begin_with_a_dollar_sign(String filter)
            throws IOException {
        String dollar = "$" + fresh("dollar");
        try (HexClient client = open(fresh("sub"));
                HexClient publisher = open(fresh("pub"))) {
            client.send(subscribe(1, filter, 0));
            client.all(); // the answer and what is retained

            publisher.send(publish0(dollar, "x"), publish0(dollar + "/x", "x")).expectNothing();

            client.expectNothing();
            client.send(subscribe(2, request(dollar + "/#", 0), request(dollar + "/+", 0)));
            client.all();
            publisher.send(publish0(dollar + "/x", "y"));
            client.expect(publish0(dollar + "/x", "y"));
        }
    }

    @Test
    @Normative({"311/4.7.3-3", "311/4.7.3-4"})
    void names_and_filters_of_65535_bytes_are_handled() throws IOException {
        String longest = fresh("long") + "/" + "x".repeat(65_000);
        longest += "y".repeat(65_535 - longest.length());
        try (HexClient subscriber = subscriber(longest, 1);
                HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish1(1, longest, "m")).expect(puback(1));
            publisher.send(publish1(2, longest.substring(1), "m")).expect(puback(2));

            subscriber.expect(publish1(1, longest, "m")).expectNothing();
        }
    }

    // ---- UNSUBSCRIBE

    @Test
    @Normative({"311/3.10.4-1", "311/3.10.4-4", "311/3.10.4-5"})
    @OftenWrong(19)
    void unsubscribe_removes_the_filter_that_is_equal_and_no_other() throws IOException {
        String t = fresh("unsub");
        try (HexClient client = open(fresh("sub"));
                HexClient publisher = open(fresh("pub"))) {
            client.send(subscribe(1, t + "/a", 0)).expect(suback(1, 0));

            client.send(unsubscribe(2, t + "/+", t + "/#", t + "/A", t + "/a/", "#", t))
                    .expect(unsuback(2));

            publisher.send(publish0(t + "/a", "still")).expectNothing();
            client.expect(publish0(t + "/a", "still")).expectNothing();
            client.send(subscribe(3, t + "/+", 0)).expect(suback(3, 0));
            client.send(unsubscribe(4, t + "/a")).expect(unsuback(4));
            publisher.send(publish0(t + "/a", "by the other")).expectNothing();
            client.expect(publish0(t + "/a", "by the other")).expectNothing();
        }
    }

    @Test
    @Normative({"311/3.10.4-2", "311/3.10.4-4", "311/3.10.4-6"})
    @OftenWrong(19)
    void after_unsuback_nothing_new_comes_and_one_packet_ends_many_filters() throws IOException {
        String t = fresh("unsub");
        try (HexClient client = open(fresh("sub"));
                HexClient publisher = open(fresh("pub"))) {
            client.send(subscribe(1, request(t + "/a", 0), request(t + "/+", 1), request(t + "/#", 2)))
                    .expect(suback(1, 0, 1, 2));

            client.send(unsubscribe(0xFEDC, t + "/a", "never/" + t, t + "/+", t + "/#", t + "/a"))
                    .expect(unsuback(0xFEDC)); // no payload in 3.1.1

            publisher.send(publish1(1, t + "/a", "x")).expect(puback(1));
            client.expectNothing();
        }
    }

    @Test
    @Normative("311/3.10.4-5")
    void unsubscribe_is_answered_even_if_there_was_no_subscription() throws IOException {
        try (HexClient client = open(fresh("sub"))) {
            client.send(unsubscribe(9, "never/subscribed")).expect(unsuback(9)).expectNothing();
        }
    }

    @Test
    @Normative({"311/3.10.4-3", "311/3.10.4-2", "311/4.3.2-1", "311/4.3.3-1"})
    void what_was_begun_before_unsubscribe_is_finished() throws IOException {
        String t = fresh("begun");
        try (HexClient client = subscriber(t, 2);
                HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish1(1, t, "one")).expect(puback(1));
            publisher.send(publish2(2, t, "two")).expect(pubrec(2));
            publisher.send(publish2(3, t, "three")).expect(pubrec(3));
            client.expect(publish1(1, t, "one"), publish2(2, t, "two"), publish2(3, t, "three"));
            client.send(pubrec(2)).expect(pubrel(2));

            client.send(unsubscribe(9, t)).expect(unsuback(9));

            publisher.send(publish1(4, t, "four")).expect(puback(4));
            client.send(pubrec(3)).expect(pubrel(3));
            client.send(pubcomp(3), puback(1), pubcomp(2)).expectNothing();
        }
    }

    // ---- PINGREQ

    @Test
    @Normative("311/3.12.4-1")
    void every_pingreq_gets_a_pingresp() throws IOException {
        try (HexClient client = open(fresh("ping"))) {
            client.send(PINGREQ).expect(PINGRESP).expectNothing();

            client.send(PINGREQ.repeat(100));

            assertThat(client.all()).hasSize(100).containsOnly(PINGRESP);
        }
    }

    // ---- everyone

    @Test
    @Normative({"311/4.5.0-1", "311/3.3.2-3"})
    void a_message_reaches_every_client_with_a_matching_subscription_the_publisher_too() throws IOException {
        String t = fresh("all");
        try (HexClient exact = subscriber(t + "/a/b", 1);
                HexClient plus = subscriber(t + "/+/b", 1);
                HexClient hash = subscriber(t + "/#", 1);
                HexClient other = subscriber(t + "/a", 1);
                HexClient publisher = open(fresh("pub"))) {
            publisher.send(subscribe(1, t + "/a/+", 1)).expect(suback(1, 1));

            publisher.send(publish1(5, t + "/a/b", "m"));

            assertThat(publisher.all()).containsExactlyInAnyOrder(puback(5), publish1(1, t + "/a/b", "m"));
            for (HexClient subscriber : List.of(exact, plus, hash)) {
                subscriber.expect(publish1(1, t + "/a/b", "m")).expectNothing();
            }
            other.expectNothing();
        }
    }
}
