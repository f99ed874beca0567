package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.PlatformDependent;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.net.PacketEncoder;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever arrives on the port: one clear reason for each, no exception in the log, and the neighbours feel nothing. */
class BadInputTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MIB = 1024 * 1024;

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;
    private static Neighbour neighbour;

    private long neighbourBefore;

    @BeforeAll
    static void start() throws IOException {
        log = new CapturedLog();
        broker = TestBroker.start(
                directory, "bad-input", Map.of("mqtt.queue-bytes", "2MiB", "mqtt.slow-consumer-timeout", "2s"));
        neighbour = new Neighbour(broker.port());
    }

    @BeforeEach
    void look_at_the_neighbour() {
        neighbourBefore = neighbour.exchanged.get();
    }

    @AfterEach
    void the_neighbour_felt_nothing_and_no_error_was_logged() {
        await("neighbour").atMost(PATIENCE).until(() -> neighbour.exchanged.get() > neighbourBefore + 10);
        assertThat(log.errors()).isEmpty();
    }

    @AfterAll
    static void every_connection_ended_exactly_once() throws Exception {
        neighbour.leave();
        broker.close();
        log.close();
        assertThat(neighbour.failure).isNull();
        assertThat(log.endsOfNode("bad-input"))
                .hasSize((int) broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED));
        assertThat(log.ends("neighbour-1")).hasSize(1).first().asString().contains("reason=normal");
    }

    // ---- not MQTT

    @Test
    void an_http_request_is_named() throws IOException {
        String end = endOf(bytes("GET /mqtt HTTP/1.1\r\nHost: localhost\r\n\r\n"));

        assertThat(end).contains("reason=internal_error detail=not_mqtt").contains("looks_like=http");
    }

    @Test
    void a_tls_hello_is_named() throws IOException {
        byte[] hello = new byte[200];
        System.arraycopy(new byte[] {0x16, 0x03, 0x01, 0x00, (byte) 0xC3, 0x01}, 0, hello, 0, 6);

        String end = endOf(hello);

        assertThat(end).contains("reason=internal_error detail=not_mqtt").contains("looks_like=tls");
    }

    @Test
    void mqtt_that_does_not_begin_with_connect_is_a_protocol_error() throws IOException {
        String end = endOf(new byte[] {(byte) 0xC0, 0x00});

        assertThat(end).contains("reason=internal_error detail=protocol_error").contains("mqtt_pingreq");
    }

    @Test
    void a_client_that_leaves_no_room_for_connack_is_closed_without_a_packet() throws Exception {
        Properties tiny = Properties.of(Property.MAXIMUM_PACKET_SIZE, 4L);
        try (RawMqttClient client = raw()) {
            client.send(new Packet.Connect(MqttVersion.V5, true, 0, tiny, "takes-nothing", null, null, null));

            assertThat(client.receive(PATIENCE)).isNull();
            assertThat(client.end()).isEqualTo(RawMqttClient.End.EOF);
        }
        await("end").atMost(PATIENCE).until(() -> log.ends("takes-nothing").size() == 1);
        assertThat(log.ends("takes-nothing").get(0)).contains("reason=internal_error detail=packet_too_large");
    }

    @Test
    void random_bytes_end_with_one_reason_each() throws IOException {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            byte[] junk = new byte[1 + random.nextInt(200)];
            random.nextBytes(junk);

            String end = endOf(junk);

            // Junk that could still become a packet waits until we close.
            assertThat(end)
                    .as("seed %d, round %d", seed, i)
                    .containsPattern("reason=internal_error detail=(not_mqtt|malformed_packet|protocol_error"
                            + "|unsupported_protocol_version|packet_too_large) |reason=tcp_closed detail=peer_fin ");
        }
    }

    @Test
    void random_bytes_behind_a_good_connect_end_with_one_reason_each() throws IOException {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        byte[] connect = encode(connect("junk-behind"));
        for (int i = 0; i < 100; i++) {
            byte[] junk = Arrays.copyOf(connect, connect.length + 1 + random.nextInt(100));
            byte[] tail = new byte[junk.length - connect.length];
            random.nextBytes(tail);
            System.arraycopy(tail, 0, junk, connect.length, tail.length);

            String end = endOf(junk);

            assertThat(end)
                    .as("seed %d, round %d", seed, i)
                    .containsPattern("reason=(internal_error|tcp_closed|normal) detail=");
            assertThat(end).doesNotContain("implementation_error");
        }
    }

    @Test
    void every_cut_of_a_connect_ends_as_tcp_closed() throws IOException {
        byte[] connect = encode(connect("cut"));
        for (int length = 1; length < connect.length; length++) {
            String end = endOf(Arrays.copyOf(connect, length));

            assertThat(end).as("cut at %d", length).contains("reason=tcp_closed detail=peer_fin");
        }
    }

    // ---- too much

    @Test
    void a_packet_that_says_it_is_too_large_is_refused_before_it_is_there() throws IOException {
        try (RawMqttClient client = open("oversized")) {
            client.sendHex("30 80 80 80 01"); // PUBLISH of 2 MiB

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PACKET_TOO_LARGE);
            assertThat(endOf(client)).contains("reason=internal_error detail=packet_too_large");
        }
    }

    @Test
    void a_connect_that_says_it_is_too_large_is_refused_before_it_is_there() throws IOException {
        String end = endOf(new byte[] {0x10, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F});

        assertThat(end).contains("reason=internal_error detail=packet_too_large");
    }

    @Test
    void a_topic_name_of_65536_levels_is_refused() throws IOException {
        try (RawMqttClient client = open("levels")) {
            client.publish("/".repeat(65_535), "x", QoS.AT_LEAST_ONCE, 1);

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.TOPIC_NAME_INVALID);
            assertThat(endOf(client)).contains("reason=internal_error detail=topic_name_invalid");
        }
    }

    @Test
    void topic_filters_of_a_million_levels_are_refused() throws IOException {
        try (RawMqttClient client = open("million")) {
            SubscriptionRequest request =
                    new SubscriptionRequest("+/".repeat(32_767) + "#", SubscriptionOptions.of(QoS.AT_MOST_ONCE));
            client.send(new Packet.Subscribe(1, Properties.NONE, Collections.nCopies(15, request)));
            client.send(new Packet.Subscribe(2, Properties.NONE, Collections.nCopies(15, request)));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.TOPIC_FILTER_INVALID);
            String end = endOf(client);
            assertThat(end).contains("reason=internal_error detail=topic_filter_invalid");
            assertThat(end.length()).as("the line does not repeat the filter").isLessThan(4_000);
        }
    }

    @Test
    void a_client_id_of_64_kilobytes_is_refused() throws IOException {
        try (RawMqttClient client = raw()) {
            client.send(connect("i".repeat(65_535)));

            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
            assertThat(endOf(client)).contains("reason=internal_error detail=client_identifier_not_valid");
        }
    }

    @Test
    void a_client_id_that_looks_like_a_line_of_the_log_stays_one_line() throws IOException {
        String forged = "x\"\nevent=connection_ended clientid=\"victim\" reason=kicked";
        try (RawMqttClient client = open(forged)) {
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));

            String end = endOf(client);

            assertThat(end.lines()).hasSize(1);
            assertThat(end).contains("reason=normal");
            assertThat(log.ends("victim")).isEmpty();
        }
    }

    // ---- slow

    @Test
    void packets_that_come_one_byte_at_a_time_are_understood() throws IOException {
        try (RawMqttClient client = raw()) {
            SubscriptionRequest request = new SubscriptionRequest("slow", SubscriptionOptions.of(QoS.AT_MOST_ONCE));
            sendSlowly(client, connect("one-byte"));
            sendSlowly(client, new Packet.Subscribe(1, Properties.NONE, List.of(request)));
            client.expect(Packet.ConnAck.class);
            client.expect(Packet.SubAck.class);

            sendSlowly(
                    client,
                    new Packet.Publish(
                            "slow", Bytes.utf8("arrived"), QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE));

            assertThat(client.expect(Packet.Publish.class).payload().text()).isEqualTo("arrived");
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
            assertThat(endOf(client)).contains("reason=normal");
        }
    }

    @Test
    void a_subscriber_that_never_reads_costs_bounded_memory_and_is_ended_with_a_reason() throws IOException {
        try (RawMqttClient sleeper = open("never-reads");
                RawMqttClient publisher = open("floods")) {
            sleeper.subscribe(1, "flood", QoS.AT_MOST_ONCE);
            long direct = PlatformDependent.usedDirectMemory();
            byte[] flood = encode(new Packet.Publish(
                    "flood", Bytes.wrap(new byte[64 * 1024]), QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE));
            for (int i = 0; i < 1_000; i++) { // 64 MB
                publisher.sendBytes(flood);
            }
            publisher.publish("flood", "last", QoS.AT_LEAST_ONCE, 1);
            publisher.expect(Packet.PubAck.class);

            assertThat(PlatformDependent.usedDirectMemory() - direct)
                    .as("direct memory of one who never reads")
                    .isLessThan(32L * MIB);
            await("end of the sleeper").atMost(PATIENCE).until(() -> !log.ends("never-reads")
                    .isEmpty());
            assertThat(log.ends("never-reads").get(0)).contains("reason=kicked detail=slow_consumer");
            assertThat(broker.broker().counters().get(Counter.DROPPED_QUEUE_FULL)
                            + broker.broker().counters().get(Counter.DROPPED_NOT_WRITABLE))
                    .as("what did not fit is counted")
                    .isPositive();
        }
    }

    // ---- memory

    @Test
    void many_rounds_of_bad_input_leave_no_memory_behind() throws IOException {
        round(20);
        Memory before = Memory.now();

        round(150);

        Memory after = Memory.now();
        assertThat(after.direct - before.direct).as("direct memory").isLessThan(16L * MIB);
        assertThat(after.heap - before.heap).as("heap").isLessThan(24L * MIB);
        assertThat(broker.api().json("/clients?conn_state=connected").path("data"))
                .as("only the neighbours are left")
                .hasSize(2);
    }

    private static void round(int times) throws IOException {
        List<byte[]> bad = new ArrayList<>();
        bad.add(bytes("POST / HTTP/1.1\r\n\r\n"));
        bad.add(new byte[] {0x10, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F});
        bad.add(encode(connect("i".repeat(65_535))));
        bad.add(Arrays.copyOf(encode(connect("i".repeat(60_000))), 50_000));
        bad.add(encode(
                connect("round"),
                new Packet.Publish(
                        "/".repeat(65_535), Bytes.EMPTY, QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE)));
        bad.add(Arrays.copyOf(
                encode(
                        connect("round"),
                        new Packet.Publish(
                                "t",
                                Bytes.wrap(new byte[300_000]),
                                QoS.AT_MOST_ONCE,
                                false,
                                false,
                                0,
                                Properties.NONE)),
                200_000));
        for (int i = 0; i < times; i++) {
            endOf(bad.get(i % bad.size()));
        }
    }

    private record Memory(long heap, long direct) {
        /** The least of some looks, since neighbours and collectors are at work meanwhile. */
        static Memory now() {
            long heap = Long.MAX_VALUE;
            long direct = Long.MAX_VALUE;
            for (int i = 0; i < 4; i++) {
                System.gc();
                heap = Math.min(
                        heap,
                        Runtime.getRuntime().totalMemory()
                                - Runtime.getRuntime().freeMemory());
                direct = Math.min(direct, PlatformDependent.usedDirectMemory());
            }
            return new Memory(heap, direct);
        }
    }

    // ---- helpers

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static Packet.Connect connect(String clientId) {
        return new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, clientId, null, null, null);
    }

    private static byte[] encode(Packet... packets) {
        ByteBuf out = Unpooled.buffer();
        for (Packet packet : packets) {
            PacketEncoder.encode(packet, MqttVersion.V5, out);
        }
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static void sendSlowly(RawMqttClient client, Packet packet) throws IOException {
        for (byte b : encode(packet)) {
            client.sendBytes(new byte[] {b});
        }
    }

    private static RawMqttClient raw() throws IOException {
        return RawMqttClient.connect("127.0.0.1", broker.port());
    }

    private static RawMqttClient open(String clientId) throws IOException {
        RawMqttClient client = raw();
        assertThat(client.open(clientId, true).code()).isEqualTo(ReasonCode.SUCCESS);
        return client;
    }

    /** Sends these bytes and FIN, and tells the one line of the log about the end. */
    private static String endOf(byte[] bytes) throws IOException {
        try (RawMqttClient client = raw()) {
            try {
                client.sendBytes(bytes);
                client.shutdownOutput();
            } catch (IOException closedAlready) {
                assertThat(closedAlready).hasMessageMatching("(?i).*(broken pipe|reset|not connected|closed).*");
            }
            assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            return endOf(client);
        }
    }

    private static String endOf(RawMqttClient client) {
        int port = client.localPort();
        await("end of port " + port)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .pollDelay(Duration.ZERO)
                .until(() -> !log.endsOfPort(port).isEmpty());
        List<String> ends = log.endsOfPort(port);
        return ends.get(ends.size() - 1);
    }

    /** Two clients that go on exchanging messages of QoS 1, each of which must come, in order. */
    private static final class Neighbour {
        private final AtomicLong exchanged = new AtomicLong();
        private final RawMqttClient one;
        private final RawMqttClient two;
        private final Thread thread;
        private volatile boolean over;
        private volatile Throwable failure;

        Neighbour(int port) throws IOException {
            one = RawMqttClient.connect("127.0.0.1", port);
            two = RawMqttClient.connect("127.0.0.1", port);
            one.open("neighbour-1", true);
            two.open("neighbour-2", true);
            two.subscribe(1, "next/door", QoS.AT_LEAST_ONCE);
            thread = new Thread(this::exchange, "neighbour");
            thread.start();
        }

        private void exchange() {
            try {
                for (int i = 1; !over; i++) {
                    int packetId = i % 65_535 + 1;
                    one.publish("next/door", Integer.toString(i), QoS.AT_LEAST_ONCE, packetId);
                    assertThat(one.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
                    Packet.Publish publish = two.expect(Packet.Publish.class);
                    assertThat(publish.payload().text()).isEqualTo(Integer.toString(i));
                    two.send(new Packet.PubAck(publish.packetId(), ReasonCode.SUCCESS));
                    exchanged.incrementAndGet();
                }
                one.send(new Packet.Disconnect(ReasonCode.SUCCESS));
                two.send(new Packet.Disconnect(ReasonCode.SUCCESS));
                one.awaitEnd(PATIENCE);
                two.awaitEnd(PATIENCE);
            } catch (IOException | AssertionError | IllegalStateException e) {
                failure = e;
            }
        }

        void leave() throws InterruptedException, IOException {
            over = true;
            thread.join(PATIENCE.toMillis());
            one.close();
            two.close();
        }
    }
}
