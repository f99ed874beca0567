package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.connection.AdmissionLimits;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.Verdict;
import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The way in on real sockets, with sessions that answer when the test says so and a clock that only it moves. */
class AdmissionControlTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final AtomicLong now = new AtomicLong(1_700_000_000_000L);
    private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    private final BlockingQueue<ConnectionEnd> ends = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> attaching = new LinkedBlockingQueue<>();
    private final List<Connection> unanswered = new CopyOnWriteArrayList<>();
    private final List<RawMqttClient> clients = new ArrayList<>();
    private final Counters counters = new Counters();
    private final NettyLoops loops = new NettyLoops(2, true, clock);
    private final AtomicInteger ended = new AtomicInteger();
    private volatile boolean answers = true;
    private AdmissionControl admission;
    private LoneListener listener;

    private void start(AdmissionLimits limits, int connectRate) {
        admission = new AdmissionControl(limits, loops, clock, counters);
        Sessions sessions = (clientId, connection, info) -> {
            if (answers) {
                connection.attached(1, false, new Link());
            } else {
                unanswered.add(connection);
            }
            attaching.add(clientId);
        };
        listener = new LoneListener(loops, clock, counters, sessions, this::ended, admission, connectRate);
    }

    private void ended(ConnectionEnd end) {
        ended.incrementAndGet();
        ends.add(end);
    }

    @AfterEach
    void stop() throws IOException {
        for (RawMqttClient client : clients) {
            client.close();
        }
        await().atMost(PATIENCE).until(() -> {
            now.addAndGet(3000); // their sessions say nothing
            return listener.connections() == 0;
        });
        assertThat(admission.waiting()).as("left behind").isZero();
        assertThat(admission.inside()).isZero();
        assertThat(ended.get()).as("ends").isEqualTo(clients.size());
        listener.close();
    }

    @Test
    void who_comes_too_fast_waits_its_turn() throws Exception {
        start(limits(0, 100), 10);
        for (int i = 0; i < 20; i++) {
            connect("c" + i, MqttVersion.V5);
            int waiting = i;
            await().atMost(PATIENCE).until(() -> counters.get(Counter.CONNECTS_DELAYED) == waiting);
        }
        assertThat(attached()).isEqualTo("c0");

        for (int i = 1; i < 20; i++) {
            assertThat(attaching).isEmpty();
            now.addAndGet(100);
            assertThat(attached()).isEqualTo("c" + i);
        }

        for (RawMqttClient client : clients) {
            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        }
        assertThat(counters.get(Counter.CONNECTS_REFUSED_RATE)).isZero();
    }

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void who_would_wait_too_long_is_refused_with_the_rate(MqttVersion version) throws Exception {
        start(limits(0, 100), 1);
        connect("first", version);
        attached();
        for (int i = 0; i < 10; i++) {
            connect("waits" + i, version);
        }
        await().atMost(PATIENCE).until(() -> admission.waiting() == 10);

        Packet.ConnAck answer = connect("late", version).expect(Packet.ConnAck.class);

        assertThat(answer.code().value()).isEqualTo(version == MqttVersion.V5 ? 0x9F : refusedOf(answer));
        DisconnectReason reason = end().reason();
        assertThat(reason.detail()).isEqualTo(Detail.SERVER_BUSY);
        assertThat(reason.facts())
                .containsEntry("limit", "nightjar.listeners.tcp.test.connect-rate=1")
                .containsEntry("burst", "1")
                .containsEntry("waiting", "10")
                .containsEntry("waited_ms", "0");
        assertThat(counters.get(Counter.CONNECTS_REFUSED_RATE)).isEqualTo(1);
    }

    /** What the decoder of a 3.x client makes of return code 3, Server unavailable. */
    private static int refusedOf(Packet.ConnAck answer) {
        assertThat(answer.code()).isEqualTo(ReasonCode.SERVER_UNAVAILABLE);
        return ReasonCode.SERVER_UNAVAILABLE.value();
    }

    @Test
    void who_leaves_while_it_waits_ends_once_and_takes_no_place() throws Exception {
        start(limits(0, 100), 1);
        connect("first", MqttVersion.V5);
        attached();
        RawMqttClient waits = connect("waits", MqttVersion.V5);
        await().atMost(PATIENCE).until(() -> admission.waiting() == 1);
        answers = false;
        RawMqttClient second = connect("waits-too", MqttVersion.V5);
        await().atMost(PATIENCE).until(() -> admission.waiting() == 2);

        now.addAndGet(1000);
        assertThat(attached()).isEqualTo("waits");
        second.shutdownOutput();
        ConnectionEnd left = end();
        assertThat(left.reason().detail()).isEqualTo(Detail.PEER_FIN);
        assertThat(left.stage()).isEqualTo(ConnectionEnd.Stage.CONNECTING);
        assertThat(admission.waiting()).isZero();

        waits.reset();
        assertThat(end().verdict().side()).isNotEqualTo(Verdict.Side.SERVER);
        assertThat(ends).isEmpty();
    }

    @Test
    void the_places_are_for_those_that_are_worked_on_and_no_longer() throws Exception {
        answers = false;
        start(limits(2, 100), 0);
        for (int i = 0; i < 4; i++) {
            connect("c" + i, MqttVersion.V5);
        }
        attached();
        attached();
        await().atMost(PATIENCE).until(() -> admission.waiting() == 2);
        assertThat(admission.inside()).isEqualTo(2);

        unanswered.get(0).attached(1, false, new Link());
        attached();
        assertThat(admission.waiting()).isEqualTo(1);

        now.addAndGet(30); // what takes so long waits for something else
        attached();
        for (Connection connection : List.copyOf(unanswered).subList(1, 4)) {
            connection.attached(1, false, new Link());
        }
        for (RawMqttClient client : clients) {
            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void one_more_than_may_wait_is_refused_as_busy(MqttVersion version) throws Exception {
        answers = false;
        start(limits(1, 1), 0);
        connect("inside", version);
        attached();
        connect("waits", version);
        await().atMost(PATIENCE).until(() -> admission.waiting() == 1);

        Packet.ConnAck answer = connect("late", version).expect(Packet.ConnAck.class);

        if (version == MqttVersion.V5) {
            assertThat(answer.code()).isEqualTo(ReasonCode.SERVER_BUSY);
            assertThat(answer.properties().getString(Property.REASON_STRING)).startsWith("kicked/server_busy");
        } else {
            refusedOf(answer);
        }
        assertThat(end().reason().facts()).containsEntry("limit", "nightjar.admission.max-waiting=1");
        assertThat(counters.get(Counter.CONNECTS_REFUSED_BUSY)).isEqualTo(1);
    }

    @Test
    void a_wait_that_takes_too_long_for_no_rate_ends_as_busy() throws Exception {
        answers = false;
        start(new AdmissionLimits(0, 1, 1, 100, 1 << 20, 20), 0);
        connect("inside", MqttVersion.V5);
        attached();
        RawMqttClient waits = connect("waits", MqttVersion.V5);
        await().atMost(PATIENCE).until(() -> admission.waiting() == 1);

        now.addAndGet(20);

        assertThat(waits.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SERVER_BUSY);
        ConnectionEnd end = end();
        assertThat(end.reason().facts()).containsEntry("limit", "nightjar.admission.max-wait=20ms");
        assertThat(end.reason().facts()).containsEntry("waited_ms", "20");
        assertThat(end.verdict().side()).isEqualTo(Verdict.Side.SERVER);
        assertThat(end.verdict().advice()).contains("nightjar.admission.max-wait=20ms");
    }

    private static AdmissionLimits limits(int window, int maxWaiting) {
        return new AdmissionLimits(0, 1, window, maxWaiting, 1 << 20, 10_000);
    }

    private RawMqttClient connect(String clientId, MqttVersion version) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port(), version);
        clients.add(client);
        client.send(new Packet.Connect(version, true, 0, Properties.NONE, clientId, null, null, null));
        return client;
    }

    private String attached() throws InterruptedException {
        String clientId = attaching.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(clientId).isNotNull();
        return clientId;
    }

    private ConnectionEnd end() throws InterruptedException {
        ConnectionEnd end = ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(end).isNotNull();
        return end;
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
