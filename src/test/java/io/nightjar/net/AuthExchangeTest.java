package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.auth.EnhancedAuthenticator;
import io.nightjar.auth.EnhancedAuthenticator.Step;
import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.connection.AuthLimits;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.Verdict;
import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Enhanced authentication with a method whose answers the test gives, when it likes, and a clock that only it moves. */
class AuthExchangeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Step.Success ANN = new Step.Success(Bytes.EMPTY, "ann");
    private static final Step.Continue MORE = new Step.Continue(Bytes.utf8("challenge"));

    private final AtomicLong now = new AtomicLong(1_700_000_000_000L);
    private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    private final BlockingQueue<ConnectionEnd> ends = new LinkedBlockingQueue<>();
    private final BlockingQueue<SessionCommand> session = new LinkedBlockingQueue<>();
    private final BlockingQueue<Connection> attached = new LinkedBlockingQueue<>();
    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final Counters counters = new Counters();
    private final NettyLoops loops = new NettyLoops(1, true, clock);
    private final EnhancedAuthentication enhanced =
            new EnhancedAuthentication(List.of(new Scripted()), new AuthLimits(TIMEOUT.toMillis(), 3, 100), 1);
    private LoneListener listener;
    private RawMqttClient client;

    /** One step that waits for the test's answer. */
    private record Asked(@Nullable Bytes data, CompletableFuture<Step> answer) {}

    @BeforeEach
    void start() throws IOException {
        Sessions sessions = (clientId, connection, info) -> {
            attached.add(connection);
            connection.attached(1, false, new Link());
        };
        listener = new LoneListener(loops, clock, counters, sessions, enhanced, ends::add);
        client = open();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        listener.close();
        assertThat(enhanced.running()).as("exchanges left behind").isZero();
    }

    // ---- before CONNACK

    @Test
    void a_method_of_one_step_ends_with_connack_and_its_data() throws Exception {
        client.send(connect(Properties.NONE));

        assertThat(answer(new Step.Success(Bytes.utf8("me too"), "ann"))).isEqualTo(Bytes.utf8("mine"));

        Packet.ConnAck accepted = client.expect(Packet.ConnAck.class);
        assertThat(accepted.code()).isEqualTo(ReasonCode.SUCCESS);
        assertThat(accepted.properties().getString(Property.AUTHENTICATION_METHOD))
                .isEqualTo("TEST");
        assertThat(accepted.properties().getBytes(Property.AUTHENTICATION_DATA)).isEqualTo(Bytes.utf8("me too"));
        assertThat(enhanced.running()).isZero();
    }

    @Test
    @Normative("5.0/4.12.0-5")
    void connack_has_the_method_even_where_there_is_no_data() throws Exception {
        client.send(connect(Properties.NONE));
        answer(ANN);

        Packet.ConnAck accepted = client.expect(Packet.ConnAck.class);

        assertThat(accepted.properties().getString(Property.AUTHENTICATION_METHOD))
                .isEqualTo("TEST");
        assertThat(accepted.properties().has(Property.AUTHENTICATION_DATA)).isFalse();
    }

    @Test
    @OftenWrong(31)
    void a_client_that_does_not_answer_a_challenge_is_refused_in_time() throws Exception {
        client.send(connect(Properties.NONE));
        answer(MORE);
        client.expect(Packet.Auth.class);

        pass(TIMEOUT.minusMillis(200));
        assertThat(ends).isEmpty();
        pass(Duration.ofMillis(400));

        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        ConnectionEnd end = end();
        assertThat(end.reason().detail()).isEqualTo(Detail.AUTH_TIMEOUT);
        assertThat(end.reason().facts()).containsEntry("waiting_for", "client").containsEntry("rounds", "1");
        assertThat(end.verdict().side()).isEqualTo(Verdict.Side.CLIENT);
    }

    @Test
    void an_authenticator_that_does_not_answer_a_connect_is_our_fault() throws Exception {
        client.send(connect(Properties.NONE));
        Asked step = take();

        pass(TIMEOUT.plusMillis(200));
        step.answer.complete(ANN);

        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SERVER_BUSY);
        assertThat(end().reason().detail()).isEqualTo(Detail.SERVER_BUSY);
    }

    @Test
    void the_time_is_one_for_all_rounds() throws Exception {
        client.send(connect(Properties.NONE));
        answer(MORE);
        client.expect(Packet.Auth.class);
        pass(Duration.ofSeconds(3));
        client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION));
        answer(MORE);
        client.expect(Packet.Auth.class);

        pass(Duration.ofSeconds(3));

        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(end().reason().detail()).isEqualTo(Detail.AUTH_TIMEOUT);
    }

    @Test
    void more_rounds_than_the_limit_are_refused_and_counted() throws Exception {
        client.send(connect(Properties.NONE));
        for (int i = 0; i < 3; i++) {
            answer(MORE);
            client.expect(Packet.Auth.class);
            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION));
        }

        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(end().reason().facts()).containsEntry("limit", "nightjar.authentication.exchange-max-rounds=3");
        assertThat(counters.get(Counter.AUTH_EXCHANGES_LIMITED)).isEqualTo(1);
    }

    @Test
    void one_exchange_more_than_the_limit_is_refused_as_busy_and_room_is_made_by_one_that_ends() throws Exception {
        client.send(connect(Properties.NONE));
        answer(MORE);
        client.expect(Packet.Auth.class);

        try (RawMqttClient second = open()) {
            second.send(connect(Properties.NONE));
            assertThat(second.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SERVER_BUSY);
        }
        assertThat(end().reason().facts()).containsEntry("limit", "nightjar.authentication.max-exchanges=1");
        assertThat(counters.get(Counter.AUTH_EXCHANGES_LIMITED)).isEqualTo(1);
        client.close();
        assertThat(end().reason().detail()).isEqualTo(Detail.PEER_FIN);

        try (RawMqttClient third = open()) {
            third.send(connect(Properties.NONE));
            answer(ANN);
            assertThat(third.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    @Test
    void a_client_that_leaves_while_the_authenticator_thinks_is_not_waited_for() throws Exception {
        client.send(connect(Properties.NONE));
        Asked step = take();

        client.close();
        assertThat(end().reason().detail()).isEqualTo(Detail.PEER_FIN);
        step.answer.complete(MORE);

        await().atMost(PATIENCE).until(() -> enhanced.running() == 0);
    }

    @Test
    @Normative({"5.0/3.1.2-30", "5.0/3.1.4-6"})
    void what_came_behind_connect_and_is_neither_auth_nor_disconnect_is_refused_after_success_too() throws Exception {
        client.sendTogether(connect(Properties.NONE), Packet.PingReq.INSTANCE);
        answer(ANN);

        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
        assertThat(end().reason().facts()).containsEntry("rule", "5.0/3.1.2-30");
        assertThat(attached).isEmpty();
    }

    @Test
    void an_authenticator_that_fails_is_a_refusal() throws Exception {
        client.send(connect(Properties.NONE));
        take().answer.completeExceptionally(new IllegalStateException("no directory"));

        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(end().reason().facts()).containsEntry("why", "the check failed: see the log");
    }

    // ---- after it

    @Test
    @Normative("5.0/4.12.1-2")
    @OftenWrong(32)
    void a_client_that_does_not_finish_to_authenticate_again_is_disconnected_in_time() throws Exception {
        connected();
        client.send(auth(ReasonCode.RE_AUTHENTICATE));
        answer(MORE);
        client.expect(Packet.Auth.class);

        pass(TIMEOUT.plusMillis(200));

        assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(end().reason().detail()).isEqualTo(Detail.AUTH_TIMEOUT);
        assertThat(session.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isEqualTo(new SessionCommand.Detach(1, Detail.AUTH_TIMEOUT, null));
        assertThat(Detail.AUTH_TIMEOUT.will()).isEqualTo(Detail.WillRule.YES);
    }

    @Test
    void an_authenticator_that_does_not_answer_a_connected_client_is_named_as_ours() throws Exception {
        connected();
        client.send(auth(ReasonCode.RE_AUTHENTICATE));
        take();

        pass(TIMEOUT.plusMillis(200));

        assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        ConnectionEnd end = end();
        assertThat(end.reason().facts()).containsEntry("waiting_for", "authenticator");
        assertThat(end.verdict().side()).isEqualTo(Verdict.Side.SERVER);
    }

    @Test
    void a_client_that_authenticated_again_has_no_deadline_left() throws Exception {
        connected();
        client.send(auth(ReasonCode.RE_AUTHENTICATE));
        answer(ANN);
        assertThat(client.expect(Packet.Auth.class).code()).isEqualTo(ReasonCode.SUCCESS);

        pass(Duration.ofDays(1));
        client.send(Packet.PingReq.INSTANCE);

        client.expect(Packet.PingResp.class);
        assertThat(ends).isEmpty();
    }

    @Test
    void other_packets_are_served_while_the_authenticator_thinks_but_no_auth() throws Exception {
        connected();
        client.send(auth(ReasonCode.RE_AUTHENTICATE));
        take();

        client.publish("t", "x", QoS.AT_LEAST_ONCE, 1);
        client.expect(Packet.PubAck.class);
        client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION));

        assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    @Normative("5.0/4.12.1-2")
    void refusals_of_connect_become_what_disconnect_may_say() throws Exception {
        connected();
        client.send(auth(ReasonCode.RE_AUTHENTICATE));
        answer(new Step.Refused(Detail.BAD_USERNAME_OR_PASSWORD, "TEST", "no", null));
        assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(end().reason().detail()).isEqualTo(Detail.AUTHENTICATION_REFUSED);
        client.close();

        client = open();
        connected();
        client.send(auth(ReasonCode.RE_AUTHENTICATE));
        answer(new Step.Refused(Detail.SERVER_BUSY, "TEST", "busy", null));
        assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
        assertThat(end().reason().detail()).isEqualTo(Detail.QUOTA_EXCEEDED);
    }

    @Test
    void more_exchanges_than_the_limit_disconnect_a_connected_client_with_quota_exceeded() throws Exception {
        connected();
        try (RawMqttClient other = open()) {
            other.send(connect(Properties.NONE));
            take();

            client.send(auth(ReasonCode.RE_AUTHENTICATE));

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
        }
        assertThat(end().reason().detail()).isEqualTo(Detail.QUOTA_EXCEEDED);
        await().atMost(PATIENCE).until(() -> enhanced.running() == 0);
    }

    @Test
    @Normative({"5.0/3.15.2-2", "5.0/3.15.2-3"})
    void reason_string_and_user_properties_of_an_auth_that_is_too_large_are_left_out() throws Exception {
        client.send(connect(Properties.of(Property.MAXIMUM_PACKET_SIZE, 60L)));
        answer(ANN);
        client.expect(Packet.ConnAck.class);
        Properties method = Properties.of(Property.AUTHENTICATION_METHOD, "TEST");

        Connection connection = attached.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        connection.send(new Packet.Auth(
                ReasonCode.SUCCESS,
                method.with(Property.REASON_STRING, "r".repeat(60))
                        .with(Property.USER_PROPERTY, new UserProperty("k", "v"))));

        assertThat(client.expect(Packet.Auth.class)).isEqualTo(new Packet.Auth(ReasonCode.SUCCESS, method));
    }

    // ---- helpers

    private void connected() throws Exception {
        client.send(connect(Properties.NONE));
        answer(ANN);
        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
    }

    private RawMqttClient open() throws IOException {
        return RawMqttClient.connect("127.0.0.1", listener.port(), MqttVersion.V5);
    }

    private Asked take() throws InterruptedException {
        Asked step = asked.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(step).as("a question to the authenticator").isNotNull();
        return step;
    }

    /** Answers the next question; what it was. */
    private @Nullable Bytes answer(Step step) throws InterruptedException {
        Asked question = take();
        question.answer.complete(step);
        return question.data;
    }

    private ConnectionEnd end() throws InterruptedException {
        ConnectionEnd end = ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(end).as("an end").isNotNull();
        return end;
    }

    /** Moves the clock and lets the loop's wheel see it; returns when everything due was fired. */
    private void pass(Duration time) {
        now.addAndGet(time.toMillis());
        CompletableFuture.runAsync(() -> loops.wheel(0).advance(now.get()), loops.executor(0))
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    private static Packet.Connect connect(Properties more) {
        Properties.Builder properties = properties().toBuilder();
        more.forEach(properties::add);
        return new Packet.Connect(MqttVersion.V5, true, 0, properties.build(), "device", null, null, null);
    }

    private static Packet.Auth auth(ReasonCode code) {
        return new Packet.Auth(code, properties());
    }

    private static Properties properties() {
        return Properties.of(Property.AUTHENTICATION_METHOD, "TEST")
                .with(Property.AUTHENTICATION_DATA, Bytes.utf8("mine"));
    }

    /** Hands every question to the test. */
    private final class Scripted implements EnhancedAuthenticator {
        @Override
        public String method() {
            return "TEST";
        }

        @Override
        public Exchange start(Client who) {
            return data -> {
                Asked step = new Asked(data, new CompletableFuture<>());
                asked.add(step);
                return step.answer;
            };
        }
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
