package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces that select by username, address and topic, read in the download as an operator reads them. */
class TraceKindsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private static Path directory;

    private static TestBroker broker;

    private String trace = "";

    @BeforeAll
    static void start() {
        broker = TestBroker.start(
                directory,
                "traced",
                Map.of(
                        "listeners.tcp.proxied.bind", "127.0.0.1:0",
                        "listeners.tcp.proxied.proxy-protocol", "any",
                        "mqtt.queue-length", "1",
                        "authorization.rules", "[{permission = deny, who = all, topics = [\"secret/#\"]}]"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @AfterEach
    void deleteTrace() {
        broker.api().deleteTrace(trace);
    }

    private String text() {
        return broker.api().traceText(trace);
    }

    private void awaitLine(String... parts) {
        await("a line with " + List.of(parts)).atMost(PATIENCE).untilAsserted(() -> assertThat(text().lines())
                .anySatisfy(line -> assertThat(line).contains(parts)));
    }

    private static RawMqttClient open(int port, String clientId, String username) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", port);
        client.send(new Packet.Connect(
                MqttVersion.V5, true, 0, Properties.NONE, clientId, null, username, Bytes.utf8("pw")));
        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        return client;
    }

    @Test
    void a_trace_by_username_has_all_of_that_user_s_clients_and_nobody_else_s() throws IOException {
        trace = broker.api().trace("username", "ann", 1);
        try (RawMqttClient one = open(broker.port(), "a-1", "ann");
                RawMqttClient other = open(broker.port(), "a-2", "bob")) {
            one.subscribe(1, "x", QoS.AT_MOST_ONCE);
            other.subscribe(1, "x", QoS.AT_MOST_ONCE);
        }

        String end = broker.api().tracedEnd(trace);
        assertThat(end).contains(" a-1@").contains("detail: peer_fin");
        assertThat(text())
                .contains("msg: connection_accepted", "packet: CONNECT(", "msg: session_created", "packet: SUBACK(")
                .doesNotContain("a-2");
    }

    @Test
    void a_trace_by_address_has_what_comes_before_connect_too() throws IOException {
        trace = broker.api().trace("ip_address", "192.0.2.0/24", 1);
        int port = broker.broker().mqttPort("proxied");
        try (RawMqttClient junk = RawMqttClient.connect("127.0.0.1", port);
                RawMqttClient good = RawMqttClient.connect("127.0.0.1", port);
                RawMqttClient elsewhere = RawMqttClient.connect("127.0.0.1", port)) {
            junk.sendBytes("PROXY TCP4 192.0.2.7 198.51.100.1 40001 1883\r\nGET / HTTP/1.1\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            good.sendBytes("PROXY TCP4 192.0.2.8 198.51.100.1 40002 1883\r\n".getBytes(StandardCharsets.US_ASCII));
            good.open("behind", true);
            elsewhere.sendBytes("PROXY TCP4 192.0.3.8 198.51.100.1 40003 1883\r\n".getBytes(StandardCharsets.US_ASCII));
            elsewhere.open("elsewhere", true);
        }

        List<String> ends = broker.api().tracedEnds(trace, 2);
        assertThat(ends).anySatisfy(end -> assertThat(end).contains("@192.0.2.7:40001", "detail: not_mqtt"));
        assertThat(ends).anySatisfy(end -> assertThat(end).contains("behind@192.0.2.8:40002"));
        assertThat(text().lines().filter(line -> line.contains("msg: connection_accepted")))
                .as("one line for each connection")
                .hasSize(2);
        assertThat(text()).contains("msg: proxy_header_received").doesNotContain("192.0.3.8", "elsewhere");
    }

    @Test
    void a_trace_by_topic_tells_where_each_message_went() throws IOException {
        trace = broker.api().trace("topic", "plant/+/temp", 1);
        try (RawMqttClient one = open(broker.port(), "t-1", "ann");
                RawMqttClient other = open(broker.port(), "t-2", "bob");
                RawMqttClient publisher = open(broker.port(), "t-3", "cid")) {
            one.subscribe(1, "plant/#", QoS.AT_LEAST_ONCE);
            other.subscribe(1, "$share/g/plant/7/temp", QoS.AT_MOST_ONCE);
            other.subscribe(2, "elsewhere/#", QoS.AT_MOST_ONCE);
            publisher.publish("plant/7/temp", "21.5", QoS.AT_LEAST_ONCE, 1);
            publisher.expect(Packet.PubAck.class);
            publisher.publish("plant/7/pressure", "9", QoS.AT_LEAST_ONCE, 2);
            publisher.expect(Packet.PubAck.class);
            other.expect(Packet.Publish.class);
            other.send(new Packet.Unsubscribe(3, Properties.NONE, List.of("$share/g/plant/7/temp")));
            other.expect(Packet.UnsubAck.class);
        }

        awaitLine("[MQTT] t-1@", "packet: SUBSCRIBE(", "plant/#");
        awaitLine("[SUBSCRIBE] t-2 ", "msg: subscription_added", "filter: $share/g/plant/7/temp", "qos: 0");
        awaitLine("[MQTT] t-3@", "packet: PUBLISH(Q1", "Topic=plant/7/temp", "Payload=21.5");
        awaitLine("[PUBLISH] t-3 ", "msg: message_routed", "subscribers: 2", "nodes: 0");
        awaitLine("[PUBLISH] t-1@", "msg: message_delivered", "topic: plant/7/temp", "qos: 1", "packet_id: 1");
        awaitLine("[PUBLISH] t-2@", "msg: message_delivered", "topic: plant/7/temp", "qos: 0");
        awaitLine("[MQTT] t-2@", "packet: UNSUBSCRIBE(");
        awaitLine("[SUBSCRIBE] t-2 ", "msg: subscription_removed");
        assertThat(text()).doesNotContain("pressure", "elsewhere", "msg: connection_ended");
    }

    @Test
    void a_trace_by_topic_tells_why_a_message_did_not_arrive() throws IOException {
        trace = broker.api().trace("topic", "#", 1);
        Properties lasting = Properties.of(io.nightjar.mqtt.Property.SESSION_EXPIRY_INTERVAL, 300L);
        try (RawMqttClient sleeper = RawMqttClient.connect("127.0.0.1", broker.port())) {
            sleeper.open("sleeper", true, lasting);
            sleeper.subscribe(1, "news", QoS.AT_LEAST_ONCE);
        }
        await().atMost(PATIENCE)
                .until(() -> !broker.api().client("sleeper").path("connected").asBoolean());
        try (RawMqttClient publisher = open(broker.port(), "p-1", "cid")) {
            for (int i = 1; i <= 2; i++) {
                publisher.publish("news", "n" + i, QoS.AT_LEAST_ONCE, i);
                publisher.expect(Packet.PubAck.class);
            }
            publisher.publish("nobody/listens", "x", QoS.AT_LEAST_ONCE, 3);
            publisher.expect(Packet.PubAck.class);
            publisher.publish("secret/door", "x", QoS.AT_LEAST_ONCE, 4);
            publisher.expect(Packet.PubAck.class);
        }

        awaitLine("[PUBLISH] sleeper ", "msg: message_queued", "why: not_connected", "topic: news", "queue_length: 1");
        awaitLine("[PUBLISH] sleeper ", "msg: message_dropped", "why: queue_full", "topic: news", "qos: 1");
        assertThat(text().lines().filter(line -> line.contains("msg: message_queued")))
                .as("also the one that pushed the other out")
                .hasSize(2);
        awaitLine("[PUBLISH] p-1 ", "msg: message_routed", "topic: nobody/listens", "why: no_matching_subscription");
        awaitLine("[AUTHZ] p-1@", "msg: publish_denied", "topic: secret/door", "rule: ");
        broker.api().kick("sleeper");
    }
}
