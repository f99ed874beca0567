package io.nightjar.actor;

import io.nightjar.message.Traces.NodeFigures;
import io.nightjar.metrics.Counters;
import io.nightjar.store.TraceFile;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceEvents;
import io.nightjar.trace.TraceFormat;
import io.nightjar.trace.TraceRules;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One trace on one node: its file, its format and what became of it. The methods that write are for the thread of
 * {@link TraceWriter} alone; {@link #drop}, {@link #isLive} and the figures are for any thread. A file that cannot be
 * written makes this trace fail here, with its cause, and nothing else. What happens while it is failed is counted; when
 * {@link #retry} finds that it can write again, the file tells the cause and how much is missing, and it goes on.
 */
final class TraceTarget {
    private static final Logger LOG = LoggerFactory.getLogger(TraceTarget.class);

    private static final long FREE_CHECK_BYTES = 1024 * 1024;

    /** So much above the floor must be free before a trace that failed for it goes on: it would fail again at once. */
    private static final long RECOVERY_BYTES = 2 * FREE_CHECK_BYTES;

    private final String name;
    private final TraceFormat format;
    private final TraceFile file;
    private final TraceSettings settings;
    private final String node;
    private final Counters counters;
    private final Clock clock;

    private volatile TraceEntry entry;
    private volatile @Nullable String failure;
    private volatile boolean live;
    private final AtomicLong untoldDrops = new AtomicLong();

    /** Bytes until the free space is looked at again. */
    private long untilFreeCheck;

    /** @param maxFileSize bytes of its files to begin with */
    TraceTarget(
            TraceEntry entry, TraceSettings settings, long maxFileSize, String node, Counters counters, Clock clock) {
        this.entry = entry;
        this.name = entry.name();
        this.format = TraceFormat.of(entry.definition());
        this.settings = settings;
        this.node = node;
        this.counters = counters;
        this.clock = clock;
        this.file = new TraceFile(
                settings.directory(),
                entry.name(),
                entry.id(),
                maxFileSize,
                removed -> marker("trace_rotated", "removed_bytes", removed));
    }

    TraceEntry entry() {
        return entry;
    }

    /** The same trace with its definition changed. */
    void update(TraceEntry changed) {
        entry = changed;
    }

    /** Whether more lines may come: from the moment it is to be opened until it was closed. */
    boolean isLive() {
        return live;
    }

    /** Whether it cannot write now. */
    boolean isFailed() {
        return failure != null;
    }

    /** Another greatest size of its files. */
    void maxFileSize(long bytes) {
        file.maxSize(bytes);
    }

    void setLive() {
        live = true;
    }

    /** An event was lost before it reached the file. */
    void drop(long events) {
        untoldDrops.addAndGet(events);
        counters.add(Counters.Counter.TRACE_EVENTS_DROPPED, events);
    }

    void open() {
        failure = null;
        untilFreeCheck = 0;
        attempt(() -> {
            boolean resumed = file.figures().lines() > 0;
            String end = Instant.ofEpochMilli(entry.definition().endAtMillis()).toString();
            file.append(marker(resumed ? "trace_resumed" : "trace_started", "end_at", end));
        });
    }

    void write(TraceEvent event) {
        String line;
        try {
            line = format.line(event);
        } catch (RuntimeException bug) {
            drop(1);
            throw bug;
        }
        attempt(() -> {
            tellDrops();
            checkFree(line.length(), 0);
        });
        if (failure != null) {
            drop(1);
            return;
        }
        attempt(() -> {
            file.append(line, 1, 0);
            boolean ended = event.msg().equals(TraceEvents.CONNECTION_ENDED);
            Object reason = ended ? event.fields().get("reason") : null;
            file.note(Math.floorDiv(event.atMicros(), 1000L), reason == null ? null : reason.toString());
        });
    }

    void flush() {
        attempt(() -> {
            tellDrops();
            file.flush();
        });
    }

    /** Says something in the file that is about the trace itself. */
    void tell(String msg, String field, Object value) {
        attempt(() -> file.append(marker(msg, field, value)));
    }

    /** Tries to go on after a failure. What was lost meanwhile stands in the file then. */
    void retry() {
        String cause = failure;
        if (cause == null) {
            return;
        }
        try {
            untilFreeCheck = 0;
            checkFree(0, RECOVERY_BYTES);
            file.append(marker("trace_recovered", "cause", cause));
            tellDrops();
            file.flush();
            failure = null;
            LOG.warn("event=trace_recovered trace={}", name);
        } catch (IOException e) {
            takeLost();
            failure = words(e);
        }
    }

    /** @param why what ended it, or null if it only pauses until the node is back */
    void close(@Nullable String why) {
        retry();
        attempt(() -> {
            tellDrops();
            if (why != null) {
                file.append(marker("trace_stopped", "why", why));
            }
            file.close();
        });
        live = false;
    }

    void delete() {
        live = false;
        failure = null;
        attempt(file::delete);
    }

    private void tellDrops() throws IOException {
        long drops = untoldDrops.getAndSet(0);
        if (drops > 0) {
            file.append(marker("trace_events_dropped", "count", drops), 0, drops);
        }
    }

    /** What the file lost is a gap like any other: counted, and told as soon as that can be. */
    private void takeLost() {
        TraceFile.Lost lost = file.takeLost();
        untoldDrops.addAndGet(lost.events() + lost.drops());
        counters.add(Counters.Counter.TRACE_EVENTS_DROPPED, lost.events());
    }

    private void checkFree(int bytes, long more) throws IOException {
        untilFreeCheck -= bytes;
        if (untilFreeCheck > 0 || settings.minFreeDisk() <= 0) {
            return;
        }
        untilFreeCheck = FREE_CHECK_BYTES;
        long free = Files.getFileStore(settings.directory()).getUsableSpace();
        if (free - more < settings.minFreeDisk()) {
            throw new IOException("the disk has " + free + " bytes free, less than nightjar.trace.min-free-disk = "
                    + settings.minFreeDisk());
        }
    }

    /** Does what may fail, unless it failed already; a failure is this trace's and is told once. */
    private void attempt(Write write) {
        if (failure != null) {
            return;
        }
        try {
            write.run();
        } catch (IOException e) {
            takeLost();
            String cause = words(e);
            failure = cause;
            LOG.error("event=trace_failed trace={} cause=\"{}\"", name, cause.replaceAll("[\\p{Cntrl}\"]", "?"));
        }
    }

    private static String words(IOException e) {
        String name = e.getClass().getSimpleName();
        return e.getMessage() == null ? name : name + ": " + e.getMessage();
    }

    private String marker(String msg, String field, Object value) {
        TraceDefinition definition = entry.definition();
        Instant now = clock.instant();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("trace", name);
        fields.put("node", node);
        fields.put(field, value);
        return format.line(new TraceEvent(
                now.getEpochSecond() * 1_000_000 + now.getNano() / 1000,
                TraceEvent.Tag.TRACE,
                TraceEvent.Level.INFO,
                msg,
                definition.type().equals(TraceRules.CLIENT_ID)
                                || definition.type().equals(TraceRules.CLIENT_ID_PREFIX)
                        ? definition.value()
                        : "",
                "",
                fields));
    }

    /** What this node knows of the trace. May block on the disk. */
    NodeFigures figures() {
        String failed = failure;
        String status = failed != null ? "failed" : status().word();
        try {
            TraceFile.Figures known = file.figures();
            return new NodeFigures(
                    status,
                    file.size(),
                    known.lines(),
                    known.dropped() + untoldDrops.get(),
                    known.lastEventAtMillis(),
                    known.lastReason(),
                    failed);
        } catch (IOException e) {
            return new NodeFigures(
                    "failed", 0, 0, untoldDrops.get(), null, null, failed == null ? e.toString() : failed);
        }
    }

    /** By its times, but one that runs does not wait again because the clock was set back. */
    private TraceRules.Status status() {
        TraceRules.Status status = TraceRules.status(entry.definition(), clock.millis());
        return live && status == TraceRules.Status.WAITING ? TraceRules.Status.RUNNING : status;
    }

    TraceFile file() {
        return file;
    }

    /** A step that writes. */
    private interface Write {
        void run() throws IOException;
    }
}
