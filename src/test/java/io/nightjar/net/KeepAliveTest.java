package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.Verdict;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.store.RecorderFile;
import io.nightjar.testing.RawMqttClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keep Alive on a real socket whose clock only the test moves, on native epoll and on NIO. */
class KeepAliveTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final AtomicLong now = new AtomicLong(1_700_000_000_000L);
    private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    private final BlockingQueue<ConnectionEnd> ends = new LinkedBlockingQueue<>();
    private final BlockingQueue<SessionCommand> session = new LinkedBlockingQueue<>();
    private final RecorderFile recorder = RecorderFile.inMemory(RecorderFile.LEAST, "test", new Counters());
    private NettyLoops loops;
    private LoneListener listener;

    private void start(boolean nativeTransport) {
        loops = new NettyLoops(1, nativeTransport, clock);
        Sessions sessions = (clientId, connection, info) -> connection.attached(1, false, new Link());
        listener = new LoneListener(
                loops, clock, new Counters(), sessions, EnhancedAuthentication.none(), ends::add, null, recorder);
    }

    @AfterEach
    void stop() {
        listener.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative({"5.0/3.1.2-22", "5.0/3.2.2-22"})
    @OftenWrong(26)
    void silence_of_one_and_a_half_times_keep_alive_ends_the_connection_and_not_less(boolean nativeTransport)
            throws Exception {
        start(nativeTransport);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.send(connect(10));
            client.expect(Packet.ConnAck.class);

            pass(Duration.ofMillis(14_900));
            assertThat(ends).isEmpty();
            pass(Duration.ofMillis(200));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.KEEP_ALIVE_TIMEOUT);
            ConnectionEnd end = ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(end.reason().detail()).isEqualTo(Detail.KEEP_ALIVE);
            assertThat(end.reason().facts()).containsEntry("keep_alive_s", "10");
            assertThat(session.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo(new SessionCommand.Detach(1, Detail.KEEP_ALIVE, null));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative("5.0/3.1.2-22")
    @OftenWrong(26)
    void any_packet_of_the_client_starts_the_time_again(boolean nativeTransport) throws Exception {
        start(nativeTransport);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.send(connect(10));
            client.expect(Packet.ConnAck.class);

            for (int i = 0; i < 3; i++) {
                pass(Duration.ofSeconds(14));
                client.send(Packet.PingReq.INSTANCE);
                client.expect(Packet.PingResp.class);
            }

            assertThat(ends).isEmpty();
            pass(Duration.ofMillis(15_100));
            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.KEEP_ALIVE_TIMEOUT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void what_came_while_the_loop_stood_still_is_read_before_its_client_is_blamed(boolean nativeTransport)
            throws Exception {
        start(nativeTransport);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.send(connect(10));
            client.expect(Packet.ConnAck.class);

            CountDownLatch sent = new CountDownLatch(1);
            CompletableFuture<Void> standstill = CompletableFuture.runAsync(
                    () -> {
                        assertThat(await(sent)).isTrue();
                        loops.wheel(0).advance(now.addAndGet(60_000));
                    },
                    loops.executor(0));
            client.send(Packet.PingReq.INSTANCE);
            sent.countDown();
            standstill.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();

            client.expect(Packet.PingResp.class);
            assertThat(ends).isEmpty();
        }
    }

    @Test
    void a_client_that_is_silent_when_a_loop_goes_on_ends_and_is_told_how_late_that_was_seen() throws Exception {
        start(true);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.send(connect(10));
            client.expect(Packet.ConnAck.class);

            pass(Duration.ofSeconds(75));
            pass(Duration.ofMillis(200));

            ConnectionEnd end = ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(end.reason().facts()).containsEntry("silent_ms", "75200").containsEntry("late_ms", "60200");
        }
    }

    @Test
    void a_packet_on_its_way_over_a_slow_path_is_not_taken_for_a_client_that_hangs() throws Exception {
        start(true);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.send(connect(10));
            client.expect(Packet.ConnAck.class);
            client.sendHex("c0 00 30 7f 00 01 61"); // PINGREQ, so that its answer tells when the rest is there too
            client.expect(Packet.PingResp.class);

            pass(Duration.ofMillis(15_100));

            ConnectionEnd end = ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(end.reason().facts())
                    .containsEntry("unfinished_bytes", "5")
                    .doesNotContainKey("late_ms");
            if (end.evidence().socket().containsKey("tcp_unacked")) {
                assertThat(end.verdict().side()).isEqualTo(Verdict.Side.NETWORK);
                assertThat(end.verdict().advice()).contains("is still on its way, 5 bytes so far");
            }
        }
    }

    @Test
    void a_packet_that_nearly_came_too_late_is_recorded_and_one_that_was_a_little_late_is_not() throws Exception {
        start(true);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.send(connect(10));
            client.expect(Packet.ConnAck.class);
            for (long silence : new long[] {9_000, 12_400, 13_000, 100}) {
                pass(Duration.ofMillis(silence));
                client.send(Packet.PingReq.INSTANCE);
                client.expect(Packet.PingResp.class);
            }
        }

        List<RecordedEvent> misses = recorder.find(EventFilter.ALL, Long.MAX_VALUE, 100).events().stream()
                .filter(event -> event.kind() == RecordedEvent.Kind.NEAR_MISS)
                .toList();
        assertThat(misses).hasSize(1);
        assertThat(misses.get(0).fields()).containsEntry("silent_ms", 13_000L).containsEntry("keep_alive_s", 10);
        assertThat(misses.get(0).clientId()).isEqualTo("device");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void the_kernel_asks_for_a_client_only_while_it_is_overdue() throws Exception {
        start(true);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.send(connect(10));
            client.expect(Packet.ConnAck.class);
            pass(Duration.ofMillis(11_200));
            awaitProbed(client, false);

            pass(Duration.ofMillis(200)); // an eighth of Keep Alive after it was due
            awaitProbed(client, Epoll.isAvailable());

            client.send(Packet.PingReq.INSTANCE);
            client.expect(Packet.PingResp.class);
            pass(Duration.ofMillis(3_700)); // to when it would have been timed out
            awaitProbed(client, false);
            assertThat(ends).isEmpty();

            pass(Duration.ofMillis(8_000));
            awaitProbed(client, Epoll.isAvailable());
        }
    }

    /** What was sent last may have to be acknowledged before the kernel shows this timer. */
    private void awaitProbed(RawMqttClient client, boolean probed) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> SocketTable.timer(listener.port(), client.localPort()),
                        probed ? SocketTable.KEEP_ALIVE::equals : SocketTable.NONE::equals);
    }

    @ParameterizedTest
    @EnumSource(
            value = MqttVersion.class,
            names = {"V3_1", "V3_1_1"})
    @Normative("311/3.1.2-24")
    @OftenWrong(26)
    void a_client_of_3_x_is_closed_without_a_packet_after_one_and_a_half_times_its_keep_alive(MqttVersion version)
            throws Exception {
        start(true);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), version);
                RawMqttClient off = RawMqttClient.connect("127.0.0.1", listener.port(), version)) {
            client.send(new Packet.Connect(version, true, 10, Properties.NONE, "device", null, null, null));
            off.send(new Packet.Connect(version, true, 0, Properties.NONE, "off", null, null, null));
            client.expect(Packet.ConnAck.class);
            off.expect(Packet.ConnAck.class);
            pass(Duration.ofMillis(14_900));
            client.send(Packet.PingReq.INSTANCE);
            client.expect(Packet.PingResp.class);

            pass(Duration.ofMillis(14_900));
            assertThat(ends).isEmpty();
            pass(Duration.ofMillis(200));

            assertThat(client.receive(PATIENCE)).isNull();
            assertThat(client.end()).isEqualTo(RawMqttClient.End.EOF);
            assertThat(ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .reason()
                            .detail())
                    .isEqualTo(Detail.KEEP_ALIVE);
            pass(Duration.ofDays(7));
            off.send(Packet.PingReq.INSTANCE);
            off.expect(Packet.PingResp.class);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @OftenWrong(26)
    void keep_alive_0_never_ends_a_connection(boolean nativeTransport) throws Exception {
        start(nativeTransport);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.send(connect(0));
            client.expect(Packet.ConnAck.class);

            pass(Duration.ofDays(7));
            client.send(Packet.PingReq.INSTANCE);

            client.expect(Packet.PingResp.class);
            assertThat(ends).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Normative({"5.0/3.1.4"})
    void a_transport_without_connect_is_given_up(boolean nativeTransport) throws Exception {
        start(nativeTransport);
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5)) {
            client.sendHex("10 20 00 04");
            accepted();

            pass(Duration.ofMillis(10_100));

            assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .reason()
                            .detail())
                    .isEqualTo(Detail.CONNECT_TIMEOUT);
        }
    }

    /** Moves the clock and lets the loop's wheel see it; returns when everything due was fired. */
    private void pass(Duration time) {
        now.addAndGet(time.toMillis());
        CompletableFuture.runAsync(() -> loops.wheel(0).advance(now.get()), loops.executor(0))
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void accepted() {
        org.awaitility.Awaitility.await().atMost(PATIENCE).until(() -> listener.connections() == 1);
    }

    private static Packet.Connect connect(int keepAliveSeconds) {
        return new Packet.Connect(MqttVersion.V5, true, keepAliveSeconds, Properties.NONE, "device", null, null, null);
    }

    /** A session that only remembers. */
    private final class Link implements SessionLink {
        @Override
        public void tell(SessionCommand command) {
            session.add(command);
        }

        @Override
        public String node() {
            return "test";
        }
    }
}
