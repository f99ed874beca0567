package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import io.nightjar.auth.PasswordHash;
import io.nightjar.conformance.Normative;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every one of the eight reasons, provoked by a client and read where an operator reads it: in the downloaded trace of
 * that ClientID, in the log, and as the Reason Code that the client itself got.
 */
class EightReasonsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String USER = "ann";
    private static final String PASSWORD = "right horse";

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        Path users = directory.resolve("users");
        Files.writeString(users, USER + ":" + PasswordHash.hash(PASSWORD.toCharArray()) + "\n");
        log = new CapturedLog();
        broker = TestBroker.start(
                directory,
                "eight",
                Map.of(
                        "authentication.password-file",
                        users.toString(),
                        "authorization.rules",
                        "[{permission = deny, who = all, action = publish, topics = [\"forbidden/#\"]},"
                                + " {permission = deny, who = all, action = subscribe, topics = [\"secret/#\"]}]",
                        "authorization.deny-action",
                        "disconnect",
                        "mqtt.receive-maximum",
                        "4",
                        "listeners.tcp.default.connect-timeout",
                        "1s"));
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        long connections = broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED);
        assertThat(log.endsOfNode("eight")).hasSize((int) connections);
        assertThat(log.errors()).isEmpty();
    }

    // ---- normal

    @Test
    void a_client_that_says_goodbye_ends_as_normal() {
        Story story = new Story("says-goodbye");
        Mqtt5BlockingClient client = hive("says-goodbye");
        connect(client);

        client.disconnect();

        story.ended("normal", "disconnect", null);
    }

    @Test
    void a_client_that_leaves_and_asks_for_its_will_ends_as_normal() {
        Story story = new Story("with-will");
        Mqtt5BlockingClient client = hive("with-will");
        connect(client);

        client.disconnectWith()
                .reasonCode(Mqtt5DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE)
                .send();

        story.ended("normal", "disconnect_with_will", null);
    }

    @Test
    void a_client_that_leaves_with_an_error_of_its_own_ends_as_normal_with_what_it_said() {
        Story story = new Story("reports");
        Mqtt5BlockingClient client = hive("reports");
        connect(client);

        client.disconnectWith()
                .reasonCode(Mqtt5DisconnectReasonCode.IMPLEMENTATION_SPECIFIC_ERROR)
                .reasonString("my disk is full")
                .send();

        String line = story.ended("normal", "client_reported", null);
        assertThat(line).contains("code: 0x83").contains("my disk is full");
    }

    @Test
    void a_client_of_3_1_1_that_says_goodbye_ends_as_normal() throws MqttException {
        Story story = new Story("old-goodbye");
        org.eclipse.paho.client.mqttv3.MqttClient client = paho("old-goodbye");

        client.disconnect();
        client.close();

        story.ended("normal", "disconnect", null);
    }

    // ---- kicked

    @Test
    void a_client_that_an_operator_removes_ends_as_kicked() {
        Story story = new Story("kick/me please");
        Hive client = new Hive("kick/me please");

        assertThat(broker.api().kick("kick/me please")).isEqualTo(204);

        assertThat(client.disconnect().getReasonCode()).isEqualTo(Mqtt5DisconnectReasonCode.ADMINISTRATIVE_ACTION);
        String line = story.ended("kicked", "api", "0x98");
        assertThat(line).contains("admin");
        assertThat(broker.api().kick("kick/me please")).isEqualTo(404);
    }

    // ---- keepalive_timeout

    @Test
    void a_client_that_falls_silent_ends_as_keepalive_timeout_after_one_and_a_half_times_its_keep_alive()
            throws IOException {
        Story story = new Story("silent");
        try (RawMqttClient client = raw()) {
            open(client, "silent", 1, Properties.NONE);
            long silentSince = System.nanoTime();

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.KEEP_ALIVE_TIMEOUT);

            long silentMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - silentSince);
            assertThat(silentMillis).isGreaterThanOrEqualTo(1_400);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
        story.ended("keepalive_timeout", "keep_alive", "0x8D");
    }

    @Test
    void a_client_that_pings_in_time_is_not_ended() throws IOException {
        try (RawMqttClient client = raw()) {
            open(client, "pings", 1, Properties.NONE);

            for (int i = 0; i < 3; i++) {
                assertThat(client.receive(Duration.ofMillis(900))).isNull();
                client.send(Packet.PingReq.INSTANCE);
                client.expect(Packet.PingResp.class);
            }

            assertThat(log.ends("pings")).isEmpty();
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
            client.awaitEnd(PATIENCE);
        }
        assertThat(awaitLog("pings")).contains("reason=normal");
    }

    @Test
    void a_transport_without_a_connect_ends_as_keepalive_timeout() throws IOException {
        int port;
        try (RawMqttClient client = raw()) {
            port = client.localPort();

            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
        await().atMost(PATIENCE).until(() -> !log.endsOfPort(port).isEmpty());
        assertThat(log.endsOfPort(port).get(0))
                .contains("reason=keepalive_timeout detail=connect_timeout")
                .doesNotContain("reason_code=");
    }

    // ---- not_authorized

    @Test
    @Normative({"5.0/3.1.4-2"})
    void a_client_with_a_wrong_password_ends_as_not_authorized() {
        Story story = new Story("wrong-password");
        Mqtt5BlockingClient client = hive("wrong-password");

        assertThatThrownBy(() -> client.connectWith()
                        .simpleAuth()
                        .username(USER)
                        .password("wrong horse".getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                        .send())
                .isInstanceOfSatisfying(Mqtt5ConnAckException.class, refused -> assertThat(
                                refused.getMqttMessage().getReasonCode().getCode())
                        .isEqualTo(0x86));

        String line = story.ended("not_authorized", "bad_username_or_password", "0x86");
        assertThat(line).contains("authenticator: ").doesNotContain("wrong horse");
        assertThat(story.text()).contains("packet: CONNECT(").doesNotContain("wrong horse");
    }

    @Test
    void a_client_of_3_1_1_with_a_wrong_password_gets_return_code_4() {
        Story story = new Story("old-wrong");

        assertThatThrownBy(() -> paho("old-wrong", "wrong horse"))
                .isInstanceOfSatisfying(MqttException.class, refused -> assertThat(refused.getReasonCode())
                        .isEqualTo(MqttException.REASON_CODE_FAILED_AUTHENTICATION));

        story.ended("not_authorized", "bad_username_or_password", "0x86");
    }

    @Test
    void a_client_that_publishes_what_a_rule_forbids_ends_as_not_authorized() {
        Story story = new Story("publishes-forbidden");
        Hive client = new Hive("publishes-forbidden");

        client.mqtt.toAsync().publishWith().topic("forbidden/door").send();

        assertThat(client.disconnect().getReasonCode()).isEqualTo(Mqtt5DisconnectReasonCode.NOT_AUTHORIZED);
        String line = story.ended("not_authorized", "publish_denied", "0x87");
        assertThat(line).contains("topic: forbidden/door").contains("rule: ");
    }

    @Test
    void a_client_that_subscribes_to_what_a_rule_forbids_ends_as_not_authorized() {
        Story story = new Story("subscribes-forbidden");
        Hive client = new Hive("subscribes-forbidden");

        client.mqtt.toAsync().subscribeWith().topicFilter("secret/#").send();

        assertThat(client.disconnect().getReasonCode()).isEqualTo(Mqtt5DisconnectReasonCode.NOT_AUTHORIZED);
        story.ended("not_authorized", "subscribe_denied", "0x87");
    }

    @Test
    void a_client_whose_will_a_rule_forbids_is_refused_as_not_authorized() {
        Story story = new Story("will-forbidden");
        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier("will-forbidden")
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .willPublish()
                .topic("forbidden/last")
                .applyWillPublish()
                .buildBlocking();

        assertThatThrownBy(() -> connect(client))
                .isInstanceOfSatisfying(Mqtt5ConnAckException.class, refused -> assertThat(
                                refused.getMqttMessage().getReasonCode().getCode())
                        .isEqualTo(0x87));

        story.ended("not_authorized", "will_denied", "0x87");
    }

    // ---- tcp_closed

    @Test
    void a_client_that_closes_its_socket_ends_as_tcp_closed() throws MqttException {
        Story story = new Story("closes");
        org.eclipse.paho.client.mqttv3.MqttClient client = paho("closes");

        client.disconnectForcibly(0, 0, false);
        client.close(true);

        story.ended("tcp_closed", "peer_fin", null);
    }

    @Test
    void a_client_whose_path_resets_ends_as_tcp_closed() throws IOException {
        Story story = new Story("resets");
        RawMqttClient client = raw();
        open(client, "resets", 0, Properties.NONE);

        client.reset();

        story.ended("tcp_closed", "peer_reset", null);
    }

    // ---- discarded, takeovered

    @Test
    void a_client_whose_client_id_connects_with_clean_start_ends_as_discarded() {
        Story story = new Story("discarded");
        Hive first = new Hive("discarded");
        Mqtt5BlockingClient second = hive("discarded");

        assertThat(connect(second)).as("session present").isFalse();

        assertThat(first.disconnect().getReasonCode()).isEqualTo(Mqtt5DisconnectReasonCode.SESSION_TAKEN_OVER);
        story.ended("discarded", "same_client", "0x8E");
        second.disconnect();
    }

    @Test
    void a_client_whose_client_id_connects_to_resume_ends_as_takeovered() throws IOException {
        Story story = new Story("takeovered");
        Properties lasting = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L);
        try (RawMqttClient first = raw();
                RawMqttClient second = raw()) {
            open(first, "takeovered", 0, lasting);

            second.send(connect("takeovered", false, 0, lasting, PASSWORD));

            assertThat(second.expect(Packet.ConnAck.class).sessionPresent()).isTrue();
            assertThat(first.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
            assertThat(first.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
            String line = story.ended("takeovered", "same_client", "0x8E");
            assertThat(line).contains("127.0.0.1:" + second.localPort());
        }
    }

    @Test
    void two_devices_that_fight_over_a_client_id_are_named_a_conflict() throws IOException {
        String trace = broker.api().trace("fight", 1);
        Properties lasting = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L);
        RawMqttClient last = null;

        for (int i = 0; i < 6; i++) {
            RawMqttClient next = raw();
            next.send(connect("fight", false, 0, lasting, PASSWORD));
            assertThat(next.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
            if (last != null) {
                assertThat(last.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
                last.close();
            }
            last = next;
        }

        List<String> ends = broker.api().tracedEnds(trace, 5);
        assertThat(ends.get(4)).contains("reason: takeovered, detail: conflict");
        last.close();
        broker.api().tracedEnds(trace, 6);
        broker.api().deleteTrace(trace);
    }

    // ---- internal_error

    @Test
    void a_client_that_sends_a_malformed_packet_ends_as_internal_error() throws IOException {
        Story story = new Story("malformed");
        try (RawMqttClient client = raw()) {
            open(client, "malformed", 0, Properties.NONE);

            client.sendHex("36 07 0001 61 0001 00 00"); // PUBLISH with QoS 3

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.MALFORMED_PACKET);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
        String line = story.ended("internal_error", "malformed_packet", "0x81");
        assertThat(line).contains("packet: PUBLISH").contains("QoS");
    }

    @Test
    void a_second_connect_is_a_protocol_error_and_ends_as_internal_error() throws IOException {
        Story story = new Story("twice");
        try (RawMqttClient client = raw()) {
            open(client, "twice", 0, Properties.NONE);

            client.send(connect("twice", true, 0, Properties.NONE, PASSWORD));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
        }
        String line = story.ended("internal_error", "protocol_error", "0x82");
        assertThat(line).contains("3.1.0-2");
    }

    @Test
    void more_than_receive_maximum_ends_as_internal_error() throws IOException {
        Story story = new Story("too-many");
        try (RawMqttClient client = raw()) {
            open(client, "too-many", 0, Properties.NONE);

            for (int i = 1; i <= 5; i++) {
                client.publish("t", "x", QoS.EXACTLY_ONCE, i);
            }

            Packet packet = client.receive(PATIENCE);
            while (packet instanceof Packet.PubRec) {
                packet = client.receive(PATIENCE);
            }
            assertThat(packet)
                    .isInstanceOfSatisfying(Packet.Disconnect.class, disconnect -> assertThat(disconnect.code())
                            .isEqualTo(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED));
        }
        story.ended("internal_error", "receive_maximum_exceeded", "0x93");
    }

    @Test
    void a_topic_alias_beyond_the_maximum_ends_as_internal_error() throws IOException {
        Story story = new Story("alias");
        try (RawMqttClient client = raw()) {
            open(client, "alias", 0, Properties.NONE);

            Properties alias = Properties.of(Property.TOPIC_ALIAS, 60_000);
            client.send(new Packet.Publish("t", Bytes.EMPTY, QoS.AT_MOST_ONCE, false, false, 0, alias));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.TOPIC_ALIAS_INVALID);
        }
        story.ended("internal_error", "topic_alias_invalid", "0x94");
    }

    // ---- a CONNECT that never got further

    @Test
    void a_connect_that_breaks_a_rule_behind_its_client_id_is_in_the_trace_of_that_client_id() throws IOException {
        Story story = new Story("broken-connect");
        try (RawMqttClient client = raw()) {
            // Will Flag set; the Will Topic is said to be longer than the packet
            client.sendHex(
                    "10 23 0004 4D515454 05 06 0000 00 000E 62726F6B656E2D636F6E6E656374 00 FFFF 61 62 63 64 65");

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.MALFORMED_PACKET);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
        story.ended("internal_error", "malformed_packet", "0x81");
    }

    @Test
    void a_client_id_that_is_too_long_is_refused_and_in_its_trace() throws IOException {
        String clientId = "i".repeat(5000);
        String trace = broker.api().trace(clientId, 1);
        try (RawMqttClient client = raw()) {
            client.send(connect(clientId, true, 0, Properties.NONE, PASSWORD));

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
        }
        assertThat(broker.api().tracedEnd(trace))
                .contains("reason: internal_error, detail: client_identifier_not_valid")
                .contains("reason_code: 0x85");
        broker.api().deleteTrace(trace);
    }

    // ---- helpers

    /** A trace by one ClientID, and what it and the log say about the one end that it sees. */
    private static final class Story {
        private final String clientId;
        private final String trace;

        Story(String clientId) {
            this.clientId = clientId;
            this.trace = broker.api().trace(clientId, 1);
        }

        String text() {
            return broker.api().traceText(trace);
        }

        /** The line of the trace, after checking it and the line of the log. */
        String ended(String reason, String detail, String code) {
            String line = broker.api().tracedEnd(trace);
            assertThat(line)
                    .contains(" [SOCKET] ")
                    .contains("msg: connection_ended, reason: " + reason + ", detail: " + detail + ",")
                    .contains(", side: ")
                    .contains(", node: eight");
            String logged = awaitLog(clientId);
            assertThat(logged).contains(" reason=" + reason + " detail=" + detail + " ");
            if (code == null) {
                assertThat(line).doesNotContain("reason_code: ");
                assertThat(logged).doesNotContain("reason_code=");
            } else {
                assertThat(line).contains(", reason_code: " + code);
                assertThat(logged).contains(" reason_code=" + code + " ");
            }
            return line;
        }
    }

    private static String awaitLog(String clientId) {
        await("end of " + clientId + " in the log").atMost(PATIENCE).until(() -> !log.ends(clientId)
                .isEmpty());
        return log.ends(clientId).get(0);
    }

    /** A connected client of HiveMQ that remembers with which DISCONNECT the server ended it. */
    private static final class Hive {
        private final CompletableFuture<Mqtt5Disconnect> end = new CompletableFuture<>();
        private final Mqtt5BlockingClient mqtt;

        Hive(String clientId) {
            mqtt = MqttClient.builder()
                    .useMqttVersion5()
                    .identifier(clientId)
                    .serverHost("127.0.0.1")
                    .serverPort(broker.port())
                    .addDisconnectedListener(context -> {
                        if (context.getSource() == MqttDisconnectSource.SERVER
                                && context.getCause() instanceof Mqtt5DisconnectException ended) {
                            end.complete(ended.getMqttMessage());
                        } else {
                            end.completeExceptionally(context.getCause());
                        }
                    })
                    .buildBlocking();
            connect(mqtt);
        }

        Mqtt5Disconnect disconnect() {
            return end.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        }
    }

    private static Mqtt5BlockingClient hive(String clientId) {
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .buildBlocking();
    }

    /** Connects with Clean Start 1 and tells whether a session was present. */
    private static boolean connect(Mqtt5BlockingClient client) {
        return client.connectWith()
                .cleanStart(true)
                .simpleAuth()
                .username(USER)
                .password(PASSWORD.getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .send()
                .isSessionPresent();
    }

    private static org.eclipse.paho.client.mqttv3.MqttClient paho(String clientId) throws MqttException {
        return paho(clientId, PASSWORD);
    }

    private static org.eclipse.paho.client.mqttv3.MqttClient paho(String clientId, String password)
            throws MqttException {
        var client = new org.eclipse.paho.client.mqttv3.MqttClient(
                "tcp://127.0.0.1:" + broker.port(), clientId, new MemoryPersistence());
        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        options.setUserName(USER);
        options.setPassword(password.toCharArray());
        client.connect(options);
        return client;
    }

    private static RawMqttClient raw() throws IOException {
        return RawMqttClient.connect("127.0.0.1", broker.port());
    }

    private static void open(RawMqttClient client, String clientId, int keepAliveSeconds, Properties properties)
            throws IOException {
        client.send(connect(clientId, true, keepAliveSeconds, properties, PASSWORD));
        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
    }

    private static Packet.Connect connect(
            String clientId, boolean cleanStart, int keepAliveSeconds, Properties properties, String password) {
        return new Packet.Connect(
                MqttVersion.V5, cleanStart, keepAliveSeconds, properties, clientId, null, USER, Bytes.utf8(password));
    }
}
