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

/** However lines lie on nodes and whatever the sizes of pages and pieces, a walk gives every line once, in order. */
final class TracePageProperties {
    @Property(tries = 300)
    void a_walk_gives_every_line_once_and_in_order(
            @ForAll @Size(max = 60) List<@IntRange(max = 2) Integer> owners,
            @ForAll @IntRange(min = 1, max = 400) int pageBytes,
            @ForAll @IntRange(min = 90, max = 400) int pieceBytes) {
        List<StringBuilder> logs = List.of(new StringBuilder(), new StringBuilder(), new StringBuilder());
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < owners.size(); i++) {
            String line = TraceRoutesTest.line(i, "e" + "x".repeat(i % 20));
            logs.get(owners.get(i)).append(line);
            expected.append(line);
        }

        StringBuilder walked = new StringBuilder();
        String cursor = "0";
        String hint = null;
        for (int pages = 0; hint == null && pages < 1000; pages++) {
            Map<String, TracePage.Place> places = TracePage.decode(cursor);
            List<TracePage.NodePiece> pieces = new ArrayList<>();
            for (int n = 0; n < 3; n++) {
                pieces.add(piece("n" + n, logs.get(n).toString(), places, pieceBytes));
            }
            TracePage.Merged merged = TracePage.merge(pieces, pageBytes);
            walked.append(new String(merged.text(), StandardCharsets.UTF_8));
            Map<String, TracePage.Place> next = new LinkedHashMap<>(places);
            next.putAll(merged.places());
            cursor = TracePage.encode(next);
            hint = merged.hint();
        }

        assertThat(hint).isEqualTo("eof");
        assertThat(walked.toString()).isEqualTo(expected.toString());
    }

    private static TracePage.NodePiece piece(
            String node, String log, Map<String, TracePage.Place> places, int pieceBytes) {
        TracePage.Place place = places.getOrDefault(node, TracePage.Place.START);
        byte[] all = log.getBytes(StandardCharsets.UTF_8);
        int from = Integer.parseInt(place.position());
        int to = Math.min(all.length, from + pieceBytes);
        while (to < all.length && to > from && all[to - 1] != '\n') {
            to--;
        }
        String hint = to == all.length ? "eof" : null;
        return new TracePage.NodePiece(node, place, Arrays.copyOfRange(all, from, to), Integer.toString(to), hint);
    }
}
