package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Errors;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.ConnectionEnd.Stage;
import io.nightjar.diagnosis.Verdict;
import io.nightjar.limits.DescriptorPlan;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class DescriptorsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Counters counters = new Counters();
    private final BlockingQueue<ConnectionEnd> ends = new LinkedBlockingQueue<>();
    private final List<RawMqttClient> clients = new ArrayList<>();

    /** Two are open already, and the spares: 13 for connections, 6 kept, one of those for who is told. */
    private final Descriptors descriptors = Descriptors.of(21 + Descriptors.SPARES, 2, 6, counters);

    @AfterEach
    void giveBack() throws IOException {
        for (RawMqttClient client : clients) {
            client.close();
        }
        descriptors.close();
    }

    @Test
    void who_finds_no_descriptor_is_refused_by_its_limit_in_words_and_at_once_where_too_many_wait_for_that()
            throws Exception {
        try (LoneListener listener = listener()) {
            for (int i = 0; i < 13; i++) {
                connect(listener);
            }
            await().atMost(PATIENCE).until(() -> descriptors.open() == 13);
            RawMqttClient told = connect(listener);
            await().atMost(PATIENCE).until(() -> descriptors.open() == 14);

            RawMqttClient shut = connect(listener);

            assertThat(shut.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            ConnectionEnd end = end();
            assertThat(end.stage()).isEqualTo(Stage.BEFORE_CONNECT);
            assertThat(end.reason().detail()).isEqualTo(Detail.MAX_CONNECTIONS);
            assertThat(end.reason().facts())
                    .containsEntry("limit", "nofile=29")
                    .containsEntry("max_connections", "13")
                    .containsEntry("reserved_descriptors", "6");
            assertThat(end.verdict().side()).isEqualTo(Verdict.Side.SERVER);
            assertThat(end.verdict().advice()).contains("nofile=29");
            assertThat(end.evidence().peer()).isEqualTo("127.0.0.1:" + shut.localPort());

            assertThat(told.open("told", true).code()).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
            end = end();
            assertThat(end.evidence().clientId()).isEqualTo("told");
            assertThat(end.reason().facts()).containsEntry("limit", "nofile=29");
            assertThat(counters.get(Counter.CONNECTIONS_REFUSED_NOFILE)).isEqualTo(2);

            told.close();
            await().atMost(PATIENCE).until(() -> descriptors.open() == 13);
            clients.get(0).close();
            await().atMost(PATIENCE).until(() -> descriptors.open() == 12);
            RawMqttClient next = connect(listener);
            next.send(Packet.PingReq.INSTANCE); // answered by an end that is not about descriptors
            ends.clear();
            assertThat(end().reason().detail()).isEqualTo(Detail.PROTOCOL_ERROR);
        }
    }

    @Test
    void when_the_system_has_none_all_are_closed_until_the_spares_are_back() throws Exception {
        try (LoneListener listener = listener()) {
            assertThat(descriptors.exhausted("EMFILE")).as("some were given up").isTrue();

            RawMqttClient shut = connect(listener);

            assertThat(shut.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(end().reason().facts())
                    .containsEntry("limit", "nofile=29")
                    .containsEntry("errno", "EMFILE");
            assertThat(descriptors.exhausted("ENFILE")).as("there are no more").isFalse();
            connect(listener);
            assertThat(end().reason().facts())
                    .containsEntry("limit", "fs.file-max")
                    .containsEntry("errno", "ENFILE");
            assertThat(counters.get(Counter.ACCEPTS_FAILED_NOFILE)).isEqualTo(2);

            assertThat(descriptors.recover()).isTrue();

            connect(listener).send(Packet.PingReq.INSTANCE);
            assertThat(end().reason().detail()).isEqualTo(Detail.PROTOCOL_ERROR);
            await().atMost(PATIENCE).until(() -> descriptors.open() == 0);
        }
    }

    @Test
    void a_listener_pauses_only_when_no_spare_is_left_and_goes_on_by_itself() {
        assertThat(Epoll.isAvailable()).isTrue(); // so that its errors can be made
        EmbeddedChannel server = new EmbeddedChannel(new AcceptGuard(descriptors));

        server.pipeline().fireExceptionCaught(new Errors.NativeIoException("accept(..)", -24, false));
        assertThat(server.config().isAutoRead()).isTrue();
        server.pipeline().fireExceptionCaught(new IOException("Too many open files"));
        assertThat(server.config().isAutoRead()).isFalse();

        server.advanceTimeBy(20, TimeUnit.MILLISECONDS);
        server.runScheduledPendingTasks();

        assertThat(server.config().isAutoRead()).isTrue();
        assertThat(descriptors.exhausted("EMFILE")).as("the spares were back").isTrue();
        server.finishAndReleaseAll();
    }

    @Test
    void other_faults_of_accept_are_left_to_netty() {
        assertThat(Epoll.isAvailable()).isTrue();
        List<Throwable> passed = new ArrayList<>();
        EmbeddedChannel server =
                new EmbeddedChannel(new AcceptGuard(descriptors), new io.netty.channel.ChannelInboundHandlerAdapter() {
                    @Override
                    public void exceptionCaught(io.netty.channel.ChannelHandlerContext ctx, Throwable cause) {
                        passed.add(cause);
                    }
                });
        IOException fault = new Errors.NativeIoException("accept(..)", -103, false);

        server.pipeline().fireExceptionCaught(fault);

        assertThat(passed).containsExactly(fault);
        assertThat(counters.get(Counter.ACCEPTS_FAILED_NOFILE)).isZero();
        server.finishAndReleaseAll();
    }

    @Test
    void a_limit_that_is_changed_while_the_node_runs_counts_from_then_on() {
        descriptors.soft(1000 + 2 + Descriptors.SPARES);

        assertThat(descriptors.plan().connections()).isEqualTo(1000 - 6);

        Descriptors unknown = Descriptors.unlimited(counters);
        unknown.soft(5);
        assertThat(unknown.plan()).isSameAs(DescriptorPlan.UNLIMITED);
    }

    private LoneListener listener() {
        NettyLoops loops = new NettyLoops(2, true, InstantSource.system());
        return new LoneListener(loops, InstantSource.system(), counters, ends::add, descriptors);
    }

    private RawMqttClient connect(LoneListener listener) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5);
        clients.add(client);
        return client;
    }

    private ConnectionEnd end() throws InterruptedException {
        ConnectionEnd end = ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(end).as("an end").isNotNull();
        return end;
    }
}
