package io.nightjar.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.ConnectionEnd.Stage;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.RecordedEvents;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.PacketType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecorderFileTest {
    private static final long MIB = 1 << 20;
    private static final String PEER = "10.1.2.3:50123";
    private static final DisconnectReason FIN = DisconnectReason.of(Detail.PEER_FIN, "keep_alive_s", "fact first");

    @TempDir
    Path dir;

    private final Counters counters = new Counters();

    private RecorderFile open() {
        return open(MIB);
    }

    private RecorderFile open(long size) {
        return RecorderFile.open(dir, size, "n1@127.0.0.1", counters);
    }

    private static List<RecordedEvent> history(RecordedEvents recorder, String clientId) {
        return recorder.find(EventFilter.ofClient(clientId, 0, Long.MAX_VALUE), Long.MAX_VALUE, 10_000)
                .events();
    }

    private static List<RecordedEvent> all(RecordedEvents recorder) {
        List<RecordedEvent> events = new ArrayList<>();
        recorder.scan(EventFilter.ALL, events::add);
        return events;
    }

    @ParameterizedTest
    @EnumSource(Detail.class)
    void an_end_comes_back_as_log_and_trace_have_it(Detail detail) {
        RecorderFile recorder = open();
        ConnectionEnd end = RecordedEnds.end(
                1_700_000_000_123L, Stage.CONNECTED, DisconnectReason.of(detail, "problem", "ä\n"), "d-1", PEER);

        recorder.ended(end);

        RecordedEvent event = history(recorder, "d-1").get(0);
        assertThat(event.atMillis()).isEqualTo(1_700_000_000_123L);
        assertThat(event.kind()).isEqualTo(Kind.ENDED);
        assertThat(event.clientId()).isEqualTo("d-1");
        assertThat(event.peer()).isEqualTo(PEER);
        Map<String, Object> expected = new java.util.LinkedHashMap<>(EndFields.of(end));
        if (detail == Detail.DISCONNECT || detail == Detail.DISCONNECT_WITH_WILL) {
            expected.keySet().removeAll(List.of("last_in", "last_out"));
        }
        assertThat(new ArrayList<>(event.fields().entrySet())).isEqualTo(new ArrayList<>(expected.entrySet()));
        assertThat(recorder.lastEnd("d-1")).isEqualTo(event);
    }

    @Test
    void everything_that_happens_to_a_client_comes_back_newest_first() {
        RecorderFile recorder = open();

        recorder.connected(1, RecordedEnds.client("c", PEER), true, Map.of("sni", "host"));
        recorder.subscribed(2, "c", "a/+", 1);
        recorder.unsubscribed(3, "c", "a/+");
        recorder.denied(4, "c", PEER, PacketType.PUBLISH, "secret/topic", "rule 3");
        recorder.denied(5, "c", PEER, PacketType.SUBSCRIBE, "secret/#", null);
        recorder.dropped(6, "c", "queue_full", "a/b");
        recorder.nearMiss(7, "c", PEER, 70_000, 60);
        recorder.ended(RecordedEnds.end(8, Stage.CONNECTED, FIN, "c", PEER));
        recorder.sessionEnded(9, "c", "expired");
        recorder.ended(RecordedEnds.end(10, Stage.CONNECTING, FIN, "c", PEER));

        assertThat(history(recorder, "c"))
                .extracting(RecordedEvent::kind)
                .containsExactly(
                        Kind.REFUSED,
                        Kind.SESSION_ENDED,
                        Kind.ENDED,
                        Kind.NEAR_MISS,
                        Kind.DROPPED,
                        Kind.DENIED,
                        Kind.DENIED,
                        Kind.UNSUBSCRIBED,
                        Kind.SUBSCRIBED,
                        Kind.CONNECTED);
        assertThat(history(recorder, "c").get(9).fields())
                .containsEntry("username", "user")
                .containsEntry("sni", "host")
                .containsEntry("session_present", true)
                .containsEntry("keep_alive_s", 60)
                .containsEntry("session_expiry_s", 3600L);
        assertThat(counters.get(Counter.RECORDER_EVENTS)).isEqualTo(10);
    }

    @Test
    void a_file_that_is_opened_again_goes_on() {
        RecorderFile before = open();
        before.connected(1, RecordedEnds.client("c", PEER), false, Map.of());
        before.ended(RecordedEnds.end(2, Stage.BEFORE_CONNECT, FIN, "", PEER));

        RecorderFile after = open();
        after.ended(RecordedEnds.end(3, Stage.CONNECTED, FIN, "c", PEER));

        assertThat(history(after, "c")).extracting(RecordedEvent::atMillis).containsExactly(3L, 1L);
        assertThat(all(after)).extracting(RecordedEvent::atMillis).containsExactly(3L, 2L, 1L);
        assertThat(after.oldestMillis()).isEqualTo(1);
    }

    @Test
    void the_newest_events_push_out_the_oldest() {
        RecorderFile recorder = open();
        for (int i = 1; i <= 20_000; i++) {
            recorder.connected(i, RecordedEnds.client("c" + i % 100, PEER), false, Map.of());
        }

        List<RecordedEvent> left = all(recorder);
        assertThat(left).hasSizeBetween(2_000, 10_000);
        for (int i = 0; i < left.size(); i++) {
            assertThat(left.get(i).atMillis()).isEqualTo(20_000 - i);
        }
        List<Long> one =
                history(recorder, "c42").stream().map(RecordedEvent::atMillis).toList();
        assertThat(one).hasSizeGreaterThanOrEqualTo(left.size() / 100 - 1);
        for (int i = 0; i < one.size(); i++) {
            assertThat(one.get(i)).isEqualTo(19_942 - 100L * i);
        }
        assertThat(all(open())).isEqualTo(left);
    }
}
