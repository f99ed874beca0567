package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.message.ClientView;
import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** FIN and RST told apart however they arrive, on native epoll and on NIO, and what the kernel tells of each. */
class SocketEndTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final BlockingQueue<ConnectionEnd> ends = new LinkedBlockingQueue<>();
    private final CompletableFuture<Connection> connected = new CompletableFuture<>();
    private boolean attaches = true;
    private NettyLoops loops;
    private LoneListener listener;

    private RawMqttClient start(boolean nativeTransport, int keepAliveSeconds) throws IOException {
        loops = new NettyLoops(1, nativeTransport, InstantSource.system());
        Sessions sessions = (clientId, connection, info) -> {
            if (attaches) {
                connection.attached(1, false, new Link(connection));
            }
            connected.complete(connection);
        };
        listener = new LoneListener(
                loops, InstantSource.system(), new Counters(), sessions, EnhancedAuthentication.none(), ends::add);
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5);
        client.send(new Packet.Connect(
                MqttVersion.V5, true, keepAliveSeconds, Properties.NONE, "device", null, null, null));
        connected.join();
        if (attaches) {
            client.expect(Packet.ConnAck.class);
        }
        return client;
    }

    @AfterEach
    void stop() {
        listener.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_reset_of_an_idle_connection_is_a_reset(boolean nativeTransport) throws Exception {
        RawMqttClient client = start(nativeTransport, 0);

        client.reset();

        assertReset(nativeTransport, end());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_reset_behind_a_packet_that_wants_an_answer_is_a_reset(boolean nativeTransport) throws Exception {
        RawMqttClient client = start(nativeTransport, 0);
        CountDownLatch held = hold();

        client.sendTogether(Packet.PingReq.INSTANCE, Packet.PingReq.INSTANCE);
        client.reset();
        held.countDown();

        assertReset(nativeTransport, end());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_reset_that_a_write_meets_first_is_a_reset(boolean nativeTransport) throws Exception {
        RawMqttClient client = start(nativeTransport, 0);
        CountDownLatch held = hold();

        client.reset();
        connected.join().send(publish());
        held.countDown();

        assertReset(nativeTransport, end());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void last_words_that_wait_longer_than_a_client_has_to_read_them_are_sent_all_the_same(boolean nativeTransport)
            throws Exception {
        RawMqttClient client = start(nativeTransport, 0);
        Connection connection = connected.join();

        loops.executor(0).execute(() -> {
            connection.end(DisconnectReason.of(Detail.API));
            loops.wheel(0).advance(InstantSource.system().millis() + 60_000);
        });

        assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.ADMINISTRATIVE_ACTION);
        assertThat(client.awaitEnd(PATIENCE)).isEqualTo(RawMqttClient.End.EOF);
        assertThat(end().reason().detail()).isEqualTo(Detail.API);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_reset_while_nothing_is_read_is_a_reset(boolean nativeTransport) throws Exception {
        attaches = false;
        RawMqttClient client = start(nativeTransport, 0);

        client.reset();
        if (!nativeTransport) {
            // Java's NIO tells of it only when it is read.
            connected.join().attached(1, false, new Link(connected.join()));
        }

        assertThat(end().reason().detail()).isEqualTo(Detail.PEER_RESET);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_fin_is_a_fin(boolean nativeTransport) throws Exception {
        RawMqttClient client = start(nativeTransport, 0);

        client.close();

        ConnectionEnd end = end();
        assertThat(end.reason().detail()).isEqualTo(Detail.PEER_FIN);
        if (nativeTransport) {
            assertThat(end.evidence().socket())
                    .containsEntry("tcp_state", "CLOSE_WAIT")
                    .containsEntry("tcp_unacked", 0L)
                    .containsEntry("unsent_bytes", 0L);
        } else {
            assertThat(end.evidence().socket()).containsOnlyKeys("unsent_bytes");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_fin_stays_a_fin_when_what_was_sent_after_it_is_answered_with_a_reset(boolean nativeTransport)
            throws Exception {
        RawMqttClient client = start(nativeTransport, 0);
        CountDownLatch held = hold();

        client.close();
        connected.join().send(publish());
        connected.join().send(publish());
        held.countDown();

        assertThat(end().reason().detail()).isEqualTo(Detail.PEER_FIN);
    }

    @ParameterizedTest
    @EnabledOnOs(OS.LINUX) // for its table of sockets
    @ValueSource(booleans = {true, false})
    void a_fin_that_a_broken_pipe_tells_of_first_is_a_fin(boolean nativeTransport) throws Exception {
        RawMqttClient client = start(nativeTransport, 0);
        int port = client.localPort();
        CountDownLatch held = hold();

        client.close();
        connected.join().send(publish());
        CountDownLatch heldAgain = new CountDownLatch(1);
        Runnable second = () -> {
            await(heldAgain);
            connected.join().send(publish());
        };
        loops.executor(0).execute(() -> LaterTurns.later(loops.loop(0), second)); // behind the flush of the first
        held.countDown();
        awaitReset(port);
        heldAgain.countDown();

        assertThat(end().reason().detail()).isEqualTo(Detail.PEER_FIN);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void the_live_socket_tells_its_figures() throws Exception {
        RawMqttClient client = start(true, 0);
        client.send(Packet.PingReq.INSTANCE);
        client.expect(Packet.PingResp.class);
        CompletableFuture<ClientView> view = new CompletableFuture<>();

        connected.join().inspect(new ClientView(Map.of("clientid", "device")), view::complete);

        Map<?, ?> socket = (Map<?, ?>)
                view.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).fields().get("socket");
        assertThat(socket.keySet().stream().map(String::valueOf))
                .containsExactly(
                        "tcp_state",
                        "tcp_rtt_us",
                        "tcp_rttvar_us",
                        "tcp_retransmits",
                        "tcp_retransmits_total",
                        "tcp_unacked",
                        "tcp_lost",
                        "tcp_probes",
                        "tcp_last_data_sent_age_ms",
                        "tcp_last_data_received_age_ms",
                        "tcp_last_ack_received_age_ms",
                        "unsent_bytes");
        assertThat(socket.get("tcp_state")).isEqualTo("ESTABLISHED");
        client.close();
        end();
    }

    private static void assertReset(boolean nativeTransport, ConnectionEnd end) {
        assertThat(end.reason().detail()).isEqualTo(Detail.PEER_RESET);
        if (nativeTransport) {
            assertThat(end.reason().facts()).containsEntry("errno", "ECONNRESET");
            assertThat(end.evidence().socket()).containsEntry("tcp_state", "CLOSE");
        }
    }

    private ConnectionEnd end() throws InterruptedException {
        ConnectionEnd end = ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(end).as("the one end").isNotNull();
        return end;
    }

    /** Holds up the event loop until it is let go, so that what happens meanwhile comes together. */
    private CountDownLatch hold() {
        CountDownLatch stands = new CountDownLatch(1);
        CountDownLatch held = new CountDownLatch(1);
        loops.executor(0).execute(() -> {
            stands.countDown();
            await(held);
        });
        await(stands);
        return held;
    }

    private static void await(CountDownLatch held) {
        try {
            held.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Until the kernel has no connection from this port to ours any more: the RST was sent. */
    private void awaitReset(int port) {
        int there = listener.port();
        Awaitility.await().atMost(PATIENCE).until(() -> !SocketTable.knows(there, port));
    }

    private static Packet publish() {
        return new Packet.Publish("a", Bytes.utf8("x"), QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE);
    }

    /** A session that lets a connection go as soon as it asks. */
    private record Link(Connection connection) implements SessionLink {
        @Override
        public void tell(SessionCommand command) {
            if (command instanceof SessionCommand.Detach detach
                    && detach.detail().isClientsLastWord()) {
                connection.end(DisconnectReason.of(detach.detail()));
            }
        }

        @Override
        public String node() {
            return "test";
        }
    }
}
