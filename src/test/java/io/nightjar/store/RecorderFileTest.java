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
import io.nightjar.testing.CapturedLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
            recorder.connected(1000L * i, RecordedEnds.client("c" + i % 100, PEER), false, Map.of());
        }

        List<RecordedEvent> left = all(recorder);
        assertThat(left).hasSizeBetween(2_000, 10_000);
        for (int i = 0; i < left.size(); i++) {
            assertThat(left.get(i).atMillis()).isEqualTo(1000L * (20_000 - i));
        }
        List<Long> one =
                history(recorder, "c42").stream().map(RecordedEvent::atMillis).toList();
        assertThat(one).hasSizeGreaterThanOrEqualTo(left.size() / 100 - 1);
        for (int i = 0; i < one.size(); i++) {
            assertThat(one.get(i)).isEqualTo(1000L * (19_942 - 100 * i));
        }
        assertThat(all(open())).isEqualTo(left);
    }

    // ---- what is large or strange

    @Test
    void a_client_id_of_65535_bytes_and_texts_of_any_characters_come_back() {
        RecorderFile recorder = open();
        String longest = "x".repeat(65_535);
        String strange = "\ud83d\ude00 \ud800 \udc00a \udfff\ud800 ü \u20ac \u0000 \uffff";

        recorder.ended(RecordedEnds.end(1, Stage.CONNECTED, FIN, longest, "[2001:db8::1]:1883", strange, "tcp:x"));
        recorder.subscribed(2, strange, strange, 2);

        RecordedEvent end = history(recorder, longest).get(0);
        assertThat(end.clientId()).isEqualTo(longest);
        assertThat(end.peer()).isEqualTo("[2001:db8::1]:1883");
        assertThat(end.fields()).containsEntry("username", strange).containsKey("tcp_state");
        RecordedEvent subscribed = history(recorder, strange).get(0);
        assertThat(subscribed.clientId()).isEqualTo(strange);
        assertThat(subscribed.text("filter")).isEqualTo(strange);
    }

    @Test
    void a_record_that_would_be_too_large_says_that_it_was_cut() {
        RecorderFile recorder = open();
        Map<String, String> facts = new java.util.LinkedHashMap<>();
        for (int i = 0; i < 30; i++) {
            facts.put("fact_" + i, ("ä" + i).repeat(3000));
        }
        ConnectionEnd end = RecordedEnds.end(
                1, Stage.CONNECTED, new DisconnectReason(Detail.PROTOCOL_ERROR, null, facts), "y".repeat(65_535), PEER);

        recorder.ended(end);

        RecordedEvent event = history(recorder, "y".repeat(65_535)).get(0);
        assertThat(event.text("fact_0")).startsWith("ä0ä0").endsWith("...").hasSizeBetween(2_000, 4_100);
        assertThat(event.fields()).containsEntry("truncated", true).doesNotContainKey("fact_29");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1.2.3.4:0",
                "255.255.255.255:65535",
                "1.2.3.4:65536",
                "1.2.3.4:01",
                "1.2.3:4",
                "1.2.3.256:1",
                "01.2.3.4:5",
                "1.2.3.4",
                "1.2.3.4:",
                "[::1]:1883",
                "a peer",
                "1.2.3.4:5:6",
                "1.2.3.4.5:6",
                "99999999999.1.1.1:1"
            })
    void a_peer_comes_back_as_it_was(String peer) {
        RecorderFile recorder = open();

        recorder.nearMiss(1, "c", peer, 1, 1);

        assertThat(history(recorder, "c").get(0).peer()).isEqualTo(peer);
    }

    @Test
    void a_field_of_a_name_that_no_version_knew_is_kept() {
        RecorderFile recorder = open();

        recorder.ended(RecordedEnds.end(
                1,
                Stage.CONNECTED,
                DisconnectReason.of(Detail.API, "of_tomorrow", "0042", "z".repeat(600), "v"),
                "c",
                PEER));

        assertThat(history(open(), "c").get(0).fields())
                .containsEntry("of_tomorrow", "0042")
                .containsEntry("z".repeat(512), "v");
    }

    // ---- the clock

    @Test
    void when_the_clock_jumps_back_the_order_is_still_that_of_what_happened() {
        RecorderFile recorder = open();
        long[] times = {5_000, 9_000, 1_000, 2_000, 9_500};
        for (long at : times) {
            recorder.connected(at, RecordedEnds.client("c", PEER), false, Map.of());
        }

        assertThat(history(recorder, "c"))
                .extracting(RecordedEvent::atMillis)
                .containsExactly(9_500L, 2_000L, 1_000L, 9_000L, 5_000L);
        assertThat(recorder.find(EventFilter.ofClient("c", 2_000, 9_500), Long.MAX_VALUE, 10)
                        .events())
                .extracting(RecordedEvent::atMillis)
                .containsExactly(2_000L, 9_000L, 5_000L);
    }

    // ---- pages

    @Test
    void pages_follow_each_other_without_gap_and_repetition_over_both_rings() {
        RecorderFile recorder = open();
        for (int i = 0; i < 3_000; i++) {
            Stage stage = i % 7 == 0 ? Stage.CONNECTING : Stage.CONNECTED;
            recorder.ended(RecordedEnds.end(i * 1000L, stage, FIN, "c" + i % 5, PEER));
        }
        for (EventFilter filter : List.of(EventFilter.ALL, EventFilter.ofClient("c3", 0, Long.MAX_VALUE))) {
            List<RecordedEvent> whole =
                    recorder.find(filter, Long.MAX_VALUE, 100_000).events();
            List<RecordedEvent> pages = new ArrayList<>();
            long before = Long.MAX_VALUE;
            while (before >= 0) {
                RecordedEvents.Slice slice = recorder.find(filter, before, 17);
                pages.addAll(slice.events());
                before = slice.next();
            }

            assertThat(whole).hasSizeGreaterThan(200);
            assertThat(pages).isEqualTo(whole);
        }
    }

    // ---- what is there at the start

    @Test
    void a_file_of_another_size_is_kept_aside_and_a_new_one_begun() throws IOException {
        open().connected(1, RecordedEnds.client("c", PEER), false, Map.of());

        RecorderFile other = open(2 * MIB);
        other.connected(2, RecordedEnds.client("c", PEER), false, Map.of());

        assertThat(history(other, "c")).extracting(RecordedEvent::atMillis).containsExactly(2L);
        assertThat(Files.size(dir.resolve("recorder.bin"))).isEqualTo(2 * MIB);
        Files.move(
                dir.resolve("recorder.bin.before"), dir.resolve("recorder.bin"), StandardCopyOption.REPLACE_EXISTING);
        assertThat(history(open(), "c")).extracting(RecordedEvent::atMillis).containsExactly(1L);
    }

    @Test
    void a_file_of_another_version_is_kept_aside() throws IOException {
        open().connected(1, RecordedEnds.client("c", PEER), false, Map.of());
        RecorderLayout of = RecorderLayout.of(MIB, 1, "n");
        change(0, new RecorderLayout(2, MIB, 1, of.clients(), of.strangers(), "n").header());

        assertThat(all(open())).isEmpty();
        assertThat(dir.resolve("recorder.bin.before")).exists();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 9, 20, 37, 45, 60, 4000})
    void a_file_with_a_damaged_header_is_kept_aside(int at) throws IOException {
        open().connected(1, RecordedEnds.client("c", PEER), false, Map.of());
        byte[] bytes = Files.readAllBytes(dir.resolve("recorder.bin"));
        change(at, new byte[] {(byte) ~bytes[at]});

        assertThat(all(open())).isEmpty();
        assertThat(dir.resolve("recorder.bin.unreadable")).exists();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100, 5000})
    void what_is_no_recorder_file_is_kept_aside(int length) throws IOException {
        Files.write(dir.resolve("recorder.bin"), new byte[length]);

        RecorderFile recorder = open();
        recorder.connected(1, RecordedEnds.client("c", PEER), false, Map.of());

        assertThat(history(recorder, "c")).hasSize(1);
        assertThat(dir.resolve("recorder.bin.unreadable")).hasSize(length);
    }

    @Test
    void without_room_on_the_disk_events_are_kept_in_memory_and_the_log_says_what_to_do() throws IOException {
        try (CapturedLog log = new CapturedLog()) {
            RecorderFile recorder = open(1L << 60);
            recorder.connected(1, RecordedEnds.client("c", PEER), false, Map.of());

            assertThat(history(recorder, "c")).hasSize(1);
            assertThat(log.errors())
                    .anyMatch(line ->
                            line.contains("event=recorder_without_file") && line.contains("nightjar.recorder.size"));
        }
        try (var left = Files.list(dir)) {
            assertThat(left).isEmpty();
        }
    }

    // ---- death at any time

    @Test
    void a_last_record_that_is_torn_at_any_byte_is_left_out_and_nothing_else() throws IOException {
        RecorderFile recorder = open();
        recorder.connected(1_000, RecordedEnds.client("c", PEER), false, Map.of());
        recorder.connected(2_000, RecordedEnds.client("d", PEER), false, Map.of());
        recorder.connected(3_000, RecordedEnds.client("c", PEER), false, Map.of());
        Path file = dir.resolve("recorder.bin");
        byte[] whole = Files.readAllBytes(file);
        int start = (int) RecorderLayout.of(MIB, 1, "").clients().blocksAt();
        int last = start + 2 * Memory.getInt(whole, start);
        int length = Memory.getInt(whole, last);
        assertThat(Memory.getLong(whole, last + RecordFormat.TIME)).isEqualTo(3_000);

        for (int at = last; at < last + length; at++) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 0x40;
            survives(file, flipped);
            byte[] cut = whole.clone();
            Arrays.fill(cut, at, last + length, (byte) 0xA5);
            survives(file, cut);
        }
    }

    private void survives(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        RecorderFile recorder = open();
        recorder.connected(4_000, RecordedEnds.client("c", PEER), false, Map.of());

        assertThat(all(recorder)).extracting(RecordedEvent::atMillis).containsExactly(4_000L, 2_000L, 1_000L);
        assertThat(history(recorder, "c")).extracting(RecordedEvent::atMillis).containsExactly(4_000L, 1_000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 8, 131_072, Long.MAX_VALUE, -1})
    void an_index_that_is_behind_or_ahead_is_made_again(long wrong) throws IOException {
        RecorderFile before = open();
        for (int i = 0; i < 4_000; i++) {
            before.connected(i * 1000L, RecordedEnds.client("c" + i % 40, PEER), false, Map.of());
        }
        List<RecordedEvent> expected = history(before, "c7");
        RecorderLayout.Part part = RecorderLayout.of(MIB, 1, "").clients();
        byte[] index = new byte[8 * part.buckets()];
        for (int i = 0; i < part.buckets(); i++) {
            Memory.putLong(index, 8 * i, wrong);
        }
        change(part.indexAt(), index);

        assertThat(expected).hasSizeGreaterThan(20);
        assertThat(history(open(), "c7")).isEqualTo(expected);
    }

    @Test
    void a_damaged_record_in_the_middle_costs_itself_only() throws IOException {
        RecorderFile before = open();
        for (int i = 0; i < 100; i++) {
            before.connected(i * 1000L, RecordedEnds.client("c" + i, PEER), false, Map.of());
        }
        byte[] bytes = Files.readAllBytes(dir.resolve("recorder.bin"));
        int start = (int) RecorderLayout.of(MIB, 1, "").clients().blocksAt();
        int length = Memory.getInt(bytes, start);
        change(start + length, new byte[8]); // the second has no length any more
        RecorderFile after = open();

        assertThat(all(after))
                .extracting(RecordedEvent::clientId)
                .contains("c0", "c2")
                .doesNotContain("c1");
    }

    private void change(long at, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(dir.resolve("recorder.bin"), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), at);
        }
    }
}
