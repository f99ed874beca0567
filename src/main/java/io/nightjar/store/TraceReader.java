package io.nightjar.store;

import io.nightjar.mqtt.Bytes;
import io.nightjar.store.TraceFile.Piece;
import io.nightjar.store.TraceFile.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Reads pieces from the segments a {@link TraceFile} had at one instant, without holding its lock. One use each. */
final class TraceReader {
    private final TraceDirectory directory;
    private final String generation;
    private final List<Segment> segments;

    TraceReader(TraceDirectory directory, String generation, List<Segment> segments) {
        this.directory = directory;
        this.generation = generation;
        this.segments = segments;
    }

    Piece read(String position, int bytes) throws IOException {
        int plus = position.indexOf('+');
        String base = plus < 0 ? position : position.substring(0, plus);
        if (segments.isEmpty()) {
            if (base.equals(TraceFile.START) || base.equals(TraceFile.END)) {
                return new Piece(Bytes.EMPTY, TraceFile.START, TraceFile.START, true);
            }
            parse(base);
            throw stale();
        }
        long[] at = place(base);
        int index = index(at[0]);
        long offset = at[1];
        if (offset > segments.get(index).size()) {
            throw stale();
        }
        if (plus >= 0) {
            offset += further(position.substring(plus + 1));
            while (offset > segments.get(index).size() && index < segments.size() - 1) {
                offset -= segments.get(index).size();
                index++;
            }
            if (offset > segments.get(index).size()) {
                throw new TraceCursorException(false, "position lies behind the end of the log");
            }
        }
        String start = position(segments.get(index).number(), offset);
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(bytes, available(index, offset)));
        while (true) {
            Segment segment = segments.get(index);
            int took = fill(piece, segment, offset);
            offset += took;
            if (offset < segment.size()) {
                int back = partialLine(piece);
                piece.position(piece.position() - back);
                return piece(piece, start, position(segment.number(), offset - back), false);
            }
            if (index == segments.size() - 1) {
                return piece(piece, start, position(segment.number(), offset), true);
            }
            index++;
            offset = 0;
        }
    }

    private static Piece piece(ByteBuffer piece, String start, String position, boolean end) {
        byte[] text = new byte[piece.position()];
        piece.get(0, text);
        return new Piece(Bytes.wrap(text), start, position, end);
    }

    private String position(long number, long offset) {
        return generation + "-" + number + "-" + offset;
    }

    private long available(int index, long offset) {
        long sum = -offset;
        for (Segment segment : segments.subList(index, segments.size())) {
            sum += segment.size();
        }
        return sum;
    }

    /** Reads from one segment until the piece is full or the segment was read. */
    private int fill(ByteBuffer piece, Segment segment, long offset) throws IOException {
        int want = (int) Math.min(piece.remaining(), segment.size() - offset);
        if (want == 0) {
            return 0;
        }
        ByteBuffer part = piece.slice().limit(want);
        try (FileChannel channel = FileChannel.open(directory.segment(segment.number()), StandardOpenOption.READ)) {
            while (part.hasRemaining()) {
                if (channel.read(part, offset + part.position()) < 0) {
                    throw stale();
                }
            }
        } catch (NoSuchFileException e) {
            throw stale();
        }
        piece.position(piece.position() + want);
        return want;
    }

    /** Bytes at the end of the piece that are no whole line; 0 if it holds no whole line at all. */
    private static int partialLine(ByteBuffer piece) {
        for (int end = piece.position(); end > 0; end--) {
            if (piece.get(end - 1) == '\n') {
                return piece.position() - end;
            }
        }
        return 0;
    }

    private int index(long number) throws TraceCursorException {
        for (int i = 0; i < segments.size(); i++) {
            if (segments.get(i).number() == number) {
                return i;
            }
        }
        throw stale();
    }

    private long[] place(String position) throws TraceCursorException {
        if (position.equals(TraceFile.START)) {
            return new long[] {segments.get(0).number(), 0};
        } else if (position.equals(TraceFile.END)) {
            Segment last = segments.get(segments.size() - 1);
            return new long[] {last.number(), last.size()};
        }
        return parse(position);
    }

    private static long further(String bytes) throws TraceCursorException {
        if (!isNumber(bytes)) {
            throw new TraceCursorException(false, "a number of bytes stands behind the + of a position");
        }
        return Long.parseLong(bytes);
    }

    private long[] parse(String position) throws TraceCursorException {
        String[] parts = position.split("-", -1);
        if (parts.length != 3 || !isNumber(parts[1]) || !isNumber(parts[2])) {
            throw new TraceCursorException(false, "position must be 0, end or the position of the last answer");
        }
        if (!parts[0].equals(generation)) {
            throw stale();
        }
        return new long[] {Long.parseLong(parts[1]), Long.parseLong(parts[2])};
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static TraceCursorException stale() {
        return new TraceCursorException(
                true, "the lines at this position were removed as the trace grew; start again from position 0");
    }
}
