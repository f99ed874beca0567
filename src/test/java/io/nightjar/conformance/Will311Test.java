package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.DISCONNECT;
import static io.nightjar.conformance.Packets311.publish;
import static io.nightjar.conformance.Packets311.publish0;
import static io.nightjar.conformance.Packets311.publish1;
import static io.nightjar.conformance.Packets311.publish2;
import static io.nightjar.conformance.Packets311.suback;
import static io.nightjar.conformance.Packets311.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Packets311.Connect;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Will of 3.1.1: it belongs to the connection, has no delay, and only DISCONNECT discards it. */
class Will311Test extends OneNode {
    /** How a connection ends without DISCONNECT. */
    private enum Ending {
        FIN {
            @Override
            void end(HexClient client, Connect connect) throws IOException {
                client.close();
            }
        },
        RST {
            @Override
            void end(HexClient client, Connect connect) throws IOException {
                client.reset();
            }
        },
        MALFORMED_PACKET {
            @Override
            void end(HexClient client, Connect connect) throws IOException {
                client.send("36 04 0001 61 00").expectClosed();
            }
        },
        DISCONNECT_WITH_FLAGS {
            @Override
            void end(HexClient client, Connect connect) throws IOException {
                client.send("e100").expectClosed();
            }
        },
        DISCONNECT_WITH_A_BODY {
            @Override
            void end(HexClient client, Connect connect) throws IOException {
                client.send("e001 00").expectClosed();
            }
        },
        HALF_A_DISCONNECT {
            @Override
            void end(HexClient client, Connect connect) throws IOException {
                client.send("e0").close();
            }
        },
        SECOND_CONNECT {
            @Override
            void end(HexClient client, Connect connect) throws IOException {
                client.send(connect.hex()).expectClosed();
            }
        },
        KICK {
            @Override
            void end(HexClient client, Connect connect) throws IOException {
                assertThat(broker.api().kick(connect.clientId())).isEqualTo(204);
                client.expectClosed();
            }
        };

        abstract void end(HexClient client, Connect connect) throws IOException;
    }

    @ParameterizedTest
    @EnumSource(Ending.class)
    @Normative({"311/3.1.2-8", "311/3.1.2-10", "311/3.14.1-1"})
    @OftenWrong(3)
    void an_end_without_disconnect_publishes_the_will_once(Ending ending) throws IOException {
        String id = fresh("dies");
        try (HexClient heir = subscriber("will/" + id, 1)) {
            Connect connect = Connect.of(id).stored().will("will/" + id, "gone", 1, false);
            HexClient client = open(connect);

            ending.end(client, connect);

            heir.expect(publish1(1, "will/" + id, "gone"));
            // The same session again, without a Will, dies again: the old one is spent.
            comeAndDie(Connect.of(id).stored());
            heir.expectNothing();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative({"311/3.14.4-3", "311/3.1.2-10"})
    @OftenWrong(3)
    void disconnect_discards_the_will_for_good(boolean clean) throws IOException {
        String id = fresh("leaves");
        try (HexClient heir = subscriber("will/" + id, 0)) {
            HexClient client = open(Connect.of(id).clean(clean).will("will/" + id, "gone", 1, true));

            client.leave();

            comeAndDie(Connect.of(id).stored());
            heir.expectNothing();
            heir.send(subscribe(2, "will/" + id, 0)).expect(suback(2, 0)).expectNothing();
        }
    }

    @Test
    @Normative({"311/3.14.4-3", "311/3.1.2-10"})
    @OftenWrong(3)
    void what_follows_disconnect_does_not_bring_the_will_back() throws IOException {
        String id = fresh("leaves");
        try (HexClient heir = subscriber("will/" + id + "/#", 0)) {
            HexClient client = open(Connect.of(id).will("will/" + id, "gone", 0, false));

            client.send(DISCONNECT, "ffff", publish0("will/" + id + "/after", "x"));

            client.expectClosed();
            comeAndDie(Connect.of(id));
            heir.expectNothing();
        }
    }

    @ParameterizedTest(name = "old Clean Session {0}, new Clean Session {1}")
    @CsvSource({"true,true", "true,false", "false,true", "false,false"})
    @Normative({"311/3.1.4-2", "311/3.1.2-8", "311/3.1.2-10"})
    @OftenWrong(1)
    void a_takeover_publishes_the_will_of_the_old_connection_and_keeps_that_of_the_new(
            boolean oldClean, boolean newClean) throws IOException {
        String id = fresh("over");
        try (HexClient heir = subscriber("will/" + id, 1)) {
            HexClient old = open(Connect.of(id).clean(oldClean).will("will/" + id, "old", 1, false));
            Connect newer = Connect.of(id).clean(newClean).will("will/" + id, "new", 1, false);

            HexClient client = HexClient.open(
                    broker.port(),
                    newer,
                    oldClean || newClean ? Packets311.ACCEPTED : Packets311.ACCEPTED_SESSION_PRESENT);

            old.expectClosed();
            heir.expect(publish1(1, "will/" + id, "old")).expectNothing();
            client.close();
            heir.expect(publish1(2, "will/" + id, "new"));
        }
    }

    @Test
    @Normative({"311/3.1.2-8", "311/3.1.4-2"})
    @OftenWrong(1)
    void a_client_that_takes_over_its_own_session_gets_the_will_it_subscribes_to() throws IOException {
        String id = fresh("self");
        HexClient old = open(Connect.of(id).stored().will("will/" + id, "old", 1, false));
        old.send(subscribe(1, "will/" + id, 1)).expect(suback(1, 1));

        try (HexClient client = resume(id)) {
            old.expectClosed();
            client.expect(publish1(1, "will/" + id, "old")).expectNothing();
        }
    }

    @Test
    @Normative({"311/3.1.2-24", "311/3.1.2-8"})
    @OftenWrong(26)
    void a_client_that_is_silent_for_one_and_a_half_times_its_keep_alive_is_closed_and_its_will_published()
            throws IOException {
        String id = fresh("silent");
        try (HexClient heir = subscriber("will/" + id, 0)) {
            HexClient client = open(Connect.of(id).keepAlive(1).will("will/" + id, "silent", 0, false));
            long silentSince = System.nanoTime();

            client.expectClosed();

            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - silentSince))
                    .isGreaterThanOrEqualTo(1_400);
            heir.expect(publish0("will/" + id, "silent"));
        }
    }

    @Test
    @Normative("311/3.1.2-12")
    void without_will_flag_nothing_is_published() throws IOException {
        try (HexClient heir = subscriber("#", 0)) {
            heir.all(); // what other tests retained
            String id = fresh("willless");

            comeAndDie(Connect.of(id));

            heir.expectNothing();
        }
    }

    @Test
    @Normative("311/3.1.2-12")
    void a_newer_connect_without_will_has_none_even_if_the_session_goes_on() throws IOException {
        String id = fresh("changes");
        try (HexClient heir = subscriber("will/" + id, 0)) {
            open(Connect.of(id).stored().will("will/" + id, "first", 0, false)).close();
            heir.expect(publish0("will/" + id, "first"));

            comeAndDie(Connect.of(id).stored());

            heir.expectNothing();
        }
    }

    @ParameterizedTest(name = "Will QoS {0}, Will Retain {1}")
    @CsvSource({"0,false", "1,false", "2,false", "0,true", "1,true", "2,true"})
    @Normative({"311/3.1.2-16", "311/3.1.2-17", "311/3.1.2-8"})
    void the_will_has_the_qos_and_retain_that_connect_said(int qos, boolean retain) throws IOException {
        String id = fresh("flags");
        String topic = "will/" + id;
        String live = qos == 0 ? publish0(topic, "w") : qos == 1 ? publish1(1, topic, "w") : publish2(1, topic, "w");
        try (HexClient heir = subscriber(topic, 2);
                HexClient late = open(fresh("late"))) {
            open(Connect.of(id).will(topic, "w", qos, retain)).close();
            heir.expect(live).expectNothing();

            late.send(subscribe(1, topic, 2)).expect(suback(1, 2));

            if (retain) {
                late.expect(publish(0x31 | qos << 1, topic, 1, "w"));
            }
            late.expectNothing();
        }
    }

    @Test
    @Normative({"311/3.1.2-17", "311/3.1.2-8"})
    void a_retained_will_without_payload_is_published_and_deletes() throws IOException {
        String id = fresh("deletes");
        String topic = "will/" + id;
        try (HexClient heir = subscriber(topic, 0);
                HexClient late = open(fresh("late"))) {
            late.send(publish(0x33, topic, 1, "kept")).expect(Packets311.puback(1));
            heir.expect(publish0(topic, "kept"));

            open(Connect.of(id).will(topic, "", 0, true)).close();

            heir.expect(publish0(topic, ""));
            late.send(subscribe(1, topic, 0)).expect(suback(1, 0)).expectNothing();
        }
    }

    /** Connects, dies, and connects again: when that is answered, whatever the death published is with the subscribers. */
    private static void comeAndDie(Connect connect) throws IOException {
        try (HexClient client = transport()) {
            client.send(connect.hex());
            assertThat(client.next()).startsWith("2002").endsWith("00");
        }
        try (HexClient again = transport()) {
            again.send(connect.hex());
            assertThat(again.next()).startsWith("2002").endsWith("00");
            again.leave();
        }
    }
}
