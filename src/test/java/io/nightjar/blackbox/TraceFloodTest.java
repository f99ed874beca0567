package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trace of everything that cannot keep up: its gaps are counted to the last event, and every message arrives. */
class TraceFloodTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ROUNDS = 40;
    private static final int EACH = 500;

    @TempDir
    Path directory;

    @Test
    void what_a_trace_cannot_take_is_counted_and_no_client_feels_it() throws IOException {
        try (TestBroker broker = TestBroker.start(directory, "flood", Map.of("trace.queue-length", "64"));
                RawMqttClient subscriber = RawMqttClient.connect("127.0.0.1", broker.port());
                RawMqttClient publisher = RawMqttClient.connect("127.0.0.1", broker.port())) {
            subscriber.open("sub", true);
            publisher.open("pub", true);
            subscriber.subscribe(1, "t", QoS.AT_MOST_ONCE);
            String trace = broker.api().trace("topic", "t", 1);

            int next = 0;
            for (int round = 0; round < ROUNDS; round++) {
                Packet[] packets = new Packet[EACH];
                for (int i = 0; i < EACH; i++) {
                    packets[i] = message(round * EACH + i);
                }
                publisher.sendTogether(packets);
                for (int i = 0; i < EACH; i++) {
                    assertThat(subscriber.expect(Packet.Publish.class).payload().text())
                            .isEqualTo(Integer.toString(next++));
                }
            }
            assertThat(broker.api()
                            .call("PUT", "/trace/" + trace + "/stop", null)
                            .statusCode())
                    .isEqualTo(200);

            await().atMost(PATIENCE).untilAsserted(() -> assertThat(broker.api().traceText(trace))
                    .contains("msg: trace_stopped"));
            String text = broker.api().traceText(trace);
            long written = text.lines()
                    .filter(line -> line.contains("[MQTT] pub@")
                            || line.contains("msg: message_routed")
                            || line.contains("msg: message_delivered"))
                    .count();
            long told = text.lines()
                    .filter(line -> line.contains("msg: trace_events_dropped"))
                    .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
            assertThat(told).as("the flood was one").isPositive();
            assertThat(written + told).isEqualTo(3L * ROUNDS * EACH);
            assertThat(broker.api()
                            .json("/trace")
                            .get(0)
                            .path("dropped")
                            .path("flood")
                            .asLong())
                    .isEqualTo(told);
        }
    }

    private static Packet message(int number) {
        return new Packet.Publish(
                "t",
                io.nightjar.mqtt.Bytes.utf8(Integer.toString(number)),
                QoS.AT_MOST_ONCE,
                false,
                false,
                0,
                io.nightjar.mqtt.Properties.NONE);
    }
}
