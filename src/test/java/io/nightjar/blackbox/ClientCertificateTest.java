package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import io.netty.pkitesting.X509Bundle;
import io.nightjar.auth.PasswordHash;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import io.nightjar.testing.TestCertificates;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates of clients: who gets in by one, as whom, and what the log says of one that is refused. */
class ClientCertificateTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private static Path directory;

    private static final TestCertificates servers = new TestCertificates("Server CA");
    private static final TestCertificates clients = new TestCertificates("Client CA");
    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        TestCertificates.write(directory, "server", servers.server());
        clients.authorityFile(directory.resolve("clients.pem"));
        Files.writeString(
                directory.resolve("users"),
                "alice:" + PasswordHash.hash("alice's".toCharArray()) + "\n" + "bob:"
                        + PasswordHash.hash("bob's".toCharArray()) + "\n");
        log = new CapturedLog();
        Map<String, String> settings = new HashMap<>();
        settings.put("authentication.password-file", directory.resolve("users").toString());
        settings.put(
                "authorization.rules",
                "[{permission = allow, who = all, action = publish, topics = [\"of/${username}\"]},"
                        + " {permission = deny, who = all, topics = [\"of/#\"]}]");
        for (String provider : new String[] {"jdk", "openssl"}) {
            listener(settings, provider + "-cn", provider, "required", "cn");
            listener(settings, provider + "-none", provider, "required", "none");
            listener(settings, provider + "-optional", provider, "optional", "san-dns");
        }
        listener(settings, "subject", "auto", "required", "subject");
        listener(settings, "dns", "auto", "required", "san-dns");
        listener(settings, "email", "auto", "required", "san-email");
        listener(settings, "uri", "auto", "required", "san-uri");
        broker = TestBroker.start(directory, "client-certificates", settings);
    }

    private static void listener(
            Map<String, String> settings, String name, String provider, String asked, String usernameFrom) {
        String key = "listeners.tls." + name + ".";
        settings.put(key + "bind", "127.0.0.1:0");
        settings.put(key + "tls.certificate", directory.resolve("server.pem").toString());
        settings.put(key + "tls.key", directory.resolve("server.key").toString());
        settings.put(key + "tls.client-ca", directory.resolve("clients.pem").toString());
        settings.put(key + "tls.provider", provider);
        settings.put(key + "tls.client-certificate", asked);
        settings.put(key + "tls.username-from", usernameFrom);
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        long connections = broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED);
        assertThat(log.endsOfNode("client-certificates")).hasSize((int) connections);
        assertThat(log.errors()).isEmpty();
    }

    // ---- as whom

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "jdk-cn | alice",
                "openssl-cn | alice",
                "subject | CN=alice,O=Acme",
                "dns | alice.example",
                "email | alice@example.com",
                "uri | urn:device:alice"
            })
    void the_certificate_says_who_the_client_is_and_lets_it_in_without_a_password(String listener, String username)
            throws Exception {
        String clientId = "mapped-" + listener;
        SSLContext alice = servers.client(alice());

        for (String version : new String[] {"TLSv1.3", "TLSv1.2", "TLSv1.2"}) { // the last one resumes
            try (RawMqttClient client = raw(listener, alice, version)) {
                assertThat(connect(client, clientId, "somebody else", null)).isEqualTo(ReasonCode.SUCCESS);
                client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
                client.awaitEnd(PATIENCE);
            }
        }

        await().atMost(PATIENCE).until(() -> log.ends(clientId).size() == 3);
        assertThat(log.ends(clientId)).allSatisfy(end -> assertThat(end)
                .contains("reason=normal")
                .contains("username=" + (username.contains("=") ? "\"" + username + "\"" : username))
                .contains("certificate_subject=\"CN=alice,O=Acme\""));
    }

    @Test
    void rules_and_the_api_know_the_client_by_its_certificate() throws Exception {
        try (RawMqttClient client = raw("openssl-cn", servers.client(alice()))) {
            assertThat(connect(client, "known", "bob", null)).isEqualTo(ReasonCode.SUCCESS);
            client.publish("of/alice", "x", QoS.AT_LEAST_ONCE, 1);
            client.publish("of/bob", "x", QoS.AT_LEAST_ONCE, 2);

            assertThat(client.expect(Packet.PubAck.class).code().isError()).isFalse();
            assertThat(client.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(broker.api().json("/clients/known").path("username").asText())
                    .isEqualTo("alice");
        }
    }

    @ParameterizedTest
    @CsvSource({"jdk-cn", "openssl-cn"})
    void a_password_is_checked_for_the_user_of_the_certificate(String listener) throws Exception {
        SSLContext alice = servers.client(alice());
        try (RawMqttClient right = raw(listener, alice);
                RawMqttClient wrong = raw(listener, alice)) {
            assertThat(connect(right, "right-" + listener, "alice", "alice's")).isEqualTo(ReasonCode.SUCCESS);

            assertThat(connect(wrong, "wrong-" + listener, "bob", "bob's"))
                    .isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);

            assertThat(end("wrong-" + listener)).contains("authenticator=password_file", "username=alice");
        }
    }

    @Test
    void without_a_mapping_both_certificate_and_password_are_needed() throws Exception {
        SSLContext alice = servers.client(alice());
        try (RawMqttClient both = raw("openssl-none", alice);
                RawMqttClient one = raw("openssl-none", alice)) {
            assertThat(connect(both, "both", "bob", "bob's")).isEqualTo(ReasonCode.SUCCESS);

            assertThat(connect(one, "one", null, null)).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        }
    }

    @Test
    void where_certificates_are_optional_a_password_will_do() throws Exception {
        try (RawMqttClient password = raw("openssl-optional", servers.client());
                RawMqttClient neither = raw("jdk-optional", servers.client());
                RawMqttClient certificate = raw("jdk-optional", servers.client(alice()))) {
            assertThat(connect(password, "optional-1", "bob", "bob's")).isEqualTo(ReasonCode.SUCCESS);
            assertThat(connect(neither, "optional-2", "bob", null)).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
            assertThat(connect(certificate, "optional-3", null, null)).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    @ParameterizedTest
    @CsvSource({"dns, DNS name", "email, email address", "uri, URI", "openssl-cn, common name"})
    void a_certificate_without_the_name_is_not_mapped(String listener, String missing) throws Exception {
        SSLContext nameless = servers.client(clients.issue("O=Acme", certificate -> certificate));
        try (RawMqttClient client = raw(listener, nameless)) {
            assertThat(connect(client, "nameless-" + listener, "bob", "bob's")).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        }
        assertThat(end("nameless-" + listener))
                .contains("reason=not_authorized detail=authentication_refused")
                .contains("authenticator=certificate")
                .contains("why=\"certificate not mapped: it has no " + missing)
                .contains("certificate_subject=\"O=Acme\"");
    }

    @ParameterizedTest
    @CsvSource({"jdk-cn", "openssl-cn"})
    void hivemq_gets_in_by_its_certificate(String listener) {
        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier("hive-" + listener)
                .serverHost("127.0.0.1")
                .serverPort(port(listener))
                .sslConfig(MqttClientSslConfig.builder()
                        .trustManagerFactory(servers.trust())
                        .keyManagerFactory(TestCertificates.keys(alice()))
                        .build())
                .buildBlocking();

        client.connect();
        client.disconnect();

        assertThat(end("hive-" + listener)).contains("reason=normal").contains("username=alice");
    }

    // ---- who does not get in

    @ParameterizedTest
    @CsvSource({"jdk-cn, TLSv1.2", "jdk-cn, TLSv1.3", "openssl-cn, TLSv1.2", "openssl-cn, TLSv1.3"})
    void a_client_without_a_certificate_is_told(String listener, String version) throws Exception {
        Refusal refusal = refused(listener, servers.client(), version);

        assertThat(refusal.end)
                .contains("reason=internal_error detail=tls_handshake side=client confidence=certain")
                .contains("problem=\"the client sent no certificate, and this listener requires one\"");
        refusal.alertIsWhatTheClientGot();
    }

    @ParameterizedTest
    @CsvSource({"jdk-cn, TLSv1.2", "jdk-cn, TLSv1.3", "openssl-cn, TLSv1.2", "openssl-cn, TLSv1.3"})
    void a_certificate_of_an_unknown_authority_is_told_with_its_issuer(String listener, String version)
            throws Exception {
        X509Bundle foreign = new TestCertificates("Foreign CA").issue("CN=mallory", certificate -> certificate);

        Refusal refusal = refused(listener, servers.client(foreign), version);

        assertThat(refusal.end)
                .contains("reason=internal_error detail=tls_handshake")
                .contains("problem=\"the client's certificate is refused: unknown authority, its issuer is not in"
                        + " client-ca: CN=Foreign CA\"")
                .contains("certificate_subject=\"CN=mallory\"")
                .contains("sni=broker.example");
        refusal.alertIsWhatTheClientGot();
    }

    @ParameterizedTest
    @CsvSource({"jdk-cn, TLSv1.2", "jdk-cn, TLSv1.3", "openssl-cn, TLSv1.2", "openssl-cn, TLSv1.3"})
    void an_expired_certificate_is_told_with_its_date(String listener, String version) throws Exception {
        X509Bundle expired = clients.issue("CN=alice,O=Acme", TestCertificates::expired);

        Refusal refusal = refused(listener, servers.client(expired), version);

        assertThat(refusal.end)
                .contains("reason=internal_error detail=tls_handshake")
                .contains("the client's certificate is refused: expired, it or one above it: it is valid until ")
                .contains("certificate_subject=\"CN=alice,O=Acme\"");
        refusal.alertIsWhatTheClientGot();
    }

    @ParameterizedTest
    @CsvSource({"jdk-cn, TLSv1.3", "openssl-cn, TLSv1.3"})
    void a_certificate_that_is_not_valid_yet_is_told_with_its_date(String listener, String version) throws Exception {
        Instant now = Instant.now();
        X509Bundle early = clients.issue("CN=alice", certificate -> certificate
                .notBefore(now.plus(Duration.ofDays(1)))
                .notAfter(now.plus(Duration.ofDays(2))));

        Refusal refusal = refused(listener, servers.client(early), version);

        assertThat(refusal.end)
                .contains("reason=internal_error detail=tls_handshake")
                .contains("the client's certificate is refused: not yet valid, it or one above it: it is valid from ");
        refusal.alertIsWhatTheClientGot();
    }

    // ---- helpers

    private static X509Bundle alice() {
        return clients.issue("CN=alice,O=Acme", certificate -> {
            try {
                return certificate
                        .addSanDnsName("alice.example")
                        .addSanRfc822Name("alice@example.com")
                        .addSanUriName("urn:device:alice");
            } catch (URISyntaxException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static int port(String listener) {
        return broker.broker().port("tls:" + listener);
    }

    private static RawMqttClient raw(String listener, SSLContext context, String... versions) throws IOException {
        SSLSocket socket = TestCertificates.socket(context, port(listener), TestCertificates.SERVER, versions);
        socket.startHandshake();
        return RawMqttClient.over(socket, MqttVersion.V5);
    }

    private static ReasonCode connect(RawMqttClient client, String clientId, String username, String password)
            throws IOException {
        Bytes secret = password == null ? null : Bytes.utf8(password);
        client.send(new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, clientId, null, username, secret));
        return client.expect(Packet.ConnAck.class).code();
    }

    private static String end(String clientId) {
        await("end of " + clientId).atMost(PATIENCE).until(() -> !log.ends(clientId)
                .isEmpty());
        return log.ends(clientId).get(0);
    }

    /** @param alert that the client got, or null if the end of the connection overtook it */
    private record Refusal(String end, String alert) {
        void alertIsWhatTheClientGot() {
            assertThat(end).contains("alert=\"we sent ");
            if (alert != null) {
                assertThat(end).contains("alert=\"we sent " + alert + "\"");
            }
        }
    }

    private static Refusal refused(String listener, SSLContext context, String version) throws IOException {
        SSLSocket socket = TestCertificates.socket(context, port(listener), TestCertificates.SERVER, version);
        int port = socket.getLocalPort();
        String alert = null;
        try (socket) {
            socket.startHandshake();
            int read =
                    socket.getInputStream().read(); // in 1.3 the client is finished before we have seen its certificate
            assertThat(read).as("the server ends it").isEqualTo(-1);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            int at = message.indexOf("fatal alert: ");
            alert = at < 0 ? null : message.substring(at + "fatal alert: ".length());
        }
        await().atMost(PATIENCE).until(() -> !log.endsOfPort(port).isEmpty());
        return new Refusal(log.endsOfPort(port).get(0), alert);
    }
}
