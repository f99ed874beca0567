package io.nightjar.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlarmsTest {
    private final List<Alarm> told = new ArrayList<>();
    private final Alarms alarms = new Alarms(told::add);

    @Test
    void an_alarm_rises_at_80_percent_and_names_the_limit_and_what_lifts_it() {
        alarms.limits(List.of(used(799)), 1_000);
        assertThat(alarms.raised()).isEmpty();

        alarms.limits(List.of(used(800)), 2_000);

        assertThat(alarms.raised()).singleElement().satisfies(alarm -> {
            assertThat(alarm.name()).isEqualTo("nofile (soft)");
            assertThat(alarm.message()).contains("80 %", "800 of 1000", "LimitNOFILE=2048");
            assertThat(alarm.raisedAtMillis()).isEqualTo(2_000);
            assertThat(alarm.isRaised()).isTrue();
        });
    }

    @Test
    void an_alarm_of_a_limit_that_meets_the_target_does_not_tell_the_line_that_would_lower_it() {
        alarms.limits(
                List.of(Limit.of("nofile (soft)", "files", 20_000L, 16_000, 17_000L, "", "ulimit -n 16384")), 1_000);

        assertThat(alarms.raised()).singleElement().satisfies(alarm -> assertThat(alarm.message())
                .contains("85 %", "nightjar.target-connections", "ops/nightjar doctor")
                .doesNotContain("16384"));
    }

    @Test
    void it_is_told_once_while_it_stands_and_shows_the_newest_figure() {
        alarms.limits(List.of(used(800)), 1_000);
        alarms.limits(List.of(used(900)), 2_000);
        alarms.limits(List.of(used(760)), 3_000);

        assertThat(told).hasSize(1);
        assertThat(alarms.raised()).singleElement().satisfies(alarm -> {
            assertThat(alarm.used()).isEqualTo(900);
            assertThat(alarm.raisedAtMillis()).isEqualTo(1_000);
        });
    }

    @Test
    void it_falls_below_75_percent_and_is_kept_among_the_past() {
        alarms.limits(List.of(used(800)), 1_000);
        alarms.limits(List.of(used(749)), 5_000);

        assertThat(alarms.raised()).isEmpty();
        assertThat(told).hasSize(2);
        assertThat(alarms.past()).singleElement().satisfies(alarm -> {
            assertThat(alarm.raisedAtMillis()).isEqualTo(1_000);
            assertThat(alarm.clearedAtMillis()).isEqualTo(5_000);
        });
    }

    @Test
    void a_limit_whose_use_is_not_known_raises_nothing() {
        alarms.limits(List.of(Limit.of("fs.nr_open", "the most", 10L, 5, null, "", "fix")), 1_000);
        alarms.limits(List.of(Limit.of("nofile", "files", null, 5, 5L, "", "fix")), 1_000);

        assertThat(told).isEmpty();
    }

    @Test
    void overflows_before_the_first_look_are_not_ours() {
        alarms.overflows("accept_backlog", 500, "raise the backlog", 1_000);

        assertThat(told).isEmpty();
    }

    @Test
    void an_overflow_raises_at_once_and_falls_after_a_quiet_minute() {
        alarms.overflows("accept_backlog", 500, "raise the backlog", 1_000);
        alarms.overflows("accept_backlog", 503, "raise the backlog", 6_000);

        assertThat(alarms.raised()).singleElement().satisfies(alarm -> assertThat(alarm.message())
                .contains("3 more", "raise the backlog"));

        alarms.overflows("accept_backlog", 503, "raise the backlog", 65_999);
        assertThat(alarms.raised()).hasSize(1);

        alarms.overflows("accept_backlog", 503, "raise the backlog", 66_000);
        assertThat(alarms.raised()).isEmpty();
    }

    @Test
    void the_past_is_bounded() {
        for (int i = 0; i < 1_500; i++) {
            alarms.limits(List.of(used(900)), 2L * i);
            alarms.limits(List.of(used(1)), 2L * i + 1);
        }

        assertThat(alarms.past()).hasSize(1_000);
        assertThat(alarms.past().get(0).clearedAtMillis()).isEqualTo(2_999);
    }

    private static Limit used(long used) {
        return Limit.of("nofile (soft)", "descriptors", 1_000L, 2_000, used, "", "LimitNOFILE=2048");
    }
}
