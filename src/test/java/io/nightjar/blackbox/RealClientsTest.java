package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.TestBroker;
import io.nightjar.testing.device.Cable;
import io.nightjar.testing.device.Device;
import io.nightjar.testing.device.Device.Connect;
import io.nightjar.testing.device.Device.Note;
import io.nightjar.testing.device.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same scenarios with every client that others wrote, over TCP: what it sends, gets, and is told. */
class RealClientsTest {
    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() {
        log = new CapturedLog();
        broker = TestBroker.start(directory, "clients", Map.of());
    }

    @AfterAll
    static void no_error_was_logged() {
        broker.close();
        log.close();
        assertThat(log.errors()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void takes_what_every_client_publishes_with_every_qos(Kind kind) throws Exception {
        assumeTrue(kind.isHere());
        try (Device subscriber = open(kind, "mix-sub")) {
            subscriber.subscribe("mix/" + kind + "/#", 2);
            for (Kind other : Kind.values()) {
                if (!other.isHere()) {
                    continue;
                }
                try (Device publisher = open(other, "mix-pub-" + other)) {
                    for (int qos = 0; qos <= 2; qos++) {
                        Note note = Note.of("mix/" + kind + "/" + other, "QoS " + qos + ", 20 °C", qos);

                        publisher.publish(note);

                        assertThat(subscriber.take()).isEqualTo(note);
                    }
                }
            }
            assertThat(subscriber.hasMore()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void gets_the_lower_qos_of_publisher_and_subscription(Kind kind) throws Exception {
        assumeTrue(kind.isHere());
        for (int granted = 0; granted < 2; granted++) {
            String topic = "granted/" + kind + "/" + granted;
            try (Device subscriber = open(kind, "granted-" + granted);
                    Device publisher = open(Kind.PAHO_3_1_1, "granted-pub")) {
                subscriber.subscribe(topic, granted);
                for (int qos = 0; qos <= 2; qos++) {
                    Note note = Note.of(topic, "m" + qos, qos);

                    publisher.publish(note);

                    assertThat(subscriber.take()).isEqualTo(note.atMost(granted));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void retains_replaces_and_deletes(Kind kind) throws Exception {
        assumeTrue(kind.isHere());
        String topic = "retained/" + kind;
        try (Device live = open(kind, "retained-live");
                Device publisher = open(kind, "retained-pub")) {
            live.subscribe(topic, 1);
            for (String payload : List.of("old", "new")) {
                publisher.publish(Note.of(topic, payload, 1).retained(true));
                assertThat(live.take()).isEqualTo(Note.of(topic, payload, 1));
            }
            try (Device late = open(kind, "retained-late")) {
                late.subscribe(topic, 1);
                assertThat(late.take()).isEqualTo(Note.of(topic, "new", 1).retained(true));
            }

            publisher.publish(Note.of(topic, "", 1).retained(true));

            assertThat(live.take().payload()).isEmpty();
            try (Device late = open(kind, "retained-later")) {
                late.subscribe("retained/" + kind + "/#", 1);
                publisher.publish(Note.of(topic, "plain", 1));
                assertThat(late.take()).isEqualTo(Note.of(topic, "plain", 1));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void leaves_a_will_when_its_cable_is_cut_and_none_when_it_says_goodbye(Kind kind) throws Exception {
        assumeTrue(kind.isHere());
        String topic = "will/" + kind;
        try (Device heir = open(kind, "heir");
                Cable cable = new Cable(broker.port())) {
            heir.subscribe(topic + "/#", 1);
            Device polite = kind.open(new Connect(broker.port(), kind + "-polite", false, Note.of(topic, "polite", 1)));
            polite.subscribe(topic + "/none", 0);
            polite.disconnect();
            polite.close();
            Device mortal = kind.open(new Connect(cable.port(), kind + "-mortal", false, Note.of(topic, "cut", 1)));
            mortal.subscribe(topic + "/none", 0);

            cable.cut();

            if (kind == Kind.MOSQUITTO_5) { // its goodbye is DISCONNECT 0x04, "with Will Message"
                assertThat(heir.take()).isEqualTo(Note.of(topic, "polite", 1));
            }
            assertThat(heir.take()).isEqualTo(Note.of(topic, "cut", 1));
            assertThat(heir.hasMore()).isFalse();
            mortal.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shares_a_subscription(Kind kind) throws Exception {
        assumeTrue(kind.isHere());
        try (Device one = open(kind, "share-1");
                Device two = open(kind, "share-2");
                Device publisher = open(Kind.PAHO_3_1_1, "share-pub")) {
            one.subscribe("$share/team/jobs/" + kind, 1);
            two.subscribe("$share/team/jobs/" + kind, 1);
            List<String> sent = IntStream.range(0, 20).mapToObj(i -> "job " + i).toList();

            for (String job : sent) {
                publisher.publish(Note.of("jobs/" + kind, job, 1));
            }

            List<String> done = new ArrayList<>();
            Map<Device, Integer> share = new HashMap<>();
            await().atMost(Device.PATIENCE).until(() -> {
                for (Device member : List.of(one, two)) {
                    while (member.hasMore()) {
                        done.add(member.take().payload());
                        share.merge(member, 1, Integer::sum);
                    }
                }
                return done.size() >= sent.size();
            });
            assertThat(done).containsExactlyInAnyOrderElementsOf(sent);
            assertThat(share).hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void resumes_its_session_and_gets_what_came_meanwhile_in_order(Kind kind) throws Exception {
        assumeTrue(kind.isHere());
        String topic = "resumed/" + kind;
        Connect connect = new Connect(broker.port(), kind + "-resumes", true, null);
        try (Device before = kind.open(connect)) {
            before.subscribe(topic, 2);
            before.disconnect();
        }
        List<Note> sent = new ArrayList<>();
        try (Device publisher = open(Kind.PAHO_5, "resumed-pub")) {
            for (int i = 0; i < 12; i++) {
                Note note = Note.of(topic, "m" + i, 1 + i % 2);
                publisher.publish(note);
                sent.add(note);
            }
        }

        try (Device after = kind.open(connect)) {
            if (kind.isMosquitto()) {
                after.subscribe(topic, 2); // connects with it
            }

            List<Note> received = new ArrayList<>();
            for (int i = 0; i < sent.size(); i++) {
                received.add(after.take());
            }
            for (int qos = 1; qos <= 2; qos++) { // the order of messages of different QoS is the client's own
                int of = qos;
                assertThat(received)
                        .filteredOn(n -> n.qos() == of)
                        .isEqualTo(sent.stream().filter(n -> n.qos() == of).toList());
            }
            assertThat(after.hasMore()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void takes_its_own_client_identifier_over(Kind kind) throws Exception {
        assumeTrue(kind.isHere());
        String topic = "over/" + kind;
        String clientId = kind + "-over";
        Connect connect = new Connect(broker.port(), clientId, true, null);
        try (Cable cable = new Cable(broker.port());
                Device older = kind.open(new Connect(cable.port(), clientId, true, null))) {
            older.subscribe(topic, 1);

            try (Device newer = kind.open(connect);
                    Device publisher = open(Kind.HIVEMQ_5, "over-pub")) {
                if (kind.isMosquitto()) {
                    newer.subscribe(topic, 1);
                }
                await().atMost(Device.PATIENCE).until(() -> !log.ends(clientId).isEmpty());
                assertThat(log.ends(clientId).get(0)).contains("reason=takeovered detail=");
                cable.cut(); // some come back at once, which would be the next takeover

                publisher.publish(Note.of(topic, "to the newer", 1));

                assertThat(newer.take()).isEqualTo(Note.of(topic, "to the newer", 1));
                assertThat(older.hasMore()).isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void carries_200_kilobytes_both_ways(Kind kind) throws Exception {
        assumeTrue(kind.isHere());
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < 200 * 1024; i++) {
            text.append(i).append(' ');
        }
        try (Device subscriber = open(kind, "large-sub");
                Device publisher = open(kind, "large-pub")) {
            subscriber.subscribe("large/" + kind, 2);
            for (int qos = 0; qos <= 2; qos++) {
                Note note = Note.of("large/" + kind, text + "QoS " + qos, qos);

                publisher.publish(note);

                assertThat(subscriber.take().equals(note)).as("QoS %d", qos).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"PAHO_5", "HIVEMQ_5", "MOSQUITTO_5"})
    void carries_user_properties_and_answers_requests_of_every_client_of_mqtt_5(Kind asks) throws Exception {
        assumeTrue(asks.isHere());
        for (Kind answers : Kind.values()) {
            if (!answers.isV5() || !answers.isHere()) {
                continue;
            }
            String service = "service/" + asks + "/" + answers;
            String reply = "reply/" + asks + "/" + answers;
            try (Device server = open(answers, "server-of-" + asks);
                    Device client = open(asks, "client-of-" + answers)) {
                server.subscribe(service, 1);
                client.subscribe(reply, 1);
                List<String> properties = List.of("unit:celsius", "unit:again", "empty:");
                Note question = new Note(service, "21 * 2?", 1, false, properties, reply, "correlation-7");

                client.publish(question);

                Note asked = server.take();
                assertThat(asked).isEqualTo(question);
                Note answer = new Note(asked.responseTopic(), "42", 1, false, List.of(), "", asked.correlation());
                server.publish(answer);
                assertThat(client.take()).isEqualTo(answer);
            }
        }
    }

    private static Device open(Kind kind, String name) throws Exception {
        return kind.open(new Connect(broker.port(), kind + "-" + name, false, null));
    }
}
