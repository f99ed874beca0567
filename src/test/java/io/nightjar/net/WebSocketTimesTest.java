package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.RawWebSocket;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a WebSocket has time for, on a real socket whose clock only the test moves, on native epoll and on NIO. */
class WebSocketTimesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final AtomicLong now = new AtomicLong(1_700_000_000_000L);
    private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    private final BlockingQueue<ConnectionEnd> ends = new LinkedBlockingQueue<>();
    private NettyLoops loops;
    private LoneListener listener;

    private void start(boolean nativeTransport) {
        loops = new NettyLoops(1, nativeTransport, clock);
        Sessions sessions = (clientId, connection, info) -> connection.attached(1, false, new Link());
        listener = new LoneListener(
                loops,
                clock,
                new Counters(),
                sessions,
                EnhancedAuthentication.none(),
                ends::add,
                new WebSocketSettings("/mqtt", 8192, 1 << 20, 50_000, 20_000, List.of(), false));
    }

    @AfterEach
    void stop() {
        listener.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_silent_client_is_pinged_and_stays_while_it_answers_and_goes_when_it_does_not(boolean nativeTransport)
            throws Exception {
        start(nativeTransport);
        try (RawWebSocket client = RawWebSocket.connect(listener.port(), "device")) {
            for (int i = 0; i < 2; i++) {
                pass(Duration.ofMillis(50_100));
                assertThat(client.receive().opcode()).isEqualTo(RawWebSocket.PING);
                pass(Duration.ofSeconds(19));
                client.frame(RawWebSocket.FIN | RawWebSocket.PONG, new byte[0]);
                heard(client);
            }

            pass(Duration.ofMillis(50_100));
            assertThat(client.receive().opcode()).isEqualTo(RawWebSocket.PING);
            pass(Duration.ofMillis(20_100));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.KEEP_ALIVE_TIMEOUT);
            assertThat(client.expectClose().words()).isEqualTo("keepalive_timeout/pong_timeout");
            assertThat(end().reason().detail()).isEqualTo(Detail.PONG_TIMEOUT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void packets_keep_pings_away(boolean nativeTransport) throws Exception {
        start(nativeTransport);
        try (RawWebSocket client = RawWebSocket.connect(listener.port(), "device")) {
            for (int i = 0; i < 5; i++) {
                pass(Duration.ofSeconds(40));
                client.send(Packet.PingReq.INSTANCE);

                client.expect(Packet.PingResp.class);
            }
            assertThat(ends).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_request_that_is_not_whole_in_time_is_told_so(boolean nativeTransport) throws Exception {
        start(nativeTransport);
        try (RawWebSocket client = RawWebSocket.tcp(listener.port())) {
            client.sendBytes(RawWebSocket.ascii("GET /mqtt HTTP/1.1\r\nHost:"));
            accepted();
            pass(Duration.ZERO); // a turn of the loop reads before it runs tasks
            pass(Duration.ZERO);

            pass(Duration.ofMillis(10_100));

            assertThat(client.http()).startsWith("HTTP/1.1 408 ");
            client.expectEnd();
            assertThat(end().reason().detail()).isEqualTo(Detail.WEBSOCKET_HANDSHAKE);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void silence_is_a_connect_timeout_before_the_upgrade_and_after_it(boolean nativeTransport) throws Exception {
        start(nativeTransport);
        try (RawWebSocket upgraded = RawWebSocket.open(listener.port())) {
            pass(Duration.ofMillis(10_100));

            assertThat(upgraded.expectClose().words()).isEqualTo("keepalive_timeout/connect_timeout");
            assertThat(end().reason().detail()).isEqualTo(Detail.CONNECT_TIMEOUT);
        }
        try (RawWebSocket silent = RawWebSocket.tcp(listener.port())) {
            accepted();
            pass(Duration.ofMillis(10_100));

            silent.expectEnd();
            assertThat(end().reason().detail()).isEqualTo(Detail.CONNECT_TIMEOUT);
        }
    }

    /** Returns when the server has read all that was sent before. */
    private static void heard(RawWebSocket client) throws Exception {
        client.frame(RawWebSocket.FIN | RawWebSocket.PING, new byte[0]);
        assertThat(client.receive().opcode()).isEqualTo(RawWebSocket.PONG);
    }

    private ConnectionEnd end() throws InterruptedException {
        return ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** Moves the clock and lets the loop's wheel see it; returns when everything due was fired. */
    private void pass(Duration time) {
        now.addAndGet(time.toMillis());
        CompletableFuture.runAsync(() -> loops.wheel(0).advance(now.get()), loops.executor(0))
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    private void accepted() {
        org.awaitility.Awaitility.await().atMost(PATIENCE).until(() -> listener.connections() == 1);
    }

    /** A session that hears nothing. */
    private static final class Link implements SessionLink {
        @Override
        public void tell(SessionCommand command) {}

        @Override
        public String node() {
            return "test";
        }
    }
}
