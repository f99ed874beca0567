package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.testing.EventStream;
import io.nightjar.testing.NodeProcess;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node dies while what it traced is read at the other: the gap is named, and the rest goes on. */
class TraceNodeDiesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String PAYLOAD = "p".repeat(60_000);

    /** More than all buffers between two sockets hold. */
    private static final int MESSAGES = 350;

    @TempDir
    private static Path directory;

    @Test
    void a_node_that_dies_is_named_in_the_tail_and_in_the_download_that_run() throws Exception {
        try (TestBroker a = TestBroker.start(directory, "lives", Map.of());
                NodeProcess b = NodeProcess.start(
                                directory, "dies", Map.of(), a.broker().clusterAddress())
                        .awaitReady()) {
            await().atMost(PATIENCE).until(() -> a.api().json("/nodes").size() == 2);
            String body = "{\"name\":\"both\",\"type\":\"clientid_prefix\",\"clientid_prefix\":\"dev-\","
                    + "\"payload_limit\":65536}";
            assertThat(a.api().call("POST", "/trace", body).statusCode()).isEqualTo(200);
            awaitRecorded(a, 0);
            try (RawMqttClient onB = RawMqttClient.connect("127.0.0.1", b.port())) {
                onB.open("dev-b", true);
                for (int i = 1; i <= MESSAGES; i++) {
                    onB.publish("from/b", PAYLOAD, QoS.AT_LEAST_ONCE, i);
                    onB.expect(Packet.PubAck.class);
                }
            }
            awaitRecorded(a, MESSAGES * PAYLOAD.length());
            try (RawMqttClient onA = a.openWithSessionHere("dev-", Properties.NONE)) {
                onA.subscribe(1, "to/a", QoS.AT_MOST_ONCE);
                readWhileItDies(a, b, onA);
            }
            await().atMost(PATIENCE).until(() -> a.api().json("/nodes").size() == 1);
            assertThat(a.api().traceText("both"))
                    .as("long after")
                    .contains("msg: node_unreachable, node: dies, why: ", "Payload=two");
            assertThat(a.api()
                            .json("/trace/both/log")
                            .path("meta")
                            .path("unreachable_nodes")
                            .toString())
                    .isEqualTo("[\"dies\"]");
        }
    }

    private static void readWhileItDies(TestBroker a, NodeProcess b, RawMqttClient onA) throws Exception {
        try (EventStream tail = a.api().events("/trace/both/tail?position=end");
                Socket download = download(a)) {
            publish(onA, "one");
            awaitEvent(tail, "message", "Payload=one");
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            InputStream in = download.getInputStream();
            file.write(in.readNBytes(100_000));

            b.kill();

            awaitEvent(tail, "node_unreachable", "\"node\":\"dies\"");
            publish(onA, "two");
            awaitEvent(tail, "message", "Payload=two");
            in.transferTo(file);
            String text = file.toString(StandardCharsets.UTF_8);
            assertThat(text).contains("msg: node_unreachable, node: dies, why: ");
            assertThat(text.substring(text.lastIndexOf("\r\n0\r\n"))).contains("Nightjar-Unreachable-Nodes: dies");
            assertThat(text.length()).isLessThan(MESSAGES * PAYLOAD.length());
        }
    }

    private static void awaitEvent(EventStream tail, String type, String text) throws InterruptedException {
        EventStream.Event event = tail.next(PATIENCE);
        while (!event.type().equals(type) || !event.data().contains(text)) {
            assertThat(event.type()).isNotIn("closed", "broken", "end");
            event = tail.next(PATIENCE);
        }
    }

    /** The node that will die has more than so many bytes of the trace. */
    private static void awaitRecorded(TestBroker a, int bytes) {
        await().atMost(PATIENCE)
                .until(() -> a.api()
                                .json("/trace")
                                .get(0)
                                .path("log_size")
                                .path("dies")
                                .asLong()
                        > bytes);
    }

    /** To the same node, so that its own line is in the trace and the message comes back. */
    private static void publish(RawMqttClient client, String payload) throws IOException {
        client.publish("to/a", payload, QoS.AT_MOST_ONCE, 0);
        assertThat(client.expect(Packet.Publish.class).payload().text()).isEqualTo(payload);
    }

    private static Socket download(TestBroker broker) throws IOException {
        Socket socket = new Socket("127.0.0.1", broker.broker().httpPort());
        String request = "GET /api/v5/trace/both/download?format=text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Authorization: " + broker.api().authorization() + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
