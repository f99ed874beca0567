package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.ScramVerifier;
import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.Will;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.ScramClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Enhanced authentication with SCRAM-SHA-256 on the wire: every statement of 4.12 and 3.15, and what it forbids. */
class EnhancedAuthTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String METHOD = "SCRAM-SHA-256";
    private static final String PASSWORD = "right horse";

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        Path users = directory.resolve("users");
        String verifier = Objects.requireNonNull(ScramVerifier.of(PASSWORD.toCharArray(), ScramVerifier.MIN_ITERATIONS))
                .text();
        Files.write(
                users,
                List.of(
                        "#scram-secret=AAECAwQFBgcICQoLDA0ODw==",
                        "ann:" + verifier,
                        "bob:" + verifier,
                        "plain:" + hash()));
        log = new CapturedLog();
        broker = TestBroker.start(
                directory,
                "auth",
                Map.of(
                        "authentication.password-file",
                        users.toString(),
                        "authentication.exchange-timeout",
                        "2m",
                        "authorization.rules",
                        "[{permission = deny, who = {username = bob}, action = publish, topics = [\"#\"]}]"));
    }

    @AfterAll
    static void every_connection_ended_once_and_without_a_fault_of_ours() {
        broker.close();
        log.close();

        long connections = broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED);
        assertThat(log.endsOfNode("auth")).hasSize((int) connections);
        assertThat(log.errors()).isEmpty();
    }

    // ---- CONNECT

    @ParameterizedTest
    @ValueSource(strings = {"GS2-KRB5", "scram-sha-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "", "SCRAM-SHA-256 "})
    @Normative("5.0/4.12.0-1")
    @OftenWrong(32)
    void an_unknown_method_is_refused(String method) throws IOException {
        try (RawMqttClient client = raw()) {
            client.send(connect("unknown", Properties.of(Property.AUTHENTICATION_METHOD, method), null));

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.BAD_AUTHENTICATION_METHOD);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
    }

    @Test
    @Normative({"5.0/4.12.0-2", "5.0/4.12.0-5", "5.0/3.15.1-1", "5.0/3.15.2-1", "5.0/3.2.0-1"})
    @OftenWrong({31, 32})
    void a_login_in_two_rounds_ends_with_a_connack_that_names_the_method_and_proves_the_server() throws IOException {
        ScramClient scram = new ScramClient("ann", PASSWORD);
        try (RawMqttClient client = raw()) {
            client.send(connect("two-rounds", properties(scram.first()), null));

            Packet.Auth challenge = client.expect(Packet.Auth.class);
            assertThat(challenge.code()).isEqualTo(ReasonCode.CONTINUE_AUTHENTICATION);
            assertThat(method(challenge.properties())).isEqualTo(METHOD);

            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(data(challenge.properties()))));

            Packet.ConnAck accepted = client.expect(Packet.ConnAck.class);
            assertThat(accepted.code()).isEqualTo(ReasonCode.SUCCESS);
            assertThat(method(accepted.properties())).isEqualTo(METHOD);
            assertThat(scram.isServer(data(accepted.properties()))).isTrue();
            client.subscribe(1, "x", QoS.AT_MOST_ONCE);
        }
    }

    @Test
    void the_user_that_was_proven_counts_for_rules_and_the_api_and_not_the_one_that_connect_names() throws IOException {
        ScramClient scram = new ScramClient("bob", PASSWORD);
        try (RawMqttClient client = raw()) {
            client.send(new Packet.Connect(
                    MqttVersion.V5, true, 0, properties(scram.first()), "proven", null, "ann", Bytes.utf8("wrong")));
            Packet.Auth challenge = client.expect(Packet.Auth.class);
            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(data(challenge.properties()))));
            client.expect(Packet.ConnAck.class);

            client.publish("a", "x", QoS.AT_LEAST_ONCE, 1);

            assertThat(client.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(broker.api().client("proven").path("username").asText()).isEqualTo("bob");
        }
    }

    @Test
    void a_client_that_waits_to_be_asked_gets_a_challenge_without_data() throws IOException {
        ScramClient scram = new ScramClient("ann", PASSWORD);
        try (RawMqttClient client = raw()) {
            client.send(connect("asked", Properties.of(Property.AUTHENTICATION_METHOD, METHOD), null));
            Packet.Auth asked = client.expect(Packet.Auth.class);
            assertThat(asked.properties().has(Property.AUTHENTICATION_DATA)).isFalse();

            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.first()));
            Packet.Auth challenge = client.expect(Packet.Auth.class);
            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(data(challenge.properties()))));

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"ann, wrong horse", "nobody, right horse", "plain, right horse"})
    @Normative({"5.0/4.12.0-4", "5.0/3.14.0-1"})
    @OftenWrong({31, 32})
    void a_wrong_proof_is_refused_with_a_connack_and_never_a_disconnect(String user, String password)
            throws IOException {
        ScramClient scram = new ScramClient(user, password);
        String trace = broker.api().trace("refused-" + user, 1);
        try (RawMqttClient client = raw()) {
            client.send(connect("refused-" + user, properties(scram.first()), null));
            Packet.Auth challenge = client.expect(Packet.Auth.class);
            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(data(challenge.properties()))));

            Packet.ConnAck refused = client.expect(Packet.ConnAck.class);

            assertThat(refused.code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(refused.properties().getString(Property.REASON_STRING))
                    .isEqualTo("not_authorized/authentication_refused");
            assertThat(client.receive(PATIENCE)).isNull();
            assertThat(client.end()).isEqualTo(RawMqttClient.End.EOF);
        }
        assertThat(broker.api().tracedEnd(trace))
                .contains("reason: not_authorized, detail: authentication_refused")
                .contains("authenticator: SCRAM-SHA-256, why: ")
                .contains("username: " + user);
        broker.api().deleteTrace(trace);
    }

    @Test
    @Normative("5.0/4.12.0-4")
    void a_client_that_demands_channel_binding_is_refused_in_the_first_step() throws IOException {
        try (RawMqttClient client = raw()) {
            client.send(connect("binding", properties("p=tls-unique,,n=ann,r=abc"), null));

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongAnswers")
    @Normative({"5.0/4.12.0-3", "5.0/4.12.0-5", "5.0/3.15.1-1", "5.0/3.15.2-1", "5.0/3.1.2-30", "5.0/3.14.0-1"})
    @OftenWrong({31, 32})
    void what_may_not_answer_a_challenge_is_refused_with_a_connack(Wrong wrong) throws IOException {
        try (RawMqttClient client = raw()) {
            client.send(connect("wrong-answer", properties(new ScramClient("ann", PASSWORD).first()), null));
            client.expect(Packet.Auth.class);

            client.sendHex(wrong.hex);

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(wrong.code);
            assertThat(client.receive(PATIENCE)).isNull();
            assertThat(client.end()).isEqualTo(RawMqttClient.End.EOF);
        }
    }

    /** Bytes that break a rule, and the Reason Code that says so. */
    record Wrong(String what, String hex, ReasonCode code) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static final String METHOD_HEX = "15 000D 534352414D2D5348412D323536";

    static List<Wrong> wrongAnswers() {
        return List.of(
                new Wrong("AUTH 0x19", "F0 12 19 10" + METHOD_HEX, ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH 0x00", "F0 12 00 10" + METHOD_HEX, ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH without a code", "F0 00", ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH 0x20", "F0 12 20 10" + METHOD_HEX, ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH with flags", "F1 12 18 10" + METHOD_HEX, ReasonCode.MALFORMED_PACKET),
                new Wrong("AUTH of another method", "F0 06 18 04 15 0001 4D", ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH without a method", "F0 02 18 00", ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH with data alone", "F0 06 18 04 16 0001 4D", ReasonCode.PROTOCOL_ERROR),
                new Wrong("PINGREQ", "C0 00", ReasonCode.PROTOCOL_ERROR),
                new Wrong("PUBLISH", "30 04 0001 61 00", ReasonCode.PROTOCOL_ERROR),
                new Wrong("SUBSCRIBE", "82 07 0001 00 0001 61 00", ReasonCode.PROTOCOL_ERROR),
                new Wrong(
                        "CONNECT",
                        "10 1F 0004 4D515454 05 02 0000 10" + METHOD_HEX + "0001 61",
                        ReasonCode.PROTOCOL_ERROR));
    }

    @Test
    @Normative({"5.0/3.1.2-30", "5.0/3.1.4-6"})
    void what_comes_in_one_segment_with_connect_is_not_acted_on() throws IOException {
        try (RawMqttClient client = raw();
                RawMqttClient witness = raw()) {
            login(witness, "witness", "ann");
            Packet.Publish early =
                    new Packet.Publish("early", Bytes.utf8("x"), QoS.AT_MOST_ONCE, true, false, 0, Properties.NONE);

            client.sendTogether(connect("early", properties(new ScramClient("ann", PASSWORD).first()), null), early);

            client.expect(Packet.Auth.class);
            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            witness.subscribe(1, "early", QoS.AT_MOST_ONCE);
            witness.send(Packet.PingReq.INSTANCE);
            assertThat(witness.receive(PATIENCE)).isInstanceOf(Packet.PingResp.class);
        }
    }

    @Test
    @Normative("5.0/3.1.2-30")
    void what_comes_in_one_segment_with_the_last_auth_is_not_acted_on() throws IOException {
        ScramClient scram = new ScramClient("ann", PASSWORD);
        try (RawMqttClient client = raw()) {
            client.send(connect("early-too", properties(scram.first()), null));
            String challenge = data(client.expect(Packet.Auth.class).properties());

            client.sendTogether(
                    auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(challenge)), Packet.PingReq.INSTANCE);

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
        }
    }

    @Test
    @Normative({"5.0/3.1.2-30", "5.0/3.14.0-1"})
    void a_client_may_leave_with_disconnect_in_the_middle() throws IOException {
        try (RawMqttClient client = raw()) {
            client.send(connect("leaves", properties(new ScramClient("ann", PASSWORD).first()), null));
            client.expect(Packet.Auth.class);

            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));

            assertThat(client.receive(PATIENCE)).isNull();
            assertThat(client.end()).isEqualTo(RawMqttClient.End.EOF);
        }
        assertThat(log.ends("leaves")).singleElement().asString().contains(" reason=normal detail=disconnect ");
    }

    @Test
    void data_without_a_method_is_refused() throws IOException {
        try (RawMqttClient client = raw()) {
            client.sendHex("10 12 0004 4D515454 05 02 0000 04 16 0001 61 0001 61");

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
        }
    }

    @Test
    void data_longer_than_the_limit_is_refused() throws IOException {
        try (RawMqttClient client = raw()) {
            client.send(connect("long", properties("n,,n=ann,r=" + "a".repeat(5000)), null));

            Packet.ConnAck refused = client.expect(Packet.ConnAck.class);

            assertThat(refused.code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(refused.properties().getString(Property.REASON_STRING)).contains("5011 bytes");
        }
    }

    @Test
    void a_challenge_that_is_larger_than_the_client_takes_is_not_sent() throws IOException {
        Properties small = properties(new ScramClient("ann", PASSWORD).first()).with(Property.MAXIMUM_PACKET_SIZE, 40L);
        try (RawMqttClient client = raw()) {
            client.send(connect("small", small, null));

            Packet.ConnAck refused = client.expect(Packet.ConnAck.class);

            assertThat(refused.code()).isEqualTo(ReasonCode.PACKET_TOO_LARGE);
        }
    }

    @Test
    void a_login_byte_by_byte_is_a_login() throws IOException {
        ScramClient scram = new ScramClient("ann", PASSWORD);
        try (RawMqttClient client = raw()) {
            client.sendByteByByte(connect("bytes", properties(scram.first()), null));
            String challenge = data(client.expect(Packet.Auth.class).properties());

            client.sendByteByByte(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(challenge)));

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    // ---- without a method

    @Test
    @Normative("5.0/4.12.0-6")
    @OftenWrong(32)
    void a_login_with_a_password_gets_no_auth_and_a_connack_without_a_method() throws IOException {
        try (RawMqttClient client = raw()) {
            Packet.ConnAck accepted = loginPlain(client, "without-method");

            assertThat(accepted.properties().has(Property.AUTHENTICATION_METHOD))
                    .isFalse();
            assertThat(accepted.properties().has(Property.AUTHENTICATION_DATA)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RE_AUTHENTICATE", "CONTINUE_AUTHENTICATION"})
    @Normative("5.0/4.12.0-7")
    @OftenWrong(32)
    void auth_of_a_client_that_named_no_method_is_refused(ReasonCode code) throws IOException {
        try (RawMqttClient client = raw()) {
            loginPlain(client, "no-method");

            client.send(auth(code, new ScramClient("ann", PASSWORD).first()));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
        }
    }

    // ---- again

    @Test
    @Normative({"5.0/4.12.1-1", "5.0/4.12.0-5", "5.0/3.15.2-1", "5.0/3.2.0-2"})
    @OftenWrong(32)
    void a_client_authenticates_again_while_other_traffic_goes_on_and_gets_no_second_connack() throws IOException {
        ScramClient scram = new ScramClient("ann", PASSWORD);
        try (RawMqttClient client = raw()) {
            login(client, "again", "ann");

            client.send(auth(ReasonCode.RE_AUTHENTICATE, scram.first()));
            Packet.Auth challenge = client.expect(Packet.Auth.class);
            assertThat(challenge.code()).isEqualTo(ReasonCode.CONTINUE_AUTHENTICATION);
            assertThat(method(challenge.properties())).isEqualTo(METHOD);
            client.subscribe(1, "again", QoS.AT_MOST_ONCE);
            client.publish("again", "meanwhile", QoS.AT_MOST_ONCE, 0);
            assertThat(client.expect(Packet.Publish.class).payload().text()).isEqualTo("meanwhile");

            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(data(challenge.properties()))));

            Packet.Auth success = client.expect(Packet.Auth.class);
            assertThat(success.code()).isEqualTo(ReasonCode.SUCCESS);
            assertThat(method(success.properties())).isEqualTo(METHOD);
            assertThat(scram.isServer(data(success.properties()))).isTrue();
            client.send(Packet.PingReq.INSTANCE);
            assertThat(client.receive(PATIENCE)).isInstanceOf(Packet.PingResp.class);
        }
    }

    @Test
    void a_client_may_authenticate_again_as_often_as_it_likes() throws IOException {
        try (RawMqttClient client = raw()) {
            login(client, "often", "ann");

            for (int i = 0; i < 10; i++) {
                assertThat(again(client, "ann", PASSWORD))
                        .isInstanceOfSatisfying(Packet.Auth.class, auth -> assertThat(auth.code())
                                .isEqualTo(ReasonCode.SUCCESS));
            }
        }
    }

    @ParameterizedTest(name = "{0} with {1}")
    @CsvSource({"ann, wrong horse", "bob, right horse", "nobody, right horse"})
    @Normative({"5.0/4.12.1-2", "5.0/3.2.0-2"})
    @OftenWrong(32)
    void to_fail_again_ends_the_connection_with_disconnect_and_its_will(String user, String password)
            throws IOException {
        Will will = new Will("wills/" + user, Bytes.utf8("gone"), QoS.AT_MOST_ONCE, false, Properties.NONE);
        try (RawMqttClient client = raw();
                RawMqttClient witness = raw()) {
            login(witness, "sees-" + user, "ann");
            witness.subscribe(1, "wills/" + user, QoS.AT_MOST_ONCE);
            login(client, "fails-" + user, "ann", Properties.NONE, will);

            assertThat(again(client, user, password))
                    .isInstanceOfSatisfying(Packet.Disconnect.class, disconnect -> assertThat(disconnect.code())
                            .isEqualTo(ReasonCode.NOT_AUTHORIZED));

            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
            assertThat(witness.expect(Packet.Publish.class).payload().text()).isEqualTo("gone");
        }
        assertThat(log.ends("fails-" + user))
                .singleElement()
                .asString()
                .contains(" reason=not_authorized detail=authentication_refused ")
                .contains(" username=ann ")
                .contains(user.equals("ann") ? "" : " claims_to_be=" + user + " ");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongLater")
    @Normative({"5.0/4.12.1-1", "5.0/4.12.0-5", "5.0/3.15.1-1", "5.0/3.15.2-1"})
    @OftenWrong(32)
    void what_may_not_begin_another_authentication_ends_the_connection(Wrong wrong) throws IOException {
        try (RawMqttClient client = raw()) {
            login(client, "wrong-later", "ann");

            client.sendHex(wrong.hex);

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(wrong.code);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
    }

    static List<Wrong> wrongLater() {
        return List.of(
                new Wrong("AUTH 0x18 unasked", "F0 12 18 10" + METHOD_HEX, ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH 0x00", "F0 12 00 10" + METHOD_HEX, ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH without a code", "F0 00", ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH 0x87", "F0 12 87 10" + METHOD_HEX, ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH with flags", "F2 12 19 10" + METHOD_HEX, ReasonCode.MALFORMED_PACKET),
                new Wrong("AUTH of another method", "F0 06 19 04 15 0001 4D", ReasonCode.PROTOCOL_ERROR),
                new Wrong("AUTH without a method", "F0 02 19 00", ReasonCode.PROTOCOL_ERROR));
    }

    @Test
    @Normative("5.0/4.12.1-1")
    @OftenWrong(32)
    void a_second_authentication_while_one_runs_ends_the_connection() throws IOException {
        try (RawMqttClient client = raw()) {
            login(client, "second", "ann");
            client.send(auth(ReasonCode.RE_AUTHENTICATE, new ScramClient("ann", PASSWORD).first()));
            client.expect(Packet.Auth.class);

            client.send(auth(ReasonCode.RE_AUTHENTICATE, new ScramClient("ann", PASSWORD).first()));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
        }
    }

    // ---- properties

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @Normative({"5.0/3.1.2-29", "5.0/3.15.2-2", "5.0/3.15.2-3"})
    void auth_of_the_server_has_the_method_and_data_and_nothing_that_may_have_to_be_left_out(int wanted)
            throws IOException {
        Properties problemInformation = Properties.of(Property.REQUEST_PROBLEM_INFORMATION, wanted);
        ScramClient scram = new ScramClient("ann", PASSWORD);
        try (RawMqttClient client = raw()) {
            Packet.Auth first = login(client, "problem-" + wanted, "ann", problemInformation, null);
            client.send(auth(ReasonCode.RE_AUTHENTICATE, scram.first()));
            Packet.Auth second = client.expect(Packet.Auth.class);
            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(data(second.properties()))));
            Packet.Auth last = client.expect(Packet.Auth.class);

            assertThat(List.of(first, second, last)).allSatisfy(auth -> assertThat(auth.properties()
                            .without(p -> p == Property.AUTHENTICATION_METHOD || p == Property.AUTHENTICATION_DATA))
                    .isEqualTo(Properties.NONE));
        }
    }

    // ---- helpers

    /** A hash of the password that costs little. */
    private static String hash() {
        byte[] salt = new byte[16];
        try {
            byte[] hash = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(new PBEKeySpec(PASSWORD.toCharArray(), salt, 1000, 512))
                    .getEncoded();
            Base64.Encoder base64 = Base64.getEncoder();
            return "$pbkdf2-sha512$i=1000$" + base64.encodeToString(salt) + "$" + base64.encodeToString(hash);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RawMqttClient raw() throws IOException {
        return RawMqttClient.connect("127.0.0.1", broker.port());
    }

    /** CONNECT and the whole exchange; the challenge. */
    private static Packet.Auth login(
            RawMqttClient client, String clientId, String user, Properties more, @Nullable Will will)
            throws IOException {
        ScramClient scram = new ScramClient(user, PASSWORD);
        Properties.Builder properties = properties(scram.first()).toBuilder();
        more.forEach(properties::add);
        client.send(connect(clientId, properties.build(), will));
        Packet.Auth challenge = client.expect(Packet.Auth.class);
        client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(data(challenge.properties()))));
        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        return challenge;
    }

    private static void login(RawMqttClient client, String clientId, String user) throws IOException {
        login(client, clientId, user, Properties.NONE, null);
    }

    private static Packet.ConnAck loginPlain(RawMqttClient client, String clientId) throws IOException {
        client.send(new Packet.Connect(
                MqttVersion.V5, true, 0, Properties.NONE, clientId, null, "plain", Bytes.utf8(PASSWORD)));
        Packet.ConnAck accepted = client.expect(Packet.ConnAck.class);
        assertThat(accepted.code()).isEqualTo(ReasonCode.SUCCESS);
        return accepted;
    }

    /** Authenticates again; what comes at the end of it. */
    private static @Nullable Packet again(RawMqttClient client, String user, String password) throws IOException {
        ScramClient scram = new ScramClient(user, password);
        client.send(auth(ReasonCode.RE_AUTHENTICATE, scram.first()));
        Packet.Auth challenge = client.expect(Packet.Auth.class);
        client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, scram.last(data(challenge.properties()))));
        return client.receive(PATIENCE);
    }

    private static Packet.Connect connect(String clientId, Properties properties, @Nullable Will will) {
        return new Packet.Connect(MqttVersion.V5, true, 0, properties, clientId, will, null, null);
    }

    private static Packet.Auth auth(ReasonCode code, String data) {
        return new Packet.Auth(code, properties(data));
    }

    private static Properties properties(String data) {
        return Properties.of(Property.AUTHENTICATION_METHOD, METHOD)
                .with(Property.AUTHENTICATION_DATA, Bytes.utf8(data));
    }

    private static @Nullable String method(Properties properties) {
        return properties.getString(Property.AUTHENTICATION_METHOD);
    }

    private static String data(Properties properties) {
        return Objects.requireNonNull(properties.getBytes(Property.AUTHENTICATION_DATA))
                .text();
    }
}
