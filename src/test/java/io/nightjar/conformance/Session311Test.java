package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.PINGREQ;
import static io.nightjar.conformance.Packets311.PINGRESP;
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
import static io.nightjar.conformance.Packets311.unsuback;
import static io.nightjar.conformance.Packets311.unsubscribe;

import io.nightjar.conformance.Packets311.Connect;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session of 3.1.1 keeps with Clean Session 0, and loses with Clean Session 1. */
class Session311Test extends OneNode {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative({"311/3.1.2-4", "311/4.1.0-1", "311/3.1.4-3", "311/3.2.2-2"})
    void a_stored_session_keeps_its_subscriptions_with_their_qos(boolean polite) throws IOException {
        String id = fresh("keeps");
        HexClient client = open(Connect.of(id).stored());
        client.send(subscribe(1, request(id + "/0", 0), request(id + "/1/+", 1), request(id + "/2/#", 2)))
                .expect(suback(1, 0, 1, 2));
        client.send(subscribe(2, id + "/gone", 2)).expect(suback(2, 2));
        client.send(unsubscribe(3, id + "/gone")).expect(unsuback(3));
        if (polite) {
            client.leave();
        } else {
            client.reset();
        }

        try (HexClient again = resume(id);
                HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish2(1, id + "/gone", "x")).expect(pubrec(1));
            publisher.send(publish2(2, id + "/0", "a")).expect(pubrec(2));
            publisher.send(publish2(3, id + "/1/x", "b")).expect(pubrec(3));
            publisher.send(publish2(4, id + "/2", "c")).expect(pubrec(4));

            again.expect(publish0(id + "/0", "a"), publish1(1, id + "/1/x", "b"), publish2(2, id + "/2", "c"))
                    .expectNothing();
        }
    }

    @Test
    @Normative({"311/3.1.2-5", "311/4.5.0-1", "311/3.1.2-4", "311/4.1.0-1", "311/4.6.0-5", "311/3.3.1-1"})
    void messages_of_qos_1_and_2_wait_for_every_session_that_is_away_and_come_in_order() throws IOException {
        String topic = fresh("waits");
        String one = fresh("away");
        String two = fresh("away");
        open(Connect.of(one).stored())
                .send(subscribe(1, topic, 2))
                .expect(suback(1, 2))
                .leave();
        open(Connect.of(two).stored())
                .send(subscribe(1, topic + "/#", 1))
                .expect(suback(1, 1))
                .leave();
        try (HexClient online = subscriber(topic, 2);
                HexClient publisher = open(fresh("pub"))) {
            for (int i = 1; i <= 50; i++) {
                publisher.send(publish2(i, topic, "m" + i)).expect(pubrec(i));
                publisher.send(pubrel(i)).expect(pubcomp(i));
                online.expect(publish2(i, topic, "m" + i));
            }
        }

        try (HexClient first = resume(one);
                HexClient second = resume(two)) {
            for (int i = 1; i <= 50; i++) {
                first.expect(publish2(i, topic, "m" + i)); // DUP 0: it was not sent before
                second.expect(publish1(i, topic, "m" + i));
            }
            first.expectNothing();
            second.expectNothing();
        }
    }

    @Test
    @Normative({"311/3.1.2-6", "311/3.1.4-3", "311/3.2.2-1", "311/3.2.2-3"})
    void clean_session_1_drops_subscriptions_messages_and_exchanges() throws IOException {
        String id = fresh("drops");
        HexClient stored = open(Connect.of(id).stored());
        stored.send(subscribe(1, id, 2)).expect(suback(1, 2));
        stored.send(publish2(5, "elsewhere/" + id, "half")).expect(pubrec(5));
        try (HexClient publisher = open(fresh("pub"));
                HexClient elsewhere = subscriber("elsewhere/" + id, 0)) {
            publisher.send(publish1(1, id, "in flight")).expect(puback(1));
            stored.expect(publish1(1, id, "in flight"));
            stored.close();
            publisher.send(publish1(2, id, "waits")).expect(puback(2));

            try (HexClient clean = open(id)) {
                publisher.send(publish1(3, id, "x")).expect(puback(3));
                clean.expectNothing();
                clean.send(publish2(5, "elsewhere/" + id, "new")).expect(pubrec(5)); // not a repeat any more
                elsewhere.expect(publish0("elsewhere/" + id, "new"));
                clean.send(subscribe(2, id, 1)).expect(suback(2, 1));
            }
            publisher.send(publish1(4, id, "x")).expect(puback(4));

            try (HexClient again = open(Connect.of(id).stored())) {
                publisher.send(publish1(5, id, "x")).expect(puback(5));
                again.expectNothing();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative({"311/3.1.2-6", "311/3.1.4-3", "311/3.1.4-2", "311/3.2.2-1"})
    void a_takeover_with_clean_session_1_inherits_nothing_and_leaves_nothing(boolean oldClean) throws IOException {
        String id = fresh("inherits");
        HexClient old = open(Connect.of(id).clean(oldClean));
        old.send(subscribe(1, id, 1)).expect(suback(1, 1));
        try (HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish1(1, id, "unacknowledged")).expect(puback(1));
            old.expect(publish1(1, id, "unacknowledged"));

            HexClient clean = open(id);

            old.expectClosed();
            publisher.send(publish1(2, id, "x")).expect(puback(2));
            clean.expectNothing();
            clean.send(subscribe(2, id, 1)).expect(suback(2, 1));
            try (HexClient stored = open(Connect.of(id).stored())) {
                clean.expectClosed();
                publisher.send(publish1(3, id, "x")).expect(puback(3));
                stored.expectNothing();
            }
        }
    }

    @Test
    @Normative("311/3.1.2-7")
    void retained_messages_outlive_the_session_that_published_them() throws IOException {
        String topic = fresh("outlives");
        HexClient publisher = open(fresh("pub"));
        publisher.send(publish(0x33, topic, 1, "kept")).expect(puback(1)).leave();
        HexClient again = open(fresh("pub"));
        again.send(PINGREQ).expect(PINGRESP);

        try (HexClient late = open(fresh("late"))) {
            late.send(subscribe(1, topic, 1)).expect(suback(1, 1), publish(0x33, topic, 1, "kept"));
        }
        again.leave();
    }

    @Test
    @Normative("311/3.1.3-2")
    void sessions_of_two_client_identifiers_have_nothing_in_common() throws IOException {
        String id = fresh("twin");
        open(Connect.of(id).stored())
                .send(subscribe(1, id, 1))
                .expect(suback(1, 1))
                .leave();
        open(Connect.of(id + "x").stored())
                .send(subscribe(1, id + "/x", 1))
                .expect(suback(1, 1))
                .leave();
        try (HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish1(1, id, "to the first")).expect(puback(1));
            publisher.send(publish1(2, id + "/x", "to the second")).expect(puback(2));

            open(id + "x").expectNothing().leave(); // ends the second, not the first

            try (HexClient first = resume(id);
                    HexClient second = open(Connect.of(id + "x").stored())) {
                first.expect(publish1(1, id, "to the first")).expectNothing();
                second.expectNothing();
            }
        }
    }

    @Test
    @Normative({"311/4.4.0-1", "311/2.3.1-4", "311/3.3.1-1", "311/4.3.2-1", "311/4.3.3-1", "311/4.1.0-1"})
    @OftenWrong(36)
    void every_step_of_an_exchange_goes_on_after_a_break_with_its_identifier() throws IOException {
        String id = fresh("steps");
        HexClient client = open(Connect.of(id).stored());
        client.send(subscribe(1, id + "/#", 2)).expect(suback(1, 2));
        try (HexClient publisher = open(fresh("pub"))) {
            publisher.send(publish1(1, id + "/1", "one")).expect(puback(1));
            for (int i = 2; i <= 4; i++) {
                publisher.send(publish2(i, id + "/2", "m" + i)).expect(pubrec(i));
            }
        }
        client.expect(
                publish1(1, id + "/1", "one"),
                publish2(2, id + "/2", "m2"),
                publish2(3, id + "/2", "m3"),
                publish2(4, id + "/2", "m4"));
        client.send(pubrec(2)).expect(pubrel(2));
        client.send(pubrec(3)).expect(pubrel(3));
        client.send(pubcomp(3)).expectNothing();

        for (int i = 0; i < 3; i++) { // however often
            client.reset();
            client = resume(id);
            client.expect(pubrel(2), publish(0x3A, id + "/1", 1, "one"), publish(0x3C, id + "/2", 4, "m4"));
            client.expectNothing();
        }
        client.send(pubcomp(2), puback(1), pubrec(4)).expect(pubrel(4));
        client.send(pubcomp(4)).expectNothing().leave();
        resume(id).expectNothing().leave();
    }

    @Test
    @Normative({"311/4.4.0-1", "311/4.3.3-2", "311/4.1.0-1"})
    @OftenWrong(34)
    void a_qos_2_message_from_the_client_is_delivered_once_across_breaks() throws IOException {
        String id = fresh("once");
        try (HexClient subscriber = subscriber(id, 0)) {
            HexClient client = open(Connect.of(id).stored());
            client.send(publish2(7, id, "m")).expect(pubrec(7)).reset();
            client = resume(id);
            client.send(publish(0x3C, id, 7, "m")).expect(pubrec(7)).reset();
            client = resume(id);
            client.send(publish(0x3C, id, 7, "m"), pubrel(7))
                    .expect(pubrec(7), pubcomp(7))
                    .reset();
            client = resume(id);

            client.send(pubrel(7)).expect(pubcomp(7));

            subscriber.expect(publish0(id, "m")).expectNothing();
            client.send(publish(0x3C, id, 7, "next")).expect(pubrec(7));
            subscriber.expect(publish0(id, "next")).expectNothing();
            client.close();
        }
    }
}
