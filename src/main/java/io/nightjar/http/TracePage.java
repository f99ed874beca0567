package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One page of a trace's log, merged by time over the nodes, from one piece of each. Pure.
 *
 * <p>The cursor holds a {@link Place} for every node: the node's own position of a piece, and how many bytes of that
 * piece the reader has. A log only grows at its end, so the same position gives the same beginning again. Of a piece that
 * had lines it is the position of the first byte, never {@code 0} or {@code end}: those mean another byte once the oldest
 * lines were removed, and what lies between would be passed over.
 */
final class TracePage {
    private TracePage() {}

    /** @param skip bytes of the piece at this position that the reader has already */
    record Place(String position, int skip) {
        static final Place START = new Place("0", 0);
    }

    /**
     * What a node answered.
     *
     * @param start position of the piece's first byte
     * @param next position behind the piece
     * @param hint {@code eof}, {@code retry} or null if more is there
     */
    record NodePiece(String node, Place place, byte[] text, String start, String next, @Nullable String hint) {}

    /** @param hint {@code eof}, {@code retry} or null if more is there */
    record Merged(byte[] text, Map<String, Place> places, @Nullable String hint) {}

    /**
     * Merges until so many bytes are full or a node's piece is used up while the node has more: its next line might be
     * older than all others. At least one line, if there is any.
     */
    static Merged merge(List<NodePiece> pieces, int bytes) {
        int[] at = starts(pieces);
        ByteArrayOutputStream out = new ByteArrayOutputStream(Math.min(bytes, TraceLines.PIECE));
        for (int i = oldest(pieces, at); i >= 0; i = oldest(pieces, at)) {
            byte[] text = pieces.get(i).text;
            int length = TraceLines.end(text, at[i]) - at[i];
            if (out.size() > 0 && out.size() + length > bytes) {
                break;
            }
            out.write(text, at[i], length);
            at[i] += length;
        }
        return new Merged(out.toByteArray(), places(pieces, at), hint(pieces, at));
    }

    /**
     * One line on its way.
     *
     * @param places where everybody is behind this line
     */
    record Step(String node, byte[] line, Map<String, Place> places) {}

    /** The lines of {@link #merge}, each with the places behind it. */
    static List<Step> steps(List<NodePiece> pieces, int bytes) {
        int[] at = starts(pieces);
        List<Step> steps = new ArrayList<>();
        int taken = 0;
        for (int i = oldest(pieces, at); i >= 0 && taken < bytes; i = oldest(pieces, at)) {
            byte[] text = pieces.get(i).text;
            byte[] line = Arrays.copyOfRange(text, at[i], TraceLines.end(text, at[i]));
            at[i] += line.length;
            taken += line.length;
            steps.add(new Step(pieces.get(i).node, line, places(pieces, at)));
        }
        return steps;
    }

    private static int[] starts(List<NodePiece> pieces) {
        int[] at = new int[pieces.size()];
        for (int i = 0; i < at.length; i++) {
            at[i] = pieces.get(i).place.skip;
            if (at[i] > pieces.get(i).text.length) {
                throw new ApiException(
                        400, "STALE_CURSOR", "what this position points to is gone; begin again with position=0");
            }
        }
        return at;
    }

    /** Index of the piece whose next line is the oldest; -1 if there is none or a piece must be fetched first. */
    private static int oldest(List<NodePiece> pieces, int[] at) {
        int found = -1;
        long oldest = Long.MAX_VALUE;
        for (int i = 0; i < at.length; i++) {
            NodePiece piece = pieces.get(i);
            if (at[i] == piece.text.length) {
                if (piece.hint == null && piece.text.length > 0) {
                    return -1;
                }
                continue;
            }
            long micros = TraceLines.micros(piece.text, at[i], TraceLines.end(piece.text, at[i]));
            if (found < 0 || micros < oldest) {
                found = i;
                oldest = micros;
            }
        }
        return found;
    }

    private static Map<String, Place> places(List<NodePiece> pieces, int[] at) {
        Map<String, Place> places = new LinkedHashMap<>();
        for (int i = 0; i < at.length; i++) {
            NodePiece piece = pieces.get(i);
            boolean usedUp = at[i] == piece.text.length;
            places.put(piece.node, usedUp ? new Place(piece.next, 0) : new Place(piece.start, at[i]));
        }
        return places;
    }

    private static @Nullable String hint(List<NodePiece> pieces, int[] at) {
        boolean over = true;
        for (int i = 0; i < at.length; i++) {
            NodePiece piece = pieces.get(i);
            boolean more = at[i] < piece.text.length || piece.hint == null && piece.text.length > 0;
            if (more) {
                return null;
            }
            over = over && "eof".equals(piece.hint);
        }
        return over ? "eof" : "retry";
    }

    /** The cursor of these places. */
    static String encode(Map<String, Place> places) {
        ObjectNode node = Json.object();
        places.forEach((name, place) -> node.putArray(name).add(place.position).add(place.skip));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(node));
    }

    /** The places of a cursor; {@code 0} has none. */
    static Map<String, Place> decode(String cursor) {
        Map<String, Place> places = new LinkedHashMap<>();
        if (cursor.equals("0")) {
            return places;
        }
        try {
            JsonNode node = Json.parse(Base64.getUrlDecoder().decode(cursor.getBytes(StandardCharsets.UTF_8)));
            node.properties().forEach(entry -> {
                JsonNode place = entry.getValue();
                if (!place.path(0).isTextual()
                        || !place.path(1).isInt()
                        || place.path(1).asInt() < 0) {
                    throw wrongCursor();
                }
                places.put(
                        entry.getKey(),
                        new Place(place.path(0).asText(), place.path(1).asInt()));
            });
        } catch (IllegalArgumentException | ApiException e) {
            throw wrongCursor();
        }
        if (places.isEmpty()) {
            throw wrongCursor();
        }
        return places;
    }

    private static ApiException wrongCursor() {
        return ApiException.badRequest("parameter position must be 0 or the meta.position of the last answer to the"
                + " same question (with or without node)");
    }
}
