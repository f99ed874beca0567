package io.nightjar.session;

import static io.nightjar.session.SessionFixture.will;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Property;
import io.nightjar.session.SessionEffects.Timer;
import io.nightjar.session.SessionFixture.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of the Will Message. */
class WillTest {
    private static final long NEVER = AttachRequest.EXPIRY_NEVER;

    static Stream<Arguments> takeovers() {
        List<Arguments> all = new ArrayList<>();
        for (long delay : new long[] {0, 30}) {
            for (long expiry : new long[] {0, 100, NEVER}) {
                for (boolean clean : new boolean[] {false, true}) {
                    boolean published = delay == 0 || expiry == 0 || clean;
                    all.add(Arguments.of(MqttVersion.V5, delay, expiry, clean, published));
                    if (delay == 0 && expiry != 100) {
                        all.add(Arguments.of(MqttVersion.V3_1_1, delay, expiry, clean, true));
                    }
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "MQTT {0}, Will Delay {1}, old expiry {2}, new Clean Start {3}: published {4}")
    @MethodSource("takeovers")
    @Normative({"5.0/3.1.4-3", "5.0/3.1.2-8", "5.0/3.1.3-9", "311/3.1.4-2", "311/3.1.2-8"})
    @OftenWrong(1)
    void takeover_treats_the_will_as_the_table_says(
            MqttVersion version, long delay, long expiry, boolean clean, boolean published) {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().version(version).expiry(expiry).will(will(delay)));
        f.effects.take();
        Request newcomer = clean ? Request.clean() : Request.resume();

        f.attach(newcomer.version(version).expiry(NEVER));

        List<String> expected = new ArrayList<>();
        expected.add(clean ? "end discarded/same_client" : "end takeovered/same_client");
        if (published) {
            expected.add("route will");
        }
        expected.add("attached 2 present=" + (!clean && expiry > 0 ? 1 : 0));
        assertThat(f.effects.take()).isEqualTo(expected);
        assertThat(f.session.hasPendingWill()).isFalse();
    }

    static Stream<Detail> endsThatASessionHearsOf() {
        return Arrays.stream(Detail.values())
                .filter(d -> d.will() == Detail.WillRule.NO || d.will() == Detail.WillRule.YES);
    }

    @ParameterizedTest
    @MethodSource("endsThatASessionHearsOf")
    @Normative({"5.0/3.14.4-3", "5.0/3.1.2-8", "5.0/3.1.2-10", "311/3.14.4-3", "5.0/3.1.2.5"})
    @OftenWrong(3)
    void only_a_normal_disconnect_discards_the_will(Detail detail) {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().will(will(0)));
        f.effects.take();

        f.detach(detail);

        assertThat(f.effects.take().contains("route will")).isEqualTo(detail != Detail.DISCONNECT);
    }

    @Test
    @Normative({"5.0/3.1.2-8", "5.0/3.1.2-10", "5.0/3.1.2-7"})
    @OftenWrong(2)
    void a_delayed_will_is_published_once_at_its_time() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().will(will(30)));
        f.detach(Detail.PEER_FIN);
        f.effects.take();

        f.now = 29_999;
        f.session.timer(Timer.WILL_DELAY, f.now, f.effects);
        assertThat(f.effects.take()).containsExactly("start WILL_DELAY 30000", "start EXPIRY 100000");
        f.now = 30_000;
        f.session.timer(Timer.WILL_DELAY, f.now, f.effects);
        assertThat(f.effects.take()).containsExactly("route will");
        f.now = 100_000;
        f.session.timer(Timer.EXPIRY, f.now, f.effects);

        assertThat(f.effects.take()).containsExactly("stop");
    }

    @Test
    @Normative("5.0/3.1.2-8")
    @OftenWrong(2)
    void the_end_of_the_session_brings_a_delayed_will_forward() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().expiry(20).will(will(30)));

        f.detach(Detail.PEER_FIN);

        assertThat(f.effects.take()).containsExactly("attached 1 present=0", "start EXPIRY 20000");
        f.now = 20_000;
        f.session.timer(Timer.EXPIRY, f.now, f.effects);
        assertThat(f.effects.take()).containsExactly("cancel WILL_DELAY", "route will", "stop");
    }

    @Test
    @Normative("5.0/3.1.2-8")
    @OftenWrong(2)
    void a_client_that_is_back_too_late_for_its_will_finds_it_published() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().will(will(30)));
        f.detach(Detail.PEER_FIN);
        f.effects.take();

        f.now = 30_000;
        f.attach(Request.resume());

        assertThat(f.effects.take())
                .containsExactly("cancel WILL_DELAY", "cancel EXPIRY", "route will", "attached 2 present=1");
    }

    @Test
    @Normative("5.0/3.1.3-9")
    @OftenWrong(2)
    void a_timer_that_fires_after_the_client_came_back_publishes_nothing() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().will(will(30)));
        f.detach(Detail.PEER_FIN);
        f.attach(Request.resume());
        f.effects.take();

        f.session.timer(Timer.WILL_DELAY, 30_000, f.effects);
        f.session.timer(Timer.EXPIRY, 100_000, f.effects);

        assertThat(f.effects.take()).isEmpty();
        assertThat(f.session.isAttached()).isTrue();
    }

    @Test
    @OftenWrong(4)
    void disconnect_with_will_and_expiry_0_publishes_at_once_whatever_the_delay() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().will(will(30)));
        f.effects.take();

        f.session.detach(1, Detail.DISCONNECT_WITH_WILL, 0L, 0, f.effects);

        assertThat(f.effects.take()).containsExactly("route will", "stop");
    }

    @Test
    @Normative("5.0/3.1.3-10")
    void the_will_goes_out_without_its_delay_and_from_its_own_client() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().will(will(30)));
        f.detach(Detail.PEER_FIN);

        f.now = 31_000;
        f.session.timer(Timer.WILL_DELAY, f.now, f.effects);

        Message message = f.effects.routed.get(0);
        assertThat(message.properties().has(Property.WILL_DELAY_INTERVAL)).isFalse();
        assertThat(message.publisher()).isEqualTo("c");
        assertThat(message.createdAtMillis()).isEqualTo(31_000);
    }

    @ParameterizedTest
    @EnumSource(names = {"DRAIN", "SERVER_SHUTTING_DOWN"})
    void a_client_that_we_sent_away_keeps_its_will_back_when_it_returns(Detail detail) {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().expiry(0).will(will(0)));
        f.effects.take();

        f.detach(detail);

        assertThat(f.effects.take()).containsExactly("start WILL_DELAY 60000");
        assertThat(f.session.exists()).isFalse();
        f.now = 59_999;
        f.attach(Request.clean());
        assertThat(f.effects.take()).containsExactly("cancel WILL_DELAY", "attached 2 present=0");
    }

    @Test
    void a_client_that_we_sent_away_and_that_does_not_return_has_its_will_published() {
        SessionFixture f = new SessionFixture();
        f.attach(Request.resume().expiry(10).will(will(0)));
        f.detach(Detail.DRAIN);
        f.now = 10_000;
        f.session.timer(Timer.EXPIRY, f.now, f.effects);
        f.effects.take();

        f.now = 60_000;
        f.session.timer(Timer.WILL_DELAY, f.now, f.effects);

        assertThat(f.effects.take()).containsExactly("route will", "stop");
    }
}
