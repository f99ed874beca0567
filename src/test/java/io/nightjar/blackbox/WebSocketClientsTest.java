package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.nightjar.conformance.Normative;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawWebSocket;
import io.nightjar.testing.TestBroker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that others wrote, over WebSocket. */
@Normative({"5.0/6.0.0-1", "311/6.0.0-1", "5.0/4.2-1"})
class WebSocketClientsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int LARGE = 200 * 1024;

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;
    private static int port;

    @BeforeAll
    static void start() {
        log = new CapturedLog();
        broker = TestBroker.start(directory, "ws-clients", Map.of());
        port = broker.broker().port("ws:default");
    }

    @AfterAll
    static void stop() {
        broker.close();
        log.close();
        assertThat(log.errors()).isEmpty();
    }

    @Test
    void hivemqs_client_gets_every_qos_and_200_kb_and_says_goodbye() throws InterruptedException {
        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier("hive-ws")
                .serverHost("127.0.0.1")
                .serverPort(port)
                .webSocketConfig()
                .serverPath("mqtt")
                .applyWebSocketConfig()
                .buildBlocking();
        client.connect();
        byte[] large = large();
        try (Mqtt5BlockingClient.Mqtt5Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.subscribeWith()
                    .topicFilter("hive/+")
                    .qos(MqttQos.EXACTLY_ONCE)
                    .send();

            for (MqttQos qos : MqttQos.values()) {
                client.publishWith()
                        .topic("hive/" + qos.getCode())
                        .qos(qos)
                        .payload(large)
                        .send();

                Optional<Mqtt5Publish> got = publishes.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                assertThat(got).isPresent();
                assertThat(got.get().getQos()).isEqualTo(qos);
                assertThat(got.get().getPayloadAsBytes()).isEqualTo(large);
            }
        }
        client.disconnect();

        assertThat(endOf("hive-ws")).contains("reason=normal detail=disconnect", "transport=ws");
    }

    @Test
    void pahos_client_for_3_1_1_gets_every_qos_and_200_kb() throws Exception {
        BlockingQueue<byte[]> got = new LinkedBlockingQueue<>();
        byte[] large = large();
        try (var client = new org.eclipse.paho.client.mqttv3.MqttClient(uri() + "/mqtt", "paho3-ws", null)) {
            client.connect(new MqttConnectOptions());
            client.subscribe("paho3/#", 2, (topic, message) -> got.add(message.getPayload()));

            for (int qos = 0; qos <= 2; qos++) {
                client.publish("paho3/" + qos, large, qos, false);

                assertThat(got.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(large);
            }
            client.disconnect();
        }
        assertThat(endOf("paho3-ws")).contains("reason=normal detail=disconnect", "protocol_version=3.1.1");
    }

    @Test
    void pahos_client_for_5_gets_every_qos_and_200_kb() throws Exception {
        BlockingQueue<byte[]> got = new LinkedBlockingQueue<>();
        byte[] large = large();
        var client = new org.eclipse.paho.mqttv5.client.MqttClient(uri() + "/mqtt", "paho5-ws", null);
        try {
            client.connect(new MqttConnectionOptions());
            var subscription = new org.eclipse.paho.mqttv5.common.MqttSubscription("paho5/#", 2);
            client.subscribe(
                    new org.eclipse.paho.mqttv5.common.MqttSubscription[] {subscription},
                    new org.eclipse.paho.mqttv5.client.IMqttMessageListener[] {
                        (topic, message) -> got.add(message.getPayload())
                    });

            for (int qos = 0; qos <= 2; qos++) {
                client.publish("paho5/" + qos, large, qos, false);

                assertThat(got.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(large);
            }
            client.disconnect();
        } finally {
            client.close();
        }
        assertThat(endOf("paho5-ws")).contains("reason=normal detail=disconnect", "protocol_version=5.0");
    }

    @Test
    @Normative({"5.0/6.0.0-4", "311/6.0.0-4"})
    void the_jdks_websocket_agrees_on_mqtt_and_closes_in_order() throws Exception {
        Listener listener = new Listener();
        WebSocket socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .subprotocols("chat", "mqtt")
                .buildAsync(URI.create(uri() + "/mqtt"), listener)
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        try (RawWebSocket codec = RawWebSocket.tcp(port)) {
            byte[] packets = codec.encode(codec.connectPacket("jdk-ws"), Packet.PingReq.INSTANCE);
            socket.sendBinary(ByteBuffer.wrap(packets, 0, 3), false).join();
            socket.sendPing(ByteBuffer.wrap(new byte[] {1, 2})).join();
            socket.sendBinary(ByteBuffer.wrap(packets, 3, packets.length - 3), true)
                    .join();
        }

        await().atMost(PATIENCE).until(() -> listener.tail().equals(List.of(0xD0, 0x00)));
        socket.sendClose(4000, "enough").join();

        assertThat(socket.getSubprotocol()).isEqualTo("mqtt");
        assertThat(listener.closed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(4000);
        assertThat(listener.pongs).isEqualTo(1);
        assertThat(endOf("jdk-ws")).contains("detail=websocket_closed", "code=4000", "client_says=enough");
    }

    @Test
    void a_client_over_websocket_takes_over_its_session_from_tcp() throws IOException {
        try (var tcp = io.nightjar.testing.RawMqttClient.connect("127.0.0.1", broker.port())) {
            tcp.open("moves-over", true);

            try (RawWebSocket ws = RawWebSocket.connect(port, "moves-over", MqttVersion.V5)) {
                ws.send(Packet.PingReq.INSTANCE);

                ws.expect(Packet.PingResp.class);
                assertThat(tcp.expect(Packet.Disconnect.class).code().hex()).isEqualTo("0x8E");
            }
        }
    }

    private static String uri() {
        return "ws://127.0.0.1:" + port;
    }

    private static byte[] large() {
        byte[] payload = new byte[LARGE];
        new Random(1).nextBytes(payload);
        return payload;
    }

    private static String endOf(String clientId) {
        await("end of " + clientId).atMost(PATIENCE).until(() -> !log.ends(clientId)
                .isEmpty());
        return log.ends(clientId).get(0);
    }

    /** Keeps what came. */
    private static final class Listener implements WebSocket.Listener {
        private final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private volatile int pongs;

        @Override
        public synchronized CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            byte[] part = new byte[data.remaining()];
            data.get(part);
            bytes.writeBytes(part);
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            pongs = pongs + 1;
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String words) {
            closed.complete(code);
            return null;
        }

        synchronized List<Integer> tail() {
            byte[] all = bytes.toByteArray();
            List<Integer> tail = new ArrayList<>();
            for (int i = Math.max(0, all.length - 2); i < all.length; i++) {
                tail.add(all[i] & 0xFF);
            }
            return tail;
        }
    }
}
