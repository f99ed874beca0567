package io.nightjar.http;

import io.nightjar.message.Traces;
import io.nightjar.mqtt.Bytes;
import io.nightjar.trace.TraceDefinition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Traces in memory on the nodes n1 and n2. A position is the number of bytes read, with a letter before it so that
 * nobody takes it for a number; pieces are whole lines where that is possible, as the real ones are.
 */
final class FakeTraces implements Traces {
    final Map<String, TraceDefinition> definitions = new LinkedHashMap<>();
    final Map<String, byte[]> logs = new ConcurrentHashMap<>();
    private final Map<String, Integer> removed = new ConcurrentHashMap<>();
    final List<String> unreachable = new ArrayList<>();
    final AtomicInteger outstanding = new AtomicInteger();
    final AtomicInteger mostOutstanding = new AtomicInteger();
    final AtomicInteger reads = new AtomicInteger();
    volatile boolean running;

    /** Runs before a piece of a log is read, with the node's name. */
    volatile Consumer<String> beforeRead = node -> {};

    /** A list is answered when this is complete. */
    volatile CompletableFuture<Void> answers = CompletableFuture.completedFuture(null);

    volatile List<String> nodes = List.of("n1", "n2");

    void log(String name, String node, String text) {
        logs.put(name + "@" + node, text.getBytes(StandardCharsets.UTF_8));
        removed.remove(name + "@" + node);
    }

    /** Removes so many bytes, the oldest, to make room. */
    void rotate(String name, String node, int bytes) {
        logs.computeIfPresent(name + "@" + node, (key, log) -> Arrays.copyOfRange(log, bytes, log.length));
        removed.merge(name + "@" + node, bytes, Integer::sum);
    }

    private static <T> CompletionStage<T> refused(String code, String message) {
        return CompletableFuture.failedFuture(new Refused(code, message));
    }

    private TraceView view(TraceDefinition definition) {
        Map<String, NodeFigures> figures = new LinkedHashMap<>();
        for (String node : nodes) {
            if (!unreachable.contains(node)) {
                long size = logs.getOrDefault(definition.name() + "@" + node, new byte[0]).length;
                figures.put(node, new NodeFigures("running", size, 2, 1, TestClock.START, "kicked", null));
            }
        }
        return new TraceView(definition, definition.stopped() ? "stopped" : "running", figures, unreachable);
    }

    @Override
    public synchronized CompletionStage<List<TraceView>> list() {
        List<TraceView> views = definitions.values().stream().map(this::view).toList();
        return answers.thenApply(done -> views);
    }

    @Override
    public synchronized CompletionStage<TraceView> create(TraceDefinition definition) {
        if (definitions.containsKey(definition.name())) {
            return refused("ALREADY_EXISTS", "there is a trace " + definition.name());
        }
        if (definitions.size() >= 3) {
            return refused("EXCEED_LIMIT", "there are 3 traces already; delete one first");
        }
        if (definitions.values().stream().anyMatch(d -> d.value().equals(definition.value()))) {
            return refused("DUPLICATE_CONDITION", "another trace does the same");
        }
        definitions.put(definition.name(), definition);
        return CompletableFuture.completedFuture(view(definition));
    }

    @Override
    public synchronized CompletionStage<Void> delete(String name) {
        return definitions.remove(name) == null
                ? refused("NOT_FOUND", "there is no trace " + name)
                : CompletableFuture.completedFuture(null);
    }

    @Override
    public synchronized CompletionStage<Void> clear() {
        definitions.clear();
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public synchronized CompletionStage<TraceView> stop(String name) {
        TraceDefinition d = definitions.get(name);
        if (d == null) {
            return refused("NOT_FOUND", "there is no trace " + name);
        }
        TraceDefinition stopped = new TraceDefinition(
                d.name(),
                d.type(),
                d.value(),
                d.startAtMillis(),
                d.endAtMillis(),
                d.formatter(),
                d.payloadEncode(),
                d.payloadLimit(),
                true);
        definitions.put(name, stopped);
        return CompletableFuture.completedFuture(view(stopped));
    }

    @Override
    public synchronized CompletionStage<List<LogDetail>> logDetail(String name) {
        if (!definitions.containsKey(name)) {
            return refused("NOT_FOUND", "there is no trace " + name);
        }
        List<LogDetail> details = new ArrayList<>();
        for (String node : nodes) {
            if (!unreachable.contains(node)) {
                byte[] log = logs.getOrDefault(name + "@" + node, new byte[0]);
                details.add(new LogDetail(node, log.length, TestClock.START, "p0"));
            }
        }
        return CompletableFuture.completedFuture(details);
    }

    @Override
    public CompletionStage<LogPiece> read(String name, String node, String position, int bytes) {
        reads.incrementAndGet();
        int now = outstanding.incrementAndGet();
        mostOutstanding.accumulateAndGet(now, Math::max);
        return CompletableFuture.supplyAsync(() -> {
            outstanding.decrementAndGet();
            return piece(name, node, position, bytes);
        });
    }

    private LogPiece piece(String name, String node, String position, int bytes) {
        beforeRead.accept(node);
        if (unreachable.contains(node)) {
            throw new java.util.concurrent.CompletionException(new TimeoutException("ask timed out"));
        }
        if (!definitions.containsKey(name)) {
            throw new Refused("NOT_FOUND", "there is no trace " + name);
        }
        boolean payloads = !definitions.get(name).payloadEncode().equals("hidden");
        byte[] log = logs.getOrDefault(name + "@" + node, new byte[0]);
        int plus = position.indexOf('+');
        String base = plus < 0 ? position : position.substring(0, plus);
        int gone = removed.getOrDefault(name + "@" + node, 0);
        int from = base.equals("0") ? 0 : base.startsWith("p") ? Integer.parseInt(base.substring(1)) - gone : -1;
        from = base.equals("end") ? log.length : from;
        from += plus < 0 ? 0 : Integer.parseInt(position.substring(plus + 1));
        if (from < 0 || from > log.length) {
            throw new Refused("STALE_CURSOR", "position " + position + " is gone; begin again with 0");
        }
        int to = Math.min(log.length, from + bytes);
        int whole = to;
        while (to < log.length && whole > from && log[whole - 1] != '\n') {
            whole--;
        }
        int end = whole > from ? whole : to;
        String hint = end < log.length ? null : running ? "retry" : "eof";
        return new LogPiece(
                Bytes.wrap(Arrays.copyOfRange(log, from, end)),
                "p" + (gone + from),
                "p" + (gone + end),
                hint,
                payloads);
    }

    volatile Limits limits = new Limits(30, 512L << 20);

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public CompletionStage<Limits> setLimits(Limits wanted) {
        if (wanted.maxTraces() > 30) {
            return refused("BAD_REQUEST", "max_traces must be 1 to 30, which is nightjar.trace.max-traces");
        }
        limits = wanted;
        return CompletableFuture.completedFuture(wanted);
    }

    @Override
    public List<String> nodes() {
        return nodes;
    }

    @Override
    public String node() {
        return "n1";
    }
}
