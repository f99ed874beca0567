package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A trace on a disk that fills up while it is written: a real one of 2 MB, which only root can make. Clients feel nothing,
 * the trace says that it failed and why, and goes on when there is room again.
 */
class TraceFullDiskTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PAYLOAD = 4096;

    @TempDir
    Path directory;

    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectories(directory.resolve("small/trace"));
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk.toString()))
                .as("a disk can be mounted, which takes root")
                .isZero();
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", disk.toString());
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void a_full_disk_is_a_named_state_and_a_counted_gap_and_no_client_feels_it() throws Exception {
        Path filler = Files.write(disk.resolve("filler"), new byte[1_200_000]);
        try (TestBroker broker = TestBroker.start(directory, "small", Map.of("trace.min-free-disk", "0"));
                RawMqttClient subscriber = RawMqttClient.connect("127.0.0.1", broker.port());
                RawMqttClient publisher = RawMqttClient.connect("127.0.0.1", broker.port())) {
            subscriber.open("sub", true);
            publisher.open("pub", true);
            subscriber.subscribe(1, "t", QoS.AT_MOST_ONCE);
            String trace = traceOfPublisher(broker);

            int sent = 0;
            while (!status(broker).equals("failed") && sent < 2_000) {
                sent += exchange(publisher, subscriber, sent, 50);
            }
            JsonNode failed = view(broker);
            assertThat(failed.path("failure").asText()).contains("small: ", "No space left on device");
            sent += exchange(publisher, subscriber, sent, 50);
            assertThat(view(broker).path("dropped").path("small").asLong()).isGreaterThanOrEqualTo(50);

            Files.delete(filler);
            await().atMost(PATIENCE).until(() -> status(broker).equals("running"));
            sent += exchange(publisher, subscriber, sent, 10);

            int all = sent;
            await().atMost(PATIENCE).untilAsserted(() -> {
                List<String> lines = broker.api().traceText(trace).lines().toList();
                assertThat(lines).anySatisfy(line -> assertThat(line)
                        .contains("msg: trace_recovered", "No space left on device"));
                long written = lines.stream()
                        .filter(line -> line.contains("PUBLISH(Q0"))
                        .count();
                long told = lines.stream()
                        .filter(line -> line.contains("msg: trace_events_dropped"))
                        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                        .sum();
                assertThat(written + told).as("lines and counted gaps").isEqualTo(all);
                assertThat(view(broker).path("dropped").path("small").asLong()).isEqualTo(told);
            });
            assertThat(view(broker).has("failure")).isFalse();
        }
    }

    /** The publisher is connected already, so that each message is one event and there are no others. */
    private static String traceOfPublisher(TestBroker broker) {
        String body =
                "{\"name\":\"full\",\"type\":\"clientid\",\"clientid\":\"pub\",\"payload_limit\":" + PAYLOAD + "}";
        assertThat(broker.api().call("POST", "/trace", body).statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> status(broker).equals("running"));
        return "full";
    }

    private static JsonNode view(TestBroker broker) {
        return broker.api().json("/trace").get(0);
    }

    private static String status(TestBroker broker) {
        return view(broker).path("status").asText();
    }

    /** Sends so many messages, and every one arrives. */
    private static int exchange(RawMqttClient publisher, RawMqttClient subscriber, int first, int count)
            throws IOException {
        for (int i = first; i < first + count; i++) {
            String number = "%08d".formatted(i);
            publisher.publish("t", number + "x".repeat(PAYLOAD - 8), QoS.AT_MOST_ONCE, 0);
            Packet.Publish arrived = subscriber.expect(Packet.Publish.class);
            assertThat(arrived.payload().text()).startsWith(number);
        }
        return count;
    }
}
