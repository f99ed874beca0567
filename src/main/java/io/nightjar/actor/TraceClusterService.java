package io.nightjar.actor;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Bytes;
import io.nightjar.store.TraceDefinitionsFile;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceRules;
import io.nightjar.trace.Tracer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.MailboxSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The traces of the cluster, from whichever node is asked. What traces there are this node knows itself; figures and
 * pieces come from each node's {@link TraceActor}, and one that does not answer in 5 s is left out. Thread-safe, never
 * blocks.
 */
public final class TraceClusterService implements Traces {
    private static final Logger LOG = LoggerFactory.getLogger(TraceClusterService.class);

    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);
    /** A change waits up to 3 s for all nodes to know it. */
    private static final Duration CHANGE_TIMEOUT = Duration.ofSeconds(10);

    private static final String RUNNING = TraceRules.Status.RUNNING.word();

    private static final int MAILBOX = 1000;
    private static final int MOST_LEFT = 100;
    private static final String ACTOR_PREFIX = "traces-";

    private final ActorSystem<?> system;
    private final String node;
    private final Clock clock;
    private final Tracer tracer;
    private final TraceWriter writer;
    private final TraceLimitsNow limits;
    private final ActorRef<TraceCommand> local;
    /** Trace actors of the other nodes by the node's name. */
    private volatile Map<String, ActorRef<TraceCommand>> others = Map.of();

    private volatile Map<String, Long> left = Map.of();

    private TraceClusterService(
            ActorSystem<?> system,
            Tracer tracer,
            TraceSettings settings,
            Counters counters,
            String node,
            Clock clock,
            List<TraceEntry> saved) {
        this.system = system;
        this.node = node;
        this.clock = clock;
        this.tracer = tracer;
        this.writer = new TraceWriter(system, settings);
        this.limits = new TraceLimitsNow(settings);
        TraceActor.Node parts = new TraceActor.Node(
                node,
                settings,
                limits,
                tracer,
                writer,
                counters,
                clock,
                () -> System.nanoTime() / 1_000_000,
                this::onPeersChanged);
        this.local = system.systemActorOf(
                TraceActor.create(parts, saved, TraceReplica::create),
                ACTOR_PREFIX + URLEncoder.encode(node, StandardCharsets.UTF_8),
                MailboxSelector.bounded(MAILBOX));
    }

    /**
     * Starts the traces of this node, those included that ran before it was stopped. Once per actor system, which must
     * be a cluster's. Reads the definitions from disk, so it may block. The files are written out and closed in the
     * last phase of Coordinated Shutdown.
     *
     * @param nodeName unique in the cluster
     * @throws UncheckedIOException if the definitions cannot be read
     */
    public static TraceClusterService start(
            ActorSystem<?> system,
            Tracer tracer,
            TraceSettings settings,
            Counters counters,
            String nodeName,
            Clock clock) {
        List<TraceEntry> saved = load(new TraceDefinitionsFile(settings.directory()));
        TraceClusterService service =
                new TraceClusterService(system, tracer, settings, counters, nodeName, clock, saved);
        Supplier<CompletionStage<Done>> close = service::stop;
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "close-traces", close);
        return service;
    }

    private static List<TraceEntry> load(TraceDefinitionsFile file) {
        try {
            String json = file.read();
            if (json == null) {
                return List.of();
            }
            try {
                return TraceEntry.parseAll(json);
            } catch (JsonProcessingException e) {
                LOG.error(
                        "event=trace_definitions_unreadable moved_to=\"{}\" cause=\"{}\"",
                        file.setAside(),
                        e.getOriginalMessage());
                return List.of();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends tracing on this node, writes everything out and closes the files. Traces go on at the next start. */
    public CompletionStage<Done> stop() {
        tracer.stop();
        return writer.stop();
    }

    @Override
    public CompletionStage<List<TraceView>> list() {
        CompletionStage<TraceCommand.Entries> entries = askLocal(TraceCommand.GetEntries::new);
        return entries.thenCombine(figures(), (all, figures) -> all.entries().stream()
                .map(entry -> view(entry, figures))
                .sorted(Comparator.comparingLong(
                                (TraceView view) -> view.definition().startAtMillis())
                        .reversed()
                        .thenComparing(view -> view.definition().name()))
                .toList());
    }

    @Override
    public CompletionStage<TraceView> create(TraceDefinition definition) {
        return change(replyTo -> new TraceCommand.Create(definition, replyTo)).thenCompose(this::viewOf);
    }

    @Override
    public CompletionStage<Void> delete(String name) {
        return change(replyTo -> new TraceCommand.Delete(name, replyTo)).thenApply(done -> null);
    }

    @Override
    public CompletionStage<Void> clear() {
        return change(TraceCommand.Clear::new).thenApply(done -> null);
    }

    @Override
    public CompletionStage<TraceView> stop(String name) {
        return change(replyTo -> new TraceCommand.Stop(name, replyTo)).thenCompose(this::viewOf);
    }

    @Override
    public CompletionStage<List<LogDetail>> logDetail(String name) {
        return this.<TraceCommand.Detail>askAll(replyTo -> new TraceCommand.GetDetail(name, replyTo))
                .thenApply(details -> {
                    if (details.stream().noneMatch(TraceCommand.Detail::found)) {
                        if (details.stream().anyMatch(TraceCommand.Detail::busy)) {
                            throw new Refused("SERVICE_UNAVAILABLE", TraceReads.BUSY);
                        }
                        throw new Refused("NOT_FOUND", "there is no trace named " + name);
                    }
                    return details.stream()
                            .filter(TraceCommand.Detail::found)
                            .map(detail ->
                                    new LogDetail(detail.node(), detail.size(), detail.mtimeMillis(), detail.start()))
                            .toList();
                });
    }

    @Override
    public CompletionStage<LogPiece> read(String name, String nodeName, String position, int bytes) {
        ActorRef<TraceCommand> actor = nodeName.equals(node) ? local : others.get(nodeName);
        if (actor == null) {
            return CompletableFuture.failedFuture(
                    new Refused("NODE_ERROR", "node " + nodeName + " is not up; nodes are " + nodes()));
        }
        CompletionStage<TraceCommand.Piece> answer =
                ask(actor, replyTo -> new TraceCommand.GetPiece(name, position, bytes, replyTo), ANSWER_TIMEOUT);
        return answer.handle((piece, failure) -> {
            if (piece == null) {
                throw new Refused("NODE_ERROR", "node " + nodeName + " did not answer: " + failure);
            }
            String code = piece.code();
            if (code != null) {
                throw new Refused(code, piece.message());
            }
            return new LogPiece(
                    Bytes.wrap(piece.text()), piece.start(), piece.position(), piece.hint(), piece.payloads());
        });
    }

    @Override
    public Limits limits() {
        return limits.get();
    }

    @Override
    public CompletionStage<Limits> setLimits(Limits wanted) {
        return change(replyTo -> new TraceCommand.SetLimits(wanted, replyTo)).thenApply(done -> limits.get());
    }

    @Override
    public List<String> nodes() {
        List<String> all = new ArrayList<>();
        all.add(node);
        all.addAll(others.keySet());
        return all;
    }

    @Override
    public Map<String, Long> left() {
        return left;
    }

    @Override
    public String node() {
        return node;
    }

    private CompletionStage<TraceView> viewOf(TraceCommand.Outcome outcome) {
        TraceEntry entry = outcome.entry();
        if (entry == null) {
            throw new IllegalStateException("a change of one trace tells the trace");
        }
        return figures().thenApply(figures -> view(entry, figures));
    }

    private TraceView view(TraceEntry entry, List<TraceCommand.Figures> figures) {
        Map<String, NodeFigures> byNode = new LinkedHashMap<>();
        boolean failed = false;
        for (TraceCommand.Figures one : figures) {
            NodeFigures known = one.figures().get(entry.name());
            if (known != null) {
                byNode.put(one.node(), known);
                failed |= known.failure() != null;
            }
        }
        boolean runs = byNode.values().stream().anyMatch(known -> known.status().equals(RUNNING));
        TraceRules.Status byTime = TraceRules.status(entry.definition(), clock.millis());
        String status = failed ? "failed" : runs && byTime == TraceRules.Status.WAITING ? RUNNING : byTime.word();
        List<String> silent = new ArrayList<>(nodes());
        figures.forEach(one -> silent.remove(one.node()));
        return new TraceView(entry.definition(), status, byNode, silent);
    }

    private CompletionStage<List<TraceCommand.Figures>> figures() {
        return askAll(TraceCommand.GetFigures::new);
    }

    /** Fails with {@link Refused} if the change was. */
    private CompletionStage<TraceCommand.Outcome> change(
            Function<ActorRef<TraceCommand.Outcome>, TraceCommand> command) {
        return ask(local, command, CHANGE_TIMEOUT).thenApply(outcome -> {
            String code = outcome.code();
            if (code != null) {
                throw new Refused(code, outcome.message());
            }
            return outcome;
        });
    }

    private <T> CompletionStage<T> askLocal(Function<ActorRef<T>, TraceCommand> command) {
        return ask(local, command, ANSWER_TIMEOUT);
    }

    private <T> CompletionStage<T> ask(
            ActorRef<TraceCommand> actor, Function<ActorRef<T>, TraceCommand> command, Duration timeout) {
        return AskPattern.ask(actor, command, timeout, system.scheduler());
    }

    /** The answers of all nodes that answer, this one's first. */
    private <T> CompletionStage<List<T>> askAll(Function<ActorRef<T>, TraceCommand> command) {
        List<CompletableFuture<@Nullable T>> answers = new ArrayList<>();
        answers.add(orNull(node, askLocal(command)));
        others.forEach((name, actor) -> answers.add(orNull(name, ask(actor, command, ANSWER_TIMEOUT))));
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    List<T> all = new ArrayList<>();
                    for (CompletableFuture<@Nullable T> answer : answers) {
                        T value = answer.join();
                        if (value != null) {
                            all.add(value);
                        }
                    }
                    return all;
                });
    }

    private static <T> CompletableFuture<@Nullable T> orNull(String name, CompletionStage<T> answer) {
        CompletableFuture<@Nullable T> result = new CompletableFuture<>();
        answer.whenComplete((value, failure) -> {
            if (failure != null) {
                LOG.warn("event=trace_node_left_out node=\"{}\" cause=\"{}\"", name, failure.toString());
            }
            result.complete(value);
        });
        return result;
    }

    /** What a node recorded is on its disk and cannot be read: whoever reads a trace of that time is told. */
    private void rememberThoseThatLeft(Set<String> present) {
        Map<String, Long> now = new LinkedHashMap<>(left);
        others.keySet().stream().filter(name -> !present.contains(name)).forEach(name -> now.put(name, clock.millis()));
        now.keySet().removeAll(present);
        while (now.size() > MOST_LEFT) {
            now.remove(now.keySet().iterator().next());
        }
        left = Collections.unmodifiableMap(now);
    }

    /** The name of a node is in the name of its actor. */
    private void onPeersChanged(List<ActorRef<TraceCommand>> peers) {
        Map<String, ActorRef<TraceCommand>> named = new TreeMap<>();
        for (ActorRef<TraceCommand> peer : peers) {
            String name =
                    URLDecoder.decode(peer.path().name().substring(ACTOR_PREFIX.length()), StandardCharsets.UTF_8);
            if (!name.equals(node)) {
                named.put(name, peer);
            }
        }
        rememberThoseThatLeft(named.keySet());
        others = Collections.unmodifiableMap(named);
    }
}
