package io.nightjar.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.ConnectionEnd.Stage;
import io.nightjar.diagnosis.EndSummary;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.PacketType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nobody can wash out the history of others by making a lot of events. */
class RecorderFloodTest {
    private static final DisconnectReason REFUSED = DisconnectReason.of(Detail.BAD_USERNAME_OR_PASSWORD);

    private static final DisconnectReason TIMED_OUT = DisconnectReason.of(Detail.TIMED_OUT);

    private final Counters counters = new Counters();
    private final RecorderFile recorder = RecorderFile.inMemory(4 << 20, "n1@127.0.0.1", counters);

    private List<RecordedEvent> find(Kind kind) {
        EventFilter filter = new EventFilter(
                Set.of(kind), Set.of(), Set.of(), Set.of(), null, null, null, null, null, 0, Long.MAX_VALUE);
        return recorder.find(filter, Long.MAX_VALUE, 1_000_000).events();
    }

    private static long told(List<RecordedEvent> events, String name) {
        return events.stream()
                .mapToLong(event -> event.number(name) == null ? 1 : event.number(name))
                .sum();
    }

    @Test
    void the_same_refusal_again_and_again_is_counted() {
        for (int i = 0; i < 1_000; i++) {
            recorder.ended(RecordedEnds.end(5_000 + i / 10, Stage.CONNECTING, REFUSED, "x", "10.0.0.9:" + (1000 + i)));
        }
        assertThat(find(Kind.REFUSED)).hasSize(3);

        recorder.flush(6_000);

        List<RecordedEvent> events = find(Kind.REFUSED);
        assertThat(events).hasSize(4);
        assertThat(told(events, "repeated")).isEqualTo(1_000);
        assertThat(events.get(0).fields())
                .containsEntry("reason", "not_authorized")
                .containsEntry("detail", "bad_username_or_password")
                .containsEntry("repeated", 997);
        assertThat(counters.get(Counter.RECORDER_EVENTS_AGGREGATED)).isEqualTo(997);
    }

    @Test
    void a_flood_from_anywhere_by_anybody_leaves_the_history_of_clients_and_a_part_of_each_minute() {
        recorder.connected(0, RecordedEnds.client("good", "10.1.1.1:1"), false, Map.of());
        int flood = 60_000;
        for (int i = 0; i < flood; i++) {
            String peer = "10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255) + ":1000";
            recorder.ended(RecordedEnds.end(i * 2L, Stage.CONNECTING, REFUSED, "x" + i, peer));
            if (i % 500 == 0) {
                recorder.flush(i * 2L);
            }
        }
        recorder.flush(flood * 2L);

        assertThat(find(Kind.CONNECTED)).hasSize(1);
        List<RecordedEvent> events = find(Kind.REFUSED);
        assertThat(events.get(events.size() - 1).atMillis()).isZero();
        assertThat(told(events, "repeated")).isEqualTo(flood);
        assertThat(counters.get(Counter.RECORDER_EVENTS)).isLessThan(5_000);
    }

    @Test
    void a_summary_of_a_flood_counts_what_was_sent_at_the_listener_and_node_it_came_to() {
        int flood = 30_000;
        for (int i = 0; i < flood; i++) {
            String peer = i % 3 == 0 ? "10.0.0.9:1" : "10.1." + (i >> 8 & 255) + "." + (i & 255) + ":1";
            String listener = i % 2 == 0 ? "tcp:default" : "ssl:default";
            String clientId = i % 3 == 0 ? "loop" : "x" + i;
            recorder.ended(RecordedEnds.end(i, Stage.CONNECTING, REFUSED, clientId, peer, "u", listener));
            recorder.ended(RecordedEnds.end(i, Stage.CONNECTED, TIMED_OUT, "loop", peer, "u", listener));
        }
        recorder.flush(flood + 1_000);

        EndSummary summary = new EndSummary();
        recorder.scan(EventFilter.ENDS, EndSummary.FIELDS, summary::add);
        EndSummary.Summary told = EndSummary.of(List.of(summary.part()));
        assertThat(told.total()).isEqualTo(2 * flood);
        assertThat(told.byDetail())
                .isEqualTo(Map.of("bad_username_or_password", (long) flood, "timed_out", (long) flood));
        assertThat(told.byListener()).isEqualTo(Map.of("tcp:default", (long) flood, "ssl:default", (long) flood));
        assertThat(told.byNode()).containsOnlyKeys("n1@127.0.0.1");
        assertThat(told.bySide()).doesNotContainKey("");
        assertThat(told.minutes().get(0).byReason()).containsValue((long) flood);
        assertThat(told.storms()).anyMatch(storm -> storm.count() == flood);
        assertThat(counters.get(Counter.RECORDER_EVENTS)).isLessThan(12_000);
    }

    @Test
    void drops_of_a_client_are_told_once_and_then_by_their_number() {
        for (int i = 0; i < 500; i++) {
            recorder.dropped(1_000 + i, "c", "queue_full", "t/" + i);
        }
        recorder.dropped(2_500, "c", "queue_full", "t/last");

        List<RecordedEvent> events = find(Kind.DROPPED);
        assertThat(events).extracting(event -> event.number("count")).containsExactly(1L, 499L, 1L);
        assertThat(events.get(1).text("topic")).isEqualTo("t/499");
    }

    @Test
    void a_client_in_a_loop_is_counted_by_cause_and_others_are_not() {
        for (int i = 0; i < 100; i++) {
            recorder.denied(1_000 + i, "loop", "1.2.3.4:5", PacketType.PUBLISH, "t/" + i, "rule");
            recorder.denied(1_000 + i, "other" + i, "1.2.3.4:5", PacketType.PUBLISH, "t", null);
        }
        recorder.flush(3_000);

        List<RecordedEvent> events = find(Kind.DENIED);
        assertThat(told(events, "repeated")).isEqualTo(200);
        assertThat(events.stream().filter(event -> event.clientId().equals("loop")))
                .hasSizeLessThan(40);
        assertThat(events.stream().filter(event -> event.clientId().startsWith("other")))
                .hasSize(100);
    }

    @Test
    void what_was_only_counted_is_written_when_the_node_stops() {
        for (int i = 0; i < 50; i++) {
            recorder.dropped(1_000, "c", "mailbox", "t");
        }

        recorder.close(1_001);

        assertThat(told(find(Kind.DROPPED), "count")).isEqualTo(50);
    }

    @Test
    void one_accepted_client_cannot_wash_out_the_history_of_the_others() {
        recorder.connected(0, RecordedEnds.client("good", "10.1.1.1:1"), false, Map.of());
        int flood = 0;
        for (int second = 1; second <= 3_600; second++) {
            for (int i = 0; i < 20; i++) {
                recorder.subscribed(second * 1000L + i, "loop", "t/" + i + "x".repeat(4000), 1);
                flood++;
            }
            recorder.flush(second * 1000L + 999);
        }
        recorder.flush(9_999_000);

        assertThat(find(Kind.CONNECTED)).hasSize(1);
        assertThat(told(find(Kind.SUBSCRIBED), "repeated")).isEqualTo(flood);
        assertThat(find(Kind.SUBSCRIBED).stream()
                        .filter(event -> event.clientId().equals("loop")))
                .hasSizeGreaterThan(1_000)
                .allMatch(event -> String.valueOf(event.text("filter")).length() <= 515);
    }

    @Test
    void a_new_client_id_for_each_connection_from_one_address_washes_out_half_of_it_at_most() {
        recorder.connected(0, RecordedEnds.client("good", "10.1.1.1:1"), false, Map.of());
        int flood = 20_000;
        for (int i = 0; i < flood; i++) {
            String peer = "10.0.0.9:" + (1 + i);
            recorder.connected(i, RecordedEnds.client("new" + i, peer), false, Map.of());
            recorder.ended(RecordedEnds.end(i, Stage.CONNECTED, TIMED_OUT, "new" + i, peer));
        }
        recorder.connected(flood, RecordedEnds.client("other", "10.1.1.2:1"), false, Map.of());
        recorder.flush(flood + 2_000);

        List<RecordedEvent> connects = find(Kind.CONNECTED);
        assertThat(connects).extracting(RecordedEvent::clientId).contains("good", "other", "new0");
        assertThat(told(connects, "repeated")).isEqualTo(flood + 2);
        assertThat(told(find(Kind.ENDED), "repeated")).isEqualTo(flood);
    }
}
