package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import io.nightjar.testing.TestCertificates;
import io.nightjar.testing.device.Kind;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * TLS with both libraries and both versions, by real clients and by bad ones, and every way in which a handshake can
 * fail, read where an operator reads it: in the log.
 */
class TlsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    private static Path directory;

    private static final TestCertificates authority = new TestCertificates("Good CA");
    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        TestCertificates.write(directory, "server", authority.server());
        TestCertificates.write(directory, "stranger", new TestCertificates("Another CA").server());
        TestCertificates.write(directory, "expired", authority.server(TestCertificates::expired));
        log = new CapturedLog();
        Map<String, String> settings = new HashMap<>();
        for (String provider : List.of("jdk", "openssl")) {
            listener(settings, provider, "server", Map.of("tls.provider", provider));
            listener(
                    settings,
                    provider + "12",
                    "server",
                    Map.of("tls.provider", provider, "tls.versions", "TLSv1.2", "connect-timeout", "1s"));
            listener(settings, provider + "13", "server", Map.of("tls.provider", provider, "tls.versions", "TLSv1.3"));
            listener(settings, provider + "-expired", "expired", Map.of("tls.provider", provider));
        }
        broker = TestBroker.start(directory, "tls", settings);
    }

    private static void listener(
            Map<String, String> settings, String name, String certificate, Map<String, String> more) {
        String key = "listeners.tls." + name + ".";
        settings.put(key + "bind", "127.0.0.1:0");
        settings.put(
                key + "tls.certificate", directory.resolve(certificate + ".pem").toString());
        settings.put(key + "tls.key", directory.resolve(certificate + ".key").toString());
        more.forEach((name2, value) -> settings.put(key + name2, value));
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        long connections = broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED);
        assertThat(log.endsOfNode("tls")).hasSize((int) connections);
        assertThat(log.errors()).allMatch(error -> error.startsWith("event=certificate_expired"));
    }

    // ---- what works

    @ParameterizedTest
    @ValueSource(strings = {"jdk12", "jdk13", "openssl12", "openssl13"})
    void hivemq_exchanges_messages_large_and_small(String listener) throws Exception {
        Mqtt5BlockingClient client = hive("hive-" + listener, listener, authority);
        client.connect();

        try (Mqtt5BlockingClient.Mqtt5Publishes messages = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.subscribeWith().topicFilter("tls/" + listener).send();
            for (int size : new int[] {1, 20_000, 200_000}) {
                client.publishWith()
                        .topic("tls/" + listener)
                        .qos(com.hivemq.client.mqtt.datatypes.MqttQos.EXACTLY_ONCE)
                        .payload(new byte[size])
                        .send();

                Mqtt5Publish came =
                        messages.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS).orElseThrow();
                assertThat(came.getPayloadAsBytes()).hasSize(size);
            }
        }

        client.disconnect();
        assertThat(end("hive-" + listener))
                .contains("reason=normal", "transport=tls", "listener=tls:" + listener)
                .contains("tls_version=TLSv1." + listener.charAt(listener.length() - 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void paho_connects_and_says_goodbye(String listener) throws Exception {
        String url = "ssl://127.0.0.1:" + port(listener);
        org.eclipse.paho.client.mqttv3.MqttClient client =
                new org.eclipse.paho.client.mqttv3.MqttClient(url, "paho-" + listener, new MemoryPersistence());
        MqttConnectOptions options = new MqttConnectOptions();
        options.setSocketFactory(authority.client().getSocketFactory());

        client.connect(options);
        client.subscribe("paho/" + listener);
        client.publish("paho/" + listener, new byte[] {1}, 1, false);
        client.disconnect();
        client.close();

        assertThat(end("paho-" + listener)).contains("reason=normal detail=disconnect");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void all_that_a_client_says_at_once_behind_its_connect_is_heard(String listener) throws Exception {
        int messages = 500;
        try (RawMqttClient subscriber = open(listener, "hears-" + listener)) {
            subscriber.subscribe(1, "burst/" + listener, QoS.AT_MOST_ONCE);
            try (RawMqttClient publisher = raw(listener)) {
                publisher.send(new Packet.Connect(
                        MqttVersion.V5,
                        true,
                        0,
                        io.nightjar.mqtt.Properties.NONE,
                        "burst-" + listener,
                        null,
                        null,
                        null));
                for (int i = 0; i < messages; i++) {
                    publisher.publish("burst/" + listener, "m".repeat(100) + i, QoS.AT_MOST_ONCE, 0);
                }
                publisher.send(new Packet.Disconnect(ReasonCode.SUCCESS));
            }

            for (int i = 0; i < messages; i++) {
                assertThat(subscriber.expect(Packet.Publish.class).payload().text())
                        .isEqualTo("m".repeat(100) + i);
            }
            assertThat(end("burst-" + listener)).contains("reason=normal detail=disconnect");
        }
    }

    @ParameterizedTest
    @CsvSource({"jdk, TLSv1.2", "jdk, TLSv1.3", "openssl, TLSv1.2", "openssl, TLSv1.3"})
    void a_client_that_closes_tls_without_disconnect_ends_as_peer_fin(String listener, String version)
            throws Exception {
        String clientId = "closes-" + listener + version;
        RawMqttClient client = open(listener, clientId, version);

        client.close();

        assertThat(end(clientId)).contains("reason=tcp_closed detail=peer_fin").contains("sni=broker.example");
    }

    @ParameterizedTest
    @CsvSource({"jdk, TLSv1.2", "jdk, TLSv1.3", "openssl, TLSv1.2", "openssl, TLSv1.3"})
    void a_kicked_client_reads_the_last_packet_and_an_orderly_end(String listener, String version) throws Exception {
        String clientId = "kicked-" + listener + version;
        try (RawMqttClient client = open(listener, clientId, version)) {
            broker.api().kick(clientId);

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.ADMINISTRATIVE_ACTION);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        }
        assertThat(end(clientId)).contains("reason=kicked detail=api");
    }

    // ---- how a handshake fails

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void an_expired_certificate_of_ours_is_named(String provider) throws Exception {
        String end = endOfRefused(provider + "-expired", authority, TestCertificates.SERVER);

        assertThat(end)
                .contains("reason=internal_error detail=tls_handshake side=server confidence=certain")
                .containsPattern("alert=\"the client sent certificate_(expired|unknown)\"")
                .contains("problem=\"the client refused our certificate: it expired on ")
                .contains("our_certificate_not_after=")
                .contains("ran out on ")
                .contains("sni=broker.example");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk12", "jdk13", "openssl12", "openssl13"})
    void an_authority_that_the_client_does_not_know_is_named(String listener) throws Exception {
        String end = endOfRefused(listener, new TestCertificates("Another CA"), TestCertificates.SERVER);

        assertThat(end)
                .contains("reason=internal_error detail=tls_handshake side=unknown")
                .containsPattern("alert=\"the client sent (unknown_ca|certificate_unknown)\"")
                .contains(
                        "problem=\"the client refused our certificate: unknown authority, it does not trust CN=Good CA");
    }

    /** Clients built on OpenSSL tell it in the clear, where TLS 1.3 encrypts already. */
    @ParameterizedTest
    @ValueSource(strings = {"jdk12", "jdk13", "openssl12", "openssl13"})
    void a_mosquitto_client_that_does_not_trust_us_is_told_so(String listener) throws Exception {
        assumeTrue(Kind.MOSQUITTO_3_1_1.isHere(), "mosquitto_pub is not on the PATH");
        int before = log.endsOfNode("tls").size();

        Process client = new ProcessBuilder(
                        "mosquitto_pub",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(port(listener)),
                        "--cafile",
                        directory.resolve("stranger.pem").toString(),
                        "-t",
                        "t",
                        "-m",
                        "m")
                .redirectErrorStream(true)
                .start();
        assertThat(client.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        await().atMost(PATIENCE).until(() -> log.endsOfNode("tls").size() > before);
        assertThat(log.endsOfNode("tls").get(before))
                .contains("reason=internal_error detail=tls_handshake side=unknown")
                .contains("alert=\"the client sent unknown_ca\"")
                .contains("problem=\"the client refused our certificate: unknown authority");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk12", "jdk13", "openssl12", "openssl13"})
    void a_wrong_name_is_told_with_both_names(String listener) throws Exception {
        String end = endOfRefused(listener, authority, "other.example");

        assertThat(end)
                .contains("reason=internal_error detail=tls_handshake")
                .containsPattern("alert=\"the client sent (bad_certificate|certificate_unknown)\"")
                .contains("problem=\"the client refused our certificate: wrong name, it wants other.example and the"
                        + " certificate is for broker.example, 127.0.0.1\"")
                .contains("sni=other.example");
    }

    @ParameterizedTest
    @CsvSource({
        "jdk12, TLSv1.3, TLSv1.2",
        "jdk13, TLSv1.2, TLSv1.3",
        "openssl12, TLSv1.3, TLSv1.2",
        "openssl13, TLSv1.2, TLSv1.3"
    })
    void no_common_version_is_told_with_the_versions_of_both(String listener, String offered, String taken)
            throws Exception {
        SSLSocket socket = socket(listener, authority.client(), offered);
        int port = socket.getLocalPort();

        assertThatThrownBy(socket::startHandshake).hasMessageContaining("protocol_version");
        socket.close();

        assertThat(endOfPort(port))
                .contains("reason=internal_error detail=tls_handshake side=client confidence=certain")
                .contains("alert=\"we sent protocol_version\"")
                .contains(
                        "problem=\"no common version: the client offers " + offered + ", this listener takes " + taken);
    }

    @ParameterizedTest
    @CsvSource({
        "jdk, 101300044d5154540502003c00000663616e617279, mqtt_connect",
        "openssl, 101300044d5154540502003c00000663616e617279, mqtt_connect",
        "jdk, 474554202f20485454502f312e310d0a0d0a, http",
        "jdk, 50524f5859205443503420, proxy_protocol",
        "openssl, 0001020304050607, junk"
    })
    void what_is_not_tls_on_a_tls_port_is_named(String listener, String bytes, String looksLike) throws Exception {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", port(listener))) {
            client.sendHex(bytes);

            assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(endOfPort(client.localPort()))
                    .contains("reason=internal_error detail=not_mqtt side=client")
                    .contains("looks_like=" + looksLike)
                    .contains("this listener speaks TLS, and what came is not TLS but looks like " + looksLike);
        }
    }

    @Test
    void plain_mqtt_that_comes_byte_by_byte_on_a_tls_port_is_named() throws Exception {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", port("jdk"))) {
            client.sendHex("47");
            client.sendHex("45");
            client.sendHex("54");
            client.sendHex("20");

            assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(endOfPort(client.localPort()))
                    .contains("detail=not_mqtt")
                    .contains("looks_like=http");
        }
    }

    @Test
    void tls_on_a_plain_port_is_named() throws Exception {
        SSLSocket socket = TestCertificates.socket(authority.client(), broker.port(), TestCertificates.SERVER);
        int port = socket.getLocalPort();

        assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
        socket.close();

        assertThat(endOfPort(port))
                .contains("reason=internal_error detail=not_mqtt side=client confidence=certain")
                .contains("looks_like=tls")
                .contains(" speaks TLS on a port without it, listener ");
    }

    @Test
    void a_client_that_closes_in_the_middle_of_its_handshake_ends_as_peer_fin_and_says_so() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port("openssl"))) {
            socket.getOutputStream().write(new byte[] {0x16, 3, 1, 2, 0, 1});
            socket.shutdownOutput();

            assertThat(endOfPort(socket.getLocalPort()))
                    .contains("reason=tcp_closed detail=peer_fin")
                    .contains("tls=\"handshake not finished\"");
        }
    }

    @Test
    void a_client_that_resets_in_the_middle_of_its_handshake_ends_as_peer_reset_and_says_so() throws Exception {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", port("openssl"));
        int port = client.localPort();
        client.sendHex("16 03 01 02 00 01");

        client.reset();

        assertThat(endOfPort(port))
                .contains("reason=tcp_closed detail=peer_reset")
                .contains("tls=\"handshake not finished\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "16 03 01 02 00 01"})
    void a_handshake_that_is_not_finished_in_time_is_a_connect_timeout(String begun) throws Exception {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", port("jdk12"))) {
            client.sendHex(begun);

            assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(endOfPort(client.localPort()))
                    .contains("reason=keepalive_timeout detail=connect_timeout")
                    .contains("connect-timeout=1000ms")
                    .contains("tls=\"handshake not finished\"");
        }
    }

    @Test
    void a_handshake_of_junk_is_a_failed_handshake() throws Exception {
        for (String listener : List.of("jdk", "openssl")) {
            try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", port(listener))) {
                client.sendHex("16 03 01 00 10 01 00 00 0c 03 03 00 00 00 00 00 00 00 00 00 00");

                assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
                assertThat(endOfPort(client.localPort()))
                        .contains("reason=internal_error detail=tls_handshake side=client")
                        .contains("not a handshake that can be read");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void a_record_that_was_changed_on_its_way_is_not_our_fault(String listener) throws Exception {
        SSLContext context = authority.client();
        try (Socket plain = new Socket("127.0.0.1", port(listener));
                SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(plain, "127.0.0.1", 1, false)) {
            RawMqttClient.over(tls, MqttVersion.V5).open("changed-" + listener, true);

            plain.getOutputStream().write(new byte[] {0x17, 3, 3, 0, 32});
            plain.getOutputStream().write(new byte[32]);
            plain.shutdownOutput(); // BoringSSL sends its alert and leaves it to the client to close

            assertThat(end("changed-" + listener))
                    .containsPattern("reason=internal_error detail=tls_handshake|reason=tcp_closed detail=peer_")
                    .doesNotContain("implementation_error");
        }
    }

    // ---- helpers

    private static int port(String listener) {
        return broker.broker().port("tls:" + listener);
    }

    private static SSLSocket socket(String listener, SSLContext context, String... versions) throws IOException {
        return TestCertificates.socket(context, port(listener), TestCertificates.SERVER, versions);
    }

    private static RawMqttClient raw(String listener, String... versions) throws IOException {
        SSLSocket socket = socket(listener, authority.client(), versions);
        socket.startHandshake();
        return RawMqttClient.over(socket, MqttVersion.V5);
    }

    private static RawMqttClient open(String listener, String clientId, String... versions) throws IOException {
        RawMqttClient client = raw(listener, versions);
        assertThat(client.open(clientId, true).code()).isEqualTo(ReasonCode.SUCCESS);
        return client;
    }

    private static Mqtt5BlockingClient hive(String clientId, String listener, TestCertificates trusted) {
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverHost("127.0.0.1")
                .serverPort(port(listener))
                .sslConfig(MqttClientSslConfig.builder()
                        .trustManagerFactory(trusted.trust())
                        .build())
                .buildBlocking();
    }

    /** The line about the end of a client which does not accept us. */
    private static String endOfRefused(String listener, TestCertificates trusted, String name) throws IOException {
        SSLSocket socket = TestCertificates.socket(trusted.client(), port(listener), name);
        int port = socket.getLocalPort();
        assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
        socket.close();
        return endOfPort(port);
    }

    private static String endOfPort(int port) {
        await("end of port " + port).atMost(PATIENCE).until(() -> !log.endsOfPort(port)
                .isEmpty());
        assertThat(log.endsOfPort(port)).hasSize(1);
        return log.endsOfPort(port).get(0);
    }

    private static String end(String clientId) {
        await("end of " + clientId).atMost(PATIENCE).until(() -> !log.ends(clientId)
                .isEmpty());
        return log.ends(clientId).get(0);
    }
}
