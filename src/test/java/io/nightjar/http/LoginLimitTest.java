package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.Administrators;
import io.nightjar.auth.Role;
import org.junit.jupiter.api.Test;

final class LoginLimitTest {
    private static final Administrators.User USER = new Administrators.User("u", Role.VIEWER);

    @Test
    void each_address_has_its_own_minute() {
        LoginLimit limit = new LoginLimit(2);

        assertThat(limit.take("1.1.1.1", 0)).isZero();
        assertThat(limit.take("1.1.1.1", 10_000)).isZero();
        assertThat(limit.take("1.1.1.1", 20_500)).isEqualTo(40);
        assertThat(limit.take("2.2.2.2", 20_500)).isZero();
        assertThat(limit.take("1.1.1.1", 60_000)).isZero();
    }

    @Test
    void a_network_of_one_ipv6_customer_is_one_address() {
        LoginLimit limit = new LoginLimit(1);

        assertThat(limit.take("2001:db8:0:1:0:0:0:1", 0)).isZero();
        assertThat(limit.take("2001:db8:0:1:9:9:9:9", 0)).isEqualTo(60);
        assertThat(limit.take("2001:db8:0:2:0:0:0:1", 0)).isZero();
    }

    @Test
    void memory_is_bounded_whoever_tries() {
        LoginLimit limit = new LoginLimit(1);
        for (int i = 0; i < 3 * LoginLimit.MAX_ADDRESSES; i++) {
            limit.take(i / 65536 + "." + i / 256 % 256 + "." + i % 256 + ".1", 0);
        }

        assertThat(limit.addresses()).isEqualTo(LoginLimit.MAX_ADDRESSES);
    }

    @Test
    void tokens_are_bounded_and_the_oldest_gives_way() {
        Tokens tokens = new Tokens(1000);
        String first = tokens.create(USER, 0);
        String last = first;
        for (int i = 0; i < Tokens.MAX_TOKENS; i++) {
            last = tokens.create(USER, 0);
        }

        assertThat(tokens.size()).isEqualTo(Tokens.MAX_TOKENS);
        assertThat(tokens.find(first, 0)).isNull();
        assertThat(tokens.find(last, 999)).isEqualTo(USER);
        assertThat(tokens.find(last, 1000)).isNull();
    }
}
