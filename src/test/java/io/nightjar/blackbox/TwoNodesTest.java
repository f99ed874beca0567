package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.nightjar.mqtt.Bytes;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two nodes are one broker: whichever of them a client, a message, a trace or an operator meets. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TwoNodesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration QUIET = Duration.ofMillis(300);
    private static final Properties LASTING = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L);

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker a;
    private static TestBroker b;

    @BeforeAll
    static void start() {
        log = new CapturedLog();
        a = TestBroker.start(directory, "node-a", Map.of());
        b = TestBroker.start(directory, "node-b", Map.of(), a);
    }

    @AfterAll
    static void stop() {
        b.close();
        a.close();
        log.close();
        assertThat(log.errors()).isEmpty();
    }

    @Test
    void a_client_on_one_node_is_taken_over_by_its_connection_to_the_other() throws IOException {
        for (int i = 0; i < 8; i++) { // the session lives on either node
            String clientId = "moves-" + i;
            try (RawMqttClient first = open(a, clientId);
                    RawMqttClient second = raw(b)) {
                first.subscribe(1, "moves/" + i, QoS.AT_LEAST_ONCE);

                assertThat(second.open(clientId, false, LASTING).sessionPresent())
                        .isTrue();

                assertThat(first.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
                assertThat(first.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
                routeKnown(b, "moves/" + i);
                assertThat(second.expect(Packet.Publish.class).payload().text()).isEqualTo("probe");
                assertThat(a.api().client(clientId).path("node").asText()).isEqualTo("node-b");
                assertThat(b.api().client(clientId).path("node").asText()).isEqualTo("node-b");
            }
            awaitEnds(clientId, 2);
            assertThat(log.ends(clientId).get(0)).contains("reason=takeovered").contains("node=node-a");
        }
    }

    @Test
    void a_clean_start_on_one_node_discards_the_client_on_the_other() throws IOException {
        for (int i = 0; i < 4; i++) {
            String clientId = "discards-" + i;
            try (RawMqttClient first = open(b, clientId);
                    RawMqttClient second = raw(a)) {
                assertThat(second.open(clientId, true).sessionPresent()).isFalse();

                assertThat(first.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
            }
            awaitEnds(clientId, 2);
            assertThat(log.ends(clientId).get(0)).contains("reason=discarded").contains("node=node-b");
        }
    }

    @ParameterizedTest
    @EnumSource(MqttQos.class)
    void subscriptions_on_one_node_get_messages_from_the_other(MqttQos qos) throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            Mqtt5BlockingClient subscriber = hive(i % 2 == 0 ? a : b, "sub-" + qos + i);
            Mqtt5BlockingClient publisher = hive(i % 2 == 0 ? b : a, "pub-" + qos + i);
            String topic = "across/" + qos + "/" + i;
            try (var received = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
                subscriber.subscribeWith().topicFilter("across/+/" + i).qos(qos).send();
                routeKnown(i % 2 == 0 ? b : a, topic);
                publisher
                        .publishWith()
                        .topic(topic)
                        .qos(qos)
                        .payload("m".getBytes(StandardCharsets.UTF_8))
                        .userProperties()
                        .add("k", "v")
                        .applyUserProperties()
                        .send();

                Mqtt5Publish message =
                        received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS).orElseThrow();
                while (message.getUserProperties().asList().isEmpty()) { // a probe of routeKnown
                    message = received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .orElseThrow();
                }
                assertThat(message.getQos()).isEqualTo(qos);
                assertThat(received.receive(QUIET.toMillis(), TimeUnit.MILLISECONDS))
                        .isEmpty();
            }
            subscriber.disconnect();
            publisher.disconnect();
        }
    }

    @Test
    void a_retained_message_set_on_one_node_is_replayed_on_the_other() throws IOException {
        try (RawMqttClient publisher = open(a, "retains")) {
            publisher.send(new Packet.Publish(
                    "kept/by/both", Bytes.utf8("value"), QoS.AT_LEAST_ONCE, true, false, 1, Properties.NONE));
            publisher.expect(Packet.PubAck.class);

            await().atMost(PATIENCE).until(() -> {
                try (RawMqttClient late = open(b, "late")) {
                    late.subscribe(1, "kept/#", QoS.AT_MOST_ONCE);
                    Packet packet = late.receive(QUIET);
                    return packet instanceof Packet.Publish publish
                            && publish.retain()
                            && publish.payload().text().equals("value");
                }
            });
        }
    }

    @Test
    void a_shared_subscription_over_both_nodes_gives_each_message_to_one_member() throws IOException {
        try (RawMqttClient one = open(a, "share-a");
                RawMqttClient two = open(b, "share-b");
                RawMqttClient publisher = open(a, "share-pub")) {
            one.subscribe(1, "$share/team/jobs", QoS.AT_LEAST_ONCE);
            two.subscribe(1, "$share/team/jobs", QoS.AT_LEAST_ONCE);
            List<String> wanted =
                    IntStream.rangeClosed(1, 60).mapToObj(Integer::toString).toList();
            for (int i = 1; i <= 60; i++) {
                publisher.publish("jobs", Integer.toString(i), QoS.AT_LEAST_ONCE, i);
                assertThat(publisher.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
            }

            List<String> all = new ArrayList<>();
            await().atMost(PATIENCE).until(() -> {
                all.addAll(acknowledgeAll(one));
                all.addAll(acknowledgeAll(two));
                return all.size() >= 60;
            });

            assertThat(all).containsExactlyInAnyOrderElementsOf(wanted);
        }
    }

    @Test
    void a_trace_made_on_one_node_records_the_client_on_the_other_and_one_download_has_both() throws IOException {
        String trace = a.api().trace("traced", 2);
        try (RawMqttClient first = open(b, "traced");
                RawMqttClient second = raw(a)) {
            first.publish("on/node/b", "hello", QoS.AT_LEAST_ONCE, 1);
            first.expect(Packet.PubAck.class);
            second.open("traced", false, LASTING);
            assertThat(first.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
            second.send(new Packet.Disconnect(ReasonCode.SUCCESS));
            second.awaitEnd(PATIENCE);
        }

        List<String> ends = a.api().tracedEnds(trace, 2);

        assertThat(ends.get(0)).contains("reason: takeovered").contains("node: node-b");
        assertThat(ends.get(1)).contains("reason: normal").contains("node: node-a");
        String text = a.api().traceText(trace);
        assertThat(text).contains("Topic=on/node/b");
        List<String> times = text.lines().map(line -> line.split(" ", 2)[0]).toList();
        assertThat(times).as("merged by time").isSorted();
        Map<String, String> files = a.api().traceZip(trace);
        assertThat(files).hasSize(2);
        files.forEach((name, content) -> {
            String node = name.startsWith("node-a") ? "node-a" : "node-b";
            assertThat(name).startsWith(node + "-trace_" + trace + "_").endsWith(".log");
            assertThat(content).contains("msg: connection_ended").contains("node: " + node);
        });
        assertThat(b.api().traceText(trace)).isEqualTo(text);
        a.api().deleteTrace(trace);
        await().atMost(PATIENCE)
                .until(() -> b.api()
                                .call("GET", "/trace/" + trace + "/download", null)
                                .statusCode()
                        == 404);
    }

    @Test
    void a_client_on_one_node_is_seen_and_kicked_through_the_other() throws IOException {
        try (RawMqttClient client = open(b, "seen")) {
            assertThat(a.api().client("seen").path("connected").asBoolean()).isTrue();
            assertThat(a.api().client("seen").path("node").asText()).isEqualTo("node-b");
            assertThat(a.api().connected("seen")).hasSize(1);

            assertThat(a.api().kick("seen")).isEqualTo(204);

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.ADMINISTRATIVE_ACTION);
        }
        awaitEnds("seen", 1);
    }

    /** Last, for node b is gone afterwards. */
    @Test
    @Order(Integer.MAX_VALUE)
    void when_a_node_stops_in_order_its_clients_are_told_and_those_of_its_sessions_return_at_once() throws IOException {
        List<RawMqttClient> onA = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            RawMqttClient client = raw(a);
            client.open("stays-" + i, false, LASTING);
            client.subscribe(1, "routes/stay", QoS.AT_MOST_ONCE);
            onA.add(client);
        }
        long heldByB = a.api().connected("stays-").stream()
                .filter(client -> client.path("session_node").asText().equals("node-b"))
                .count();
        assertThat(heldByB).as("sessions on the other node").isPositive();
        RawMqttClient onB = b.openWithSessionHere("there-", LASTING);
        onB.subscribe(1, "routes/b", QoS.AT_MOST_ONCE);

        b.close();

        assertThat(onB.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.SERVER_SHUTTING_DOWN);
        onB.close();
        await().atMost(Duration.ofSeconds(90))
                .until(() -> log.endsOfNode("node-a").stream()
                                .filter(line -> line.contains("clientid=\"stays-") && line.contains("detail=node_lost"))
                                .count()
                        == heldByB);
        for (int i = 0; i < 20; i++) {
            onA.get(i).close();
            String clientId = "stays-" + i;
            await().atMost(Duration.ofSeconds(90)).until(() -> {
                try (RawMqttClient again = raw(a)) {
                    return again.open(clientId, false, LASTING).code() == ReasonCode.SUCCESS;
                }
            });
        }
        await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(publishCode(a, "routes/b"))
                .as("the routes of a node that is gone")
                .isEqualTo(ReasonCode.NO_MATCHING_SUBSCRIBERS));
        TreeSet<String> nodes = new TreeSet<>();
        a.api().json("/nodes").forEach(node -> nodes.add(node.path("node").asText()));
        assertThat(nodes).containsExactly("node-a");
    }

    // ---- helpers

    private static RawMqttClient raw(TestBroker node) throws IOException {
        return RawMqttClient.connect("127.0.0.1", node.port());
    }

    private static RawMqttClient open(TestBroker node, String clientId) throws IOException {
        RawMqttClient client = raw(node);
        assertThat(client.open(clientId, true, LASTING).code()).isEqualTo(ReasonCode.SUCCESS);
        return client;
    }

    private static Mqtt5BlockingClient hive(TestBroker node, String clientId) {
        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverHost("127.0.0.1")
                .serverPort(node.port())
                .buildBlocking();
        client.connect();
        return client;
    }

    /** Waits until a node knows that another has a subscriber for a topic. */
    private static void routeKnown(TestBroker node, String topic) {
        await().atMost(PATIENCE).until(() -> publishCode(node, topic) == ReasonCode.SUCCESS);
    }

    private static ReasonCode publishCode(TestBroker node, String topic) throws IOException {
        try (RawMqttClient probe = raw(node)) {
            probe.open("", true);
            probe.publish(topic, "probe", QoS.AT_LEAST_ONCE, 1);
            return probe.expect(Packet.PubAck.class).code();
        }
    }

    private static List<String> acknowledgeAll(RawMqttClient client) throws IOException {
        List<String> texts = new ArrayList<>();
        for (Packet packet = client.receive(QUIET); packet != null; packet = client.receive(QUIET)) {
            Packet.Publish publish = (Packet.Publish) packet;
            texts.add(publish.payload().text());
            client.send(new Packet.PubAck(publish.packetId(), ReasonCode.SUCCESS));
        }
        return texts;
    }

    private static void awaitEnds(String clientId, int count) {
        await("ends of " + clientId)
                .atMost(PATIENCE)
                .until(() -> log.ends(clientId).size() >= count);
        assertThat(log.ends(clientId)).hasSize(count);
    }
}
