package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.auth.ScramVerifier;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.AllLogs;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.ScramClient;
import io.nightjar.testing.TestBroker;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything that is secret, each with a mark of its own and sent by every way there is, with traces of every kind on:
 * then every file that the node wrote, every line it logged at any level, and every answer about a trace is searched for
 * the marks, plain, in hex and in Base64.
 */
class SecretsEverywhereTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String CLIENT = "keeps";
    private static final String SIGNATURE_V2 = "0d0a0d0a000d0a515549540a";

    @TempDir
    Path directory;

    private final Map<String, String> marks = new LinkedHashMap<>();
    private final List<String> traces = new ArrayList<>();

    /** A secret that nobody has by chance. */
    private String secret(String kind) {
        String mark = "Sx" + kind.replaceAll("[^A-Za-z]", "") + "9qZ7";
        marks.put(kind, mark);
        return mark;
    }

    @Test
    void no_secret_is_in_any_file_or_line_whatever_it_is_written_in() throws Exception {
        Path users = directory.resolve("users");
        String right = secret("right password");
        ScramVerifier verifier =
                Objects.requireNonNull(ScramVerifier.of(right.toCharArray(), ScramVerifier.MIN_ITERATIONS));
        Files.writeString(users, "ann:" + verifier.text() + "\n");
        Map<String, byte[]> shown = new LinkedHashMap<>();
        try (AllLogs logs = new AllLogs()) {
            try (TestBroker broker = TestBroker.start(
                    directory,
                    "secrets",
                    Map.of(
                            "authentication.password-file", users.toString(),
                            "listeners.tcp.proxied.bind", "127.0.0.1:0",
                            "listeners.tcp.proxied.proxy-protocol", "any"))) {
                startTraces(broker);
                int connections = passwords(broker) + authData(broker, right) + proxyTlvs(broker) + webSockets(broker);
                connections += strangers(broker);
                http(broker);
                int all = connections;
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(Stream.of(read(broker, traces.get(0), "?format=text")
                                                .split("\n"))
                                        .filter(line -> line.contains("msg: connection_ended")))
                                .hasSizeGreaterThanOrEqualTo(all));
                for (String trace : traces) {
                    shown.put(trace, readAll(broker, trace));
                }
            }
            shown.put("log", String.join("\n", logs.lines).getBytes(StandardCharsets.UTF_8));
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.equals(users))
                    .toList()) {
                shown.put(file.toString(), Files.readAllBytes(file));
            }
        }

        String everything = String.join(
                "\n", shown.values().stream().map(SecretsEverywhereTest::latin).toList());
        assertThat(everything)
                .as("the traces saw it all")
                .contains("Password=******", "AuthenticationData=******", "authentication_refused")
                .contains(
                        "not_mqtt",
                        "malformed_packet",
                        "websocket_handshake",
                        "proxy_header_received",
                        "detail: proxy_protocol");
        marks.forEach((kind, mark) -> shown.forEach((where, bytes) -> assertHidden(kind, mark, where, bytes)));
    }

    private void startTraces(TestBroker broker) {
        for (String[] kind : new String[][] {
            {"ip_address", "127.0.0.0/8", "text", "text"},
            {"clientid", CLIENT, "json", "hex"},
            {"clientid_prefix", "keep", "text", "hex"},
            {"username", "ann", "json", "text"},
            {"topic", "#", "text", "hidden"},
            {"ip_address", "0.0.0.0/0", "json", "text"},
        }) {
            String name = "t" + traces.size();
            String body =
                    "{\"name\":\"%s\",\"type\":\"%s\",\"%s\":\"%s\",\"formatter\":\"%s\",\"payload_encode\":\"%s\"}"
                            .formatted(name, kind[0], kind[0], kind[1], kind[2], kind[3]);
            assertThat(broker.api().call("POST", "/trace", body).statusCode()).isEqualTo(200);
            traces.add(name);
        }
        await().atMost(PATIENCE).until(() -> broker.api().json("/trace").findValuesAsText("status").stream()
                .allMatch("running"::equals));
    }

    /** In CONNECT, right, wrong and in packets that are broken behind it. */
    private int passwords(TestBroker broker) throws IOException {
        int connections = 0;
        for (MqttVersion version : new MqttVersion[] {MqttVersion.V5, MqttVersion.V3_1_1}) {
            for (String password : List.of(marks.get("right password"), secret("wrong password " + version.name()))) {
                try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port(), version)) {
                    client.send(new Packet.Connect(
                            version, true, 0, Properties.NONE, CLIENT, null, "ann", Bytes.utf8(password)));
                    client.expect(Packet.ConnAck.class);
                }
                connections++;
            }
        }
        String broken = secret("password of a broken CONNECT");
        byte[] word = broken.getBytes(StandardCharsets.UTF_8);
        String length = "%04x".formatted(word.length);
        String password = length + HexFormat.of().formatHex(word);
        String head = "00044d515454" + "05" + "c2" + "0000" + "00" + "0005" + hex(CLIENT) + "0003" + hex("ann");
        String tooMuch = head + password + "ffff";
        String cutShort =
                head + "%04x".formatted(word.length + 5) + HexFormat.of().formatHex(word);
        String reserved = head.replaceFirst("05c2", "05c3") + password;
        for (String body : List.of(tooMuch, cutShort, reserved)) {
            try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port())) {
                client.sendHex("10" + "%02x".formatted(body.length() / 2) + body);
                client.awaitEnd(PATIENCE);
            }
            connections++;
        }
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port())) {
            client.sendHex("10" + "7f" + head + password); // never whole
        }
        return connections + 1;
    }

    /** SCRAM, right and wrong, and Authentication Data of other methods and in broken packets. */
    private int authData(TestBroker broker, String right) throws IOException {
        int connections = 0;
        for (String password : List.of(right, secret("wrong SCRAM password"))) {
            ScramClient scram = new ScramClient("ann", password);
            marks.put("SCRAM nonce " + connections, scram.nonce());
            try (RawMqttClient client = auth(broker, scram.first())) {
                String challenge = Objects.requireNonNull(
                                client.expect(Packet.Auth.class).properties().getBytes(Property.AUTHENTICATION_DATA))
                        .text();
                String last = scram.last(challenge);
                marks.put("SCRAM proof " + connections, last.substring(last.indexOf(",p=") + 3));
                client.send(new Packet.Auth(ReasonCode.CONTINUE_AUTHENTICATION, data("SCRAM-SHA-256", last)));
                client.expect(Packet.ConnAck.class);
            }
            connections++;
        }
        try (RawMqttClient client = auth(broker, secret("data that is no SCRAM"))) {
            client.expect(Packet.ConnAck.class);
        }
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port())) {
            client.send(new Packet.Connect(
                    MqttVersion.V5,
                    true,
                    0,
                    data("OTHER", secret("data of an unknown method")),
                    CLIENT,
                    null,
                    null,
                    null));
            client.expect(Packet.ConnAck.class);
        }
        byte[] broken = secret("data of a broken AUTH").getBytes(StandardCharsets.UTF_8);
        try (RawMqttClient client = auth(broker, new ScramClient("ann", right).first())) {
            client.expect(Packet.Auth.class);
            String properties = "15 0001 4d 16 %04x".formatted(broken.length)
                    + HexFormat.of().formatHex(broken) + "fe 00";
            int size = properties.replace(" ", "").length() / 2;
            client.sendHex("f0 %02x 18 %02x".formatted(size + 2, size) + properties);
            client.awaitEnd(PATIENCE);
        }
        return connections + 3;
    }

    private static RawMqttClient auth(TestBroker broker, String first) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port());
        client.send(
                new Packet.Connect(MqttVersion.V5, true, 0, data("SCRAM-SHA-256", first), CLIENT, null, null, null));
        return client;
    }

    private static Properties data(String method, String data) {
        return Properties.of(Property.AUTHENTICATION_METHOD, method)
                .with(Property.AUTHENTICATION_DATA, Bytes.utf8(data));
    }

    /** A TLV of a PROXY header, in one that is good and one that is not. */
    private int proxyTlvs(TestBroker broker) throws IOException {
        int port = broker.broker().mqttPort("proxied");
        for (String kind : List.of("TLV of a PROXY header", "TLV of a bad PROXY header")) {
            byte[] value = secret(kind).getBytes(StandardCharsets.UTF_8);
            boolean bad = kind.contains("bad");
            String tlv = "ee" + "%04x".formatted(value.length + (bad ? 9 : 0))
                    + HexFormat.of().formatHex(value);
            String body = "7f000007" + "7f000001" + "9c41" + "075b" + tlv;
            try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", port)) {
                client.sendHex(SIGNATURE_V2 + "2111" + "%04x".formatted(body.length() / 2) + body);
                if (bad) {
                    client.sendHex("ffff");
                } else {
                    client.sendHex("c000"); // PINGREQ first: wrong
                }
                client.awaitEnd(PATIENCE);
            }
        }
        return 2;
    }

    /** Headers and query of upgrade requests, granted and refused. */
    private int webSockets(TestBroker broker) throws IOException {
        String[] upgrades = {"mqtt", "unknown"};
        for (String protocol : upgrades) {
            String request = "GET /mqtt?token=" + secret("token of a query " + protocol) + " HTTP/1.1\r\nHost: x\r\n"
                    + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: " + protocol + "\r\n"
                    + "Authorization: Bearer " + secret("bearer of an upgrade " + protocol) + "\r\n"
                    + "Cookie: session=" + secret("cookie of an upgrade " + protocol) + "\r\n\r\n";
            say(broker.broker().port("ws:default"), request);
        }
        return upgrades.length;
    }

    /** Who takes the MQTT port for another. */
    private int strangers(TestBroker broker) throws IOException {
        say(
                broker.port(),
                "POST /login?password=" + secret("query of a stranger") + " HTTP/1.1\r\nAuthorization: Basic "
                        + secret("header of a stranger") + "\r\n\r\n");
        say(
                broker.broker().port("ws:default"),
                "\u0010\u0020" + secret("first bytes at the WebSocket port") + "\r\n\r\n");
        return 2;
    }

    private static void say(int port, String words) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write(words.getBytes(StandardCharsets.UTF_8));
            socket.getInputStream().read(new byte[4096]);
        }
    }

    /** Logins, tokens and keys of the API; a read of a trace among them, for the audit log. */
    private void http(TestBroker broker) throws IOException {
        String bearer = broker.api().authorization().substring("Bearer ".length());
        marks.put("token of a login", bearer);
        broker.api().call("GET", "/trace/t0/log", null);
        broker.api().call("POST", "/login", "{\"username\":\"admin\",\"password\":\"" + secret("wrong login") + "\"}");
        broker.api().call("GET", "/clients?token=" + secret("token in a query"), null);
        broker.api().call("GET", "/trace/t0/tail?access_token=" + secret("token for a tail"), null);
        String wrong = secret("wrong header of the API");
        say(
                broker.broker().httpPort(),
                "GET /api/v5/trace/t0/tail HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " + wrong
                        + "\r\nConnection: close\r\n\r\n");
    }

    // ---- what is shown

    private static String read(TestBroker broker, String trace, String query) {
        return new String(
                broker.api()
                        .call("GET", "/trace/" + trace + "/download" + query, null)
                        .body(),
                StandardCharsets.UTF_8);
    }

    /** A trace by every way to read it. */
    private static byte[] readAll(TestBroker broker, String trace) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String query : List.of("?format=text", "?format=jsonl")) {
            all.writeBytes(read(broker, trace, query).getBytes(StandardCharsets.UTF_8));
        }
        all.writeBytes(
                broker.api().call("GET", "/trace/" + trace + "/log", null).body());
        byte[] zip =
                broker.api().call("GET", "/trace/" + trace + "/download", null).body();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            while (in.getNextEntry() != null) {
                in.transferTo(all);
            }
        }
        byte[] gzip = broker.api()
                .call("GET", "/trace/" + trace + "/download?format=gzip", null)
                .body();
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
            in.transferTo(all);
        }
        return all.toByteArray();
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static void assertHidden(String kind, String mark, String where, byte[] bytes) {
        String text = latin(bytes);
        String lower = text.toLowerCase(Locale.ROOT);
        byte[] plain = mark.getBytes(StandardCharsets.UTF_8);
        List<String> forms = new ArrayList<>(List.of(mark));
        for (int shift = 0; shift < 3; shift++) {
            // Base64 takes three bytes at a time: the mark may begin at any of them; its ends depend on the neighbours
            byte[] shifted = ByteBuffer.allocate(plain.length + shift)
                    .position(shift)
                    .put(plain)
                    .array();
            String base64 = Base64.getEncoder().withoutPadding().encodeToString(shifted);
            forms.add(base64.substring(shift == 0 ? 0 : 4, base64.length() - 2));
        }
        forms.forEach(form -> assertThat(text.contains(form))
                .as("%s as %s in %s", kind, form, where)
                .isFalse());
        for (String delimiter : List.of("", " ", ":")) {
            assertThat(lower.contains(HexFormat.ofDelimiter(delimiter).formatHex(plain)))
                    .as("%s in hex in %s", kind, where)
                    .isFalse();
        }
    }
}
