package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import io.nightjar.testing.TestCertificates;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients behind a proxy that says with a PROXY header who they are, and proxies that say it wrong. */
class ProxyProtocolTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String V2 = "0d0a0d0a000d0a515549540a"; // how version 2 begins

    @TempDir
    private static Path directory;

    private static final TestCertificates authority = new TestCertificates("CA");
    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        TestCertificates.write(directory, "server", authority.server());
        log = new CapturedLog();
        Map<String, String> settings = new HashMap<>();
        settings.put(
                "authorization.rules",
                "[{permission = deny, who { address = \"192.0.2.0/24\" }, topics = [\"far/#\"]}]");
        for (String versions : List.of("any", "v1", "v2")) {
            settings.put("listeners.tcp." + versions + ".bind", "127.0.0.1:0");
            settings.put("listeners.tcp." + versions + ".proxy-protocol", versions);
        }
        settings.put("listeners.tcp.any.connect-timeout", "2s");
        settings.put("listeners.tcp.elsewhere.bind", "127.0.0.1:0");
        settings.put("listeners.tcp.elsewhere.proxy-protocol", "any");
        settings.put("listeners.tcp.elsewhere.proxy-protocol-from", "10.0.0.0/8,fd00::/8");
        settings.put("listeners.tcp.here.bind", "127.0.0.1:0");
        settings.put("listeners.tcp.here.proxy-protocol", "any");
        settings.put("listeners.tcp.here.proxy-protocol-from", "127.0.0.0/8");
        settings.put("listeners.tls.default.bind", "127.0.0.1:0");
        settings.put("listeners.tls.default.proxy-protocol", "any");
        settings.put(
                "listeners.tls.default.tls.certificate",
                directory.resolve("server.pem").toString());
        settings.put(
                "listeners.tls.default.tls.key", directory.resolve("server.key").toString());
        broker = TestBroker.start(directory, "proxied", settings);
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        long connections = broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED);
        assertThat(log.endsOfNode("proxied")).hasSize((int) connections);
        assertThat(log.errors()).isEmpty();
    }

    // ---- who the client is

    @ParameterizedTest
    @CsvSource({
        "any, PROXY TCP4 192.0.2.7 198.51.100.1 40001 1883, 192.0.2.7:40001",
        "v1, PROXY TCP4 192.0.2.7 198.51.100.1 40002 1883, 192.0.2.7:40002",
        "here, PROXY TCP6 2001:db8::7 2001:db8::1 40003 1883, [2001:db8:0:0:0:0:0:7]:40003",
    })
    void the_address_in_a_header_of_version_1_is_the_client_s(String listener, String header, String peer)
            throws IOException {
        try (RawMqttClient client = raw(listener)) {
            client.sendBytes((header + "\r\n").getBytes(StandardCharsets.US_ASCII));

            assertKnownAs(client, "v1-" + listener, peer);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "any, 2111000c c0000207c6336401 9c41075b, 192.0.2.7:40001",
        "v2, 2111000c c0000207c6336401 9c42075b, 192.0.2.7:40002",
        "v2, 21110013 c0000207c6336401 9c43075b 0400040a0b0c0d, 192.0.2.7:40003",
        "any, 21210024 20010db8000000000000000000000007 20010db8000000000000000000000001 9c44075b,"
                + " [2001:db8:0:0:0:0:0:7]:40004",
    })
    void the_address_in_a_header_of_version_2_is_the_client_s(String listener, String header, String peer)
            throws IOException {
        try (RawMqttClient client = raw(listener)) {
            client.sendHex(V2 + header);

            assertKnownAs(client, "v2-" + listener + peer.hashCode(), peer);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"})
    void an_unknown_client_keeps_the_address_of_the_socket(String header) throws IOException {
        try (RawMqttClient client = raw("any")) {
            client.sendBytes(header.getBytes(StandardCharsets.US_ASCII));

            assertKnownAs(client, "unknown" + header.length(), "127.0.0.1:" + client.localPort());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"20000000", "2011000cc0000207c63364019c41075b", "21000000"})
    void a_proxy_that_speaks_for_itself_keeps_the_address_of_the_socket(String header) throws IOException {
        try (RawMqttClient client = raw("any")) {
            client.sendHex(V2 + header);

            assertKnownAs(client, "local" + header.hashCode(), "127.0.0.1:" + client.localPort());
        }
    }

    @Test
    void a_header_that_comes_byte_by_byte_is_understood() throws IOException {
        try (RawMqttClient client = raw("any")) {
            for (byte b : "PROXY TCP4 192.0.2.9 198.51.100.1 41000 1883\r\n".getBytes(StandardCharsets.US_ASCII)) {
                client.sendBytes(new byte[] {b});
            }

            assertKnownAs(client, "slowly", "192.0.2.9:41000");
        }
    }

    @Test
    void tls_begins_behind_the_header() throws IOException {
        Socket plain = new Socket("127.0.0.1", broker.broker().port("tls:default"));
        plain.getOutputStream()
                .write("PROXY TCP4 192.0.2.8 198.51.100.1 42000 8883\r\n".getBytes(StandardCharsets.US_ASCII));
        SSLSocket tls = (SSLSocket)
                authority.client().getSocketFactory().createSocket(plain, TestCertificates.SERVER, 8883, true);
        try (RawMqttClient client = RawMqttClient.over(tls, MqttVersion.V5)) {
            assertKnownAs(client, "secure", "192.0.2.8:42000");
        }
    }

    @Test
    void rules_about_addresses_are_about_the_client_s() throws IOException {
        try (RawMqttClient far = raw("any");
                RawMqttClient near = raw("any")) {
            far.sendBytes("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n".getBytes(StandardCharsets.US_ASCII));
            near.sendBytes("PROXY TCP4 198.51.100.7 198.51.100.1 1 2\r\n".getBytes(StandardCharsets.US_ASCII));
            far.open("far", true);
            near.open("near", true);

            far.publish("far/door", "x", QoS.AT_LEAST_ONCE, 1);
            near.publish("far/door", "x", QoS.AT_LEAST_ONCE, 1);

            assertThat(far.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(near.expect(Packet.PubAck.class).code().isError()).isFalse();
        }
    }

    // ---- what is wrong

    @ParameterizedTest
    @CsvSource({
        "any, 101300044d5154540502003c00000663616e617279, 'does not begin with a PROXY header but looks like mqtt_connect'",
        "any, 47455420, 'looks like http'",
        "any, 5052000000, 'looks like mqtt_pubrec'",
        "any, 0d0a0d0a00ff, 'looks like junk'",
    })
    void a_connection_without_a_header_is_told_at_once(String listener, String bytes, String problem)
            throws IOException {
        assertProxyProtocol(listener, bytes, problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "any | PROXY TCP4 nonsense 198.51.100.1 1 2 | the PROXY header is wrong",
                "any | PROXY TCP4 192.0.2.7 198.51.100.1 70000 2 | the PROXY header is wrong",
                "any | PROXY TCP5 192.0.2.7 198.51.100.1 1 2 | the PROXY header is wrong",
                "v2 | PROXY TCP4 192.0.2.7 198.51.100.1 1 2 | of version 1, and this listener takes the other"
            })
    void a_bad_header_of_version_1_is_told(String listener, String header, String problem) throws IOException {
        String hex = HexFormat.of().formatHex((header + "\r\n").getBytes(StandardCharsets.US_ASCII));

        assertProxyProtocol(listener, hex, problem);
    }

    @ParameterizedTest
    @CsvSource({
        "any, 2111000400000000, incomplete IPv4 address",
        "any, 3111000cc0000207c63364019c41075b, the PROXY header is wrong",
        "any, 21ff000cc0000207c63364019c41075b, the PROXY header is wrong",
        "v1, 2111000cc0000207c63364019c41075b, 'of version 2, and this listener takes the other'",
    })
    void a_bad_header_of_version_2_is_told(String listener, String rest, String problem) throws IOException {
        assertProxyProtocol(listener, V2 + rest, problem);
    }

    @Test
    void a_header_that_is_too_long_is_told() throws IOException {
        assertProxyProtocol(
                "any",
                HexFormat.of().formatHex(("PROXY " + "x".repeat(300)).getBytes(StandardCharsets.US_ASCII)),
                "exceeds the allowed maximum");
        assertProxyProtocol("any", V2 + "2111ffff" + "00".repeat(5_000), "exceeds the allowed maximum");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "50524f585920"})
    void a_header_that_is_not_finished_in_time_is_told(String begun) throws IOException {
        assertProxyProtocol("any", begun, "no whole PROXY header came in time");
    }

    @Test
    void a_proxy_that_is_not_named_is_not_served() throws IOException {
        assertProxyProtocol("elsewhere", "", "127.0.0.1 is not in proxy-protocol-from");
    }

    @Test
    void a_probe_that_opens_and_closes_ends_as_peer_fin() throws IOException {
        RawMqttClient probe = raw("any");
        int port = probe.localPort();

        probe.close();

        assertThat(endOfPort(port))
                .contains("reason=tcp_closed detail=peer_fin")
                .contains("proxy_protocol=\"header not finished\"");
    }

    @Test
    void a_header_where_none_is_expected_is_told() throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port())) {
            client.sendBytes("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n".getBytes(StandardCharsets.US_ASCII));

            client.awaitEnd(PATIENCE);

            assertThat(endOfPort(client.localPort()))
                    .contains("reason=internal_error detail=not_mqtt")
                    .contains("looks_like=proxy_protocol");
        }
    }

    // ---- helpers

    private static RawMqttClient raw(String listener) throws IOException {
        return RawMqttClient.connect("127.0.0.1", broker.broker().port("tcp:" + listener));
    }

    private static void assertKnownAs(RawMqttClient client, String clientId, String peer) throws IOException {
        assertThat(client.open(clientId, true).code()).isEqualTo(ReasonCode.SUCCESS);
        assertThat(broker.api()
                        .json("/clients/" + clientId.replace("[", "%5B"))
                        .path("ip_address")
                        .asText())
                .isEqualTo(peer.substring(0, peer.lastIndexOf(':')).replaceAll("[\\[\\]]", ""));

        client.send(new Packet.Disconnect(ReasonCode.SUCCESS));

        await().atMost(PATIENCE).until(() -> !log.ends(clientId).isEmpty());
        assertThat(log.ends(clientId).get(0))
                .contains(" peer=" + peer + " reason=normal")
                .contains(" proxy=127.0.0.1:" + client.localPort() + " ");
    }

    private static void assertProxyProtocol(String listener, String hex, String problem) throws IOException {
        try (RawMqttClient client = raw(listener)) {
            client.sendHex(hex);

            assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(endOfPort(client.localPort()))
                    .contains("reason=internal_error detail=proxy_protocol side=client")
                    .contains(problem);
        }
    }

    private static String endOfPort(int port) {
        await("end of port " + port).atMost(PATIENCE).until(() -> !log.endsOfPort(port)
                .isEmpty());
        assertThat(log.endsOfPort(port)).hasSize(1);
        return log.endsOfPort(port).get(0);
    }
}
