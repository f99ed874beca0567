package io.nightjar.diagnosis;

import static io.nightjar.diagnosis.Ends.NOON;
import static io.nightjar.diagnosis.Ends.connected;
import static io.nightjar.diagnosis.Ends.ended;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Detail;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClientDiagnosisTest {
    private static final long MINUTE = 60_000;

    /** Ends of one client, {@code every} ms apart, the newest just now. */
    private static List<RecordedEvent> ends(int count, long every, Detail detail, Object... more) {
        return IntStream.range(0, count)
                .mapToObj(i -> ended(NOON - i * every, "c", "10.0.0.7", detail, more))
                .toList();
    }

    @Test
    void ends_are_counted_by_reason_over_an_hour_and_a_day() {
        ClientDiagnosis diagnosis = ClientDiagnosis.of(
                List.of(
                        connected(NOON, "c", "10.0.0.7"),
                        ended(NOON - MINUTE, "c", "10.0.0.7", Detail.PEER_FIN),
                        ended(NOON - 59 * MINUTE, "c", "10.0.0.7", Detail.KEEP_ALIVE),
                        ended(NOON - 61 * MINUTE, "c", "10.0.0.7", Detail.KEEP_ALIVE),
                        ended(NOON - 25 * 60 * MINUTE, "c", "10.0.0.7", Detail.KEEP_ALIVE)),
                NOON);

        assertThat(diagnosis.lastEnd()).isNotNull();
        assertThat(diagnosis.lastEnd().text("detail")).isEqualTo("peer_fin");
        assertThat(diagnosis.lastHour()).isEqualTo(Map.of("tcp_closed", 1L, "keepalive_timeout", 1L));
        assertThat(diagnosis.lastDay()).isEqualTo(Map.of("tcp_closed", 1L, "keepalive_timeout", 2L));
        assertThat(diagnosis.flapping().flapping()).isFalse();
        assertThat(diagnosis.conflict().conflict()).isFalse();
        assertThat(diagnosis.keepAlive()).isNull();
    }

    @Test
    void a_client_without_any_end_has_no_diagnosis_but_zeroes() {
        ClientDiagnosis diagnosis = ClientDiagnosis.of(List.of(connected(NOON, "c", "10.0.0.7")), NOON);

        assertThat(diagnosis.lastEnd()).isNull();
        assertThat(diagnosis.lastDay()).isEmpty();
    }

    @Test
    void many_ends_within_ten_minutes_are_flapping() {
        assertThat(ClientDiagnosis.of(ends(10, MINUTE, Detail.PEER_RESET), NOON).flapping())
                .isEqualTo(new ClientDiagnosis.Flapping(
                        true,
                        10,
                        "10 ends in 10 minutes, most of them tcp_closed/peer_reset: it comes and goes; mend that, and"
                                + " let the client wait longer each time before it connects again"));
        assertThat(ClientDiagnosis.of(ends(30, 2 * MINUTE, Detail.PEER_RESET), NOON)
                        .flapping()
                        .flapping())
                .isFalse();
    }

    @Test
    void ends_by_a_conflict_tell_who_and_since_when() {
        ClientDiagnosis diagnosis = ClientDiagnosis.of(
                List.of(
                        ended(NOON, "c", "10.0.0.7", Detail.TAKEOVERED_CONFLICT, "new_peer", "10.0.0.8:1"),
                        ended(NOON - 9_000, "c", "10.0.0.8", Detail.DISCARDED_CONFLICT, "new_peer", "10.0.0.7:40000")),
                NOON);

        assertThat(diagnosis.conflict().conflict()).isTrue();
        assertThat(diagnosis.conflict().alternations()).isEqualTo(2);
        assertThat(diagnosis.conflict().sinceMillis()).isEqualTo(NOON - 9_000);
        assertThat(diagnosis.conflict().peers()).containsExactly("10.0.0.8:1", "10.0.0.7:40000", "10.0.0.8:40000");
        assertThat(diagnosis.conflict().text())
                .startsWith("two devices use this ClientID: they displaced each other 2");
    }

    /** Takeovers to and fro between two addresses, {@code every} ms apart; of the displaced something was heard so long ago. */
    private static List<RecordedEvent> toAndFro(int count, long every, long activeAgo, String otherUser) {
        return IntStream.range(0, count)
                .mapToObj(i -> ended(
                        NOON - i * every,
                        "c",
                        i % 2 == 0 ? "10.0.0.7" : "10.0.0.8",
                        Detail.TAKEOVERED_SAME_CLIENT,
                        "old_active_ms_ago",
                        Long.toString(activeAgo),
                        "username",
                        i % 2 == 0 ? "ann" : otherUser))
                .toList();
    }

    @Test
    void takeovers_to_and_fro_are_a_conflict_over_time_though_each_looked_like_a_return() {
        List<RecordedEvent> roams = IntStream.range(0, 4)
                .mapToObj(i -> ended(NOON - i * MINUTE, "c", "10.0.0." + i, Detail.TAKEOVERED_SAME_CLIENT))
                .toList();

        assertThat(alternations(toAndFro(4, MINUTE, 2_000, "ann"))).isEqualTo(4);
        assertThat(alternations(toAndFro(4, MINUTE, 40_000, "bob"))).isEqualTo(4);
        assertThat(alternations(toAndFro(4, 8_000, 5_000, "ann"))).isEqualTo(4);
        assertThat(ClientDiagnosis.of(roams, NOON).conflict().conflict()).isFalse();
    }

    @Test
    void one_device_between_two_networks_is_no_conflict() {
        List<RecordedEvent> roams = toAndFro(6, MINUTE, 40_000, "ann");

        assertThat(ClientDiagnosis.of(roams, NOON).conflict().conflict()).isFalse();
    }

    @Test
    void takeovers_outside_of_the_fight_do_not_count() {
        List<RecordedEvent> events = new ArrayList<>(toAndFro(3, 2_000, 1_000, "ann"));
        for (int i = 1; i <= 5; i++) {
            events.add(ended(NOON - i * 30 * MINUTE, "c", "10.0.0.9", Detail.TAKEOVERED_SAME_CLIENT));
        }

        assertThat(alternations(events)).isEqualTo(3);
    }

    private static long alternations(List<RecordedEvent> newestFirst) {
        return ClientDiagnosis.of(newestFirst, NOON).conflict().alternations();
    }

    @Test
    void a_client_that_is_always_cut_at_the_same_age_gets_a_keep_alive() {
        ClientDiagnosis diagnosis =
                ClientDiagnosis.of(ends(3, 10 * MINUTE, Detail.PEER_FIN, "last_in_age_ms", 60_100L), NOON);

        assertThat(diagnosis.keepAlive()).isEqualTo(new KeepAliveAdvice(Cause.ADDRESS, "10.0.0.7", 60_100, 3, 3));
        assertThat(diagnosis.keepAlive().suggestedSeconds()).isEqualTo(45);
    }
}
