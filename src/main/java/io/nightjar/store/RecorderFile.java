package io.nightjar.store;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.RecordedEvents;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.PacketType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The flight recorder of a node: a file of fixed size, mapped into memory, in which the newest events of all clients push
 * out the oldest. What was told to it is there as soon as the call returns, though the process be killed the next
 * instant. Thread-safe; writing takes a lock for a fraction of a microsecond.
 */
public final class RecorderFile implements FlightRecorder, RecordedEvents {
    /** Name of the file in a node's data directory. */
    public static final String NAME = "recorder.bin";

    /** Smallest size in bytes. */
    public static final long LEAST = 1 << 20;

    private static final Logger log = LoggerFactory.getLogger(RecorderFile.class);
    private static final int FILL = 1 << 20;

    /** What is kept in memory when there is no room for a file. */
    private static final long WITHOUT_FILE = 4L << 20;

    private final RecorderLayout layout;
    private final RecorderWords words;
    private final RecorderRing clients;
    private final RecorderRing strangers;
    private final RecorderContent content;
    private final Counters counters;
    private final ThreadLocal<RecordWriter> writers;
    private final Object lock = new Object();
    private long sequence;
    private volatile boolean closed;

    private RecorderFile(RecorderLayout layout, RecorderRing.Mapper memory, Counters counters) throws IOException {
        this.layout = layout;
        this.counters = counters;
        this.words = new RecorderWords(
                memory.map(RecorderLayout.HEADER, RecorderLayout.WORDS).order(Memory.ORDER));
        words.addKnown();
        this.clients = new RecorderRing(layout.clients(), memory, words);
        this.strangers = new RecorderRing(layout.strangers(), memory, words);
        this.sequence = Math.max(clients.recover(true), strangers.recover(true));
        this.content = new RecorderContent(layout, words, clients, strangers, true);
        this.writers = ThreadLocal.withInitial(() -> new RecordWriter(words, layout.seed()));
    }

    /**
     * Opens the recorder of a node, and goes on with what is in its file. A file of another size or version, or one that
     * is damaged, is kept under another name and a new one begun; where there is no room for one, the last events are
     * kept in memory only. Either is told in the log, neither keeps a node from starting.
     *
     * @param directory where {@link #NAME} is
     * @param size bytes of the file, at least {@link #LEAST}
     */
    public static RecorderFile open(Path directory, long size, String node, Counters counters) {
        Path file = directory.resolve(NAME);
        try {
            Files.createDirectories(directory);
            RecorderLayout found = layoutOf(file);
            if (found == null || found.size() != size || found.version() != RecordFormat.VERSION) {
                putAside(file, found);
                make(file, size, node);
                found = layoutOf(file);
            }
            if (found == null) {
                throw new IOException("its header cannot be read");
            }
            RecorderLayout layout = found;
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                return new RecorderFile(
                        layout, (at, length) -> channel.map(FileChannel.MapMode.READ_WRITE, at, length), counters);
            }
        } catch (IOException e) {
            log.error(
                    "event=recorder_without_file file=\"{}\" size={} problem=\"{}\" consequence=\"the last {} MiB of events are kept in memory and lost with the process\" fix=\"make room on the disk or set nightjar.recorder.size lower, and start again\"",
                    file,
                    size,
                    e.getMessage() == null ? e : e.getMessage(),
                    WITHOUT_FILE >> 20);
            return inMemory(WITHOUT_FILE, node, counters);
        }
    }

    /** A recorder that is lost with the process. */
    public static RecorderFile inMemory(long size, String node, Counters counters) {
        ByteBuffer memory = ByteBuffer.allocateDirect((int) size);
        try {
            return new RecorderFile(
                    RecorderLayout.of(size, new SecureRandom().nextLong(), node),
                    (at, length) -> memory.slice((int) at, (int) length),
                    counters);
        } catch (IOException e) {
            throw new IllegalStateException("memory needs no disk", e);
        }
    }

    /** What the file's header says; null if there is no file, or none of a recorder. */
    private static @Nullable RecorderLayout layoutOf(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return null;
        }
        byte[] header = new byte[RecorderLayout.HEADER];
        try (var in = Files.newInputStream(file)) {
            int length = in.readNBytes(header, 0, header.length);
            RecorderLayout layout = length < header.length ? null : RecorderLayout.read(header);
            return layout != null && Files.size(file) >= layout.size() ? layout : null;
        }
    }

    private static void putAside(Path file, @Nullable RecorderLayout found) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        String name = file.getFileName() + (found == null ? ".unreadable" : ".before");
        Path aside = file.resolveSibling(name);
        Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        log.warn(
                "event=recorder_begins_anew kept=\"{}\" why=\"{}\"",
                aside,
                found == null
                        ? "the file is damaged or none of a recorder"
                        : "it has another size or version; ops/nightjar recorder reads it");
    }

    /** Writes all of the file, so that the disk has its room: memory that is mapped where there is none kills. */
    private static void make(Path file, long size, String node) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            long usable = Files.getFileStore(unfinished).getUsableSpace();
            if (usable < size) {
                throw new IOException(
                        "the disk has room for " + (usable >> 20) + " MiB and the file needs " + (size >> 20));
            }
            ByteBuffer block = ByteBuffer.allocateDirect(FILL);
            while (channel.position() < size) {
                block.clear().limit((int) Math.min(FILL, size - channel.position()));
                writeAll(channel, block);
            }
            channel.position(0);
            RecorderLayout layout = RecorderLayout.of(size, new SecureRandom().nextLong(), node);
            writeAll(channel, ByteBuffer.wrap(layout.header()));
            channel.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(unfinished);
            throw e;
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Takes no more events. What was told is in the file. */
    public void close() {
        closed = true;
    }

    // ---- FlightRecorder

    @Override
    public void ended(ConnectionEnd end) {
        Kind kind = RecordedEvent.kindOf(end.stage());
        RecordWriter writer = writers.get();
        writer.begin(
                kind.word(),
                end.atMillis(),
                end.evidence().clientId(),
                end.evidence().peer());
        Detail detail = end.reason().detail();
        if (detail == Detail.DISCONNECT || detail == Detail.DISCONNECT_WITH_WILL) {
            writer.withoutMarks();
        }
        EndFields.show(end, writer);
        append(kind, writer);
    }

    @Override
    public void connected(long atMillis, Client client, boolean sessionPresent, Map<String, String> carrier) {
        RecordWriter writer = writers.get();
        writer.begin(Kind.CONNECTED.word(), atMillis, client.clientId(), client.peer());
        String username = client.username();
        if (username != null) {
            writer.text("username", username);
        }
        writer.text("listener", client.listener());
        if (!carrier.isEmpty()) {
            carrier.forEach(writer::text);
        }
        writer.text("protocol_version", client.protocolVersion());
        writer.flag("clean_start", client.cleanStart());
        writer.number("keep_alive_s", client.keepAliveSeconds());
        writer.number("session_expiry_s", client.sessionExpirySeconds());
        writer.flag("session_present", sessionPresent);
        append(Kind.CONNECTED, writer);
    }

    @Override
    public void subscribed(long atMillis, String clientId, String filter, int code) {
        RecordWriter writer = writers.get();
        writer.begin(Kind.SUBSCRIBED.word(), atMillis, clientId, "");
        writer.text("filter", filter);
        writer.number("code", code);
        append(Kind.SUBSCRIBED, writer);
    }

    @Override
    public void unsubscribed(long atMillis, String clientId, String filter) {
        RecordWriter writer = writers.get();
        writer.begin(Kind.UNSUBSCRIBED.word(), atMillis, clientId, "");
        writer.text("filter", filter);
        append(Kind.UNSUBSCRIBED, writer);
    }

    @Override
    public void denied(
            long atMillis, String clientId, String peer, PacketType what, String topic, @Nullable String rule) {
        RecordWriter writer = writers.get();
        writer.begin(Kind.DENIED.word(), atMillis, clientId, peer);
        writer.text("what", what.name());
        writer.text("topic", topic);
        if (rule != null) {
            writer.text("rule", rule);
        }
        append(Kind.DENIED, writer);
    }

    @Override
    public void dropped(long atMillis, String clientId, String why, String topic) {
        RecordWriter writer = writers.get();
        writer.begin(Kind.DROPPED.word(), atMillis, clientId, "");
        writer.text("why", why);
        writer.text("topic", topic);
        append(Kind.DROPPED, writer);
    }

    @Override
    public void nearMiss(long atMillis, String clientId, String peer, long silentMillis, int keepAliveSeconds) {
        RecordWriter writer = writers.get();
        writer.begin(Kind.NEAR_MISS.word(), atMillis, clientId, peer);
        writer.number("silent_ms", silentMillis);
        writer.number("keep_alive_s", keepAliveSeconds);
        append(Kind.NEAR_MISS, writer);
    }

    @Override
    public void sessionEnded(long atMillis, String clientId, String why) {
        RecordWriter writer = writers.get();
        writer.begin(Kind.SESSION_ENDED.word(), atMillis, clientId, "");
        writer.text("why", why);
        append(Kind.SESSION_ENDED, writer);
    }

    private void append(Kind kind, RecordWriter writer) {
        int length = writer.finish();
        if (closed) {
            return;
        }
        RecorderRing ring = kind == Kind.FAILED || kind == Kind.REFUSED ? strangers : clients;
        synchronized (lock) {
            ring.append(writer.bytes(), length, writer.checksum(), writer.hash(), writer.hasClientId(), ++sequence);
        }
        counters.increment(Counter.RECORDER_EVENTS);
        counters.add(Counter.RECORDER_BYTES, length);
    }

    // ---- RecordedEvents

    @Override
    public Slice find(EventFilter filter, long before, int limit) {
        return content.find(filter, before, limit);
    }

    @Override
    public void scan(EventFilter filter, Consumer<RecordedEvent> to) {
        content.scan(filter, to);
    }

    @Override
    public @Nullable RecordedEvent lastEnd(String clientId) {
        return content.lastEnd(clientId);
    }

    @Override
    public long oldestMillis() {
        return content.oldestMillis();
    }
}
