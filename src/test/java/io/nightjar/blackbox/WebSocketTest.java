package io.nightjar.blackbox;

import static io.nightjar.testing.RawWebSocket.BINARY;
import static io.nightjar.testing.RawWebSocket.CLOSE;
import static io.nightjar.testing.RawWebSocket.CONTINUATION;
import static io.nightjar.testing.RawWebSocket.FIN;
import static io.nightjar.testing.RawWebSocket.PING;
import static io.nightjar.testing.RawWebSocket.PONG;
import static io.nightjar.testing.RawWebSocket.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.conformance.Normative;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawWebSocket;
import io.nightjar.testing.TestBroker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames of every kind, right and wrong, on a real socket: what they carry arrives, and each end has its one reason. */
class WebSocketTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;
    private static int port;

    @BeforeAll
    static void start() {
        log = new CapturedLog();
        broker = TestBroker.start(directory, "websocket", Map.of("listeners.ws.default.websocket.max-frame", "1MiB"));
        port = broker.broker().port("ws:default");
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        assertThat(log.endsOfNode("websocket"))
                .hasSize((int) broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED));
        assertThat(log.errors()).isEmpty();
    }

    // ---- packets and frames

    @Test
    @Normative({"5.0/6.0.0-2", "311/6.0.0-2"})
    void a_packet_may_span_frames_of_one_byte_each_with_empty_ones_between() throws IOException {
        try (RawWebSocket client = RawWebSocket.open(port)) {
            for (byte one : client.encode(client.connectPacket("one-byte"))) {
                client.frame(FIN | BINARY, new byte[] {one});
                client.frame(FIN | BINARY, new byte[0]);
            }

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"V5", "V3_1_1"})
    @Normative({"5.0/6.0.0-2", "311/6.0.0-2"})
    void packets_may_share_a_frame_and_be_cut_anywhere(MqttVersion version) throws IOException {
        try (RawWebSocket client = RawWebSocket.connect(port, "cut-" + version, version)) {
            client.send(subscribe("cut/" + version));
            client.expect(Packet.SubAck.class);
            long seed = ThreadLocalRandom.current().nextLong();
            Random random = new Random(seed);
            byte[] all = client.encode(
                    publish("cut/" + version, "a".getBytes(StandardCharsets.US_ASCII), 2),
                    publish("cut/" + version, new byte[70_000], 3),
                    Packet.PingReq.INSTANCE,
                    publish("cut/" + version, "z".getBytes(StandardCharsets.US_ASCII), 4));
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            for (int at = 0; at < all.length; ) {
                int bound = random.nextBoolean() ? 20 : 40_000;
                int length = Math.min(random.nextInt(bound), all.length - at);
                wire.writeBytes(RawWebSocket.frameBytes(FIN | BINARY, all, at, length));
                at += length;
            }
            client.sendBytes(wire.toByteArray());

            List<Integer> payloads = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                Packet packet = client.expect(Packet.class);
                if (packet instanceof Packet.Publish publish) {
                    payloads.add(publish.payload().size());
                }
            }
            assertThat(payloads).as("seed %d", seed).containsExactly(1, 70_000, 1);
        }
    }

    @Test
    @Normative({"5.0/6.0.0-2", "311/6.0.0-2"})
    void a_message_in_fragments_with_pings_between_arrives_and_each_ping_is_answered() throws IOException {
        try (RawWebSocket client = RawWebSocket.connect(port, "fragments")) {
            byte[] packet = client.encode(subscribe("fragments"));
            client.frame(BINARY, Arrays.copyOfRange(packet, 0, 3));
            client.frame(FIN | PING, RawWebSocket.ascii("one"));
            client.frame(CONTINUATION, Arrays.copyOfRange(packet, 3, 5));
            client.frame(FIN | PING, new byte[0]);
            client.frame(FIN | CONTINUATION, Arrays.copyOfRange(packet, 5, packet.length));

            RawWebSocket.Frame pong = client.receive();
            assertThat(pong.opcode()).isEqualTo(PONG);
            assertThat(new String(pong.payload())).isEqualTo("one");
            assertThat(client.receive().opcode()).isEqualTo(PONG);
            assertThat(client.expect(Packet.SubAck.class).codes()).containsExactly(ReasonCode.GRANTED_QOS_1);
        }
    }

    @Test
    @Normative({"5.0/6.0.0-1", "311/6.0.0-1"})
    void the_server_sends_whole_binary_frames_also_for_200_kb() throws IOException {
        byte[] payload = new byte[200 * 1024];
        new Random(5).nextBytes(payload);
        try (RawWebSocket client = RawWebSocket.connect(port, "large")) {
            client.send(subscribe("large"));
            client.expect(Packet.SubAck.class);
            client.send(publish("large", payload, 7));

            List<Packet> got = new ArrayList<>();
            got.add(client.expect(Packet.class));
            got.add(client.expect(Packet.class));
            assertThat(got).hasAtLeastOneElementOfType(Packet.PubAck.class);
            assertThat(got)
                    .filteredOn(Packet.Publish.class::isInstance)
                    .singleElement()
                    .extracting(packet -> ((Packet.Publish) packet).payload())
                    .isEqualTo(Bytes.copyOf(payload));
        }
    }

    @Test
    void all_that_a_client_sends_before_it_hears_of_connack_is_answered_in_order() throws IOException {
        try (RawWebSocket client = RawWebSocket.open(port)) {
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            wire.writeBytes(RawWebSocket.frameBytes(FIN | BINARY, client.encode(client.connectPacket("eager"))));
            for (int i = 1; i <= 100; i++) {
                byte[] packet = client.encode(publish("eager", new byte[5000], i));
                wire.writeBytes(RawWebSocket.frameBytes(BINARY, packet, 0, 1000));
                wire.writeBytes(RawWebSocket.frameBytes(FIN, packet, 1000, packet.length - 1000));
            }
            client.sendBytes(wire.toByteArray());

            client.expect(Packet.ConnAck.class);
            for (int i = 1; i <= 100; i++) {
                assertThat(client.expect(Packet.PubAck.class).packetId()).isEqualTo(i);
            }
        }
    }

    @Test
    void a_client_that_reads_late_gets_everything_in_order() throws IOException {
        try (RawWebSocket reader = RawWebSocket.connect(port, "reads-late");
                RawWebSocket writer = RawWebSocket.connect(port, "writes-on")) {
            reader.send(subscribe("late"));
            reader.expect(Packet.SubAck.class);
            for (int i = 1; i <= 150; i++) {
                byte[] payload = new byte[50_000];
                payload[0] = (byte) i;
                writer.send(publish("late", payload, i));
                writer.expect(Packet.PubAck.class);
            }

            for (int i = 1; i <= 150; i++) {
                Packet.Publish publish = reader.expect(Packet.Publish.class);
                assertThat(publish.payload().at(0)).isEqualTo((byte) i);
                reader.send(new Packet.PubAck(publish.packetId(), ReasonCode.SUCCESS));
            }
        }
    }

    @Test
    void frames_right_behind_the_upgrade_request_are_heard() throws IOException {
        try (RawWebSocket client = RawWebSocket.tcp(port)) {
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            wire.writeBytes(RawWebSocket.ascii(RawWebSocket.request("/mqtt")));
            wire.writeBytes(RawWebSocket.frameBytes(FIN | BINARY, client.encode(client.connectPacket("hasty"))));
            client.sendBytes(wire.toByteArray());

            assertThat(client.http()).startsWith("HTTP/1.1 101 ");
            client.expect(Packet.ConnAck.class);
        }
    }

    @Test
    void all_that_was_said_before_a_close_frame_is_heard_first() throws IOException {
        try (RawWebSocket client = RawWebSocket.open(port)) {
            byte[] packets = client.encode(
                    client.connectPacket("says-all-at-once"),
                    publish("all/at/once", new byte[10], 1),
                    new Packet.Disconnect(ReasonCode.SUCCESS));
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            wire.writeBytes(RawWebSocket.frameBytes(FIN | BINARY, packets));
            wire.writeBytes(RawWebSocket.frameBytes(FIN | CLOSE, new byte[] {0x03, (byte) 0xE8}));
            client.sendBytes(wire.toByteArray());

            client.expect(Packet.ConnAck.class);
            client.expect(Packet.PubAck.class);
            assertThat(client.expectClose().code()).isEqualTo(1000);
        }
        assertThat(endOf("says-all-at-once")).contains("reason=normal detail=disconnect");
    }

    // ---- the upgrade

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mqtt|mqtt",
                "mqttv3.1|mqttv3.1",
                "chat, mqttv3.1 , mqtt|mqtt",
                "chat\\r\\nSec-WebSocket-Protocol: mqtt|mqtt"
            })
    @Normative({"5.0/6.0.0-4", "311/6.0.0-4"})
    void the_server_selects_mqtt_of_what_is_offered(String offered, String selected) throws IOException {
        try (RawWebSocket client = RawWebSocket.tcp(port)) {
            String offer = "Sec-WebSocket-Protocol: " + offered.replace("\\r\\n", "\r\n");
            client.sendBytes(RawWebSocket.ascii(RawWebSocket.request("/mqtt?x=y", offer)));

            assertThat(client.http())
                    .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
                    .contains("\r\nSec-WebSocket-Protocol: " + selected + "\r\n")
                    .contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
                    .doesNotContain("Extensions");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Sec-WebSocket-Protocol: mqt, chat", "Sec-WebSocket-Protocol: MQTT"})
    @Normative({"5.0/6.0.0-3", "311/6.0.0-3"})
    void a_client_that_does_not_offer_mqtt_is_refused(String offer) throws IOException {
        String header = offer.isEmpty() ? "X-Other: x" : offer;

        Refused refused = refused(RawWebSocket.request("/mqtt", header, "User-Agent: tester/1"));

        assertThat(refused.answer).startsWith("HTTP/1.1 400 ").contains("subprotocol mqtt");
        assertThat(refused.end)
                .contains("reason=internal_error detail=websocket_handshake")
                .contains("subprotocol mqtt", "path=/mqtt", "user_agent=tester/1");
    }

    @Test
    void another_path_is_not_found_and_its_query_is_not_told() throws IOException {
        Refused refused = refused(RawWebSocket.request("/other?token=secret"));

        assertThat(refused.answer).startsWith("HTTP/1.1 404 ").contains("/mqtt");
        assertThat(refused.end)
                .contains("detail=websocket_handshake", "path=/other")
                .doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Upgrade: websocket|X: x|426",
                "Connection: keep-alive, Upgrade|Connection: close|426",
                "Sec-WebSocket-Version: 13|Sec-WebSocket-Version: 8|426",
                "Sec-WebSocket-Key: dGhl|Sec-WebSocket-Key: d|400",
                "GET /mqtt HTTP/1.1|POST /mqtt HTTP/1.1|405",
                "GET /mqtt HTTP/1.1|GET /mqtt HTTP/1.0|400",
                "GET /mqtt HTTP/1.1|GET /mqtt|400",
                "Host: localhost|Content-Length: 5|400",
                "Host: localhost|Origin: https://evil.example|403",
            })
    void a_wrong_request_is_answered_with_what_is_wrong(String part, String instead, int status) throws IOException {
        Refused refused = refused(RawWebSocket.request("/mqtt").replace(part, instead));

        assertThat(refused.answer)
                .startsWith("HTTP/1.1 " + status + " ")
                .contains("This request was refused: ")
                .contains(status == 426 ? "Sec-WebSocket-Version: 13" : "Connection: close");
        assertThat(refused.end)
                .contains("reason=internal_error detail=websocket_handshake")
                .contains("http_status=" + status);
    }

    @Test
    void a_page_of_this_machine_may_connect() throws IOException {
        try (RawWebSocket client = RawWebSocket.tcp(port)) {
            client.sendBytes(RawWebSocket.ascii(
                    RawWebSocket.request("/mqtt", "Origin: http://localhost:3000", "Sec-WebSocket-Protocol: mqtt")));

            assertThat(client.http()).startsWith("HTTP/1.1 101 ");
        }
    }

    @Test
    void a_request_that_is_too_large_is_refused_before_it_is_whole() throws IOException {
        assertThat(refused("GET /" + "a".repeat(9000)).answer).startsWith("HTTP/1.1 414 ");
        assertThat(refused("GET /mqtt HTTP/1.1\r\nX: " + "a".repeat(9000)).answer)
                .startsWith("HTTP/1.1 431 ");
    }

    @Test
    void a_client_that_leaves_within_its_request_just_left() throws IOException {
        RawWebSocket client = RawWebSocket.tcp(port);
        client.sendBytes(RawWebSocket.ascii("GET /mqtt HTTP/1.1\r\nHost: x\r\n"));
        client.close();

        assertThat(endOf(client)).contains("reason=tcp_closed detail=peer_fin");
    }

    @ParameterizedTest
    @CsvSource({
        "102000044D5154540500, websocket_handshake, mqtt_connect",
        "160301020001000000, not_mqtt, tls",
        "0000000000, websocket_handshake, junk"
    })
    void other_protocols_are_named(String hex, String detail, String looksLike) throws IOException {
        try (RawWebSocket client = RawWebSocket.tcp(port)) {
            client.sendBytes(HexFormat.of().parseHex(hex));

            assertThat(endOf(client)).contains("reason=internal_error detail=" + detail, "looks_like=" + looksLike);
        }
    }

    // ---- wrong frames

    @ParameterizedTest
    @ValueSource(strings = {"V5", "V3_1_1"})
    @Normative({"5.0/6.0.0-1", "311/6.0.0-1"})
    void a_text_frame_ends_the_connection(MqttVersion version) throws IOException {
        String id = "text-" + version;
        try (RawWebSocket client = RawWebSocket.connect(port, id, version)) {
            client.frame(FIN | TEXT, RawWebSocket.ascii("hello"));

            if (version == MqttVersion.V5) {
                assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            }
            assertThat(client.expectClose().code()).isEqualTo(1003);
        }
        String rule = (version == MqttVersion.V5 ? "5.0" : "311") + "/6.0.0-1";
        assertThat(endOf(id)).contains("reason=internal_error detail=protocol_error", "rule=" + rule, "text frame");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "82 02 c0 00|without a mask",
                "c2 80 00000000|reserved bits",
                "83 80 00000000|reserved opcode",
                "8b 80 00000000|reserved opcode",
                "09 80 00000000|control frame in fragments",
                "89 fe 00000000|more than 125 bytes",
                "80 80 00000000|continues nothing",
                "02 80 00000000 82 80 00000000|before the last fragment",
                "82 fe 000a|shortest form",
                "82 ff 000000000000ffff|shortest form",
                "82 ff ffffffffffffffff|shortest form",
                "88 81 00000000 03|half a code",
                "88 82 00000000 03ed|may not be sent",
            })
    void a_frame_that_breaks_the_rules_of_websocket_ends_the_connection(String hex, String words) throws IOException {
        try (RawWebSocket client = RawWebSocket.connect(port, "wrong-frame")) {
            client.sendBytes(HexFormat.of().parseHex(hex.replace(" ", "")));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            assertThat(client.expectClose().code()).isEqualTo(1002);
            assertThat(endOf(client)).contains("reason=internal_error detail=protocol_error", words);
        }
    }

    @Test
    void a_frame_beyond_the_limit_ends_the_connection_before_its_payload() throws IOException {
        try (RawWebSocket client = RawWebSocket.connect(port, "big-frame")) {
            client.sendBytes(HexFormat.of().parseHex("82ff0000000000100001"));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PACKET_TOO_LARGE);
            assertThat(client.expectClose().code()).isEqualTo(1009);
        }
        assertThat(endOf("big-frame")).contains("detail=packet_too_large", "websocket.max-frame=1048576");
    }

    @Test
    void what_is_no_mqtt_inside_of_frames_is_named_and_closed() throws IOException {
        try (RawWebSocket client = RawWebSocket.open(port)) {
            client.frame(FIN | BINARY, RawWebSocket.ascii("GET / HTTP/1.1\r\n\r\n"));

            assertThat(client.expectClose().words()).isEqualTo("internal_error/not_mqtt");
            assertThat(endOf(client)).contains("detail=not_mqtt", "looks_like=http", "transport=ws");
        }
    }

    // ---- ends

    @ParameterizedTest
    @CsvSource({
        "1000, tcp_closed, peer_fin",
        "1001, tcp_closed, peer_fin",
        "1005, tcp_closed, peer_fin",
        "1011, tcp_closed, websocket_closed",
        "4711, tcp_closed, websocket_closed"
    })
    void a_client_that_closes_the_websocket_without_disconnect(int code, String reason, String detail)
            throws IOException {
        String id = "closes-" + code;
        try (RawWebSocket client = RawWebSocket.connect(port, id)) {
            if (code == 1005) {
                client.frame(FIN | CLOSE, new byte[0]);
            } else {
                client.close(code, "tab closed");
            }

            assertThat(client.expectClose().code()).isEqualTo(code);
        }
        assertThat(endOf(id))
                .contains("reason=" + reason + " detail=" + detail)
                .contains(code == 1005 ? " code=none" : " code=" + code + " client_says=\"tab closed\"");
    }

    @Test
    void a_goodbye_is_answered_with_a_close_frame() throws IOException {
        try (RawWebSocket client = RawWebSocket.connect(port, "goodbye")) {
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));

            assertThat(client.expectClose().code()).isEqualTo(1000);
        }
        assertThat(endOf("goodbye")).contains("reason=normal detail=disconnect", "transport=ws", "listener=ws:default");
    }

    @Test
    void a_kicked_client_gets_disconnect_and_then_a_close_frame() throws IOException {
        try (RawWebSocket client = RawWebSocket.connect(port, "kicked-ws")) {
            broker.api().kick("kicked-ws");

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.ADMINISTRATIVE_ACTION);
            RawWebSocket.Frame close = client.expectClose();
            assertThat(close.code()).isEqualTo(1008);
            assertThat(close.words()).isEqualTo("kicked/api");
        }
    }

    @Test
    void a_client_of_3_1_1_that_is_kicked_learns_it_from_the_close_frame() throws IOException {
        try (RawWebSocket client = RawWebSocket.connect(port, "kicked-311", MqttVersion.V3_1_1)) {
            broker.api().kick("kicked-311");

            assertThat(client.expectClose().words()).isEqualTo("kicked/api");
        }
    }

    @Test
    void a_socket_that_closes_without_a_close_frame_is_seen() throws IOException {
        RawWebSocket.connect(port, "just-gone").close();

        assertThat(endOf("just-gone"))
                .contains("reason=tcp_closed detail=peer_fin")
                .doesNotContain(" code=");
    }

    // ---- helpers

    private record Refused(String answer, String end) {}

    private static Refused refused(String request) throws IOException {
        try (RawWebSocket client = RawWebSocket.tcp(port)) {
            client.sendBytes(RawWebSocket.ascii(request));
            String answer = client.http();
            client.expectEnd();
            return new Refused(answer, endOf(client));
        }
    }

    private static String endOf(RawWebSocket client) {
        int local = client.localPort();
        await("end of port " + local).atMost(PATIENCE).until(() -> !log.endsOfPort(local)
                .isEmpty());
        List<String> ends = log.endsOfPort(local);
        return ends.get(ends.size() - 1);
    }

    private static String endOf(String clientId) {
        await("end of " + clientId).atMost(PATIENCE).until(() -> !log.ends(clientId)
                .isEmpty());
        return log.ends(clientId).get(0);
    }

    private static Packet.Subscribe subscribe(String filter) {
        return new Packet.Subscribe(
                1,
                Properties.NONE,
                List.of(new SubscriptionRequest(filter, SubscriptionOptions.of(QoS.AT_LEAST_ONCE))));
    }

    private static Packet.Publish publish(String topic, byte[] payload, int packetId) {
        return new Packet.Publish(
                topic, Bytes.copyOf(payload), QoS.AT_LEAST_ONCE, false, false, packetId, Properties.NONE);
    }
}
