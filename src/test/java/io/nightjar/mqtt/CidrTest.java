package io.nightjar.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, 10.0.0.1, true",
        "10.0.0.1, 10.0.0.10, false",
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "192.168.4.0/22, 192.168.7.255, true",
        "192.168.4.0/22, 192.168.8.0, false",
        "0.0.0.0/0, 1.2.3.4, true",
        "0.0.0.0/0, ::1, false",
        "::1, ::1, true",
        "::1, 0:0:0:0:0:0:0:1, true",
        "fd00::/8, fdff::1, true",
        "fd00::/8, fe00::1, false",
        "fe80::/10, fe80::1%eth0, true",
        "10.0.0.0/8, ::ffff:10.1.2.3, true",
        "10.0.0.0/8, example.com, false",
        "10.0.0.0/8, '', false"
    })
    void an_address_lies_in_a_range_or_not(String range, String address, boolean inside) {
        Cidr cidr = Cidr.parse(range);

        assertThat(cidr).isNotNull();
        assertThat(cidr.contains(address)).isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "localhost", "1.2.3.4.5", "fd"})
    void what_is_no_range_is_none(String text) {
        assertThat(Cidr.parse(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 10.1.2.0/24",
        "::ffff:10.1.2.3, 10.1.2.0/24",
        "2001:db8:1:2:3:4:5:6, 2001:db8:1:2::/64",
        "::1, 0:0:0:0::/64",
        "fe80::1%eth0, fe80:0:0:0::/64"
    })
    void the_neighbours_of_an_address_are_a_range_that_holds_it(String address, String range) {
        assertThat(Cidr.neighbours(address)).isEqualTo(range);
        assertThat(Cidr.parse(range).contains(address)).isTrue();
    }

    @Test
    void what_is_no_address_has_no_neighbours() {
        assertThat(Cidr.neighbours("example.com")).isNull();
    }
}
