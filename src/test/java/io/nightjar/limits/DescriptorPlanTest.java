package io.nightjar.limits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorPlanTest {
    @ParameterizedTest
    @CsvSource({
        // nofile, ours, reserve, reserved, connections, told, http
        "1048576, 200, 2048, 2048, 1046328, 512, 1024",
        "20000, 200, 2048, 2048, 17752, 512, 1024",
        "1024, 124, 2048, 300, 600, 75, 150",
        "256, 106, 2048, 50, 100, 12, 25",
        "256, 106, 0, 0, 150, 0, 256",
        "64, 60, 2048, 1, 3, 0, 8",
        "64, 64, 2048, 0, 0, 0, 64",
        "64, 100, 2048, 0, 0, 0, 64",
    })
    void they_are_shared_out(long soft, long ours, long reserve, long reserved, long most, long told, long http) {
        DescriptorPlan plan = DescriptorPlan.of(soft, ours, reserve);

        assertThat(plan.reserved()).isEqualTo(reserved);
        assertThat(plan.connections()).isEqualTo(most);
        assertThat(plan.told()).isEqualTo(told);
        assertThat(plan.http()).isEqualTo(http);
    }

    @Test
    void http_and_those_that_are_refused_leave_a_quarter_of_the_reserve_for_files() {
        DescriptorPlan plan = DescriptorPlan.of(65_536, 150, 2048);

        assertThat(plan.ours() + plan.connections() + plan.told() + plan.http())
                .isEqualTo(plan.soft() - plan.reserved() / 4);
    }

    @Test
    void without_a_limit_there_is_none() {
        assertThat(DescriptorPlan.UNLIMITED.connections()).isEqualTo(Long.MAX_VALUE);
        assertThat(DescriptorPlan.of(Long.MAX_VALUE, 100, 2048).connections()).isGreaterThan(1L << 60);
    }
}
