package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import io.nightjar.testing.TestCertificates;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates that change while the node runs. */
class CertificateReloadTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final TestCertificates authority = new TestCertificates("CA");

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void new_handshakes_get_the_new_certificate_and_open_connections_stay(String provider) throws IOException {
        certificate(1);
        try (TestBroker broker = start(provider);
                RawMqttClient old = open(broker, "old")) {
            certificate(2);
            await().atMost(PATIENCE).until(() -> serial(broker) == 2);
            old.send(Packet.PingReq.INSTANCE);
            old.expect(Packet.PingResp.class);

            Files.writeString(directory.resolve("server.pem"), "-----BEGIN CERTIFICATE-----\nbroken\n");
            await().atMost(PATIENCE).until(() -> refused(broker) >= 1);
            assertThat(serial(broker)).as("broken files leave it as it was").isEqualTo(2);

            TestCertificates.write(directory, "other", authority.server());
            Files.copy(
                    directory.resolve("other.key"),
                    directory.resolve("server.key"),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            certificate(3);
            await().atMost(PATIENCE).until(() -> serial(broker) == 3);
            old.send(Packet.PingReq.INSTANCE);
            old.expect(Packet.PingResp.class);
            assertThat(broker.broker().counters().get(Counter.CERTIFICATES_RELOADED))
                    .isGreaterThanOrEqualTo(2);
        }
    }

    private TestBroker start(String provider) {
        return TestBroker.start(
                directory,
                "reload-" + provider,
                Map.of(
                        "listeners.tls.default.bind",
                        "127.0.0.1:0",
                        "listeners.tls.default.tls.certificate",
                        directory.resolve("server.pem").toString(),
                        "listeners.tls.default.tls.key",
                        directory.resolve("server.key").toString(),
                        "listeners.tls.default.tls.provider",
                        provider,
                        "listeners.tls.default.tls.reload-interval",
                        "1s"));
    }

    private void certificate(int serial) throws IOException {
        TestCertificates.write(
                directory, "server", authority.server(certificate -> certificate.serial(BigInteger.valueOf(serial))));
    }

    private SSLSocket socket(TestBroker broker) throws IOException {
        SSLSocket socket = TestCertificates.socket(
                authority.client(), broker.broker().port("tls:default"), TestCertificates.SERVER);
        socket.startHandshake();
        return socket;
    }

    private RawMqttClient open(TestBroker broker, String clientId) throws IOException {
        RawMqttClient client = RawMqttClient.over(socket(broker), MqttVersion.V5);
        client.open(clientId, true);
        return client;
    }

    private int serial(TestBroker broker) throws IOException {
        try (SSLSocket socket = socket(broker)) {
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return shown.getSerialNumber().intValue();
        }
    }

    private static long refused(TestBroker broker) {
        return broker.broker().counters().get(Counter.CERTIFICATES_REFUSED);
    }
}
