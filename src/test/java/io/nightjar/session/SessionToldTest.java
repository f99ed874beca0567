package io.nightjar.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.QoS;
import io.nightjar.session.SessionEffects.SessionEnd;
import io.nightjar.session.SessionEffects.Timer;
import io.nightjar.session.SessionFixture.Request;
import org.junit.jupiter.api.Test;

/** What a session tells of itself beside what it does. */
class SessionToldTest {
    private final SessionFixture f = new SessionFixture();

    @Test
    void a_session_whose_time_ran_out_has_expired() {
        f.attach(Request.resume());
        f.detach(Detail.PEER_FIN);
        f.now = 100_000;
        f.session.timer(Timer.EXPIRY, f.now, f.effects);

        assertThat(f.effects.sessionEnds).containsExactly(SessionEnd.EXPIRED);
    }

    @Test
    void a_session_whose_client_comes_after_its_time_has_expired() {
        f.attach(Request.resume());
        f.detach(Detail.PEER_FIN);
        f.now = 100_000;
        f.attach(Request.resume());

        assertThat(f.effects.sessionEnds).containsExactly(SessionEnd.EXPIRED);
    }

    @Test
    void a_client_that_starts_clean_discards_a_session_attached_or_not() {
        f.attach(Request.resume());
        f.attach(Request.clean());
        f.detach(Detail.PEER_FIN);
        f.attach(Request.clean());

        assertThat(f.effects.sessionEnds).containsExactly(SessionEnd.DISCARDED, SessionEnd.DISCARDED);
    }

    @Test
    void a_kick_ends_a_session_attached_or_not() {
        f.attach(Request.resume());
        f.session.kick(DisconnectReason.of(Detail.API), false, 0, f.effects);
        f.attach(Request.resume());
        f.detach(Detail.PEER_FIN);
        f.session.kick(DisconnectReason.of(Detail.API), false, 0, f.effects);

        assertThat(f.effects.sessionEnds).containsExactly(SessionEnd.KICKED, SessionEnd.KICKED);
    }

    @Test
    void a_session_without_expiry_ends_clean() {
        f.attach(Request.resume());
        f.session.detach(1, Detail.DISCONNECT, 0L, 0, f.effects);

        assertThat(f.effects.sessionEnds).containsExactly(SessionEnd.CLEAN);
    }

    @Test
    void a_session_that_goes_on_has_not_ended() {
        f.attach(Request.resume());
        f.attach(Request.resume());
        f.detach(Detail.PEER_FIN);
        f.attach(Request.resume());
        f.session.kick(DisconnectReason.of(Detail.API), true, 0, f.effects);

        assertThat(f.effects.sessionEnds).isEmpty();
    }

    @Test
    void a_message_that_waits_is_told_whether_or_not_another_had_to_make_room() {
        SessionFixture small = new SessionFixture(new SessionLimits(2, 1000, true, 2));
        small.attach(Request.resume());
        small.subscribe("#", QoS.AT_LEAST_ONCE);
        small.deliver("sent", QoS.AT_LEAST_ONCE);
        small.detach(Detail.PEER_FIN);
        small.effects.clear();

        small.deliver("a", QoS.AT_LEAST_ONCE);
        small.deliver("b", QoS.AT_LEAST_ONCE);
        small.deliver("c", QoS.AT_LEAST_ONCE);
        small.deliver("given up", QoS.AT_MOST_ONCE);

        assertThat(small.effects.queued).containsExactly("a", "b", "c");
        assertThat(small.effects.take()).containsExactly("dropped QUEUE_FULL a", "dropped QUEUE_FULL given up");
    }

    @Test
    void subscriptions_are_told_with_what_came_of_them() {
        f.attach(Request.resume());
        f.subscribe("a/b", QoS.AT_LEAST_ONCE);
        f.unsubscribe("a/b");
        f.unsubscribe("a/b");

        assertThat(f.effects.subscriptions).containsExactly("a/b GRANTED_QOS_1", "a/b gone");
    }
}
