package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Reason;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LineBudgetTest {
    private static int taken(LineBudget budget, int ends, long nowMillis) {
        int lines = 0;
        for (int i = 0; i < ends; i++) {
            lines += budget.take(Reason.TCP_CLOSED, nowMillis) ? 1 : 0;
        }
        return lines;
    }

    @Test
    void what_five_seconds_allow_is_logged_at_once_and_then_so_many_a_second() {
        LineBudget budget = new LineBudget(200, 0);

        assertThat(taken(budget, 5000, 0)).isEqualTo(1000);
        assertThat(taken(budget, 5000, 1000)).isEqualTo(200);
        assertThat(taken(budget, 5000, 1005)).isEqualTo(1);
        assertThat(taken(budget, 5000, 1_000_000)).isEqualTo(1000);
    }

    @Test
    void what_got_no_line_is_counted_by_reason_once() {
        LineBudget budget = new LineBudget(1, 0);
        assertThat(taken(budget, 12, 0)).isEqualTo(5);
        assertThat(budget.take(Reason.KICKED, 0)).isFalse();

        assertThat(budget.takeUnlogged()).isEqualTo(Map.of(Reason.TCP_CLOSED, 7, Reason.KICKED, 1));
        assertThat(budget.takeUnlogged()).isEmpty();
    }

    @Test
    void none_means_none_and_a_clock_that_goes_back_gives_nothing() {
        assertThat(taken(new LineBudget(0, 0), 10, 100_000)).isZero();
        LineBudget budget = new LineBudget(1, 10_000);
        assertThat(taken(budget, 10, 10_000)).isEqualTo(5);
        assertThat(taken(budget, 10, 0)).isZero();
        assertThat(taken(budget, 10, 11_000)).isEqualTo(1);
    }
}
