package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Under a name of EMQX stands what EMQX counts under it: what clients do, and by how much each figure grows. */
class EmqxNamesTest {
    private static final Properties LASTING = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 1000L);

    @TempDir
    static Path dir;

    private static TestBroker broker;

    @BeforeAll
    static void start() {
        broker = TestBroker.start(
                dir,
                "counted",
                Map.of(
                        "authorization.rules",
                        "[{permission = deny, who = all, action = all, topics = [\"secret/#\"]}]"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    /** What clients do; it ends when the broker has done its part. */
    @FunctionalInterface
    private interface Story {
        void play() throws Exception;
    }

    private static Stream<Arguments> rows() {
        return Stream.of(
                row(
                        "a denied PUBLISH is a refused acknowledgement, and of QoS 0 none",
                        EmqxNamesTest::deniedPublications,
                        "packets.publish.auth_error 3, denied_publish 4, messages.publish 0"),
                row(
                        "a SUBSCRIBE counts once, however many of its filters are denied",
                        EmqxNamesTest::deniedSubscription,
                        "packets.subscribe.auth_error 1, denied_subscribe 2"),
                row(
                        "what nobody awaited is no acknowledgement of a message",
                        EmqxNamesTest::acknowledgements,
                        "messages.acked 2, packets.puback.received 2, packets.pubrec.received 2, messages.publish 2,"
                                + " messages.delivered 2, messages.sent 2, messages.dropped 0"),
                row(
                        "what is too large was to be delivered",
                        EmqxNamesTest::tooLarge,
                        "messages.publish 1, messages.delivered 1, messages.sent 0, delivery.dropped 1,"
                                + " delivery.dropped.too_large 1"),
                row(
                        "what nobody wants was published all the same",
                        EmqxNamesTest::unwanted,
                        "messages.publish 1, messages.dropped 1, messages.dropped.no_subscribers 1, messages.delivered 0"),
                row(
                        "a session is taken over from nobody as well",
                        () -> twice("taken", false),
                        "session.takenover 1, session.resumed 1, session.created 1, session.discarded 0"),
                row(
                        "a session is discarded without a connection as well",
                        () -> twice("discarded", true),
                        "session.takenover 0, session.resumed 0, session.created 2, session.discarded 1"));
    }

    private static Arguments row(String name, Story story, String growth) {
        return Arguments.of(name, story, growth);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void every_figure_grows_by_what_happened(String name, Story story, String growth) throws Exception {
        Map<String, Long> expected = new LinkedHashMap<>();
        for (String figure : growth.split(", ")) {
            expected.put(figure.split(" ")[0], Long.valueOf(figure.split(" ")[1]));
        }
        JsonNode before = figures();

        story.play();

        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            JsonNode after = figures();
            Map<String, Long> grown = new LinkedHashMap<>();
            expected.keySet().forEach(figure -> grown.put(figure, value(after, figure) - value(before, figure)));
            assertThat(grown).isEqualTo(expected);
        });
    }

    private static JsonNode figures() {
        return broker.api().json("/metrics").path(0);
    }

    private static long value(JsonNode figures, String name) {
        assertThat(figures.has(name)).as(name).isTrue();
        return figures.path(name).asLong();
    }

    private static RawMqttClient client(MqttVersion version) throws Exception {
        return RawMqttClient.connect("127.0.0.1", broker.port(), version);
    }

    private static void deniedPublications() throws Exception {
        try (RawMqttClient client = client(MqttVersion.V5);
                RawMqttClient old = client(MqttVersion.V3_1_1)) {
            client.open("denied", true);
            client.publish("secret/x", "0", QoS.AT_MOST_ONCE, 0);
            client.publish("secret/x", "1", QoS.AT_LEAST_ONCE, 1);
            assertThat(client.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            client.publish("secret/x", "2", QoS.EXACTLY_ONCE, 2);
            assertThat(client.expect(Packet.PubRec.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            old.open("denied-old", true);
            old.publish("secret/x", "1", QoS.AT_LEAST_ONCE, 1);
            old.expect(Packet.PubAck.class);
        }
    }

    private static void deniedSubscription() throws Exception {
        try (RawMqttClient client = client(MqttVersion.V5)) {
            client.open("curious", true);
            List<SubscriptionRequest> requests = Stream.of("secret/a", "open", "secret/b")
                    .map(filter -> new SubscriptionRequest(filter, SubscriptionOptions.of(QoS.AT_MOST_ONCE)))
                    .toList();
            client.send(new Packet.Subscribe(1, Properties.NONE, requests));
            client.expect(Packet.SubAck.class);
        }
    }

    private static void acknowledgements() throws Exception {
        try (RawMqttClient client = client(MqttVersion.V5)) {
            client.open("acks", true);
            client.subscribe(1, "acks", QoS.EXACTLY_ONCE);
            client.publish("acks", "1", QoS.AT_LEAST_ONCE, 2);
            int one = 0;
            for (int i = 0; i < 2; i++) { // the message and its acknowledgement come in any order
                if (client.receive(RawMqttClient.PATIENCE) instanceof Packet.Publish publish) {
                    one = publish.packetId();
                }
            }
            client.send(new Packet.PubAck(one, ReasonCode.SUCCESS));
            client.send(new Packet.PubAck(one, ReasonCode.SUCCESS));
            client.publish("acks", "2", QoS.EXACTLY_ONCE, 3);
            int two = 0;
            for (int i = 0; i < 2; i++) {
                if (client.receive(RawMqttClient.PATIENCE) instanceof Packet.Publish publish) {
                    two = publish.packetId();
                }
            }
            client.send(new Packet.PubRec(two, ReasonCode.SUCCESS));
            client.expect(Packet.PubRel.class);
            client.send(new Packet.PubRec(two, ReasonCode.SUCCESS));
            client.expect(Packet.PubRel.class);
        }
    }

    private static void tooLarge() throws Exception {
        try (RawMqttClient client = client(MqttVersion.V5)) {
            client.open("small", true, Properties.of(Property.MAXIMUM_PACKET_SIZE, 50L));
            client.subscribe(1, "small", QoS.AT_MOST_ONCE);
            client.publish("small", "x".repeat(100), QoS.AT_MOST_ONCE, 0);
        }
    }

    private static void unwanted() throws Exception {
        try (RawMqttClient client = client(MqttVersion.V5)) {
            client.open("lonely", true);
            client.publish("nobody/wants/this", "x", QoS.AT_LEAST_ONCE, 1);
            client.expect(Packet.PubAck.class);
        }
    }

    /** Comes, leaves a session behind, and comes again. */
    private static void twice(String clientId, boolean cleanStart) throws Exception {
        try (RawMqttClient client = client(MqttVersion.V5)) {
            client.open(clientId, true, LASTING);
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
            client.awaitEnd(RawMqttClient.PATIENCE);
        }
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !broker.api().client(clientId).path("connected").asBoolean());
        try (RawMqttClient client = client(MqttVersion.V5)) {
            client.open(clientId, cleanStart, LASTING);
        }
    }
}
