package io.nightjar.store;

import io.nightjar.store.TraceFile.Figures;
import io.nightjar.store.TraceFile.Segment;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Where one trace lies: {@code <root>/<name>/<name>.<generation>.<n>.log} and a small file of figures beside them. A
 * name too long for a file name is cut there and told apart by the generation. Not thread-safe.
 */
final class TraceDirectory {
    private static final int NAME_LIMIT = 128;
    private static final String SUFFIX = ".log";

    private final Path path;
    private final String base;

    TraceDirectory(Path root, String name, String generation) {
        String shown = name.length() <= NAME_LIMIT ? name : name.substring(0, NAME_LIMIT);
        this.path = root.resolve(shown);
        this.base = shown + "." + generation + ".";
    }

    /** What is on disk. */
    record Found(List<Segment> segments, long lines, long linesRemoved, Properties stored) {
        /**
         * The figures of before a restart and, after a failure in this run, what is known since.
         *
         * @param removed lines that were removed, all in all
         */
        Figures figures(Figures known, long removed) {
            String at = stored.getProperty("last_event_at");
            Long lastAt = known.lastEventAtMillis() != null || at == null ? known.lastEventAtMillis() : parse(at);
            String reason = known.lastReason() == null ? stored.getProperty("last_reason") : known.lastReason();
            long dropped = Math.max(known.dropped(), number("dropped"));
            return new Figures(lines + removed, dropped, lastAt, reason);
        }

        private long number(String name) {
            Long value = parse(stored.getProperty(name, "0"));
            return value == null ? 0 : value;
        }

        private static @Nullable Long parse(String text) {
            try {
                return Long.valueOf(text);
            } catch (NumberFormatException e) {
                return null;
            }
        }
    }

    Path segment(long number) {
        return path.resolve(base + number + SUFFIX);
    }

    /** Looks at all files. Lines are counted only where the figures do not know them: after a crash, in the newest. */
    Found look() throws IOException {
        Properties stored = readFigures();
        List<Segment> segments = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path, base + "*" + SUFFIX)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                String number = name.substring(base.length(), name.length() - SUFFIX.length());
                if (number.matches("[1-9][0-9]{0,17}")) {
                    segments.add(segment(Long.parseLong(number), Files.size(file), stored));
                }
            }
        } catch (NoSuchFileException e) {
            return new Found(List.of(), 0, 0, new Properties());
        }
        segments.sort(Comparator.comparingLong(Segment::number));
        long lines = segments.stream().mapToLong(Segment::lines).sum();
        Long removed = Found.parse(stored.getProperty("lines_removed", "0"));
        return new Found(segments, lines, removed == null ? 0 : removed, stored);
    }

    private Segment segment(long number, long size, Properties stored) throws IOException {
        Long knownSize = Found.parse(stored.getProperty("size." + number, "0"));
        Long knownLines = Found.parse(stored.getProperty("lines." + number, "0"));
        if (knownSize == null || knownLines == null || knownSize > size) {
            return new Segment(number, size, countLines(number, 0, size));
        }
        return new Segment(number, size, knownLines + countLines(number, knownSize, size));
    }

    /** Opens a segment to add to it. */
    FileChannel open(long number) throws IOException {
        Files.createDirectories(path);
        return FileChannel.open(
                segment(number), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Removes what follows the last line feed, moves to the end and says how many bytes there are. */
    static long cutPartialLine(FileChannel channel) throws IOException {
        long end = channel.size();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (end > 0) {
            one.clear();
            if (channel.read(one, end - 1) == 1 && one.get(0) == '\n') {
                break;
            }
            end--;
        }
        if (end < channel.size()) {
            channel.truncate(end);
        }
        channel.position(end);
        return end;
    }

    private long countLines(long number, long from, long to) throws IOException {
        byte[] block = new byte[16 * 1024];
        long lines = 0;
        if (from == to) {
            return lines;
        }
        try (FileChannel channel = FileChannel.open(segment(number), StandardOpenOption.READ)) {
            InputStream in = Channels.newInputStream(channel.position(from));
            long left = to - from;
            while (left > 0) {
                int took = in.read(block, 0, (int) Math.min(block.length, left));
                if (took < 0) {
                    break;
                }
                for (int i = 0; i < took; i++) {
                    lines += block[i] == '\n' ? 1 : 0;
                }
                left -= took;
            }
        }
        return lines;
    }

    void remove(long number) throws IOException {
        Files.deleteIfExists(segment(number));
    }

    void delete() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path, base + "*")) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return;
        }
        try {
            Files.deleteIfExists(path);
        } catch (DirectoryNotEmptyException e) {
            return; // another generation of the same name lives here
        }
    }

    void writeFigures(Figures figures, long linesRemoved, List<Segment> segments) throws IOException {
        Properties stored = new Properties();
        stored.setProperty("lines_removed", Long.toString(linesRemoved));
        stored.setProperty("dropped", Long.toString(figures.dropped()));
        for (Segment segment : segments) {
            stored.setProperty("size." + segment.number(), Long.toString(segment.size()));
            stored.setProperty("lines." + segment.number(), Long.toString(segment.lines()));
        }
        Long at = figures.lastEventAtMillis();
        if (at != null) {
            stored.setProperty("last_event_at", Long.toString(at));
        }
        String reason = figures.lastReason();
        if (reason != null) {
            stored.setProperty("last_reason", reason);
        }
        StringWriter text = new StringWriter();
        stored.store(text, null);
        TraceDefinitionsFile.replace(figuresFile(), text.toString());
    }

    private Properties readFigures() throws IOException {
        Properties stored = new Properties();
        if (Files.exists(figuresFile())) {
            try {
                stored.load(new StringReader(Files.readString(figuresFile(), StandardCharsets.UTF_8)));
            } catch (IllegalArgumentException e) {
                return new Properties(); // not written by us; the figures start again
            }
        }
        return stored;
    }

    private Path figuresFile() {
        return path.resolve(base + "figures");
    }
}
