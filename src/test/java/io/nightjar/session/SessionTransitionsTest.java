package io.nightjar.session;

import static io.nightjar.session.SessionFixture.will;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.diagnosis.ReturnOrConflict;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.session.SessionEffects.Timer;
import io.nightjar.session.SessionFixture.Request;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rows of the transition table that stands at the top of {@link SessionState}. */
class SessionTransitionsTest {
    /** Where a session may be. */
    enum State {
        NONE,
        ATTACHED,
        DETACHED
    }

    record Row(
            String name,
            Consumer<SessionFixture> before,
            Consumer<SessionFixture> event,
            State next,
            List<String> effects) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final Consumer<SessionFixture> NONE = f -> {};
    private static final Consumer<SessionFixture> ATTACHED = attached(100, 0);
    private static final Consumer<SessionFixture> DETACHED = ATTACHED.andThen(f -> f.detach(Detail.DISCONNECT));

    /** Attached with one subscription and a Will. */
    private static Consumer<SessionFixture> attached(long expirySeconds, long willDelaySeconds) {
        return f -> {
            f.attach(Request.resume().expiry(expirySeconds).will(will(willDelaySeconds)));
            f.subscribe("t", QoS.EXACTLY_ONCE);
        };
    }

    private static Consumer<SessionFixture> detachedWithWill(long delaySeconds) {
        return attached(100, delaySeconds).andThen(f -> f.detach(Detail.PEER_FIN));
    }

    private static Consumer<SessionFixture> withMessages(Consumer<SessionFixture> before) {
        return before.andThen(f -> {
            f.deliver("t", QoS.AT_LEAST_ONCE);
            f.deliver("t", QoS.EXACTLY_ONCE);
        });
    }

    private static Consumer<SessionFixture> detach(Detail detail) {
        return f -> f.detach(detail);
    }

    private static Consumer<SessionFixture> timer(Timer timer, long atMillis) {
        return f -> {
            f.now = atMillis;
            f.session.timer(timer, atMillis, f.effects);
        };
    }

    private static Consumer<SessionFixture> kick(boolean keep) {
        return f -> assertThat(f.session.kick(DisconnectReason.of(Detail.API), keep, f.now, f.effects))
                .isTrue();
    }

    static Stream<Row> rows() {
        Consumer<SessionFixture> resume = f -> f.attach(Request.resume());
        Consumer<SessionFixture> clean = f -> f.attach(Request.clean());
        return Stream.of(
                new Row("None, attach", NONE, resume, State.ATTACHED, List.of("attached 1 present=0")),
                new Row(
                        "Attached, attach(Clean Start 0)",
                        withMessages(ATTACHED),
                        resume,
                        State.ATTACHED,
                        List.of(
                                "end takeovered/same_client",
                                "route will",
                                "attached 2 present=1",
                                "PUBLISH t qos1 #1 dup",
                                "PUBLISH t qos2 #2 dup")),
                new Row(
                        "Attached, attach(Clean Start 0), old expiry 0",
                        attached(0, 0),
                        resume,
                        State.ATTACHED,
                        List.of("end takeovered/same_client", "unsubscribe t", "route will", "attached 2 present=0")),
                new Row(
                        "Attached, attach(Clean Start 1)",
                        withMessages(attached(100, 30)),
                        clean,
                        State.ATTACHED,
                        List.of("end discarded/same_client", "unsubscribe t", "route will", "attached 2 present=0")),
                new Row(
                        "Attached, detach, expiry 0",
                        attached(0, 30),
                        detach(Detail.PEER_RESET),
                        State.NONE,
                        List.of("unsubscribe t", "route will", "stop")),
                new Row(
                        "Attached, detach, expiry above 0",
                        ATTACHED,
                        detach(Detail.KEEP_ALIVE),
                        State.DETACHED,
                        List.of("route will", "start EXPIRY 100000")),
                new Row(
                        "Attached, detach, expiry above 0, Will Delay",
                        attached(100, 30),
                        detach(Detail.KEEP_ALIVE),
                        State.DETACHED,
                        List.of("start WILL_DELAY 30000", "start EXPIRY 100000")),
                new Row(
                        "Attached, detach for a reason that ends the session",
                        ATTACHED,
                        detach(Detail.BANNED),
                        State.NONE,
                        List.of("unsubscribe t", "route will", "stop")),
                new Row(
                        "Attached, node lost",
                        ATTACHED,
                        f -> f.session.nodeLost(f.now, f.effects),
                        State.DETACHED,
                        List.of("route will", "start EXPIRY 100000")),
                new Row(
                        "Attached, kick",
                        attached(100, 30),
                        kick(false),
                        State.NONE,
                        List.of("end kicked/api", "unsubscribe t", "route will", "stop")),
                new Row(
                        "Attached, kick(keep)",
                        ATTACHED,
                        kick(true),
                        State.DETACHED,
                        List.of("end kicked/api", "route will", "start EXPIRY 100000")),
                new Row(
                        "Detached, attach(Clean Start 0)",
                        withMessages(detachedWithWill(30)),
                        resume,
                        State.ATTACHED,
                        List.of(
                                "cancel WILL_DELAY",
                                "cancel EXPIRY",
                                "attached 2 present=1",
                                "PUBLISH t qos1 #1",
                                "PUBLISH t qos2 #2")),
                new Row(
                        "Detached, attach(Clean Start 1)",
                        detachedWithWill(30),
                        clean,
                        State.ATTACHED,
                        List.of(
                                "cancel WILL_DELAY",
                                "cancel EXPIRY",
                                "unsubscribe t",
                                "route will",
                                "attached 2 present=0")),
                new Row(
                        "Detached, timer(WILL_DELAY)",
                        detachedWithWill(30),
                        timer(Timer.WILL_DELAY, 30_000),
                        State.DETACHED,
                        List.of("route will")),
                new Row(
                        "Detached, timer(EXPIRY)",
                        detachedWithWill(300),
                        timer(Timer.EXPIRY, 100_000),
                        State.NONE,
                        List.of("cancel WILL_DELAY", "unsubscribe t", "route will", "stop")),
                new Row(
                        "Detached, kick",
                        detachedWithWill(30),
                        kick(false),
                        State.NONE,
                        List.of("cancel WILL_DELAY", "cancel EXPIRY", "unsubscribe t", "route will", "stop")),
                new Row("Detached, kick(keep)", DETACHED, kick(true), State.DETACHED, List.of()),
                new Row(
                        "Detached, deliver",
                        DETACHED,
                        f -> f.deliver("t", QoS.AT_LEAST_ONCE),
                        State.DETACHED,
                        List.of()),
                new Row(
                        "None, deliver",
                        NONE,
                        f -> f.deliver("t", QoS.AT_LEAST_ONCE),
                        State.NONE,
                        List.of("dropped SESSION_ENDED t")));
    }

    @ParameterizedTest
    @MethodSource("rows")
    @Normative({
        "5.0/3.1.2-4",
        "5.0/3.1.2-5",
        "5.0/3.1.2-6",
        "5.0/3.1.2-23",
        "5.0/3.1.4-3",
        "5.0/4.1.0-1",
        "5.0/4.1.0-2",
        "5.0/3.1.2-8",
        "5.0/3.1.3-9",
        "5.0/4.5.0-1",
        "311/3.1.2-6",
        "311/3.1.4-2"
    })
    void every_row_of_the_table_holds(Row row) {
        SessionFixture f = new SessionFixture();
        row.before.accept(f);
        f.effects.take();

        row.event.accept(f);

        assertThat(f.effects.take()).isEqualTo(row.effects);
        State next = f.session.isAttached() ? State.ATTACHED : f.session.exists() ? State.DETACHED : State.NONE;
        assertThat(next).isEqualTo(row.next);
    }

    @Test
    void commands_of_an_older_attachment_mean_nothing() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume());
        SessionState session = f.session;
        f.attach(Request.resume());
        f.subscribe("t", QoS.EXACTLY_ONCE);
        f.deliver("t", QoS.AT_LEAST_ONCE);
        f.effects.take();

        session.detach(1, Detail.PEER_FIN, 0L, 0, f.effects);
        session.acknowledge(1, PacketType.PUBACK, 1, ReasonCode.SUCCESS, 0, f.effects);
        session.publishQos2(1, 7, f.message("x", QoS.EXACTLY_ONCE), ReasonCode.SUCCESS, 0, f.effects);
        session.writable(1, 0, f.effects);
        session.unsubscribe(1, new Packet.Unsubscribe(1, Properties.NONE, List.of("t")), 0, f.effects);

        assertThat(f.effects.take()).isEmpty();
        assertThat(session.isAttached()).isTrue();
        assertThat(session.attachment()).isEqualTo(2);
        assertThat(session.inflightCount()).isEqualTo(1);
        assertThat(session.subscriptionCount()).isEqualTo(1);
        assertThat(session.sessionExpirySeconds()).isEqualTo(100);
    }

    @Test
    void a_second_end_of_the_same_connection_means_nothing() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().will(will(0)));
        f.detach(Detail.PEER_FIN);
        f.effects.take();

        f.detach(Detail.PEER_RESET);

        assertThat(f.effects.take()).isEmpty();
    }

    @Test
    void both_ends_of_a_takeover_and_the_rule_that_decided_are_facts() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume());
        f.now = 5000;

        f.attach(Request.resume().peer("10.0.0.1:6000"));

        assertThat(f.effects.ends).singleElement().satisfies(reason -> {
            assertThat(reason.detail()).isEqualTo(Detail.TAKEOVERED_SAME_CLIENT);
            assertThat(reason.facts())
                    .containsEntry("rule", "same_address")
                    .containsEntry("old_peer", "10.0.0.1:5001")
                    .containsEntry("new_peer", "10.0.0.1:6000")
                    .containsEntry("old_node", "n1")
                    .containsEntry("new_node", "n1")
                    .containsEntry("old_active_ms_ago", "5000");
        });
    }

    @Test
    void two_devices_that_displace_each_other_are_a_conflict() {
        SessionFixture f = new SessionFixture();
        Request a = Request.resume().peer("10.0.0.1:5001");
        Request b = Request.resume().peer("10.0.0.2:5001");
        f.attach(a);
        f.attach(b);

        f.attach(a);
        f.attach(b);

        assertThat(f.effects.ends)
                .extracting(DisconnectReason::detail)
                .containsExactly(Detail.TAKEOVERED_SAME_CLIENT, Detail.TAKEOVERED_CONFLICT, Detail.TAKEOVERED_CONFLICT);
        assertThat(f.effects.ends.get(2).facts()).containsEntry("alternations", "3");
    }

    @Test
    void takeovers_are_forgotten_when_they_are_too_old_for_any_rule() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().peer("10.0.0.1:5001"));
        f.attach(Request.resume().peer("10.0.0.2:5001"));
        f.attach(Request.resume().peer("10.0.0.3:5001"));
        assertThat(f.session.takeoversKept()).isEqualTo(2);

        f.now += ReturnOrConflict.ALTERNATION_MILLIS + 1;
        f.detach(Detail.DISCONNECT);
        assertThat(f.session.takeoversKept()).isZero();

        f.attach(Request.resume());
        f.attach(Request.resume());
        f.now += ReturnOrConflict.ALTERNATION_MILLIS + 1;
        f.attach(Request.resume());
        assertThat(f.session.takeoversKept()).isEqualTo(1);
    }

    @Test
    void a_session_that_ended_can_begin_again() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().expiry(0));
        f.detach(Detail.DISCONNECT);
        f.effects.take();

        f.attach(Request.resume());

        assertThat(f.effects.take()).containsExactly("attached 2 present=0");
    }

    @Test
    void a_message_that_was_on_its_way_to_the_old_session_does_not_reach_a_fresh_one() {
        SessionFixture f = new SessionFixture();
        ATTACHED.accept(f);
        f.attach(Request.clean());
        f.effects.take();

        f.deliver("t", QoS.AT_LEAST_ONCE);

        assertThat(f.effects.take()).containsExactly("dropped SESSION_ENDED t");
    }

    @Test
    void kicking_nobody_says_so() {
        SessionFixture f = new SessionFixture();

        assertThat(f.session.kick(DisconnectReason.of(Detail.API), false, 0, f.effects))
                .isFalse();
        assertThat(f.effects.take()).isEmpty();
    }
}
