package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node tells its flight recorder, beside how connections end. */
class RecorderEventsTest {
    @TempDir
    static Path dir;

    private static TestBroker broker;

    @BeforeAll
    static void start() {
        broker = TestBroker.start(
                dir,
                "recorded",
                Map.of(
                        "mqtt.queue-length",
                        "1",
                        "mqtt.max-subscriptions",
                        "1",
                        "mqtt.max-clientid-length",
                        "64",
                        "authorization.rules",
                        "[{permission = deny, who = all, action = subscribe, topics = [\"secret/#\"]}]"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static RawMqttClient client() throws Exception {
        return RawMqttClient.connect("127.0.0.1", broker.port(), MqttVersion.V5);
    }

    private static List<String> history(String clientId, String... fields) {
        List<RecordedEvent> events = new ArrayList<>(broker.broker()
                .recorded()
                .find(EventFilter.ofClient(clientId, 0, Long.MAX_VALUE), Long.MAX_VALUE, 100)
                .events());
        Collections.reverse(events);
        return events.stream().map(event -> told(event, fields)).toList();
    }

    private static String told(RecordedEvent event, String... fields) {
        StringBuilder line = new StringBuilder(event.kind().word());
        for (String field : fields) {
            if (event.text(field) != null) {
                line.append(' ').append(event.text(field));
            }
        }
        return line.toString();
    }

    private static void awaitHistory(String clientId, List<String> expected, String... fields) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(history(clientId, fields)).isEqualTo(expected));
    }

    @Test
    void subscriptions_that_were_granted_denied_or_beyond_a_limit() throws Exception {
        try (RawMqttClient client = client()) {
            client.open("subscriber", true);
            client.subscribe(1, "secret/x", QoS.AT_MOST_ONCE);
            client.subscribe(2, "a/+", QoS.EXACTLY_ONCE);
            client.subscribe(3, "b", QoS.AT_MOST_ONCE);
            client.send(new Packet.Unsubscribe(4, Properties.NONE, List.of("a/+", "never/there")));
            client.expect(Packet.UnsubAck.class);
        }

        awaitHistory(
                "subscriber",
                List.of(
                        "connected",
                        "denied SUBSCRIBE secret/x acl rule 1 (deny subscribe \"secret/#\")",
                        "subscribed a/+ 2",
                        "denied SUBSCRIBE b limit max-subscriptions=1",
                        "unsubscribed a/+",
                        "ended tcp_closed"),
                "reason",
                "what",
                "topic",
                "rule",
                "filter",
                "code");
    }

    @Test
    void messages_that_a_client_lost_while_it_was_away_and_its_session_that_ended() throws Exception {
        try (RawMqttClient client = client()) {
            client.open("away", true, Properties.of(Property.SESSION_EXPIRY_INTERVAL, 3600L));
            client.subscribe(1, "inbox/#", QoS.AT_LEAST_ONCE);
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
        }
        awaitHistory("away", List.of("connected", "subscribed", "ended"));
        try (RawMqttClient publisher = client()) {
            publisher.open("publisher", true);
            for (int i = 1; i <= 10; i++) {
                publisher.publish("inbox/" + i, "x", QoS.AT_LEAST_ONCE, i);
                publisher.expect(Packet.PubAck.class);
            }
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(dropped("away")).isEqualTo(9));

        try (RawMqttClient client = client()) {
            client.open("away", true);
        }

        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(history("away", "why"))
                .filteredOn(line -> !line.startsWith("dropped"))
                .containsExactly("connected", "subscribed", "ended", "session_ended discarded", "connected", "ended"));
    }

    private static long dropped(String clientId) {
        return broker
                .broker()
                .recorded()
                .find(EventFilter.ofClient(clientId, 0, Long.MAX_VALUE), Long.MAX_VALUE, 100)
                .events()
                .stream()
                .filter(event -> "queue_full".equals(event.text("why")))
                .mapToLong(event -> event.number("count"))
                .sum();
    }

    @Test
    void a_client_that_was_refused_and_one_that_never_said_who_it_is() throws Exception {
        String tooLong = "x".repeat(65);
        try (RawMqttClient client = client()) {
            client.send(new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, tooLong, null, null, null));
            client.expect(Packet.ConnAck.class);
        }
        int port;
        try (RawMqttClient client = client()) {
            port = client.localPort();
            client.sendBytes("GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            client.awaitEnd(Duration.ofSeconds(10));
        }

        awaitHistory(tooLong, List.of("refused client_identifier_not_valid"), "detail");
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            List<RecordedEvent> ends = broker.broker()
                    .recorded()
                    .find(EventFilter.ENDS, Long.MAX_VALUE, 1000)
                    .events();
            assertThat(ends)
                    .filteredOn(event -> event.peer().endsWith(":" + port))
                    .extracting(event -> event.kind() + " " + event.clientId() + event.text("detail"))
                    .containsExactly("FAILED not_mqtt");
        });
        assertThat(broker.broker().recorded().lastEnd(tooLong)).isNotNull();
    }
}
