package io.nightjar.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What a token bucket promises, whenever it is asked. */
class TokenBucketProperties {
    @Property(tries = 500)
    void in_no_span_of_time_more_is_given_than_the_burst_and_the_rate(
            @ForAll @IntRange(min = 1, max = 5000) int rate,
            @ForAll @IntRange(min = 1, max = 200) int burst,
            @ForAll @Size(min = 1, max = 300) List<@IntRange(min = 0, max = 50) Integer> steps) {
        TokenBucket bucket = new TokenBucket(rate, burst, 0);
        List<Long> taken = new ArrayList<>();
        long now = 0;
        for (int step : steps) {
            now += step;
            for (int i = 0; i < 3 && bucket.has(now); i++) {
                bucket.take();
                taken.add(now);
            }
        }

        for (int from = 0; from < taken.size(); from++) {
            for (int to = from; to < taken.size(); to++) {
                long millis = taken.get(to) - taken.get(from);
                assertThat((to - from + 1) * 1000L).isLessThanOrEqualTo(burst * 1000L + rate * millis);
            }
        }
    }

    @Property(tries = 500)
    void the_next_token_is_there_when_it_says_and_not_a_millisecond_before(
            @ForAll @IntRange(min = 1, max = 5000) int rate,
            @ForAll @IntRange(min = 1, max = 50) int burst,
            @ForAll @IntRange(min = 0, max = 10_000) int start) {
        TokenBucket bucket = new TokenBucket(rate, burst, 0);
        while (bucket.has(start)) {
            bucket.take();
        }

        long wait = bucket.waitMillis();

        assertThat(wait).isPositive();
        assertThat(bucket.has(start + wait - 1)).isFalse();
        assertThat(bucket.has(start + wait)).isTrue();
    }

    @Property(tries = 100)
    void nothing_is_lost_by_asking_often(@ForAll @IntRange(min = 1, max = 3000) int rate) {
        TokenBucket bucket = new TokenBucket(rate, rate, 0);
        while (bucket.has(0)) {
            bucket.take();
        }
        int got = 0;
        for (long now = 1; now <= 10_000; now++) {
            while (bucket.has(now)) {
                bucket.take();
                got++;
            }
        }

        assertThat(got).isEqualTo(10 * rate);
    }

    @Property(tries = 50)
    void a_clock_that_goes_backwards_brings_nothing_and_a_long_sleep_no_more_than_the_burst(
            @ForAll @IntRange(min = 1, max = 10_000_000) int rate) {
        TokenBucket bucket = new TokenBucket(rate, 3, 1_000_000);
        for (int i = 0; i < 3; i++) {
            assertThat(bucket.has(1_000_000)).isTrue();
            bucket.take();
        }

        assertThat(bucket.has(0)).isFalse();
        assertThat(bucket.has(Long.MAX_VALUE / 2)).isTrue();
        for (int i = 0; i < 3; i++) {
            bucket.take();
        }
        assertThat(bucket.has(Long.MAX_VALUE / 2)).isFalse();
    }
}
