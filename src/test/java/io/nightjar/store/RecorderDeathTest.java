package io.nightjar.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.ConnectionEnd.Stage;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that dies tells nothing; its next start says what became of the connections that it held. */
class RecorderDeathTest {
    private static final DisconnectReason FIN = DisconnectReason.of(Detail.PEER_FIN);

    @TempDir
    Path dir;

    private RecorderFile start(long nowMillis) {
        RecorderFile recorder = RecorderFile.open(dir, 1 << 20, "n1", new Counters());
        recorder.started(nowMillis);
        return recorder;
    }

    private static List<RecordedEvent> find(RecorderFile recorder, Kind kind) {
        EventFilter filter = new EventFilter(
                Set.of(kind), Set.of(), Set.of(), Set.of(), null, null, null, null, null, 0, Long.MAX_VALUE);
        return recorder.find(filter, Long.MAX_VALUE, 1_000_000).events();
    }

    private static List<String> ended(RecorderFile recorder) {
        return find(recorder, Kind.ENDED).stream()
                .filter(event -> event.text("inferred") != null)
                .map(event -> event.clientId() + " " + event.peer() + " " + event.atMillis())
                .toList();
    }

    private static void connected(RecorderFile recorder, long atMillis, String clientId, String peer) {
        recorder.connected(atMillis, RecordedEnds.client(clientId, peer), false, Map.of("certificate_subject", "CN=x"));
    }

    private static void ended(RecorderFile recorder, long atMillis, String clientId, String peer) {
        recorder.ended(RecordedEnds.end(atMillis, Stage.CONNECTED, FIN, clientId, peer));
    }

    @Test
    void each_connection_that_a_dead_node_held_has_an_end_once_the_node_starts_again() {
        RecorderFile dead = start(1_000);
        connected(dead, 2_000, "held", "10.0.0.1:1");
        connected(dead, 2_100, "gone", "10.0.0.2:1");
        ended(dead, 2_200, "gone", "10.0.0.2:1");
        connected(dead, 2_300, "again", "10.0.0.3:1");
        ended(dead, 2_400, "again", "10.0.0.3:1");
        connected(dead, 2_500, "again", "10.0.0.3:1");
        connected(dead, 2_600, "moved", "10.0.0.4:1");
        connected(dead, 2_700, "moved", "10.0.0.4:2");
        ended(dead, 2_800, "moved", "10.0.0.4:1"); // displaced by the second

        RecorderFile after = start(9_000);

        assertThat(ended(after))
                .containsExactlyInAnyOrder("held 10.0.0.1:1 2800", "again 10.0.0.3:1 2800", "moved 10.0.0.4:2 2800");
        RecordedEvent end = after.lastEnd("held");
        assertThat(end.fields())
                .containsEntry("reason", "internal_error")
                .containsEntry("detail", "node_lost")
                .containsEntry("side", "server")
                .containsEntry("inferred", true)
                .containsEntry("connection_node", "n1")
                .containsEntry("node", "n1")
                .containsEntry("listener", "tcp:default")
                .containsEntry("transport", "tcp")
                .containsEntry("username", "user")
                .containsEntry("certificate_subject", "CN=x")
                .containsEntry("connected_for_ms", 800L)
                .doesNotContainKeys("packets_in", "bytes_out", "dropped", "last_in_age_ms");
        assertThat(end.text("advice")).contains("died");
        assertThat(find(after, Kind.NODE_STARTED).get(0).fields())
                .containsEntry("node", "n1")
                .containsEntry("after", "death")
                .containsEntry("inferred_ends", 3L);
    }

    @Test
    void a_quiet_node_died_when_it_was_last_known_to_be_alive() {
        RecorderFile dead = start(1_000);
        connected(dead, 2_000, "c", "10.0.0.1:1");
        dead.flush(3_600_000);

        assertThat(ended(start(9_000_000))).containsExactly("c 10.0.0.1:1 3600000");
    }

    @Test
    void nothing_is_inferred_after_an_orderly_stop_nor_twice() {
        RecorderFile stopped = start(1_000);
        connected(stopped, 2_000, "c", "10.0.0.1:1");
        stopped.close(3_000);

        RecorderFile dead = start(4_000);
        assertThat(ended(dead)).isEmpty();
        assertThat(find(dead, Kind.NODE_STOPPED))
                .extracting(RecordedEvent::atMillis)
                .containsExactly(3_000L);
        assertThat(find(dead, Kind.NODE_STARTED).get(0).fields())
                .containsEntry("after", "stop")
                .doesNotContainKey("inferred_ends");
        connected(dead, 5_000, "d", "10.0.0.1:2");

        start(6_000);
        assertThat(ended(start(7_000))).containsExactly("d 10.0.0.1:2 5000");
    }

    @Test
    void ends_that_were_only_counted_are_ends() {
        RecorderFile dead = start(1_000);
        connected(dead, 1_999, "loop", "10.0.0.1:1");
        ended(dead, 2_000, "loop", "10.0.0.1:1");
        for (int i = 2; i < 60; i++) {
            connected(dead, 2_000, "loop", "10.0.0.1:" + i);
            ended(dead, 2_000, "loop", "10.0.0.1:" + i);
        }
        dead.flush(3_000);

        assertThat(ended(start(9_000))).isEmpty();
    }

    @Test
    void the_first_start_infers_nothing() {
        RecorderFile first = start(1_000);

        assertThat(ended(first)).isEmpty();
        assertThat(find(first, Kind.NODE_STARTED)).hasSize(1).allMatch(event -> "nothing".equals(event.text("after")));
    }

    @Test
    void more_ends_than_a_quarter_of_the_ring_has_room_for_are_told_as_a_number() {
        RecorderFile dead = start(1_000);
        int clients = 7_000; // more than the ring holds
        for (int i = 0; i < clients; i++) {
            connected(dead, 2_000 + i, "client-" + i, "10.0." + (i >> 8) + "." + (i & 255) + ":1");
        }
        long held = find(dead, Kind.CONNECTED).size();
        assertThat(held).isLessThan(clients);

        RecorderFile after = start(99_000);

        List<RecordedEvent> ends = find(after, Kind.ENDED);
        assertThat(ends.stream()
                        .mapToLong(end -> end.number("repeated") == null ? 1 : end.number("repeated"))
                        .sum())
                .isBetween(held * 9 / 10, held);
        assertThat(find(after, Kind.CONNECTED)).hasSizeGreaterThan((int) held / 2);
        assertThat(after.lastEnd("client-" + (clients - 1))).isNotNull();
    }
}
