package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.PasswordChecks.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PasswordChecksTest {
    private final PasswordChecks<String> checks = new PasswordChecks<>(4);

    private Check<String> check(String address) {
        return new Check<>(address, () -> {}, new CompletableFuture<>());
    }

    private Check<String> offered(String address) {
        Check<String> check = check(address);
        assertThat(checks.offer(check)).as("refused for " + address).isNull();
        return check;
    }

    private List<String> rest() {
        List<String> addresses = new ArrayList<>();
        Check<String> next = checks.poll();
        while (next != null) {
            addresses.add(next.address());
            next = checks.poll();
        }
        return addresses;
    }

    @Test
    void addresses_take_turns() {
        List.of("a", "a", "a", "b").forEach(this::offered);

        assertThat(rest()).containsExactly("a", "b", "a", "a");
        assertThat(checks.waiting()).isZero();
    }

    @Test
    void of_one_address_the_first_is_first() {
        List<Check<String>> all = List.of(offered("a"), offered("a"), offered("a"));

        assertThat(List.of(checks.poll(), checks.poll(), checks.poll())).isEqualTo(all);
    }

    @Test
    void when_all_room_is_taken_an_address_with_few_gets_that_of_the_newest_of_the_one_with_most() {
        offered("flood");
        offered("flood");
        offered("flood");
        Check<String> newest = offered("flood");
        Check<String> one = check("flood");

        assertThat(checks.offer(one)).as("its own").isSameAs(one);
        assertThat(checks.offer(check("other"))).isSameAs(newest);
        assertThat(rest()).containsExactly("flood", "other", "flood", "flood");
    }

    @Test
    void where_nobody_has_much_more_than_others_the_newcomer_is_refused() {
        List.of("a", "a", "b", "b").forEach(this::offered);
        Check<String> third = check("a");
        Check<String> second = check("b");

        assertThat(checks.offer(third)).isSameAs(third);
        assertThat(checks.offer(second)).isSameAs(second);
    }

    @Test
    void what_nobody_waits_for_any_more_is_not_done_and_takes_no_room() {
        Check<String> gone = offered("a");
        Check<String> answered = offered("a");
        Check<String> kept = offered("b");
        gone.answer().cancel(false);
        checks.remove(gone);
        checks.remove(gone);
        assertThat(checks.waiting()).isEqualTo(2);

        answered.answer().complete("late");

        assertThat(checks.poll()).isSameAs(kept);
        assertThat(checks.poll()).isNull();
        assertThat(checks.waiting()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.7, 10.0.0.7",
        "2001:db8:1:2:3:4:5:6, 2001:db8:1:2",
        "2001:db8:1:2:ffff:0:0:1, 2001:db8:1:2",
        "0:0:0:0:0:0:0:1, 0:0:0:0"
    })
    void a_row_is_an_address_or_a_network_of_64_bits(String address, String row) {
        assertThat(PasswordChecks.row(address)).isEqualTo(row);
    }
}
