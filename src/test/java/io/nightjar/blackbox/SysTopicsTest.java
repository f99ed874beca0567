package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Will;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a node says of itself below {@code $SYS}, and that nobody else can. */
class SysTopicsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Long enough that something wrong would have come, for it would come at once. */
    private static final Duration QUIET = Duration.ofMillis(150);

    @TempDir
    private static Path directory;

    private static TestBroker broker;

    @BeforeAll
    static void start() {
        // One retained message is all there is room for: the tree must not need it.
        broker = TestBroker.start(
                directory, "sys@1", Map.of("sys-topics.interval", "1s", "mqtt.retained.max-count", "1"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void a_new_subscriber_has_the_whole_tree_at_once_and_it_is_renewed() {
        Mqtt3BlockingClient client = MqttClient.builder()
                .useMqttVersion3()
                .identifier("reader")
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .buildBlocking();
        client.connect();
        try (Mqtt3BlockingClient.Mqtt3Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            Map<String, String> tree = new TreeMap<>();
            Map<String, Boolean> retained = new TreeMap<>();

            client.subscribeWith().topicFilter("$SYS/#").send();
            await().atMost(PATIENCE).until(() -> {
                Optional<Mqtt3Publish> publish = publishes.receive(1, TimeUnit.SECONDS);
                publish.ifPresent(p -> {
                    tree.put(p.getTopic().toString(), new String(p.getPayloadAsBytes(), StandardCharsets.UTF_8));
                    retained.merge(p.getTopic().toString(), p.isRetain(), (first, later) -> first && !later);
                });
                return publish.isPresent()
                        && tree.getOrDefault("$SYS/brokers/sys@1/metrics/packets/sent", "0")
                                        .length()
                                > 1
                        && tree.getOrDefault("$SYS/brokers/sys@1/metrics/bytes/received", "0")
                                        .length()
                                > 1;
            });

            assertThat(tree)
                    .containsEntry("$SYS/brokers", "sys@1")
                    .containsKeys(
                            "$SYS/brokers/sys@1/version",
                            "$SYS/brokers/sys@1/uptime",
                            "$SYS/brokers/sys@1/datetime",
                            "$SYS/brokers/sys@1/sysdescr",
                            "$SYS/brokers/sys@1/stats/sessions/count",
                            "$SYS/brokers/sys@1/metrics/messages/received",
                            "$SYS/brokers/sys@1/metrics/ends/takeovered");
            assertThat(tree.get("$SYS/brokers/sys@1/stats/connections/count")).matches("[1-9]\\d*");
            assertThat(Long.parseLong(tree.get("$SYS/brokers/sys@1/metrics/packets/received")))
                    .isPositive();
            assertThat(retained.get("$SYS/brokers/sys@1/metrics/packets/sent"))
                    .as("first replayed with RETAIN 1, then live with RETAIN 0")
                    .isTrue();
        } finally {
            client.disconnect();
        }
    }

    @Test
    void the_tree_takes_no_place_among_the_retained_messages_of_clients() throws IOException {
        try (RawMqttClient client = open("retainer", MqttVersion.V5)) {
            client.send(retained("only/one", 1));
            client.expect(Packet.PubAck.class);
            client.send(retained("one/more", 2));
            client.expect(Packet.PubAck.class);
            client.subscribe(3, "only/+", QoS.AT_MOST_ONCE);

            assertThat(client.expect(Packet.Publish.class).topic()).isEqualTo("only/one");
            assertThat(broker.broker().counters().get(Counter.RETAINED_REFUSED))
                    .as("one more than there is room for, and none of the tree")
                    .isEqualTo(1);
        }
    }

    @Test
    @Normative({"5.0/4.7.2-1", "311/4.7.2-1"})
    @OftenWrong(39)
    void a_subscriber_to_everything_sees_nothing_of_it() throws IOException {
        try (RawMqttClient client = open("everything", MqttVersion.V5);
                RawMqttClient system = open("system", MqttVersion.V5)) {
            client.send(new Packet.Subscribe(
                    1,
                    Properties.NONE,
                    Stream.of("#", "+/brokers/#", "$share/g/#", "$share/g/+/brokers")
                            .map(filter -> new SubscriptionRequest(filter, SubscriptionOptions.of(QoS.AT_MOST_ONCE)))
                            .toList()));
            client.expect(Packet.SubAck.class);
            system.subscribe(1, "$SYS/brokers/sys@1/uptime", QoS.AT_MOST_ONCE);
            system.expect(Packet.Publish.class);
            system.expect(Packet.Publish.class);

            for (Packet packet = client.receive(QUIET); packet != null; packet = client.receive(QUIET)) {
                assertThat(((Packet.Publish) packet).topic()).doesNotStartWith("$");
            }
            assertThat(client.end()).isEqualTo(RawMqttClient.End.OPEN);
        }
    }

    @Test
    void clients_that_come_and_go_are_not_told_unless_that_is_on() throws IOException {
        try (RawMqttClient reader = open("no-events", MqttVersion.V5)) {
            reader.subscribe(1, "$SYS/brokers/+/clients/#", QoS.AT_MOST_ONCE);
            open("silent", MqttVersion.V5).close();

            assertThat(reader.receive(QUIET)).isNull();
            assertThat(reader.end()).isEqualTo(RawMqttClient.End.OPEN);
        }
    }

    // ---- nobody else publishes there

    @Test
    void a_publish_to_it_is_refused_with_not_authorized_and_reaches_nobody() throws IOException {
        try (RawMqttClient client = open("forger", MqttVersion.V5);
                RawMqttClient reader = open("forger-reader", MqttVersion.V5)) {
            reader.subscribe(1, "$SYS/forged", QoS.AT_MOST_ONCE);
            reader.subscribe(2, "$private/forged", QoS.AT_MOST_ONCE);

            client.publish("$SYS/forged", "no", QoS.AT_MOST_ONCE, 0);
            client.publish("$SYS/forged", "no", QoS.AT_LEAST_ONCE, 1);
            ReasonCode one = client.expect(Packet.PubAck.class).code();
            client.publish("$SYS/forged", "no", QoS.EXACTLY_ONCE, 2);
            ReasonCode two = client.expect(Packet.PubRec.class).code();
            client.publish("$private/forged", "yes", QoS.AT_LEAST_ONCE, 3);
            ReasonCode free = client.expect(Packet.PubAck.class).code();

            assertThat(one).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(two).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(free).isEqualTo(ReasonCode.SUCCESS);
            assertThat(reader.expect(Packet.Publish.class).payload().text()).isEqualTo("yes");
        }
    }

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void a_will_for_it_is_refused_at_connect(MqttVersion version) throws IOException {
        Will will = new Will("$SYS/will", Bytes.utf8("gone"), QoS.AT_MOST_ONCE, false, Properties.NONE);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port(), version)) {
            client.send(new Packet.Connect(version, true, 0, Properties.NONE, "testator", will, null, null));

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
    }

    private static Packet.Publish retained(String topic, int packetId) {
        return new Packet.Publish(topic, Bytes.utf8("x"), QoS.AT_LEAST_ONCE, true, false, packetId, Properties.NONE);
    }

    private static RawMqttClient open(String clientId, MqttVersion version) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port(), version);
        client.open(clientId, true);
        return client;
    }
}
