package io.nightjar.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.QoS;
import io.nightjar.session.SessionEffects.Timer;
import io.nightjar.session.SessionFixture.Request;
import org.junit.jupiter.api.Test;

/** How long a session outlives its connection. */
class SessionExpiryTest {
    @Test
    @Normative({"5.0/4.1.0-2", "5.0/3.1.2-23"})
    @OftenWrong(5)
    void expiry_drops_what_waits_and_removes_the_subscriptions() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume());
        f.subscribe("t", QoS.AT_LEAST_ONCE);
        f.detach(Detail.PEER_FIN);
        f.deliver("t", QoS.AT_LEAST_ONCE);
        f.effects.take();

        f.now = 100_000;
        f.session.timer(Timer.EXPIRY, f.now, f.effects);

        assertThat(f.effects.take()).containsExactly("unsubscribe t", "dropped SESSION_ENDED t", "stop");
        assertThat(f.session.exists()).isFalse();
        assertThat(f.session.queueLength()).isZero();
    }

    @Test
    @Normative({"5.0/3.1.2-23"})
    @OftenWrong(5)
    void expiry_0xFFFFFFFF_never_expires() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().expiry(AttachRequest.EXPIRY_NEVER));
        f.effects.take();

        f.detach(Detail.PEER_FIN);
        f.now = Long.MAX_VALUE / 2;
        f.attach(Request.resume());

        assertThat(f.effects.take()).containsExactly("attached 2 present=1");
    }

    @Test
    @Normative("5.0/4.1.0-2")
    @OftenWrong(5)
    void a_client_that_is_back_after_expiry_finds_nothing_even_if_the_timer_is_late() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume());
        f.subscribe("t", QoS.AT_LEAST_ONCE);
        f.detach(Detail.PEER_FIN);
        f.effects.take();

        f.now = 100_000;
        f.attach(Request.resume());

        assertThat(f.effects.take()).containsExactly("cancel EXPIRY", "unsubscribe t", "attached 2 present=0");
    }

    @Test
    @Normative({"5.0/3.1.2-23"})
    @OftenWrong(5)
    void the_clock_starts_at_close_and_not_at_connect() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume());
        f.effects.take();

        f.now = 1_000_000;
        f.detach(Detail.PEER_FIN);

        assertThat(f.effects.take()).containsExactly("start EXPIRY 1100000");
        assertThat(f.session.expiresAtMillis()).isEqualTo(1_100_000);
    }

    @Test
    @Normative({"5.0/3.14.2.2.2"})
    @OftenWrong(4)
    void disconnect_changes_the_expiry() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume());
        f.effects.take();

        f.session.detach(1, Detail.DISCONNECT, 7L, 0, f.effects);

        assertThat(f.effects.take()).containsExactly("start EXPIRY 7000");
    }

    @Test
    @Normative({"5.0/3.14.2.2.2", "5.0/4.1.0-2"})
    @OftenWrong(4)
    void disconnect_with_expiry_0_ends_the_session_at_once() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume());
        f.effects.take();

        f.session.detach(1, Detail.DISCONNECT, 0L, 0, f.effects);

        assertThat(f.effects.take()).containsExactly("stop");
    }

    @Test
    void a_timer_that_is_early_is_started_again() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume());
        f.detach(Detail.PEER_FIN);
        f.effects.take();

        f.session.timer(Timer.EXPIRY, 99_999, f.effects);

        assertThat(f.effects.take()).containsExactly("start EXPIRY 100000");
        assertThat(f.session.exists()).isTrue();
    }
}
