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
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.net.PacketEncoder;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A peer whose TCP is legal and strange: the answers are correct, the memory is bounded, the end has its reason. */
class StrangerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MIB = 1024 * 1024;
    private static final int SILENT = 3_000;

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;

    /** Ends that are older than the test: a port may have been another client's before. */
    private long earlier;

    @BeforeAll
    static void start() {
        log = new CapturedLog();
        broker = TestBroker.start(
                directory,
                "stranger",
                Map.of(
                        "mqtt.queue-bytes",
                        "1MiB",
                        "mqtt.slow-consumer-timeout",
                        "2s",
                        "listeners.tcp.default.connect-timeout",
                        "8s",
                        "listeners.tcp.default.backlog",
                        "4096"));
    }

    @AfterAll
    static void every_connection_ended_once_and_nothing_failed() {
        broker.close();
        List<String> errors = log.errors();
        List<String> ends = log.endsOfNode("stranger");
        log.close();
        assertThat(errors).isEmpty();
        assertThat(ends).hasSize((int) broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED));
    }

    @BeforeEach
    void only_ends_from_now_on_count() {
        earlier = log.ends().size();
    }

    // ---- in pieces and in one

    @ParameterizedTest
    @EnumSource
    void a_whole_life_one_byte_at_a_time_is_answered_as_any_other(MqttVersion version) throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port(), version)) {
            for (byte b : life(version, "bytewise-" + version)) {
                client.sendBytes(new byte[] {b});
            }

            expectTheAnswersOfALife(client);
            assertThat(endOf(client)).contains("reason=normal detail=disconnect ");
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_whole_life_in_one_segment_is_answered_in_full(MqttVersion version) throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port(), version)) {
            client.sendBytes(life(version, "at-once-" + version));

            expectTheAnswersOfALife(client);
            assertThat(endOf(client)).contains("reason=normal detail=disconnect ");
        }
    }

    @Test
    void many_lives_in_one_segment_after_the_first_disconnect_are_not_looked_at() throws IOException {
        byte[] life = life(MqttVersion.V5, "twice");
        byte[] twice = Arrays.copyOf(life, 2 * life.length);
        System.arraycopy(life, 0, twice, life.length, life.length);
        try (RawMqttClient client = raw()) {
            client.sendBytes(twice);

            expectTheAnswersOfALife(client);
            assertThat(endOf(client)).contains("reason=normal detail=disconnect ");
            assertThat(log.ends("twice")).hasSize(1);
        }
    }

    @Test
    void a_thousand_packets_in_one_write_are_each_answered_in_order() throws IOException {
        List<Packet> packets = new ArrayList<>();
        packets.add(connect(MqttVersion.V5, "thousand"));
        for (int i = 1; i <= 1_000; i++) {
            packets.add(publish("nobody/listens", "x", QoS.AT_LEAST_ONCE, i));
        }
        try (RawMqttClient client = raw()) {
            client.sendBytes(encode(MqttVersion.V5, packets));

            client.expect(Packet.ConnAck.class);
            for (int i = 1; i <= 1_000; i++) {
                assertThat(client.expect(Packet.PubAck.class).packetId()).isEqualTo(i);
            }
        }
    }

    // ---- closing

    @Test
    void what_came_before_the_fin_is_answered_before_the_end() throws IOException {
        try (RawMqttClient client = raw()) {
            List<Packet> packets = life("half-closed");
            client.sendBytes(encode(MqttVersion.V5, packets.subList(0, packets.size() - 1)));
            client.shutdownOutput();

            expectTheAnswersOfALife(client);
            assertThat(endOf(client)).contains("reason=tcp_closed detail=peer_fin ");
        }
    }

    @Test
    void a_message_sent_before_the_fin_reaches_others() throws IOException {
        try (RawMqttClient reader = open("fin-reader");
                RawMqttClient client = raw()) {
            reader.subscribe(1, "before/fin", QoS.AT_LEAST_ONCE);
            List<Packet> packets = List.of(
                    connect(MqttVersion.V5, "fin-writer"), publish("before/fin", "last words", QoS.EXACTLY_ONCE, 1));
            client.sendBytes(encode(MqttVersion.V5, packets));
            client.shutdownOutput();

            assertThat(reader.expect(Packet.Publish.class).payload().text()).isEqualTo("last words");
            client.expect(Packet.ConnAck.class);
            client.expect(Packet.PubRec.class);
            assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
            assertThat(endOf(client)).contains("reason=tcp_closed detail=peer_fin ");
        }
    }

    @Test
    void a_reset_in_the_middle_of_a_packet_is_a_reset_and_publishes_the_will() throws IOException {
        io.nightjar.mqtt.Will will = new io.nightjar.mqtt.Will(
                "will/of/reset", Bytes.utf8("gone"), QoS.AT_MOST_ONCE, false, Properties.NONE);
        try (RawMqttClient reader = open("reset-reader");
                RawMqttClient client = raw()) {
            reader.subscribe(1, "will/of/reset", QoS.AT_MOST_ONCE);
            client.send(new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, "reset-midway", will, null, null));
            client.expect(Packet.ConnAck.class);
            byte[] half = encode(MqttVersion.V5, List.of(publish("t", "x".repeat(1_000), QoS.AT_LEAST_ONCE, 1)));
            client.sendBytes(Arrays.copyOf(half, 500));
            int port = client.localPort();
            client.reset();

            assertThat(reader.expect(Packet.Publish.class).payload().text()).isEqualTo("gone");
            assertThat(endOfPort(port)).contains("reason=tcp_closed detail=peer_reset ");
        }
    }

    // ---- promising and not delivering

    @Test
    void a_connect_whose_rest_never_comes_ends_by_the_connect_timeout() throws IOException {
        try (RawMqttClient client = raw()) {
            client.sendHex("10 ff ff 3e 00 04 4d 51 54 54 05 02"); // announces 1 MiB

            assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(endOf(client)).contains("reason=keepalive_timeout detail=connect_timeout ");
        }
    }

    @Test
    void a_publish_whose_rest_never_comes_ends_by_the_keep_alive() throws IOException {
        try (RawMqttClient client = raw()) {
            client.send(new Packet.Connect(MqttVersion.V5, true, 1, Properties.NONE, "promises", null, null, null));
            client.expect(Packet.ConnAck.class);
            client.sendHex("30 ff ff 3e 00 01 74 00"); // announces 1 MiB

            Packet.Disconnect disconnect = client.expect(Packet.Disconnect.class);
            assertThat(disconnect.code()).isEqualTo(ReasonCode.KEEP_ALIVE_TIMEOUT);
            assertThat(endOf(client)).contains("reason=keepalive_timeout detail=keep_alive ");
        }
    }

    @Test
    void memory_grows_with_what_arrives_and_not_with_what_is_announced() throws IOException {
        List<RawMqttClient> clients = new ArrayList<>();
        try {
            long before = memory();
            for (int i = 0; i < 300; i++) {
                RawMqttClient client = open("announces-" + i);
                client.sendHex("30 ff ff 3e 00 01 74 00"); // announces 1 MiB: 300 MiB in all
                clients.add(client);
            }
            openAndLeave("announces-last"); // by now the broker has read what the others sent

            assertThat(memory() - before).isLessThan(100L * MIB);
        } finally {
            closeAll(clients);
        }
    }

    // ---- never reading

    @Test
    void who_never_reads_what_waits_in_his_session_costs_its_limits_and_nobody_else_notices() throws IOException {
        try (RawMqttClient sleeper = open("sleeps");
                RawMqttClient reader = open("stays-awake");
                RawMqttClient publisher = open("talks")) {
            sleeper.subscribe(1, "news", QoS.AT_LEAST_ONCE);
            reader.subscribe(1, "news", QoS.AT_LEAST_ONCE);
            long before = memory();
            String news = "n".repeat(64 * 1024);

            for (int i = 1; i <= 400; i++) { // 25 MiB, each of which the reader gets
                publisher.publish("news", i + news, QoS.AT_LEAST_ONCE, i);
                assertThat(publisher.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
                Packet.Publish got = reader.expect(Packet.Publish.class);
                assertThat(got.payload().text()).startsWith(i + "n");
                reader.send(new Packet.PubAck(got.packetId(), ReasonCode.SUCCESS));
            }

            // in flight, queue and send buffer of the sleeper: never all that was sent; the kernel's buffers are not
            // ours
            assertThat(memory() - before).isLessThan(20L * MIB);
            await("end of the sleeper").atMost(PATIENCE).until(() -> !log.ends("sleeps")
                    .isEmpty());
            assertThat(log.ends("sleeps").get(0)).contains("reason=kicked detail=slow_consumer ");
            publisher.publish("news", "after", QoS.AT_LEAST_ONCE, 500);
            assertThat(reader.expect(Packet.Publish.class).payload().text()).isEqualTo("after");
        }
    }

    // ---- saying nothing

    @Test
    void thousands_that_say_nothing_each_end_by_the_connect_timeout_in_bounded_memory() throws IOException {
        Set<Integer> ports = new HashSet<>();
        List<Socket> silent = new ArrayList<>();
        try {
            long before = memory();
            for (int i = 0; i < SILENT; i++) {
                Socket socket = new Socket("127.0.0.1", broker.port());
                silent.add(socket);
                ports.add(socket.getLocalPort());
            }
            openAndLeave("speaks-among-the-silent");

            assertThat(memory() - before).as("%d silent connections", SILENT).isLessThan(SILENT * 16L * 1024);
            for (Socket socket : silent) {
                socket.setSoTimeout((int) PATIENCE.toMillis());
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            await("as many ends").atMost(PATIENCE).untilAsserted(() -> assertThat(
                            timedOut().filter(ports::contains))
                    .containsExactlyInAnyOrderElementsOf(ports));
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    /** Ports of the clients whose connections ended by the connect timeout, one for each end. */
    private Stream<Integer> timedOut() {
        Pattern end = Pattern.compile(" peer=127\\.0\\.0\\.1:(\\d+) reason=keepalive_timeout detail=connect_timeout ");
        return log.ends().stream()
                .skip(earlier)
                .map(end::matcher)
                .filter(Matcher::find)
                .map(m -> Integer.valueOf(m.group(1)));
    }

    // ---- helpers

    /** CONNECT, SUBSCRIBE, PUBLISH of each QoS, PUBREL, PINGREQ, DISCONNECT. */
    private static List<Packet> life(String clientId) {
        return life(connect(MqttVersion.V5, clientId));
    }

    private static byte[] life(MqttVersion version, String clientId) {
        return encode(version, life(connect(version, clientId)));
    }

    private static List<Packet> life(Packet.Connect connect) {
        String topic = "life/" + connect.clientId();
        SubscriptionRequest request = new SubscriptionRequest(topic, SubscriptionOptions.of(QoS.AT_MOST_ONCE));
        return List.of(
                connect,
                new Packet.Subscribe(1, Properties.NONE, List.of(request)),
                publish(topic, "zero", QoS.AT_MOST_ONCE, 0),
                publish(topic, "one", QoS.AT_LEAST_ONCE, 2),
                publish(topic, "two", QoS.EXACTLY_ONCE, 3),
                new Packet.PubRel(3, ReasonCode.SUCCESS),
                Packet.PingReq.INSTANCE,
                new Packet.Disconnect(ReasonCode.SUCCESS));
    }

    /**
     * All of them, and then the end. Answers of the connection and of the session may come in either order; messages
     * that are published before SUBACK came may come or not.
     */
    private static void expectTheAnswersOfALife(RawMqttClient client) throws IOException {
        client.expect(Packet.ConnAck.class);
        List<String> answers = new ArrayList<>();
        for (Packet packet = client.receive(PATIENCE); packet != null; packet = client.receive(PATIENCE)) {
            if (!(packet instanceof Packet.Publish)) {
                answers.add(packet.type().name());
            }
        }
        assertThat(answers).containsExactlyInAnyOrder("SUBACK", "PUBACK", "PUBREC", "PUBCOMP", "PINGRESP");
        assertThat(client.end()).isEqualTo(RawMqttClient.End.EOF);
    }

    private static Packet.Connect connect(MqttVersion version, String clientId) {
        return new Packet.Connect(version, true, 0, Properties.NONE, clientId, null, null, null);
    }

    private static Packet.Publish publish(String topic, String payload, QoS qos, int packetId) {
        return new Packet.Publish(topic, Bytes.utf8(payload), qos, false, false, packetId, Properties.NONE);
    }

    private static byte[] encode(MqttVersion version, List<Packet> packets) {
        ByteBuf out = Unpooled.buffer();
        packets.forEach(packet -> PacketEncoder.encode(packet, version, out));
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static RawMqttClient raw() throws IOException {
        return RawMqttClient.connect("127.0.0.1", broker.port());
    }

    private static RawMqttClient open(String clientId) throws IOException {
        RawMqttClient client = raw();
        assertThat(client.open(clientId, true).code()).isEqualTo(ReasonCode.SUCCESS);
        return client;
    }

    private void openAndLeave(String clientId) throws IOException {
        try (RawMqttClient client = open(clientId)) {
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
            assertThat(endOf(client)).contains("reason=normal ");
        }
    }

    private static void closeAll(List<RawMqttClient> clients) throws IOException {
        for (RawMqttClient client : clients) {
            client.close();
        }
    }

    private String endOf(RawMqttClient client) {
        return endOfPort(client.localPort());
    }

    private String endOfPort(int port) {
        String peer = " peer=127.0.0.1:" + port + " ";
        return await("end of port " + port)
                .atMost(PATIENCE)
                .until(
                        () -> log.ends().stream()
                                .skip(earlier)
                                .filter(line -> line.contains(peer))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** Heap and direct memory in use: the least of some looks, since others are at work meanwhile. */
    private static long memory() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            long heap =
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            least = Math.min(least, heap + PlatformDependent.usedDirectMemory());
        }
        return least;
    }
}
