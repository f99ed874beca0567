package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.RawWebSocket;
import io.nightjar.testing.TestBroker;
import io.nightjar.testing.TestCertificates;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** More clients than the limits of the way in let in at once, on every transport, and what others feel of it. */
class ConnectStormTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int STORM = 40;

    @TempDir
    private static Path directory;

    private static final TestCertificates authority = new TestCertificates("Storm CA");
    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        TestCertificates.write(directory, "server", authority.server());
        Map<String, String> settings = new HashMap<>();
        for (String transport : List.of("tcp", "ws", "tls", "wss")) {
            slow(settings, transport, "slow", "25", "5");
        }
        slow(settings, "tcp", "closed", "1", "1");
        slow(settings, "tls", "closed", "1", "1");
        settings.put("admission.max-wait", "5s");
        log = new CapturedLog();
        broker = TestBroker.start(directory, "storm", settings);
    }

    private static void slow(Map<String, String> settings, String transport, String name, String rate, String burst) {
        String key = "listeners." + transport + "." + name + ".";
        settings.put(key + "bind", "127.0.0.1:0");
        settings.put(key + "connect-rate", rate);
        settings.put(key + "connect-burst", burst);
        if (transport.equals("tls") || transport.equals("wss")) {
            settings.put(
                    key + "tls.certificate", directory.resolve("server.pem").toString());
            settings.put(key + "tls.key", directory.resolve("server.key").toString());
        }
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        assertThat(log.endsOfNode("storm"))
                .hasSize((int) broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED));
        assertThat(log.errors()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "ws", "tls", "wss"})
    void a_storm_gets_in_bit_by_bit_and_nobody_is_refused_while_others_exchange_messages(String transport)
            throws Exception {
        long delayed = counted(Counter.CONNECTS_DELAYED);
        long refused = counted(Counter.CONNECTS_REFUSED_RATE);
        try (RawMqttClient bystander = RawMqttClient.connect("127.0.0.1", broker.port())) {
            bystander.open("bystander-" + transport, true);
            bystander.subscribe(1, "by/" + transport, QoS.AT_MOST_ONCE);
            long begun = System.nanoTime();
            List<Thread> threads = new ArrayList<>();
            List<AutoCloseable> open = java.util.Collections.synchronizedList(new ArrayList<>());
            for (int i = 0; i < STORM; i++) {
                String clientId = transport + "-" + i;
                Thread thread = new Thread(() -> connect(transport, clientId, open), clientId);
                threads.add(thread);
                thread.start();
            }
            int exchanged = 0;
            while (open.size() < STORM && System.nanoTime() - begun < PATIENCE.toNanos()) {
                bystander.publish("by/" + transport, "x", QoS.AT_MOST_ONCE, 0);
                bystander.expect(Packet.Publish.class);
                exchanged++;
            }
            for (Thread thread : threads) {
                thread.join();
            }

            assertThat(open).hasSize(STORM);
            assertThat(exchanged).as("messages meanwhile").isGreaterThan(STORM);
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .as("what is above the burst comes at the rate")
                    .isGreaterThan(Duration.ofMillis((STORM - 5) * 1000L / 25 - 50));
            assertThat(counted(Counter.CONNECTS_DELAYED) - delayed).isPositive();
            assertThat(counted(Counter.CONNECTS_REFUSED_RATE)).isEqualTo(refused);
            for (AutoCloseable each : open) {
                each.close();
            }
        }
    }

    private static void connect(String transport, String clientId, List<AutoCloseable> open) {
        try {
            int port = broker.broker().port(transport + ":slow");
            boolean secure = transport.equals("tls") || transport.equals("wss");
            Socket socket = secure ? tls(port) : new Socket("127.0.0.1", port);
            if (transport.endsWith("s") && !transport.equals("tls")) {
                open.add(RawWebSocket.over(socket, MqttVersion.V5).upgrade().session(clientId));
            } else {
                RawMqttClient client = RawMqttClient.over(socket, MqttVersion.V5);
                if (client.open(clientId, true).code() == ReasonCode.SUCCESS) {
                    open.add(client);
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static SSLSocket tls(int port) throws IOException {
        SSLSocket socket = TestCertificates.socket(authority.client(), port, TestCertificates.SERVER);
        socket.startHandshake();
        return socket;
    }

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void beyond_what_can_be_waited_for_a_client_is_refused_with_the_reason(MqttVersion version) throws Exception {
        int port = broker.broker().port("tcp:closed");
        long refused = counted(Counter.CONNECTS_REFUSED_RATE);
        List<RawMqttClient> waiting = new ArrayList<>();
        String clientId =
                "refused-" + version.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        try (RawMqttClient late = RawMqttClient.connect("127.0.0.1", port, version)) {
            for (int i = 0; i < 8; i++) {
                RawMqttClient client = RawMqttClient.connect("127.0.0.1", port);
                waiting.add(client);
                client.send(new Packet.Connect(
                        MqttVersion.V5, true, 0, Properties.NONE, version + "-waits-" + i, null, null, null));
            }
            await().atMost(PATIENCE).until(() -> counted(Counter.CONNECTS_REFUSED_RATE) > refused);

            ReasonCode code = late.open(clientId, true).code();

            assertThat(code)
                    .isEqualTo(
                            version == MqttVersion.V5
                                    ? ReasonCode.CONNECTION_RATE_EXCEEDED
                                    : ReasonCode.SERVER_UNAVAILABLE);
            assertThat(late.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        } finally {
            for (RawMqttClient client : waiting) {
                client.close();
            }
        }
        await().atMost(PATIENCE).until(() -> log.ends(clientId).size() == 1);
        assertThat(log.ends(clientId).get(0))
                .contains("reason=kicked", "detail=server_busy", "burst=1", "waiting=")
                .contains("nightjar.listeners.tcp.closed.connect-rate=1");
    }

    @Test
    void a_tls_client_that_is_refused_costs_no_handshake_and_is_told_so_by_an_alert() throws Exception {
        int port = broker.broker().port("tls:closed");
        long delayed = counted(Counter.CONNECTS_DELAYED);
        long refused = counted(Counter.CONNECTS_REFUSED_RATE);
        List<Thread> threads = new ArrayList<>();
        List<String> faults = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 12; i++) {
            Thread thread = new Thread(() -> {
                try (SSLSocket socket = tls(port)) {
                    assertThat(socket.isConnected()).isTrue();
                } catch (SSLException e) {
                    faults.add(String.valueOf(e.getMessage()));
                } catch (IOException e) {
                    faults.add(e.toString());
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(counted(Counter.CONNECTS_DELAYED)).isGreaterThan(delayed);
        assertThat(counted(Counter.CONNECTS_REFUSED_RATE) - refused).isEqualTo(faults.size());
        assertThat(faults).isNotEmpty().allMatch(fault -> fault.contains("internal_error"));
        await().atMost(PATIENCE).until(() -> log.endsOfNode("storm").stream()
                .anyMatch(line -> line.contains("nightjar.listeners.tls.closed.connect-rate=1")
                        && line.contains("detail=server_busy")));
    }

    @Test
    void figures_tell_how_many_wait_and_how_many_did() throws Exception {
        String text = new String(
                broker.api().call("GET", "/prometheus/stats", "").body(), java.nio.charset.StandardCharsets.UTF_8);

        assertThat(text)
                .contains("nightjar_connects_waiting ", "nightjar_connects_in_progress ")
                .contains("nightjar_connects_delayed_total ", "nightjar_connects_refused_rate_total ")
                .contains("nightjar_connects_refused_busy_total ", "nightjar_authentications_refused_busy_total ");
    }

    @Test
    void a_node_that_stops_tells_those_that_wait_and_each_ends_once() throws Exception {
        Map<String, String> settings = new HashMap<>();
        slow(settings, "tcp", "default", "1", "1");
        settings.remove("listeners.tcp.default.bind");
        TestBroker stopping = TestBroker.start(directory, "stopping", settings);
        List<RawMqttClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                RawMqttClient client = RawMqttClient.connect("127.0.0.1", stopping.port());
                clients.add(client);
                client.send(
                        new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, "stops-" + i, null, null, null));
            }
            await().atMost(PATIENCE).until(() -> stopping.broker().counters().get(Counter.CONNECTS_DELAYED) == 5);

            stopping.close();

            int told = 0;
            for (RawMqttClient client : clients) {
                Packet.ConnAck answer = client.expect(Packet.ConnAck.class);
                told += answer.code() == ReasonCode.SERVER_UNAVAILABLE ? 1 : 0;
                assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            }
            assertThat(told).as("waited when it stopped").isPositive();
            assertThat(log.endsOfNode("stopping"))
                    .hasSize(6)
                    .allMatch(line -> line.contains("detail=server_shutting_down"));
        } finally {
            for (RawMqttClient client : clients) {
                client.close();
            }
            stopping.close();
        }
    }

    private static long counted(Counter counter) {
        return broker.broker().counters().get(counter);
    }
}
