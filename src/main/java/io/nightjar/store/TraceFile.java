package io.nightjar.store;

import io.nightjar.mqtt.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The lines of one trace on one node, in at most four files (segments) of a quarter of its greatest size each. A fifth
 * pushes out the oldest, and a line says so. Segments are numbered and never renamed, so a cursor (generation, segment,
 * offset) means the same bytes for ever or is refused as stale.
 *
 * <p>The generation tells traces of one name apart that followed each other. A trace found on disk is gone on with; a
 * line that a crash cut short is removed. Thread-safe; every call may block on the disk. After an {@link IOException}
 * the next call starts again from what is on disk.
 */
public final class TraceFile implements Closeable {
    /** The position before the first line there is. */
    public static final String START = "0";

    /** The position behind the last line there is. */
    public static final String END = "end";

    private static final int BUFFER = 64 * 1024;
    private static final int SEGMENTS = 4;

    private final TraceDirectory directory;
    private final String generation;
    private volatile long maxSize;
    private final LongFunction<String> rotated;

    /** Oldest first; null until the directory was looked at. Guarded by this, as all below. */
    private @Nullable List<Segment> segments;

    private Figures figures = Figures.NONE;
    private long linesRemoved;
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    private long bufferedLines;
    private long bufferedEvents;
    private long bufferedDrops;
    private Lost lost = Lost.NOTHING;
    private @Nullable FileChannel channel;

    /**
     * @param root directory of all traces; this one's is made in it when the first line comes
     * @param generation letters and digits, another for each trace of the same name
     * @param maxSize most bytes of all segments together, but for a single line that is longer
     * @param rotated makes the line, without line feed, that says how many bytes were removed
     */
    public TraceFile(Path root, String name, String generation, long maxSize, LongFunction<String> rotated) {
        this.directory = new TraceDirectory(root, name, generation);
        this.generation = generation;
        this.maxSize = maxSize;
        this.rotated = rotated;
    }

    /** Another greatest size; if it is smaller, the oldest lines go at the next rotation. */
    public void maxSize(long bytes) {
        maxSize = bytes;
    }

    private long segmentLimit() {
        return Math.max(1, maxSize / SEGMENTS);
    }

    /**
     * What is known of a trace beside its lines; survives a restart.
     *
     * @param lines written since it started, those removed included
     * @param dropped events that were lost
     * @param lastEventAtMillis or null if there was none
     * @param lastReason reason word of the last end, or null
     */
    public record Figures(long lines, long dropped, @Nullable Long lastEventAtMillis, @Nullable String lastReason) {
        static final Figures NONE = new Figures(0, 0, null, null);
    }

    /**
     * What lines that did not reach the disk stood for.
     *
     * @param events the lines were about
     * @param drops earlier losses that the lines told of
     */
    public record Lost(long events, long drops) {
        static final Lost NOTHING = new Lost(0, 0);
    }

    /**
     * Some lines.
     *
     * @param text whole lines, unless one line is longer than what was asked for
     * @param start position of the first byte, or {@link #START} while there is no line
     * @param position cursor to go on from
     * @param end whether nothing follows yet
     */
    public record Piece(Bytes text, String start, String position, boolean end) {}

    /** One file: its number from 1, its bytes on disk and its lines. */
    record Segment(long number, long size, long lines) {}

    /** Adds a line; it is on disk after {@link #flush}, or earlier. */
    public void append(String line) throws IOException {
        append(line, 0, 0);
    }

    /**
     * Adds a line that counts. If it does not reach the disk, {@link #takeLost} tells so, whichever call failed.
     *
     * @param events 1 if the line is an event
     * @param drops how many lost events it tells of; they are in {@link Figures#dropped} from then on
     */
    public synchronized void append(String line, long events, long drops) throws IOException {
        boolean held = false;
        try {
            byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
            Segment current = current();
            if (current.size + buffer.size() > 0 && current.size + buffer.size() + bytes.length > segmentLimit()) {
                rotate();
            }
            bufferedEvents += events;
            bufferedDrops += drops;
            figures =
                    new Figures(figures.lines, figures.dropped + drops, figures.lastEventAtMillis, figures.lastReason);
            held = true;
            put(bytes);
        } catch (IOException e) {
            IOException cause = failed(e);
            if (!held) {
                lost = new Lost(lost.events + events, lost.drops + drops);
            }
            throw cause;
        }
    }

    /** Remembers an event that was written: when it was and, if it was the end of a connection, its reason. */
    public synchronized void note(long atMillis, @Nullable String reason) {
        String last = reason == null ? figures.lastReason : reason;
        figures = new Figures(figures.lines, figures.dropped, atMillis, last);
    }

    /** What was lost since the last call, because a call failed. */
    public synchronized Lost takeLost() {
        Lost taken = lost;
        lost = Lost.NOTHING;
        return taken;
    }

    /** Hands everything to the operating system. */
    public synchronized void flush() throws IOException {
        if (buffer.size() == 0) {
            return;
        }
        try {
            writeOut();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    public synchronized Figures figures() throws IOException {
        segments();
        return figures;
    }

    /** Bytes on disk. */
    public synchronized long size() throws IOException {
        return segments().stream().mapToLong(Segment::size).sum();
    }

    /** Position of the first byte there is, or {@link #START} if there is none. Stays the same until rotation. */
    public synchronized String start() throws IOException {
        List<Segment> all = segments();
        return all.isEmpty() ? START : generation + "-" + all.get(0).number + "-0";
    }

    /** When the newest segment was last written, milliseconds since 1970; 0 if there is none. */
    public synchronized long modifiedMillis() throws IOException {
        List<Segment> all = segments();
        return all.isEmpty()
                ? 0
                : Files.getLastModifiedTime(directory.segment(all.get(all.size() - 1).number))
                        .toMillis();
    }

    /**
     * The lines from a position on, oldest first.
     *
     * @param position {@link #START}, {@link #END} or the position of an earlier piece; behind the first and the last,
     *     {@code +} and a number mean so many bytes further on
     * @param bytes most bytes of the piece, at least 1
     * @throws TraceCursorException if the position is none, or its lines were removed meanwhile
     */
    public Piece read(String position, int bytes) throws IOException {
        List<Segment> all;
        synchronized (this) {
            all = List.copyOf(segments());
        }
        return new TraceReader(directory, generation, all).read(position, bytes);
    }

    /** Writes everything out, makes it durable and remembers the figures. The file may be used again. */
    @Override
    public synchronized void close() throws IOException {
        FileChannel open = channel;
        if (open == null) {
            return;
        }
        try {
            writeOut();
            open.force(true);
            directory.writeFigures(figures, linesRemoved, segments());
        } finally {
            channel = null;
            open.close();
        }
    }

    /** Removes all files of this trace; without an error if there are none. */
    public synchronized void delete() throws IOException {
        forgetBuffer();
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
        segments = null;
        figures = Figures.NONE;
        linesRemoved = 0;
        directory.delete();
    }

    private List<Segment> segments() throws IOException {
        List<Segment> known = segments;
        if (known == null) {
            TraceDirectory.Found found = directory.look();
            known = new ArrayList<>(found.segments());
            segments = known;
            linesRemoved = Math.max(linesRemoved, found.linesRemoved());
            figures = found.figures(figures, linesRemoved);
        }
        return known;
    }

    /** The segment that is written, opened. */
    private Segment current() throws IOException {
        List<Segment> all = segments();
        if (channel == null) {
            if (all.isEmpty()) {
                all.add(new Segment(1, 0, 0));
            }
            Segment last = all.get(all.size() - 1);
            channel = directory.open(last.number);
            all.set(all.size() - 1, new Segment(last.number, TraceDirectory.cutPartialLine(channel), last.lines));
        }
        return all.get(all.size() - 1);
    }

    private void put(byte[] bytes) throws IOException {
        buffer.write(bytes, 0, bytes.length);
        bufferedLines++;
        figures = new Figures(figures.lines + 1, figures.dropped, figures.lastEventAtMillis, figures.lastReason);
        if (buffer.size() >= BUFFER) {
            writeOut();
        }
    }

    private void writeOut() throws IOException {
        Segment last = current();
        FileChannel open = channel;
        if (open == null || buffer.size() == 0) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(buffer.toByteArray());
        int size = bytes.remaining();
        try {
            while (bytes.hasRemaining()) {
                open.write(bytes);
            }
        } catch (IOException e) {
            undo(open, last.size, e);
            throw e;
        }
        List<Segment> all = segments();
        all.set(all.size() - 1, new Segment(last.number, last.size + size, last.lines + bufferedLines));
        forgetBuffer();
    }

    /** Takes back what a failed write left, so that what is on disk is what was not lost. */
    private static void undo(FileChannel open, long size, IOException cause) {
        try {
            open.truncate(size);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private void forgetBuffer() {
        buffer.reset();
        bufferedLines = 0;
        bufferedEvents = 0;
        bufferedDrops = 0;
    }

    private void rotate() throws IOException {
        writeOut();
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
        List<Segment> all = segments();
        long removed = 0;
        long size = all.stream().mapToLong(Segment::size).sum();
        while (all.size() >= SEGMENTS || all.size() > 1 && size - removed + segmentLimit() > maxSize) {
            Segment oldest = all.get(0);
            linesRemoved += oldest.lines;
            directory.remove(oldest.number);
            all.remove(0);
            removed += oldest.size;
        }
        all.add(new Segment(all.get(all.size() - 1).number + 1, 0, 0));
        current();
        directory.writeFigures(figures, linesRemoved, segments());
        if (removed > 0) {
            put((rotated.apply(removed) + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    private IOException failed(IOException cause) {
        lost = new Lost(lost.events + bufferedEvents, lost.drops + bufferedDrops);
        figures = new Figures(
                figures.lines, figures.dropped - bufferedDrops, figures.lastEventAtMillis, figures.lastReason);
        forgetBuffer();
        FileChannel open = channel;
        channel = null;
        segments = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
        return cause;
    }
}
