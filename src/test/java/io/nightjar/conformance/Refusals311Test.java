package io.nightjar.conformance;

import static io.nightjar.conformance.Packets311.ACCEPTED;
import static io.nightjar.conformance.Packets311.ACCEPTED_SESSION_PRESENT;
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
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.PasswordHash;
import io.nightjar.conformance.Packets311.Connect;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What 3.1.1 clients get that may not do what they want: on a node that refuses, and on one that disconnects. */
class Refusals311Test {
    private static final String BAD_USER_NAME_OR_PASSWORD = "20020004";
    private static final String NOT_AUTHORIZED = "20020005";
    private static final String RULES = "[{permission = deny, who = all, action = publish, topics = [\"forbidden/#\"]},"
            + " {permission = deny, who = all, action = subscribe, topics = [\"secret/#\"]}]";

    @TempDir
    private static Path directory;

    private static TestBroker ignoring;
    private static TestBroker disconnecting;

    @BeforeAll
    static void start() throws IOException {
        Path users = directory.resolve("users");
        Files.writeString(users, "ann:" + PasswordHash.hash("right".toCharArray()) + "\n");
        ignoring = TestBroker.start(
                directory,
                "ignoring",
                Map.of(
                        "authentication.password-file",
                        users.toString(),
                        "authorization.rules",
                        RULES,
                        "mqtt.max-subscriptions",
                        "4",
                        "mqtt.max-awaiting-rel",
                        "8",
                        "mqtt.receive-maximum",
                        "8"));
        disconnecting = TestBroker.start(
                directory,
                "disconnecting",
                Map.of("authorization.rules", RULES, "authorization.deny-action", "disconnect"));
    }

    @AfterAll
    static void stop() {
        ignoring.close();
        disconnecting.close();
    }

    private static HexClient open(String clientId) throws IOException {
        return open(Connect.of(clientId), ACCEPTED);
    }

    private static HexClient open(Connect connect, String connAck) throws IOException {
        return HexClient.open(ignoring.port(), connect.user("ann", "right"), connAck);
    }

    // ---- CONNECT

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative({"311/3.2.2-4", "311/3.2.2-5", "311/3.1.4-5", "311/3.1.2-8"})
    void a_refused_connect_has_session_present_0_and_nothing_behind_it_is_done(boolean clean) throws IOException {
        Connect stored = Connect.of("refused-" + clean).stored();
        try (HexClient watcher = open("watch-refused-" + clean);
                HexClient incumbent = open(stored, ACCEPTED);
                HexClient client = new HexClient(ignoring.port())) {
            watcher.send(subscribe(1, "refused/#", 0)).expect(suback(1, 0));
            incumbent.send(subscribe(1, "refused/kept", 1)).expect(suback(1, 1));
            Connect wrong = Connect.of("refused-" + clean)
                    .clean(clean)
                    .will("refused/will", "x", 0, true)
                    .user("ann", "wrong");

            client.send(
                    wrong.hex(),
                    publish(0x31, "refused/after", 0, "x"),
                    publish1(1, "refused/after", "x"),
                    subscribe(2, "#", 0));

            client.expect(BAD_USER_NAME_OR_PASSWORD).expectClosed();
            watcher.expectNothing();
            incumbent.send(PINGREQ).expect(PINGRESP).leave();
            open(stored, ACCEPTED_SESSION_PRESENT).leave();
        }
    }

    @Test
    @Normative({"311/3.2.2-4", "311/3.2.2-5"})
    void a_client_without_a_name_and_one_with_an_unknown_one_are_refused_with_return_code_4() throws IOException {
        try (HexClient anonymous = new HexClient(ignoring.port());
                HexClient unknown = new HexClient(ignoring.port())) {
            anonymous
                    .send(Connect.of("anonymous").hex())
                    .expect(BAD_USER_NAME_OR_PASSWORD)
                    .expectClosed();

            unknown.send(Connect.of("unknown").user("bob", "right").hex());

            unknown.expect(BAD_USER_NAME_OR_PASSWORD).expectClosed();
        }
    }

    @Test
    @Normative({"311/3.2.2-4", "311/3.2.2-5", "311/3.1.4-5"})
    void a_will_that_is_not_allowed_is_refused_with_return_code_5_and_never_published() throws IOException {
        try (HexClient watcher = open("watch-will");
                HexClient client = new HexClient(ignoring.port())) {
            watcher.send(subscribe(1, "forbidden/#", 0)).expect(suback(1, 0));
            Connect connect =
                    Connect.of("will").will("forbidden/will", "x", 1, true).user("ann", "right");

            client.send(connect.hex(), publish0("allowed/after", "x"));

            client.expect(NOT_AUTHORIZED).expectClosed();
            watcher.expectNothing();
        }
    }

    // ---- PUBLISH

    @Test
    @Normative({"311/3.3.5-2", "311/3.3.4-1"})
    void a_publish_that_is_not_allowed_is_acknowledged_as_usual_and_goes_nowhere() throws IOException {
        try (HexClient watcher = open("watch-publish");
                HexClient client = open("publish")) {
            watcher.send(subscribe(1, "forbidden/#", 2)).expect(suback(1, 2));

            client.send(publish0("forbidden/a", "0"), publish1(1, "forbidden/a", "1"))
                    .expect(puback(1));
            client.send(publish2(2, "forbidden/a", "2")).expect(pubrec(2));
            client.send(publish(0x3C, "forbidden/a", 2, "2")).expect(pubrec(2));
            client.send(pubrel(2)).expect(pubcomp(2));
            client.send(publish(0x33, "forbidden/a", 3, "kept")).expect(puback(3));

            watcher.expectNothing();
            watcher.send(subscribe(2, "forbidden/#", 2)).expect(suback(2, 2)).expectNothing();
            client.send(PINGREQ).expect(PINGRESP);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x30, 0x31, 0x32, 0x34})
    @Normative({"311/3.3.5-2", "311/4.8.0-1"})
    void or_it_ends_the_connection_where_the_rules_say_so(int first) throws IOException {
        try (HexClient watcher = HexClient.open(disconnecting.port(), Connect.of("watch"), ACCEPTED);
                HexClient client = HexClient.open(disconnecting.port(), Connect.of("publish"), ACCEPTED)) {
            watcher.send(subscribe(1, request("forbidden/#", 0), request("allowed/#", 0)))
                    .expect(suback(1, 0, 0));

            client.send(publish(first, "forbidden/a", 1, "x"), publish0("allowed/after", "x"));

            client.expectClosed();
            watcher.expectNothing();
        }
    }

    // ---- SUBSCRIBE

    @Test
    @Normative({"311/3.8.4-4", "311/3.8.4-5", "311/3.9.3-1", "311/3.9.3-2", "311/3.8.4-1", "311/3.8.4-2"})
    @OftenWrong(19)
    void a_filter_that_is_not_allowed_gets_0x80_in_its_place_and_the_others_are_granted() throws IOException {
        try (HexClient client = open("subscribe")) {
            client.send(subscribe(
                            0xABCD,
                            request("one", 2),
                            request("secret/a", 2),
                            request("two", 0),
                            request("secret/#", 0),
                            request("#", 1),
                            request("three", 1)))
                    .expect(suback(0xABCD, 2, 0x80, 0, 0x80, 0x80, 1));

            client.send(publish0("secret/a", "x"), publish1(1, "two", "x"), publish1(2, "three", "x"));
            assertThat(client.all())
                    .containsExactlyInAnyOrder(publish0("two", "x"), puback(1), publish1(1, "three", "x"), puback(2));
        }
    }

    @Test
    @Normative({"311/3.8.4-4", "311/3.8.4-5", "311/3.9.3-1", "311/3.9.3-2"})
    @OftenWrong(19)
    void a_filter_beyond_the_limit_gets_0x80_and_nothing_else() throws IOException {
        try (HexClient client = open("many")) {
            client.send(subscribe(
                            1,
                            request("1", 0),
                            request("2", 1),
                            request("3", 2),
                            request("2", 2),
                            request("4", 0),
                            request("5", 1),
                            request("1", 1)))
                    .expect(suback(1, 0, 1, 2, 2, 0, 0x80, 1));
        }
    }

    // ---- quotas

    @Test
    @Normative({"311/4.8.0-2", "311/4.8.0-1"})
    void a_quota_that_3_1_1_cannot_name_ends_that_connection_alone_and_drops_nothing_silently() throws IOException {
        try (HexClient other = open("beside");
                HexClient client = open(Connect.of("greedy").stored(), ACCEPTED)) {
            other.send(publish2(1, "quota/a", "half")).expect(pubrec(1));
            for (int i = 1; i <= 8; i++) {
                client.send(publish2(i, "quota/a", "x")).expect(pubrec(i));
            }

            client.send(publish2(9, "quota/a", "one more"));

            client.expectClosed();
            other.send(pubrel(1)).expect(pubcomp(1));
            try (HexClient again = open(Connect.of("greedy").stored(), ACCEPTED_SESSION_PRESENT)) {
                again.send(pubrel(1)).expect(pubcomp(1));
                again.send(publish(0x3C, "quota/a", 9, "one more")).expect(pubrec(9));
            }
        }
    }
}
