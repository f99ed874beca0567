package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Will;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A node with one listener that offers everything and one, {@code small}, that offers little: what each announces, and
 * what happens to a client that does not care.
 */
class ListenerLimitsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() {
        log = new CapturedLog();
        Map<String, String> settings = new HashMap<>(
                Map.of("listeners.tcp.small.bind", "127.0.0.1:0", "listeners.tcp.small.connect-timeout", "1s"));
        Map.of(
                        "max-packet-size", "1KiB",
                        "receive-maximum", "5",
                        "max-topic-alias", "3",
                        "max-qos", "1",
                        "max-clientid-length", "30",
                        "max-topic-levels", "4",
                        "max-subscriptions", "2",
                        "keep-alive-max", "30s",
                        "session-expiry-max", "60s")
                .forEach((limit, value) -> settings.put("listeners.tcp.small.mqtt." + limit, value));
        Stream.of("retain-available", "wildcard-subscriptions", "subscription-identifiers", "shared-subscriptions")
                .forEach(offer -> settings.put("listeners.tcp.small.mqtt." + offer, "false"));
        settings.put("listeners.tcp.qos0.bind", "127.0.0.1:0");
        settings.put("listeners.tcp.qos0.mqtt.max-qos", "0");
        broker = TestBroker.start(directory, "limits", settings);
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        long connections = broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED);
        assertThat(log.endsOfNode("limits")).hasSize((int) connections);
        assertThat(log.errors()).isEmpty();
    }

    // ---- what CONNACK says

    @Test
    @Normative({"5.0/3.2.2-9", "5.0/3.2.2-22"})
    @OftenWrong(28)
    void a_listener_announces_in_connack_what_it_limits_and_does_not_offer() throws IOException {
        try (RawMqttClient client = connect("small")) {
            Properties told = client.open("asks", true, Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L))
                    .properties();

            assertThat(told.getLong(Property.MAXIMUM_PACKET_SIZE, 0)).isEqualTo(1024);
            assertThat(told.getInt(Property.RECEIVE_MAXIMUM, 0)).isEqualTo(5);
            assertThat(told.getInt(Property.TOPIC_ALIAS_MAXIMUM, 0)).isEqualTo(3);
            assertThat(told.getInt(Property.MAXIMUM_QOS, -1)).isEqualTo(1);
            assertThat(told.getInt(Property.SERVER_KEEP_ALIVE, 0)).isEqualTo(30);
            assertThat(told.getLong(Property.SESSION_EXPIRY_INTERVAL, 0)).isEqualTo(60);
            assertThat(told.getInt(Property.RETAIN_AVAILABLE, -1)).isZero();
            assertThat(told.getInt(Property.WILDCARD_SUBSCRIPTION_AVAILABLE, -1))
                    .isZero();
            assertThat(told.getInt(Property.SUBSCRIPTION_IDENTIFIERS_AVAILABLE, -1))
                    .isZero();
            assertThat(told.getInt(Property.SHARED_SUBSCRIPTION_AVAILABLE, -1)).isZero();
        }
    }

    @Test
    @Normative("5.0/3.2.2-9")
    @OftenWrong(28)
    void what_is_offered_in_full_is_left_out_and_a_maximum_qos_of_2_is_never_sent() throws IOException {
        try (RawMqttClient client = connect("default")) {
            Properties told = client.open("asks-in-full", true).properties();

            for (Property offer : List.of(
                    Property.MAXIMUM_QOS,
                    Property.RETAIN_AVAILABLE,
                    Property.WILDCARD_SUBSCRIPTION_AVAILABLE,
                    Property.SUBSCRIPTION_IDENTIFIERS_AVAILABLE,
                    Property.SHARED_SUBSCRIPTION_AVAILABLE)) {
                assertThat(told.has(offer)).as(offer.name()).isFalse();
            }
        }
    }

    // ---- QoS

    @ParameterizedTest
    @CsvSource({"qos0, 0, 0", "qos0, 1, 0", "qos0, 2, 0", "small, 0, 0", "small, 1, 1", "small, 2, 1", "default, 2, 2"})
    @Normative("5.0/3.2.2-10")
    @OftenWrong(28)
    void a_subscription_above_the_maximum_qos_is_granted_a_lower_one(String listener, int asked, int granted)
            throws IOException {
        try (RawMqttClient client = connect(listener)) {
            client.open("subscribes-" + listener + asked, true);

            assertThat(client.subscribe(1, "granted/" + listener + asked, QoS.of(asked))
                            .codes())
                    .extracting(ReasonCode::value)
                    .containsExactly(granted);
        }
    }

    @ParameterizedTest
    @CsvSource({"qos0, 1", "qos0, 2", "small, 2"})
    @Normative("5.0/3.2.2-11")
    @OftenWrong(28)
    void a_publish_above_the_maximum_qos_ends_the_connection_and_goes_nowhere(String listener, int qos)
            throws IOException {
        String clientId = "publishes-" + listener + qos;
        try (RawMqttClient reader = connect("default");
                RawMqttClient client = connect(listener)) {
            reader.open("reads-" + clientId, true);
            reader.subscribe(1, "above/" + clientId, QoS.EXACTLY_ONCE);
            client.open(clientId, true);

            client.publish("above/" + clientId, "x", QoS.of(qos), 7);

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.QOS_NOT_SUPPORTED);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
            assertNothingCame(reader);
        }
        assertEnd(clientId, "reason=internal_error detail=qos_not_supported", "rule=5.0/3.2.2-11", "limit=");
    }

    @Test
    @Normative("5.0/3.2.2-11")
    void a_3_1_1_client_that_publishes_above_the_maximum_qos_is_closed() throws IOException {
        try (RawMqttClient client = connect("small", MqttVersion.V3_1_1)) {
            client.open("publishes-311", true);

            client.publish("a", "x", QoS.EXACTLY_ONCE, 7);

            assertThat(client.receive(PATIENCE)).isNull();
            assertThat(client.end()).isEqualTo(RawMqttClient.End.EOF);
        }
        assertEnd("publishes-311", "detail=qos_not_supported");
    }

    @ParameterizedTest
    @EnumSource(QoS.class)
    @Normative({"5.0/3.2.2-12", "5.0/3.2.2-13"})
    @OftenWrong(29)
    void a_will_that_is_not_offered_is_refused_in_connack(QoS qos) throws IOException {
        boolean retain = qos == QoS.AT_MOST_ONCE;
        String clientId = "will-" + qos.value();
        try (RawMqttClient client = connect(retain ? "small" : "qos0")) {
            Will will = new Will("will/" + clientId, Bytes.utf8("gone"), qos, retain, Properties.NONE);
            client.send(new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, clientId, will, null, null));

            Packet.ConnAck answer = client.expect(Packet.ConnAck.class);
            assertThat(answer.code())
                    .isEqualTo(retain ? ReasonCode.RETAIN_NOT_SUPPORTED : ReasonCode.QOS_NOT_SUPPORTED);
            assertThat(answer.sessionPresent()).isFalse();
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
        assertEnd(clientId, retain ? "rule=5.0/3.2.2-13" : "rule=5.0/3.2.2-12");
    }

    @ParameterizedTest
    @CsvSource({"small, 1", "qos0, 0"})
    @OftenWrong(29)
    void a_will_within_what_is_offered_is_accepted(String listener, int qos) throws IOException {
        try (RawMqttClient client = connect(listener)) {
            Will will = new Will("will/within", Bytes.utf8("gone"), QoS.of(qos), false, Properties.NONE);
            client.send(new Packet.Connect(
                    MqttVersion.V5, true, 0, Properties.NONE, "within-" + listener, will, null, null));

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    // ---- retained, wildcards, identifiers, shared

    @Test
    @Normative("5.0/3.2.2-14")
    void a_retained_publish_where_retain_is_not_offered_ends_the_connection_and_is_not_kept() throws IOException {
        try (RawMqttClient client = connect("small")) {
            client.open("retains", true);
            client.send(
                    new Packet.Publish("kept", Bytes.utf8("x"), QoS.AT_LEAST_ONCE, true, false, 1, Properties.NONE));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.RETAIN_NOT_SUPPORTED);
        }
        assertEnd("retains", "detail=retain_not_supported", "rule=5.0/3.2.2-14");
        try (RawMqttClient reader = connect("default")) {
            reader.open("reads-kept", true);
            reader.subscribe(1, "kept", QoS.AT_MOST_ONCE);
            assertNothingCame(reader);
        }
    }

    static Stream<Arguments> unoffered() {
        return Stream.of(
                Arguments.of("wildcard-plus", "a/+", 0, ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED),
                Arguments.of("wildcard-hash", "#", 0, ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED),
                Arguments.of("shared", "$share/g/a", 0, ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED),
                Arguments.of("identifier", "a", 9, ReasonCode.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED));
    }

    @ParameterizedTest
    @MethodSource("unoffered")
    @Normative({"5.0/3.2.2.3.11", "5.0/3.2.2.3.12", "5.0/3.2.2.3.13"})
    void a_subscription_that_is_not_offered_ends_an_mqtt_5_connection(
            String clientId, String filter, int identifier, ReasonCode code) throws IOException {
        try (RawMqttClient client = connect("small")) {
            client.open(clientId, true);

            client.send(subscribe(identifier, filter));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(code);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
        assertEnd(clientId, "detail=" + code.name().toLowerCase(java.util.Locale.ROOT), "rule=5.0/3.2.2.3.1");
    }

    @Test
    @Normative("311/3.8.3-2")
    void a_3_1_1_client_gets_suback_0x80_for_what_is_not_offered_and_stays() throws IOException {
        try (RawMqttClient client = connect("small", MqttVersion.V3_1_1)) {
            client.open("subscribes-311", true);

            client.send(subscribe(0, "a/+", "plain", "$share/g/a"));

            Packet.SubAck answer = client.expect(Packet.SubAck.class);
            assertThat(answer.codes()).extracting(ReasonCode::value).containsExactly(0x80, 0, 0x80);
            client.send(Packet.PingReq.INSTANCE);
            client.expect(Packet.PingResp.class);
        }
    }

    // ---- the other limits are this listener's too

    @ParameterizedTest
    @CsvSource({"small, PACKET_TOO_LARGE", "default,"})
    @Normative("5.0/3.2.2-15")
    void the_largest_packet_is_the_listeners(String listener, @Nullable ReasonCode code) throws IOException {
        try (RawMqttClient client = connect(listener)) {
            client.open("large-" + listener, true);

            client.publish("a", "x".repeat(1100), QoS.AT_LEAST_ONCE, 1);

            assertAnswer(client, PacketType.PUBACK, code);
        }
    }

    @ParameterizedTest
    @CsvSource({"small, TOPIC_ALIAS_INVALID", "default,"})
    @Normative("5.0/3.2.2-17")
    void the_highest_alias_is_the_listeners(String listener, @Nullable ReasonCode code) throws IOException {
        try (RawMqttClient client = connect(listener)) {
            client.open("alias-" + listener, true);

            client.send(new Packet.Publish(
                    "a", Bytes.utf8("x"), QoS.AT_LEAST_ONCE, false, false, 1, Properties.of(Property.TOPIC_ALIAS, 4)));

            assertAnswer(client, PacketType.PUBACK, code);
        }
    }

    @ParameterizedTest
    @CsvSource({"small, TOPIC_NAME_INVALID", "default,"})
    void the_most_topic_levels_are_the_listeners(String listener, @Nullable ReasonCode code) throws IOException {
        try (RawMqttClient client = connect(listener)) {
            client.open("levels-" + listener, true);

            client.publish("a/b/c/d/e", "x", QoS.AT_LEAST_ONCE, 1);

            assertAnswer(client, PacketType.PUBACK, code);
        }
    }

    @ParameterizedTest
    @CsvSource({"small, CLIENT_IDENTIFIER_NOT_VALID", "default, SUCCESS"})
    void the_longest_clientid_is_the_listeners(String listener, ReasonCode code) throws IOException {
        try (RawMqttClient client = connect(listener)) {
            assertThat(client.open("c".repeat(31), true).code()).isEqualTo(code);
        }
    }

    @ParameterizedTest
    @CsvSource({"small, QUOTA_EXCEEDED", "default, GRANTED_QOS_1"})
    void the_most_subscriptions_are_the_listeners(String listener, ReasonCode third) throws IOException {
        try (RawMqttClient client = connect(listener)) {
            client.open("subscriptions-" + listener, true);
            client.subscribe(1, "s/1", QoS.AT_LEAST_ONCE);
            client.subscribe(2, "s/2", QoS.AT_LEAST_ONCE);

            assertThat(client.subscribe(3, "s/3", QoS.AT_LEAST_ONCE).codes()).containsExactly(third);
            assertThat(client.subscribe(4, "s/2", QoS.AT_LEAST_ONCE).codes())
                    .as("one that is held already")
                    .containsExactly(ReasonCode.GRANTED_QOS_1);
        }
    }

    @Test
    void the_connect_timeout_is_the_listeners() throws IOException {
        try (RawMqttClient silent = connect("small")) {
            assertThat(silent.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
            await().atMost(PATIENCE)
                    .until(() -> !log.endsOfPort(silent.localPort()).isEmpty());
            assertThat(log.endsOfPort(silent.localPort()))
                    .singleElement()
                    .asString()
                    .contains("reason=keepalive_timeout detail=connect_timeout", "listener=tcp:small");
        }
    }

    // ---- helpers

    private static RawMqttClient connect(String listener) throws IOException {
        return connect(listener, MqttVersion.V5);
    }

    private static RawMqttClient connect(String listener, MqttVersion version) throws IOException {
        return RawMqttClient.connect("127.0.0.1", broker.broker().mqttPort(listener), version);
    }

    private static Packet.Subscribe subscribe(int identifier, String... filters) {
        Properties properties =
                identifier == 0 ? Properties.NONE : Properties.of(Property.SUBSCRIPTION_IDENTIFIER, identifier);
        return new Packet.Subscribe(
                1,
                properties,
                Stream.of(filters)
                        .map(filter -> new SubscriptionRequest(filter, SubscriptionOptions.of(QoS.AT_MOST_ONCE)))
                        .toList());
    }

    /** Either the acknowledgement, or a DISCONNECT with this code. */
    private static void assertAnswer(RawMqttClient client, PacketType plain, @Nullable ReasonCode code)
            throws IOException {
        Packet answer = client.receive(PATIENCE);
        if (code == null) {
            assertThat(answer).isNotNull().extracting(Packet::type).isEqualTo(plain);
        } else {
            assertThat(answer).isEqualTo(new Packet.Disconnect(code, ((Packet.Disconnect) answer).properties()));
        }
    }

    /** A packet that is answered after everything before it: nothing else may have come. */
    private static void assertNothingCame(RawMqttClient reader) throws IOException {
        reader.send(Packet.PingReq.INSTANCE);
        assertThat(reader.receive(PATIENCE)).isEqualTo(Packet.PingResp.INSTANCE);
    }

    private static void assertEnd(String clientId, String... words) {
        await("end of " + clientId).atMost(PATIENCE).until(() -> !log.ends(clientId)
                .isEmpty());
        assertThat(log.ends(clientId)).singleElement().asString().contains(words);
    }
}
