package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/** However lines lie on nodes and whatever the sizes of pages and pieces, a walk gives every line once, in order. */
final class TracePageProperties {
    /** A node's log; of its bytes so many, the oldest, were removed to make room. */
    private static final class Log {
        final StringBuilder text = new StringBuilder();
        int removed;

        void rotate(int lines) {
            for (int i = 0; i < lines && removed < text.length(); i++) {
                removed = text.indexOf("\n", removed) + 1;
            }
        }
    }

    /** @param stale whether the walk was told that lines it stood at were removed */
    private record Walk(String text, @Nullable String hint, boolean stale) {}

    @Property(tries = 300)
    void a_walk_gives_every_line_once_and_in_order(
            @ForAll @Size(max = 60) List<@IntRange(max = 2) Integer> owners,
            @ForAll @IntRange(min = 1, max = 400) int pageBytes,
            @ForAll @IntRange(min = 90, max = 400) int pieceBytes) {
        List<Log> logs = logs(owners);

        Walk walk = walk(logs, pageBytes, pieceBytes, List.of());

        assertThat(walk.hint).isEqualTo("eof");
        assertThat(walk.text).isEqualTo(expected(owners));
    }

    @Property(tries = 500)
    void a_walk_over_logs_that_rotate_leaves_no_line_out_without_a_word(
            @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 2) Integer> owners,
            @ForAll @IntRange(min = 1, max = 400) int pageBytes,
            @ForAll @IntRange(min = 90, max = 400) int pieceBytes,
            @ForAll @Size(min = 1, max = 10) List<@IntRange(max = 5) Integer> rotations) {
        List<Log> logs = logs(owners);

        Walk walk = walk(logs, pageBytes, pieceBytes, rotations);

        if (walk.stale) {
            assertThat(expected(owners)).startsWith(walk.text);
            assertThat(logs).anyMatch(log -> log.removed > 0);
        } else {
            assertThat(walk.text).isEqualTo(expected(owners));
        }
    }

    private static String line(List<Integer> owners, int index) {
        return TraceRoutesTest.line(index, "e" + owners.get(index) + "x".repeat(index % 20));
    }

    private static List<Log> logs(List<Integer> owners) {
        List<Log> logs = List.of(new Log(), new Log(), new Log());
        for (int i = 0; i < owners.size(); i++) {
            logs.get(owners.get(i)).text.append(line(owners, i));
        }
        return logs;
    }

    private static String expected(List<Integer> owners) {
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < owners.size(); i++) {
            expected.append(line(owners, i));
        }
        return expected.toString();
    }

    /** @param rotations lines that go from every log behind each page */
    private static Walk walk(List<Log> logs, int pageBytes, int pieceBytes, List<Integer> rotations) {
        StringBuilder walked = new StringBuilder();
        String cursor = "0";
        String hint = null;
        for (int pages = 0; hint == null && pages < 1000; pages++) {
            Map<String, TracePage.Place> places = TracePage.decode(cursor);
            List<TracePage.NodePiece> pieces = new ArrayList<>();
            for (int n = 0; n < 3; n++) {
                TracePage.NodePiece piece = piece("n" + n, logs.get(n), places, pieceBytes);
                if (piece == null) {
                    return new Walk(walked.toString(), null, true);
                }
                pieces.add(piece);
            }
            TracePage.Merged merged = TracePage.merge(pieces, pageBytes);
            walked.append(new String(merged.text(), StandardCharsets.UTF_8));
            Map<String, TracePage.Place> next = new LinkedHashMap<>(places);
            next.putAll(merged.places());
            cursor = TracePage.encode(next);
            hint = merged.hint();
            int lines = pages < rotations.size() ? rotations.get(pages) : 0;
            logs.forEach(log -> log.rotate(lines));
        }
        return new Walk(walked.toString(), hint, false);
    }

    /** What a node answers; null if the position is stale. */
    private static TracePage.@Nullable NodePiece piece(
            String node, Log log, Map<String, TracePage.Place> places, int pieceBytes) {
        TracePage.Place place = places.getOrDefault(node, TracePage.Place.START);
        byte[] all = log.text.toString().getBytes(StandardCharsets.UTF_8);
        int from = place.position().equals("0")
                ? log.removed
                : Integer.parseInt(place.position().substring(1));
        if (from < log.removed) {
            return null;
        }
        int to = Math.min(all.length, from + pieceBytes);
        while (to < all.length && to > from && all[to - 1] != '\n') {
            to--;
        }
        String hint = to == all.length ? "eof" : null;
        return new TracePage.NodePiece(node, place, Arrays.copyOfRange(all, from, to), "p" + from, "p" + to, hint);
    }
}
