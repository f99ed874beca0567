package io.nightjar.store;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.diagnosis.NodeDeath;
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
import java.util.BitSet;
import java.util.Map;
import java.util.Set;
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

    /** How many events of one sort are written in a second; the rest is counted. */
    private static final int ENDS = 20;

    private static final int REFUSALS = 3;
    private static final int REQUESTS = 200;
    private static final int DENIALS = 20;
    private static final int DROPS = 1;
    private static final int OTHERS = 20;

    /** Inferred ends may take this share of the ring: a quarter. */
    private static final int INFERRED = 4;

    /** What is kept in memory when there is no room for a file. */
    private static final long WITHOUT_FILE = 4L << 20;

    private final RecorderWords words;
    private final RecorderRing clients;
    private final RecorderRing strangers;
    private final RecorderContent content;
    private final RecorderLayout layout;
    private final String node;
    private final Counters counters;
    private final ThreadLocal<RecordWriter> writers;
    private final Repeats repeats = new Repeats(this::repeated);
    private final Allowance allowance;
    private final Object lock = new Object();
    private long sequence;
    private volatile boolean started;
    private volatile boolean closed;

    private RecorderFile(RecorderLayout layout, String node, RecorderRing.Mapper memory, Counters counters)
            throws IOException {
        this.layout = layout;
        this.node = node;
        this.counters = counters;
        this.words = new RecorderWords(
                memory.map(RecorderLayout.HEADER, RecorderLayout.WORDS).order(Memory.ORDER));
        words.addKnown();
        this.clients = new RecorderRing(layout.clients(), memory, words);
        this.strangers = new RecorderRing(layout.strangers(), memory, words);
        this.sequence = Math.max(clients.recover(true), strangers.recover(true));
        this.allowance = new Allowance(strangers.capacity());
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
                        layout,
                        node,
                        (at, length) -> channel.map(FileChannel.MapMode.READ_WRITE, at, length),
                        counters);
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

    /**
     * What stands in a recorder's file, of a node that is dead or alive, or in a copy of one.
     *
     * @throws IOException in words for people if it is none that can be read
     */
    public static RecordedEvents read(Path file) throws IOException {
        byte[] header = new byte[RecorderLayout.HEADER];
        int length;
        try (var in = Files.newInputStream(file)) {
            length = in.readNBytes(header, 0, header.length);
        }
        if (length < header.length || !RecorderLayout.isRecorder(header)) {
            throw new IOException("it is not the file of a recorder");
        } else if (RecorderLayout.version(header) != RecordFormat.VERSION) {
            throw new IOException("it is in format " + RecorderLayout.version(header) + ", and this version reads "
                    + RecordFormat.VERSION + ": take the nightjar that wrote it");
        }
        RecorderLayout layout = RecorderLayout.read(header);
        if (layout == null) {
            throw new IOException("its header is damaged");
        } else if (Files.size(file) < layout.size()) {
            throw new IOException("it is cut short: " + Files.size(file) + " of " + layout.size() + " bytes");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            RecorderRing.Mapper memory = (at, size) -> channel.map(FileChannel.MapMode.READ_ONLY, at, size);
            RecorderWords words = new RecorderWords(
                    memory.map(RecorderLayout.HEADER, RecorderLayout.WORDS).order(Memory.ORDER));
            RecorderRing clients = new RecorderRing(layout.clients(), memory, words);
            RecorderRing strangers = new RecorderRing(layout.strangers(), memory, words);
            clients.recover(false);
            strangers.recover(false);
            return new RecorderContent(layout, words, clients, strangers, false);
        }
    }

    /** A recorder that is lost with the process. */
    public static RecorderFile inMemory(long size, String node, Counters counters) {
        ByteBuffer memory = ByteBuffer.allocateDirect((int) size);
        try {
            return new RecorderFile(
                    RecorderLayout.of(size, new SecureRandom().nextLong(), node),
                    node,
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

    /**
     * Tells that the node was started; call it once, before all else. If it had died before, each connection that it held
     * then is given an end, at the time at which it was last known to be alive: nobody else will ever tell it.
     */
    public void started(long nowMillis) {
        RecordView last = content.last();
        Kind kind = last == null ? null : last.kind();
        long ends = -1;
        if (last != null && kind != Kind.NODE_STOPPED) {
            ends = inferEnds(Math.max(last.time(), Math.min(words.aliveMillis(), nowMillis)));
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.NODE_STARTED.word(), nowMillis, "", "");
        writer.text("node", node);
        writer.text("after", last == null ? "nothing" : ends < 0 ? "stop" : "death");
        if (ends >= 0) {
            writer.number("inferred_ends", ends);
        }
        append(clients, writer);
        words.alive(nowMillis);
        started = true;
    }

    private long inferEnds(long atMillis) {
        Unended unended = Unended.find(clients, words, layout.seed(), clients.capacity() / INFERRED);
        RecordView view = new RecordView(words);
        BitSet names = content.names(NodeDeath.FIELDS);
        long untold = unended.beyond();
        for (int i = unended.size() - 1; i >= 0; i--) {
            RecordedEvent connected = clients.copyRecord(unended.position(i), view) ? view.event(names) : null;
            if (connected == null) {
                untold++; // the ends of others took its place
                continue;
            }
            RecordWriter writer = writers.get();
            writer.begin(Kind.ENDED.word(), atMillis, connected.clientId(), connected.peer());
            NodeDeath.show(node, connected, atMillis, writer);
            append(clients, writer);
        }
        if (untold > 0) {
            RecordWriter writer = writers.get();
            writer.begin(Kind.ENDED.word(), atMillis, "", "");
            NodeDeath.show(node, writer);
            writer.number("repeated", untold);
            append(clients, writer);
        }
        long all = unended.size() + unended.beyond();
        log.warn(
                "event=node_had_died node=\"{}\" alive_until={} connections={} consequence=\"an end was inferred for each\"",
                node,
                java.time.Instant.ofEpochMilli(atMillis),
                all);
        return all;
    }

    /** Takes no more events. What was told is in the file. */
    public void close(long nowMillis) {
        repeats.flush(-1);
        flush(nowMillis);
        if (started) {
            RecordWriter writer = writers.get();
            writer.begin(Kind.NODE_STOPPED.word(), nowMillis, "", "");
            writer.text("node", node);
            append(clients, writer);
        }
        closed = true;
    }

    // ---- FlightRecorder

    @Override
    public void ended(ConnectionEnd end) {
        Kind kind = RecordedEvent.kindOf(end.stage());
        Detail detail = end.reason().detail();
        String clientId = end.evidence().clientId();
        String peer = end.evidence().peer();
        int most = kind == Kind.ENDED ? ENDS : REFUSALS;
        if (isCounted(kind, end.atMillis(), clientId, peer, detail.reason().word(), detail.word(), most)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(kind.word(), end.atMillis(), clientId, peer);
        if (detail == Detail.DISCONNECT || detail == Detail.DISCONNECT_WITH_WILL) {
            writer.withoutMarks();
        }
        EndFields.show(end, writer);
        if (kind == Kind.ENDED) {
            append(clients, writer);
        } else {
            appendStranger(kind, end.atMillis(), detail, writer);
        }
    }

    @Override
    public void connected(long atMillis, Client client, boolean sessionPresent, Map<String, String> carrier) {
        if (isCounted(Kind.CONNECTED, atMillis, client.clientId(), client.peer(), null, null, ENDS)) {
            return;
        }
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
        append(clients, writer);
    }

    @Override
    public void subscribed(long atMillis, String clientId, String filter, int code) {
        if (isCounted(Kind.SUBSCRIBED, atMillis, clientId, "", null, filter, REQUESTS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.SUBSCRIBED.word(), atMillis, clientId, "");
        writer.text("filter", filter);
        writer.number("code", code);
        append(clients, writer);
    }

    @Override
    public void unsubscribed(long atMillis, String clientId, String filter) {
        if (isCounted(Kind.UNSUBSCRIBED, atMillis, clientId, "", null, filter, REQUESTS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.UNSUBSCRIBED.word(), atMillis, clientId, "");
        writer.text("filter", filter);
        append(clients, writer);
    }

    @Override
    public void denied(
            long atMillis, String clientId, String peer, PacketType what, String topic, @Nullable String rule) {
        if (isCounted(Kind.DENIED, atMillis, clientId, peer, what.name(), topic, DENIALS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.DENIED.word(), atMillis, clientId, peer);
        writer.text("what", what.name());
        writer.text("topic", topic);
        if (rule != null) {
            writer.text("rule", rule);
        }
        append(clients, writer);
    }

    @Override
    public void dropped(long atMillis, String clientId, String why, String topic) {
        if (isCounted(Kind.DROPPED, atMillis, clientId, "", why, topic, DROPS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.DROPPED.word(), atMillis, clientId, "");
        writer.text("why", why);
        writer.text("topic", topic);
        writer.number("count", 1);
        append(clients, writer);
    }

    @Override
    public void nearMiss(long atMillis, String clientId, String peer, long silentMillis, int keepAliveSeconds) {
        if (isCounted(Kind.NEAR_MISS, atMillis, clientId, peer, null, null, OTHERS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.NEAR_MISS.word(), atMillis, clientId, peer);
        writer.number("silent_ms", silentMillis);
        writer.number("keep_alive_s", keepAliveSeconds);
        append(clients, writer);
    }

    @Override
    public void sessionEnded(long atMillis, String clientId, String why) {
        if (isCounted(Kind.SESSION_ENDED, atMillis, clientId, "", why, null, OTHERS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.SESSION_ENDED.word(), atMillis, clientId, "");
        writer.text("why", why);
        append(clients, writer);
    }

    // ---- what is counted

    private boolean isCounted(
            Kind kind,
            long atMillis,
            String clientId,
            String peer,
            @Nullable String cause,
            @Nullable String object,
            int most) {
        if (repeats.admits(kind, atMillis, clientId, peer, cause, object, most)) {
            return false;
        }
        counters.increment(Counter.RECORDER_EVENTS_AGGREGATED);
        return true;
    }

    private void repeated(
            Kind kind,
            long atMillis,
            String clientId,
            String peer,
            @Nullable String cause,
            @Nullable String object,
            int count) {
        RecordWriter writer = writers.get();
        writer.begin(kind.word(), atMillis, clientId, peer);
        boolean filter = kind == Kind.SUBSCRIBED || kind == Kind.UNSUBSCRIBED;
        if (cause != null) {
            writer.text(kind.isEnd() ? "reason" : kind == Kind.DENIED ? "what" : "why", cause);
        }
        if (object != null) {
            writer.text(kind.isEnd() ? "detail" : filter ? "filter" : "topic", object);
        }
        writer.number(kind == Kind.DROPPED ? "count" : "repeated", count);
        append(kind == Kind.FAILED || kind == Kind.REFUSED ? strangers : clients, writer);
    }

    /** Writes down what was only counted in the seconds before: call it once a second. */
    public void flush(long nowMillis) {
        if (!closed) {
            words.alive(nowMillis);
        }
        repeats.flush(nowMillis);
        allowance.flush((kind, detail, count) ->
                repeated(kind, nowMillis, "", "", detail.reason().word(), detail.word(), count));
    }

    // ---- the file

    private void appendStranger(Kind kind, long atMillis, Detail detail, RecordWriter writer) {
        if (allowance.admits(atMillis, writer.finish(), kind, detail)) {
            append(strangers, writer);
        } else {
            counters.increment(Counter.RECORDER_EVENTS_AGGREGATED);
        }
    }

    private void append(RecorderRing ring, RecordWriter writer) {
        int length = writer.finish();
        if (closed) {
            counters.increment(Counter.RECORDER_EVENTS_LOST);
            return;
        }
        try {
            synchronized (lock) {
                ring.append(writer.bytes(), length, writer.checksum(), writer.hash(), writer.hasClientId(), ++sequence);
            }
        } catch (InternalError e) {
            unwritable(e);
            return;
        }
        counters.increment(Counter.RECORDER_EVENTS);
        counters.add(Counter.RECORDER_BYTES, length);
    }

    /** What the JVM makes of a page that the disk cannot give, or of a file that somebody cut. */
    private void unwritable(InternalError fault) {
        counters.increment(Counter.RECORDER_EVENTS_LOST);
        if (!closed) {
            closed = true;
            log.error(
                    "event=recorder_stopped problem=\"{}\" fix=\"see whether the disk is sound and {} whole, and start again\"",
                    fault.getMessage(),
                    NAME);
        }
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
    public void scan(EventFilter filter, Set<String> fields, Consumer<RecordedEvent> to) {
        content.scan(filter, fields, to);
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
