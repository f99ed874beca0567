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
import io.nightjar.store.Repeats.Repeated;
import io.nightjar.store.Repeats.Sort;
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
import java.util.concurrent.locks.ReentrantLock;
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
    private static final int REQUESTS = 50;
    private static final int DENIALS = 20;
    private static final int DROPS = 1;
    private static final int OTHERS = 20;

    /** Longest filter or topic that is kept whole, in characters. */
    private static final int MOST_TOPIC = 512;

    /** Of the ring of clients one of them has at once a 64th, which comes back in ten minutes. */
    private static final int OF_ONE_CLIENT = 64;

    private static final int CLIENT_SECONDS = 600;

    /** A share that even the smallest ring gives. */
    private static final long LEAST_SHARE = 256 << 10;

    /** All clients of one address have half of it, in half an hour. Behind one proxy may be all there are. */
    private static final int OF_ONE_ADDRESS = 2;

    private static final int ADDRESS_SECONDS = 1800;

    /** Bytes ahead of what was written last whose pages are fetched each second. */
    private static final int FETCHED_CLIENTS = 2 << 20;

    private static final int FETCHED_STRANGERS = 256 << 10;

    /** Whoever waits longer for the lock is counted. */
    private static final long LONG_WAIT_NANOS = 10_000_000;

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
    private final Shares ofClients;
    private final Shares ofAddresses;
    private final Allowance.Counts beyond = new Allowance.Counts();
    private final ReentrantLock lock = new ReentrantLock();
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
        this.ofClients = new Shares(Math.max(LEAST_SHARE, clients.capacity() / OF_ONE_CLIENT), CLIENT_SECONDS);
        this.ofAddresses = new Shares(Math.max(LEAST_SHARE, clients.capacity() / OF_ONE_ADDRESS), ADDRESS_SECONDS);
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
            if (unended.position(i) < 0) {
                continue;
            }
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
        long all = unended.count();
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
        Sort sort = new Sort(
                kind,
                clientId,
                detail.reason().word(),
                detail.word(),
                end.evidence().listener(),
                end.verdict().side().toString());
        if (isCounted(sort, end.atMillis(), peer, most)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(kind.word(), end.atMillis(), clientId, peer);
        if (detail == Detail.DISCONNECT || detail == Detail.DISCONNECT_WITH_WILL) {
            writer.withoutMarks();
        }
        EndFields.show(end, writer);
        if (kind == Kind.ENDED) {
            appendClient(sort, end.atMillis(), peer, 1, writer);
        } else {
            appendStranger(sort, end.atMillis(), 1, writer);
        }
    }

    @Override
    public void connected(long atMillis, Client client, boolean sessionPresent, Map<String, String> carrier) {
        Sort sort = Sort.of(Kind.CONNECTED, client.clientId(), null, null);
        if (isCounted(sort, atMillis, client.peer(), ENDS)) {
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
        appendClient(sort, atMillis, client.peer(), 1, writer);
    }

    @Override
    public void subscribed(long atMillis, String clientId, String filter, int code) {
        Sort sort = Sort.of(Kind.SUBSCRIBED, clientId, null, filter);
        if (isCounted(sort, atMillis, "", REQUESTS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.SUBSCRIBED.word(), atMillis, clientId, "");
        writer.text("filter", cut(filter));
        writer.number("code", code);
        appendClient(sort, atMillis, "", 1, writer);
    }

    @Override
    public void unsubscribed(long atMillis, String clientId, String filter) {
        Sort sort = Sort.of(Kind.UNSUBSCRIBED, clientId, null, filter);
        if (isCounted(sort, atMillis, "", REQUESTS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.UNSUBSCRIBED.word(), atMillis, clientId, "");
        writer.text("filter", cut(filter));
        appendClient(sort, atMillis, "", 1, writer);
    }

    @Override
    public void denied(
            long atMillis, String clientId, String peer, PacketType what, String topic, @Nullable String rule) {
        Sort sort = Sort.of(Kind.DENIED, clientId, what.name(), topic);
        if (isCounted(sort, atMillis, peer, DENIALS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.DENIED.word(), atMillis, clientId, peer);
        writer.text("what", what.name());
        writer.text("topic", cut(topic));
        if (rule != null) {
            writer.text("rule", rule);
        }
        appendClient(sort, atMillis, peer, 1, writer);
    }

    @Override
    public void dropped(long atMillis, String clientId, String why, String topic) {
        Sort sort = Sort.of(Kind.DROPPED, clientId, why, topic);
        if (isCounted(sort, atMillis, "", DROPS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.DROPPED.word(), atMillis, clientId, "");
        writer.text("why", why);
        writer.text("topic", cut(topic));
        writer.number("count", 1);
        appendClient(sort, atMillis, "", 1, writer);
    }

    @Override
    public void nearMiss(long atMillis, String clientId, String peer, long silentMillis, int keepAliveSeconds) {
        Sort sort = Sort.of(Kind.NEAR_MISS, clientId, null, null);
        if (isCounted(sort, atMillis, peer, OTHERS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.NEAR_MISS.word(), atMillis, clientId, peer);
        writer.number("silent_ms", silentMillis);
        writer.number("keep_alive_s", keepAliveSeconds);
        appendClient(sort, atMillis, peer, 1, writer);
    }

    @Override
    public void sessionEnded(long atMillis, String clientId, String why) {
        Sort sort = Sort.of(Kind.SESSION_ENDED, clientId, why, null);
        if (isCounted(sort, atMillis, "", OTHERS)) {
            return;
        }
        RecordWriter writer = writers.get();
        writer.begin(Kind.SESSION_ENDED.word(), atMillis, clientId, "");
        writer.text("why", why);
        appendClient(sort, atMillis, "", 1, writer);
    }

    // ---- what is counted

    private boolean isCounted(Sort sort, long atMillis, String peer, int most) {
        if (repeats.admits(sort, atMillis, peer, most)) {
            return false;
        }
        counters.increment(Counter.RECORDER_EVENTS_AGGREGATED);
        return true;
    }

    private void repeated(Repeated repeated) {
        Sort sort = repeated.sort();
        RecordWriter writer = number(sort, repeated.atMillis(), repeated.peer(), repeated.count());
        if (sort.kind() == Kind.FAILED || sort.kind() == Kind.REFUSED) {
            appendStranger(sort, repeated.atMillis(), repeated.count(), writer);
        } else {
            appendClient(sort, repeated.atMillis(), repeated.peer(), repeated.count(), writer);
        }
    }

    /** A record that stands for so many events. */
    private RecordWriter number(Sort sort, long atMillis, String peer, int count) {
        Kind kind = sort.kind();
        RecordWriter writer = writers.get();
        writer.begin(kind.word(), atMillis, sort.clientId(), peer);
        boolean filter = kind == Kind.SUBSCRIBED || kind == Kind.UNSUBSCRIBED;
        text(writer, kind.isEnd() ? "reason" : kind == Kind.DENIED ? "what" : "why", sort.cause());
        text(writer, kind.isEnd() ? "detail" : filter ? "filter" : "topic", sort.object());
        text(writer, "side", sort.side());
        text(writer, "listener", sort.listener());
        if (kind.isEnd()) {
            writer.text("node", node);
        }
        writer.number(kind == Kind.DROPPED ? "count" : "repeated", count);
        return writer;
    }

    private static void text(RecordWriter writer, String name, @Nullable String value) {
        if (value != null) {
            writer.text(name, value);
        }
    }

    /** Writes down what was only counted in the seconds before: call it once a second. */
    public void flush(long nowMillis) {
        if (!closed) {
            words.alive(nowMillis);
            clients.fetchAhead(FETCHED_CLIENTS);
            strangers.fetchAhead(FETCHED_STRANGERS);
        }
        repeats.flush(nowMillis);
        allowance.flush((sort, count) -> append(strangers, number(sort, nowMillis, "", count)));
        beyond.flush((sort, count) -> append(clients, number(sort, nowMillis, "", count)));
    }

    // ---- the file

    private void appendStranger(Sort sort, long atMillis, int count, RecordWriter writer) {
        if (allowance.admits(atMillis, writer.finish(), sort, count)) {
            append(strangers, writer);
        } else if (count == 1) {
            counters.increment(Counter.RECORDER_EVENTS_AGGREGATED);
        }
    }

    /** Of a client; what is more than its share is counted without its name. */
    private void appendClient(Sort sort, long atMillis, String peer, int count, RecordWriter writer) {
        int length = writer.finish();
        boolean takes = ofClients.takes(writer.hash(), atMillis, length)
                && (peer.isEmpty() || ofAddresses.takes(addressHash(peer), atMillis, length));
        if (takes) {
            append(clients, writer);
        } else {
            beyond.add(sort, count);
            if (count == 1) {
                counters.increment(Counter.RECORDER_EVENTS_AGGREGATED);
            }
        }
    }

    private int addressHash(String peer) {
        byte[] address = RecordWriter.bytes(RecordedEvent.address(peer));
        return RecordFormat.hash(address, 0, address.length, layout.seed());
    }

    private static String cut(String topic) {
        return topic.length() <= MOST_TOPIC ? topic : topic.substring(0, MOST_TOPIC) + "...";
    }

    private void append(RecorderRing ring, RecordWriter writer) {
        int length = writer.finish();
        if (closed) {
            counters.increment(Counter.RECORDER_EVENTS_LOST);
            return;
        }
        try {
            lock();
            try {
                ring.append(writer.bytes(), length, writer.checksum(), writer.hash(), writer.hasClientId(), ++sequence);
            } finally {
                lock.unlock();
            }
        } catch (InternalError e) {
            unwritable(e);
            return;
        }
        counters.increment(Counter.RECORDER_EVENTS);
        counters.add(Counter.RECORDER_BYTES, length);
    }

    @SuppressWarnings("LockNotBeforeTry")
    private void lock() {
        if (lock.tryLock()) {
            return;
        }
        long from = System.nanoTime();
        lock.lock();
        if (System.nanoTime() - from > LONG_WAIT_NANOS) {
            counters.increment(Counter.RECORDER_LONG_WAITS);
        }
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
