package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.nightjar.conformance.Normative;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawWebSocket;
import io.nightjar.testing.TestBroker;
import io.nightjar.testing.TestCertificates;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The layers on top of each other: PROXY header, TLS of both libraries, WebSocket. */
class SecureWebSocketTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private static Path directory;

    private static final TestCertificates authority = new TestCertificates("WebSocket CA");
    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        TestCertificates.write(directory, "server", authority.server());
        Map<String, String> settings = new HashMap<>();
        for (String provider : List.of("jdk", "openssl")) {
            String key = "listeners.wss." + provider + ".";
            settings.put(key + "bind", "127.0.0.1:0");
            settings.put(key + "tls.provider", provider);
            settings.put(
                    key + "tls.certificate", directory.resolve("server.pem").toString());
            settings.put(key + "tls.key", directory.resolve("server.key").toString());
        }
        settings.put("listeners.ws.behind.bind", "127.0.0.1:0");
        settings.put("listeners.ws.behind.proxy-protocol", "any");
        log = new CapturedLog();
        broker = TestBroker.start(directory, "wss", settings);
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        assertThat(log.endsOfNode("wss"))
                .hasSize((int) broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED));
        assertThat(log.errors()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void hivemqs_client_gets_every_qos_and_200_kb(String provider) throws InterruptedException {
        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier("hive-" + provider)
                .serverHost("127.0.0.1")
                .serverPort(port(provider))
                .sslConfig(MqttClientSslConfig.builder()
                        .trustManagerFactory(authority.trust())
                        .build())
                .webSocketConfig()
                .serverPath("mqtt")
                .applyWebSocketConfig()
                .buildBlocking();
        byte[] large = new byte[200 * 1024];
        new Random(3).nextBytes(large);
        client.connect();
        try (Mqtt5BlockingClient.Mqtt5Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.subscribeWith()
                    .topicFilter(provider + "/+")
                    .qos(MqttQos.EXACTLY_ONCE)
                    .send();
            for (MqttQos qos : MqttQos.values()) {
                client.publishWith()
                        .topic(provider + "/" + qos.getCode())
                        .qos(qos)
                        .payload(large)
                        .send();

                Optional<Mqtt5Publish> got = publishes.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                assertThat(got).isPresent();
                assertThat(got.get().getPayloadAsBytes()).isEqualTo(large);
            }
        }
        client.disconnect();

        assertThat(endOf("hive-" + provider))
                .contains("reason=normal detail=disconnect", "transport=wss", "tls_version=TLSv1.3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    @Normative({"5.0/6.0.0-1", "311/6.0.0-1"})
    void a_text_frame_is_answered_with_disconnect_and_a_close_frame_and_the_end_of_tls(String provider)
            throws IOException {
        String id = "text-" + provider;
        try (RawWebSocket client = secure(provider).upgrade().session(id)) {
            client.frame(RawWebSocket.FIN | RawWebSocket.TEXT, RawWebSocket.ascii("hello"));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            assertThat(client.expectClose().code()).isEqualTo(1003);
        }
        assertThat(endOf(id)).contains("detail=protocol_error", "rule=5.0/6.0.0-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void a_client_that_closes_its_websocket_is_answered(String provider) throws IOException {
        String id = "closes-" + provider;
        try (RawWebSocket client = secure(provider).upgrade().session(id)) {
            client.close(4321, "enough");

            assertThat(client.expectClose().code()).isEqualTo(4321);
        }
        assertThat(endOf(id)).contains("reason=tcp_closed detail=websocket_closed", "code=4321");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void a_wrong_path_is_told_over_tls(String provider) throws IOException {
        try (RawWebSocket client = secure(provider)) {
            client.sendBytes(RawWebSocket.ascii(RawWebSocket.request("/nothing")));

            assertThat(client.http()).startsWith("HTTP/1.1 404 ");
            client.expectEnd();
            assertThat(endOf(client)).contains("detail=websocket_handshake", "path=/nothing");
        }
    }

    @Test
    void a_websocket_without_tls_on_the_port_of_tls_is_named() throws IOException {
        try (RawWebSocket client = RawWebSocket.tcp(port("jdk"))) {
            client.sendBytes(RawWebSocket.ascii(RawWebSocket.request("/mqtt")));

            assertThat(endOf(client)).contains("detail=not_mqtt", "looks_like=http");
        }
    }

    @Test
    void a_websocket_behind_a_proxy_has_the_address_of_the_client() throws IOException {
        try (RawWebSocket client = RawWebSocket.tcp(broker.broker().port("ws:behind"))) {
            client.sendBytes(RawWebSocket.ascii("PROXY TCP4 192.0.2.7 192.0.2.1 50123 8083\r\n"));
            client.upgrade().session("behind-proxy");
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));

            assertThat(client.expectClose().code()).isEqualTo(1000);
        }
        assertThat(endOf("behind-proxy")).contains("peer=192.0.2.7:50123", "transport=ws");
    }

    private static int port(String provider) {
        return broker.broker().port("wss:" + provider);
    }

    private static RawWebSocket secure(String provider) throws IOException {
        Socket socket = TestCertificates.socket(authority.client(), port(provider), TestCertificates.SERVER);
        return RawWebSocket.over(socket, MqttVersion.V5);
    }

    private static String endOf(RawWebSocket client) {
        int local = client.localPort();
        await("end of port " + local).atMost(PATIENCE).until(() -> !log.endsOfPort(local)
                .isEmpty());
        return log.endsOfPort(local).get(0);
    }

    private static String endOf(String clientId) {
        await("end of " + clientId).atMost(PATIENCE).until(() -> !log.ends(clientId)
                .isEmpty());
        return log.ends(clientId).get(0);
    }
}
