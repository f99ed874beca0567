package io.nightjar.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceRulesTest {
    private static TraceDefinition trace(String name, String value, long start, long end) {
        return new TraceDefinition(name, "clientid", value, start, end, "text", "text", 1024, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "Trace-1_b", "A0"})
    void a_good_name_passes(String name) {
        assertThat(TraceRules.problem(trace(name, "c", 0, 1))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1a", "-a", "a b", "a/b", "../a", "a.b", "ä", "a\n", "a~"})
    void a_bad_name_is_refused(String name) {
        assertThat(TraceRules.problem(trace(name, "c", 0, 1))).startsWith("name must be");
    }

    @Test
    void limits_of_length_are_inclusive() {
        assertThat(TraceRules.problem(trace("a".repeat(256), "c".repeat(65_535), 0, 1)))
                .isNull();
        assertThat(TraceRules.problem(trace("a".repeat(257), "c", 0, 1))).startsWith("name must be");
        assertThat(TraceRules.problem(trace("a", "c".repeat(65_536), 0, 1))).startsWith("clientid must have");
        assertThat(TraceRules.problem(trace("a", "ä".repeat(32_768), 0, 1))).startsWith("clientid must have");
        assertThat(TraceRules.problem(trace("a", "", 0, 1))).startsWith("clientid must have");
        assertThat(TraceRules.problem(trace("a", "x\0", 0, 1))).contains("U+0000");
    }

    @ParameterizedTest
    @CsvSource({
        "peer, text, text, 1, type must be",
        "clientid, xml, text, 1, formatter must be",
        "clientid, json, base64, 1, payload_encode must be",
        "clientid, json, hex, -1, payload_limit must be",
        "clientid, json, hex, 65537, payload_limit must be",
    })
    void a_bad_value_is_refused_with_what_to_change(
            String type, String formatter, String encode, int limit, String message) {
        assertThat(TraceRules.problem(new TraceDefinition("a", type, "c", 0, 1, formatter, encode, limit, false)))
                .startsWith(message);
    }

    @Test
    void an_end_at_or_before_the_start_or_now_is_refused() {
        assertThat(TraceRules.problem(trace("a", "c", 5, 5))).startsWith("end_at must be after start_at");
        assertThat(TraceRules.problem(TraceRules.startingAt(trace("a", "c", 1, 90), 100)))
                .startsWith("end_at must be after start_at");
        assertThat(TraceRules.problem(trace("a", "c", 0, Long.MAX_VALUE))).contains("10000");
    }

    @Test
    void a_start_that_is_not_after_now_is_now() {
        assertThat(TraceRules.startingAt(trace("a", "c", 5, 200), 100).startAtMillis())
                .isEqualTo(100);
        assertThat(TraceRules.startingAt(trace("a", "c", 150, 200), 100).startAtMillis())
                .isEqualTo(150);
    }

    @ParameterizedTest
    @CsvSource({"99, WAITING", "100, RUNNING", "199, RUNNING", "200, STOPPED"})
    void the_status_follows_the_time(long now, TraceRules.Status status) {
        TraceDefinition trace = trace("a", "c", 100, 200);

        assertThat(TraceRules.status(trace, now)).isEqualTo(status);
        assertThat(TraceRules.status(TraceRules.stopped(trace), now)).isEqualTo(TraceRules.Status.STOPPED);
    }

    @Test
    void the_same_client_at_the_same_time_is_a_duplicate() {
        TraceDefinition trace = trace("a", "c", 100, 200);

        assertThat(TraceRules.duplicates(trace, trace("b", "c", 199, 300))).isTrue();
        assertThat(TraceRules.duplicates(trace, trace("b", "c", 200, 300))).isFalse();
        assertThat(TraceRules.duplicates(trace, trace("b", "d", 100, 200))).isFalse();
        assertThat(TraceRules.duplicates(TraceRules.stopped(trace), trace("b", "c", 100, 200)))
                .isFalse();
    }

    private static TraceDefinition of(String type, String value) {
        return new TraceDefinition("a", type, value, 0, 100, "text", "text", 1, false);
    }

    @ParameterizedTest
    @CsvSource({
        "username, böser User",
        "ip_address, 10.1.2.3",
        "ip_address, 10.1.0.0/16",
        "ip_address, fd00::/8",
        "ip_address, ::1",
        "topic, a/+/c/#",
        "topic, $SYS/#",
        "topic, /",
    })
    void a_value_that_its_type_can_have_passes(String type, String value) {
        assertThat(TraceRules.problem(of(type, value))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "ip_address, localhost, ip_address must be an IPv4 or IPv6 address",
        "ip_address, 10.1.2.300, ip_address must be an IPv4 or IPv6 address",
        "ip_address, 10.1.2.3/33, ip_address must be an IPv4 or IPv6 address",
        "ip_address, '10.1.2.3:1883', ip_address must be an IPv4 or IPv6 address",
        "topic, a/#/b, topic must be a topic filter such as",
        "topic, a+, topic must be a topic filter such as",
        "topic, $share/g/a/#, topic must be a topic filter without $share",
    })
    void a_value_that_its_type_cannot_have_is_refused_with_words(String type, String value, String message) {
        assertThat(TraceRules.problem(of(type, value))).startsWith(message);
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 10.1.2.3/32, true",
        "10.1.2.3/16, 10.1.0.0/16, true",
        "fd00::1, fd00:0::1/128, true",
        "10.1.2.3/16, 10.1.2.3/17, false",
        "10.1.2.3/16, 10.2.2.3/16, false",
    })
    void one_range_of_addresses_written_in_two_ways_is_a_duplicate(String one, String other, boolean same) {
        assertThat(TraceRules.duplicates(of("ip_address", one), of("ip_address", other)))
                .isEqualTo(same);
    }
}
