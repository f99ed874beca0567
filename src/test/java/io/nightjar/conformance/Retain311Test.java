package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.puback;
import static io.nightjar.conformance.Packets311.publish;
import static io.nightjar.conformance.Packets311.publish0;
import static io.nightjar.conformance.Packets311.publish1;
import static io.nightjar.conformance.Packets311.pubrec;
import static io.nightjar.conformance.Packets311.request;
import static io.nightjar.conformance.Packets311.suback;
import static io.nightjar.conformance.Packets311.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Packets311.Connect;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Retained messages in 3.1.1, where a subscriber cannot say how it wants them. */
class Retain311Test extends OneNode {
    @ParameterizedTest(name = "published with QoS {0}, granted {1}")
    @CsvSource({"0,0", "0,1", "0,2", "1,0", "1,1", "1,2", "2,0", "2,1", "2,2"})
    @Normative({"311/3.3.1-5", "311/3.3.1-6", "311/3.3.1-8", "311/3.8.4-6", "311/3.3.1-1"})
    @OftenWrong(15)
    void a_retained_message_comes_to_a_new_subscriber_with_retain_1_at_the_lower_qos(int published, int granted)
            throws IOException {
        String topic = fresh("kept");
        retain(published, topic, "m");
        int delivered = Math.min(published, granted);

        try (HexClient late = subscriber(topic, granted)) {
            late.expect(publish(0x31 | delivered << 1, topic, 1, "m")).expectNothing();
        }
    }

    @Test
    @Normative({"311/3.3.1-6", "311/3.3.1-8", "311/3.3.1-5"})
    void a_new_subscription_gets_the_last_one_of_every_topic_that_matches() throws IOException {
        String root = fresh("many");
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            retain(1, root + "/" + i + "/a", "old");
            retain(1, root + "/" + i + "/a", "new" + i);
            retain(1, root + "/" + i + "/b", "other");
            expected.add(publish(0x31, root + "/" + i + "/a", 0, "new" + i));
        }
        retain(1, root, "above");

        try (HexClient late = subscriber(root + "/+/a", 0)) {
            assertThat(late.all()).containsExactlyInAnyOrderElementsOf(expected);
        }
        try (HexClient late = subscriber(root + "/#", 0)) {
            assertThat(late.all()).hasSize(101); // the level above too
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative({"311/3.3.1-7", "311/3.3.1-5", "311/3.3.1-6"})
    void a_newer_retained_message_of_any_qos_replaces_the_older(int qos) throws IOException {
        String topic = fresh("replaced");
        retain(2, topic, "old");

        retain(qos, topic, "new");

        try (HexClient late = subscriber(topic, 2)) {
            late.expect(publish(0x31 | qos << 1, topic, 1, "new")).expectNothing();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative({"311/3.3.1-9", "311/3.3.1-8"})
    @OftenWrong(15)
    void an_established_subscription_gets_it_with_retain_0(int qos) throws IOException {
        String topic = fresh("live");
        try (HexClient subscriber = subscriber(topic, 2)) {
            retain(qos, topic, "m");

            subscriber.expect(publish(0x30 | qos << 1, topic, 1, "m")).expectNothing();
        }
    }

    @Test
    @Normative({"311/3.3.1-9"})
    @OftenWrong(15)
    void retain_is_0_for_a_session_that_was_away_too() throws IOException {
        String id = fresh("away");
        open(Connect.of(id).stored())
                .send(subscribe(1, id, 1))
                .expect(suback(1, 1))
                .leave();
        retain(1, id, "m");

        resume(id).expect(publish1(1, id, "m")).expectNothing().leave(); // once, and no replay without SUBSCRIBE
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative({"311/3.3.1-10", "311/3.3.1-9"})
    void an_empty_retained_message_is_delivered_as_usual_and_removes_the_stored_one(int qos) throws IOException {
        String topic = fresh("removed");
        retain(1, topic, "m");
        try (HexClient subscriber = subscriber(topic, 2)) {
            subscriber.expect(publish(0x33, topic, 1, "m"));

            retain(qos, topic, "");

            subscriber.expect(publish(0x30 | qos << 1, topic, 2, "")).expectNothing();
        }
        subscriber(topic, 2).expectNothing().leave();
    }

    @Test
    @Normative("311/3.3.1-11")
    void an_empty_retained_message_is_not_stored() throws IOException {
        String topic = fresh("fresh");

        retain(1, topic, "");

        subscriber(topic, 2).expectNothing().leave();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", ""})
    @Normative("311/3.3.1-12")
    void a_message_without_retain_changes_nothing_that_is_stored(String payload) throws IOException {
        String topic = fresh("unchanged");
        retain(1, topic, "m");
        try (HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish1(1, topic, payload)).expect(puback(1));
            publisher
                    .send(publish0(topic, payload), publish0(topic + "/new", payload))
                    .expectNothing();
        }

        subscriber(topic, 0)
                .expect(publish(0x31, topic, 0, "m"))
                .expectNothing()
                .leave();
        subscriber(topic + "/new", 0).expectNothing().leave();
    }

    @Test
    @Normative({"311/3.8.4-3", "311/3.3.1-6", "311/3.3.1-8", "311/3.8.4-6"})
    void subscribing_again_replaces_the_subscription_and_brings_the_retained_messages_again() throws IOException {
        String topic = fresh("again");
        retain(2, topic, "m");
        try (HexClient client = open(fresh("sub"));
                HexClient publisher = open(fresh("pub"))) {
            client.send(subscribe(1, topic, 0)).expect(suback(1, 0), publish(0x31, topic, 0, "m"));
            client.send(subscribe(2, topic, 0)).expect(suback(2, 0), publish(0x31, topic, 0, "m"));
            client.send(subscribe(3, topic, 1)).expect(suback(3, 1), publish(0x33, topic, 1, "m"));

            publisher.send(publish1(1, topic, "live")).expect(puback(1));

            client.expect(publish1(2, topic, "live")).expectNothing(); // one copy, of one subscription
        }
    }

    @Test
    @Normative({"311/3.8.4-3", "311/3.3.1-6"})
    void a_session_that_comes_back_and_subscribes_again_gets_the_retained_messages_again() throws IOException {
        String id = fresh("returns");
        retain(1, id, "m");
        HexClient client = open(Connect.of(id).stored());
        client.send(subscribe(1, id, 0))
                .expect(suback(1, 0), publish(0x31, id, 0, "m"))
                .leave();

        HexClient again = resume(id);

        again.expectNothing();
        again.send(subscribe(1, id, 0))
                .expect(suback(1, 0), publish(0x31, id, 0, "m"))
                .expectNothing();
        again.leave();
    }

    @Test
    @Normative({"311/3.8.4-3", "311/4.6.0-6"})
    void no_live_message_is_lost_or_doubled_while_the_client_subscribes_again() throws IOException {
        String topic = fresh("gap");
        try (HexClient client = subscriber(topic, 1);
                HexClient publisher = open(fresh("pub"))) {
            List<String> expected = new ArrayList<>();
            for (int i = 1; i <= 200; i++) {
                client.send(subscribe(i, topic, 1));
                publisher.send(publish1(i, topic, "m" + i));
                expected.add(publish1(i, topic, "m" + i));
            }
            publisher.all();

            List<String> received = client.all();

            assertThat(received).filteredOn(p -> p.startsWith("32")).isEqualTo(expected);
            assertThat(received).filteredOn(p -> p.startsWith("90")).hasSize(200);
        }
    }

    @Test
    @Normative({"311/4.7.2-1", "311/3.3.1-6"})
    @OftenWrong(39)
    void retained_messages_of_dollar_topics_do_not_come_for_wildcards_in_the_first_level() throws IOException {
        String topic = "$" + fresh("dollar") + "/x";
        retain(1, topic, "m");
        try (HexClient client = open(fresh("sub"))) {
            client.send(subscribe(1, request("#", 0), request("+/x", 0), request("+/#", 0)));

            List<String> received = client.all();

            assertThat(received).contains(suback(1, 0, 0, 0)).noneMatch(p -> p.contains(Packets311.text(topic)));
            client.send(subscribe(2, topic.substring(0, topic.indexOf('/')) + "/#", 0))
                    .expect(suback(2, 0), publish(0x31, topic, 0, "m"));
        }
    }

    private static void retain(int qos, String topic, String payload) throws IOException {
        try (HexClient publisher = open(fresh("retain"))) {
            publisher.send(publish(0x31 | qos << 1, topic, 1, payload));
            if (qos > 0) {
                publisher.expect(qos == 1 ? puback(1) : pubrec(1));
            }
            publisher.expectNothing();
        }
    }
}
