package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.puback;
import static io.nightjar.conformance.Packets311.pubcomp;
import static io.nightjar.conformance.Packets311.publish;
import static io.nightjar.conformance.Packets311.publish0;
import static io.nightjar.conformance.Packets311.publish1;
import static io.nightjar.conformance.Packets311.publish2;
import static io.nightjar.conformance.Packets311.pubrec;
import static io.nightjar.conformance.Packets311.pubrel;
import static io.nightjar.conformance.Packets311.suback;
import static io.nightjar.conformance.Packets311.subscribe;
import static io.nightjar.conformance.Packets311.unsuback;
import static io.nightjar.conformance.Packets311.unsubscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Packets311.Connect;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exchanges of QoS 0, 1 and 2 in 3.1.1, in both directions, byte for byte. */
class Qos311Test extends OneNode {
    // ---- from the client

    @Test
    @Normative({"311/3.3.4-1", "311/2.3.1-5", "311/4.3.1-1"})
    void the_answer_to_publish_depends_on_its_qos() throws IOException {
        String topic = fresh("answers");
        try (HexClient subscriber = subscriber(topic, 0);
                HexClient client = open(fresh("pub"))) {
            client.send(publish0(topic, "zero")).expectNothing();
            client.send(publish1(0x0102, topic, "one")).expect(puback(0x0102)).expectNothing();
            client.send(publish2(0xFFFF, topic, "two")).expect(pubrec(0xFFFF)).expectNothing();
            client.send(pubrel(0xFFFF)).expect(pubcomp(0xFFFF)).expectNothing();

            subscriber.expect(publish0(topic, "zero"), publish0(topic, "one"), publish0(topic, "two"));
            subscriber.expectNothing();
        }
    }

    @Test
    @Normative("311/2.3.1-5")
    void a_payload_that_looks_like_a_packet_identifier_stays_payload() throws IOException {
        String topic = fresh("payload");
        try (HexClient subscriber = subscriber(topic, 0);
                HexClient client = open(fresh("pub"))) {
            client.send(publish0(topic, "\0\1"), publish0(topic, ""), publish1(1, topic, "\0\2"));

            subscriber.expect(publish0(topic, "\0\1"), publish0(topic, ""), publish0(topic, "\0\2"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x32, 0x3A})
    @Normative({"311/4.3.2-2", "311/3.3.1-3", "311/4.3.2-1", "311/3.3.1-1"})
    @OftenWrong(36)
    void after_puback_the_same_identifier_is_a_new_message_whatever_dup_says(int first) throws IOException {
        String topic = fresh("again");
        try (HexClient subscriber = subscriber(topic, 1);
                HexClient client = open(fresh("pub"))) {
            client.send(publish1(5, topic, "m")).expect(puback(5));

            client.send(publish(first, topic, 5, "m")).expect(puback(5));

            subscriber.expect(publish1(1, topic, "m"), publish1(2, topic, "m")).expectNothing();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x34, 0x3C})
    @Normative({"311/4.3.3-2", "311/2.3.1-6"})
    @OftenWrong(34)
    void a_qos_2_message_is_delivered_once_until_its_pubrel_and_is_new_after_it(int repeat) throws IOException {
        String topic = fresh("repeats");
        try (HexClient subscriber = subscriber(topic, 0);
                HexClient client = open(fresh("pub"))) {
            client.send(publish2(5, topic, "first")).expect(pubrec(5));
            for (int i = 0; i < 5; i++) {
                client.send(publish(repeat, topic, 5, "first")).expect(pubrec(5));
            }
            client.send(pubrel(5)).expect(pubcomp(5));
            client.send(pubrel(5)).expect(pubcomp(5));

            client.send(publish(repeat, topic, 5, "second")).expect(pubrec(5));
            client.send(pubrel(5)).expect(pubcomp(5));

            subscriber
                    .expect(publish0(topic, "first"), publish0(topic, "second"))
                    .expectNothing();
        }
    }

    @Test
    @Normative({"311/4.3.3-2", "311/2.3.1-6"})
    @OftenWrong(37)
    void pubrel_for_an_unknown_identifier_gets_a_plain_pubcomp() throws IOException {
        try (HexClient client = open(fresh("pub"))) {
            client.send(pubrel(1), pubrel(0xFFFF)).expect(pubcomp(1), pubcomp(0xFFFF));

            client.expectNothing();
        }
    }

    @Test
    @Normative({"311/2.3.1-6", "311/2.3.1-7", "311/4.3.2-2", "311/4.3.3-2"})
    void answers_carry_the_identifiers_of_what_they_answer_when_exchanges_are_mixed() throws IOException {
        String topic = fresh("mixed");
        try (HexClient client = open(fresh("pub"))) {
            client.send(
                    publish2(9, topic, "a"),
                    publish1(3, topic, "b"),
                    publish2(0x1234, topic, "c"),
                    subscribe(0x4321, topic + "/s", 1),
                    publish1(0xFFFE, topic, "d"),
                    unsubscribe(0x0FF0, topic + "/s"),
                    pubrel(0x1234),
                    publish2(4, topic, "e"),
                    pubrel(9));

            List<String> answers = client.all();

            assertThat(answers)
                    .containsExactlyInAnyOrder(
                            pubrec(9),
                            puback(3),
                            pubrec(0x1234),
                            suback(0x4321, 1),
                            puback(0xFFFE),
                            unsuback(0x0FF0),
                            pubcomp(0x1234),
                            pubrec(4),
                            pubcomp(9));
            assertThat(answers).filteredOn(p -> p.startsWith("40")).containsExactly(puback(3), puback(0xFFFE));
            assertThat(answers)
                    .filteredOn(p -> p.startsWith("50"))
                    .containsExactly(pubrec(9), pubrec(0x1234), pubrec(4));
            assertThat(answers).filteredOn(p -> p.startsWith("70")).containsExactly(pubcomp(0x1234), pubcomp(9));
        }
    }

    // ---- to the client

    @Test
    @Normative({"311/4.3.1-1", "311/4.3.2-1", "311/4.3.3-1", "311/3.3.1-3", "311/2.3.1-5"})
    @OftenWrong(36)
    void dup_and_identifier_of_the_publisher_do_not_reach_the_subscriber() throws IOException {
        String topic = fresh("dup");
        try (HexClient zero = subscriber(topic, 0);
                HexClient two = subscriber(topic, 2);
                HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish(0x3A, topic, 700, "one")).expect(puback(700));
            publisher.send(publish(0x3C, topic, 900, "two")).expect(pubrec(900));

            zero.expect(publish0(topic, "one"), publish0(topic, "two")).expectNothing();
            two.expect(publish1(1, topic, "one"), publish2(2, topic, "two")).expectNothing();
        }
    }

    @Test
    @Normative({"311/4.3.3-1", "311/4.3.2-1", "311/2.3.1-6", "311/2.3.1-4"})
    @OftenWrong(37)
    void an_exchange_toward_the_client_ends_only_with_its_own_acknowledgement() throws IOException {
        String id = fresh("strangers");
        HexClient client = open(Connect.of(id).stored());
        client.send(subscribe(1, id, 2)).expect(suback(1, 2));
        try (HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish1(1, id, "one")).expect(puback(1));
            publisher.send(publish2(2, id, "two")).expect(pubrec(2));
        }
        client.expect(publish1(1, id, "one"), publish2(2, id, "two"));

        // Acknowledgements of others, of the wrong kind, and too early.
        client.send(puback(2), pubcomp(2), pubcomp(1), puback(77), pubcomp(77));
        client.expectNothing();
        client.reset();

        try (HexClient again = resume(id)) {
            again.expect(publish(0x3A, id, 1, "one"), publish(0x3C, id, 2, "two"))
                    .expectNothing();
            again.send(pubrec(2)).expect(pubrel(2));
            again.send(pubrec(2)).expect(pubrel(2)); // never PUBLISH again, but PUBREL as often as asked
            again.send(puback(2)).expectNothing();
            again.send(pubcomp(2), puback(1)).expectNothing();
        }
        resume(id).expectNothing().leave();
    }

    @Test
    @Normative({"311/4.3.2-1", "311/4.3.3-1", "311/2.3.1-4"})
    void identifiers_of_open_exchanges_are_not_used_again() throws IOException {
        String topic = fresh("unused");
        try (HexClient client = subscriber(topic, 2);
                HexClient publisher = open(fresh("pub"))) {
            List<String> expected = new ArrayList<>();
            for (int i = 1; i <= 100; i++) {
                publisher.send(i % 2 == 0 ? publish1(1, topic, "m" + i) : publish2(1, topic, "m" + i));
                publisher.expect(i % 2 == 0 ? puback(1) : pubrec(1));
                if (i % 2 == 1) {
                    publisher.send(pubrel(1)).expect(pubcomp(1));
                }
                expected.add(i % 2 == 0 ? publish1(i, topic, "m" + i) : publish2(i, topic, "m" + i));
            }

            assertThat(client.all()).isEqualTo(expected);
        }
    }

    // ---- order

    @ParameterizedTest
    @ValueSource(ints = {0x30, 0x32, 0x34})
    @Normative({"311/4.6.0-5", "311/4.6.0-6"})
    void messages_of_one_publisher_topic_and_qos_stay_in_order(int first) throws Exception {
        String topic = fresh("order");
        int count = 2_000;
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (HexClient subscriber = subscriber(topic, 2);
                HexClient publisher = open(fresh("pub"))) {
            Future<?> publishing = other.submit(() -> publishAll(publisher, first, topic, count));

            for (int i = 1; i <= count; ) {
                String packet = subscriber.next();
                if (packet.startsWith("62")) { // PUBREL
                    subscriber.send("7002" + packet.substring(4));
                    continue;
                }
                int behindTopic = 8 + 2 * topic.length();
                String packetId = first == 0x30 ? "0000" : packet.substring(behindTopic, behindTopic + 4);
                assertThat(packet).isEqualTo(publish(first, topic, Integer.parseInt(packetId, 16), "m" + i++));
                if (first != 0x30) {
                    subscriber.send((first == 0x32 ? "4002" : "5002") + packetId);
                }
            }
            publishing.get();
        } finally {
            other.shutdownNow();
        }
    }

    @Test
    @Normative({"311/4.6.0-6", "311/4.6.0-5", "311/4.4.0-1", "311/3.1.2-5"})
    void messages_stay_in_order_across_breaks_of_the_subscriber() throws IOException {
        String id = fresh("breaks");
        open(Connect.of(id).stored())
                .send(subscribe(1, id, 1))
                .expect(suback(1, 1))
                .leave();
        try (HexClient publisher = open(fresh("pub"))) {
            for (int i = 1; i <= 600; i++) {
                publisher.send(publish1(i, id, "m" + i)).expect(puback(i));
            }
        }

        List<String> acknowledged = new ArrayList<>();
        for (int round = 0; acknowledged.size() < 600; round++) {
            try (HexClient client = resume(id)) {
                int last = acknowledged.size();
                for (String packet : client.all()) {
                    boolean repeat = packet.startsWith("3a");
                    int packetId = ++last; // nothing was lost, so identifiers run from 1
                    assertThat(packet).isEqualTo(publish(repeat ? 0x3A : 0x32, id, packetId, "m" + packetId));
                    if (acknowledged.size() < (round + 1) * 150) {
                        client.send(puback(packetId));
                        acknowledged.add(packet);
                    }
                }
                client.all(); // reads the acknowledgements
                client.reset();
            }
            assertThat(round).isLessThan(10);
        }
        assertThat(acknowledged).hasSize(600);
        resume(id).expectNothing().leave();
    }

    private static Object publishAll(HexClient publisher, int first, String topic, int count) throws IOException {
        for (int i = 1; i <= count; i++) {
            publisher.send(publish(first, topic, i, "m" + i));
            if (first == 0x32) {
                publisher.expect(puback(i));
            } else if (first == 0x34) {
                publisher.expect(pubrec(i)).send(pubrel(i)).expect(pubcomp(i));
            }
        }
        return "done";
    }
}
