package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceFormat;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /trace/{name}/tail}: a trace while it is written, as Server-Sent Events, merged over the nodes. An event is
 * a line, {@code {"node","line"}}, and its id a cursor over all nodes, the same as of the log: with it as {@code
 * Last-Event-ID} a reader goes on behind that line, without loss or repetition, at whichever node it asks.
 *
 * <p>Lines are read from the files when the reader's socket takes them, so a slow reader slows nobody; what is rotated
 * away before it was read is told in {@code lines_lost}. A node that stops answering is told once in {@code
 * node_unreachable}, and the tail goes on with the others; what that node wrote meanwhile follows when it is back, later
 * than its time. {@code end} is the last event, when the trace is over or deleted or no longer for this reader: within
 * 15 s of a logout, or of the end of a token or an API key.
 */
final class TraceTail {
    /** How often files are looked at while nothing comes. */
    private static final Duration POLL = Duration.ofMillis(200);

    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /** How long a round waits for a node, and for one that did not answer the last time. */
    private static final long PATIENCE_MILLIS = 3_000;

    private static final long MISSING_PATIENCE_MILLIS = 300;

    /** How long after the end of a trace a node that does not answer is waited for. */
    private static final long LAST_PATIENCE_MILLIS = 15_000;

    /** Status of the last event when the reader may no longer read. */
    private static final String UNAUTHORIZED = "unauthorized";

    private static final int ROUND_BYTES = 64 << 10;
    private static final ByteString PREAMBLE = ByteString.fromString("retry: 1000\n: the lines of a trace follow\n\n");
    private static final ByteString HEART = ByteString.fromString(":\n\n");
    private static final ContentType EVENT_STREAM = ContentTypes.parse("text/event-stream");

    private final Traces traces;
    private final Clock clock;
    private final int maxTails;
    private final Counters counters;
    private final Slots slots;

    TraceTail(Traces traces, Clock clock, int maxTails, Counters counters) {
        this.traces = traces;
        this.clock = clock;
        this.maxTails = maxTails;
        this.counters = counters;
        this.slots = new Slots(maxTails);
    }

    /**
     * Where a tail is.
     *
     * @param missing nodes that do not answer now, and since when, milliseconds since 1970
     * @param idle whether nothing came the last time
     * @param over whether its last event is out
     */
    private record State(Map<String, TracePage.Place> places, Map<String, Long> missing, boolean idle, boolean over) {}

    /**
     * What one node said in a round.
     *
     * @param piece null if it did not answer
     * @param refusal code of a refusal, or null
     */
    private record Answer(String node, TracePage.@Nullable NodePiece piece, @Nullable String refusal) {}

    CompletionStage<HttpResponse> start(Call call) {
        String name = call.path(0);
        String node = call.parameters().text("node");
        String from = call.request()
                .getHeader("Last-Event-ID")
                .map(HttpHeader::value)
                .orElseGet(() -> call.parameters().text("position", "0"));
        if (node != null) {
            TraceLog.checkNode(traces, node);
        }
        Map<String, TracePage.Place> places = from.equals("end") ? Map.of() : TracePage.decode(from);
        TracePage.Place otherwise = from.equals("end") ? new TracePage.Place("end", 0) : TracePage.Place.START;
        Slots.Slot slot = slots.take();
        if (slot == null) {
            counters.increment(Counters.Counter.TRACE_READERS_REFUSED);
            throw ApiException.limitReached("there are " + maxTails
                    + " live tails at this node (nightjar.trace.max-tails); close one, or ask another node");
        }
        CompletionStage<HttpResponse> answer = traces.list().thenApply(views -> {
            TraceDefinition trace = views.stream()
                    .map(Traces.TraceView::definition)
                    .filter(definition -> definition.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> ApiException.notFound("there is no trace " + Text.quote(name)));
            TraceAccess access = new TraceAccess(call, clock);
            access.check(trace);
            TraceViews.all(call);
            Tail tail = new Tail(trace, node, otherwise, call.system(), access);
            return HttpResponse.create()
                    .addHeader(RawHeader.create("X-Accel-Buffering", "no")) // nginx would hold the lines back
                    .withEntity(
                            HttpEntities.createChunked(EVENT_STREAM, slot.holdFor(tail.events(places), call.system())));
        });
        return answer.whenComplete((response, failure) -> {
            if (failure != null) {
                slot.free();
            }
        });
    }

    /** One reader. */
    private final class Tail {
        private final TraceDefinition trace;
        private final @Nullable String only;
        private final TracePage.Place otherwise;
        private final ActorSystem<?> system;
        private final TraceFormat format;
        private final TraceAccess access;

        Tail(
                TraceDefinition trace,
                @Nullable String only,
                TracePage.Place otherwise,
                ActorSystem<?> system,
                TraceAccess access) {
            this.trace = trace;
            this.only = only;
            this.otherwise = otherwise;
            this.system = system;
            this.format = TraceFormat.of(trace);
            this.access = access;
        }

        Source<ByteString, NotUsed> events(Map<String, TracePage.Place> places) {
            Source<ByteString, NotUsed> lines =
                    Source.unfoldAsync(new State(places, Map.of(), false, false), this::next);
            return Source.single(PREAMBLE)
                    .concatLazy(lines.filter(ByteString::nonEmpty))
                    .keepAlive(HEARTBEAT, () -> HEART);
        }

        private CompletionStage<Optional<Pair<State, ByteString>>> next(State state) {
            if (state.over) {
                return CompletableFuture.completedFuture(Optional.empty());
            } else if (state.idle) {
                return Patterns.after(POLL, system.classicSystem(), () -> round(state));
            }
            return round(state);
        }

        private CompletionStage<Optional<Pair<State, ByteString>>> round(State state) {
            try {
                access.check();
            } catch (ApiException e) {
                return CompletableFuture.completedFuture(Optional.of(new Events(state).end(UNAUTHORIZED)));
            }
            List<CompletableFuture<Answer>> asked = new ArrayList<>();
            for (String node : traces.nodes()) {
                if (only == null || only.equals(node)) {
                    asked.add(ask(node, state));
                }
            }
            return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                    .thenApply(done -> Optional.of(answer(
                            state, asked.stream().map(CompletableFuture::join).toList())));
        }

        private CompletableFuture<Answer> ask(String node, State state) {
            TracePage.Place place = state.places.getOrDefault(node, otherwise);
            long patience = state.missing.containsKey(node) ? MISSING_PATIENCE_MILLIS : PATIENCE_MILLIS;
            return traces.read(trace.name(), node, place.position(), TraceLines.PIECE)
                    .toCompletableFuture()
                    .copy()
                    .orTimeout(patience, TimeUnit.MILLISECONDS)
                    .thenApply(access::check)
                    .handle((piece, failure) -> {
                        if (failure == null) {
                            byte[] text = piece.text().toArray();
                            return new Answer(
                                    node,
                                    new TracePage.NodePiece(
                                            node, place, text, piece.start(), piece.position(), piece.hint()),
                                    null);
                        }
                        Throwable cause = TraceLog.cause(failure);
                        String code = cause instanceof Traces.Refused refused
                                ? refused.code()
                                : cause instanceof ApiException ? UNAUTHORIZED : null;
                        return new Answer(node, null, code);
                    });
        }

        private Pair<State, ByteString> answer(State state, List<Answer> answers) {
            Events out = new Events(state);
            List<TracePage.NodePiece> pieces = new ArrayList<>();
            for (Answer answer : answers) {
                TracePage.NodePiece piece = answer.piece;
                if (piece != null && piece.place().skip() <= piece.text().length) {
                    out.answers(answer.node);
                    pieces.add(piece);
                } else if (piece != null || "STALE_CURSOR".equals(answer.refusal)) {
                    out.lost(answer.node);
                } else if (UNAUTHORIZED.equals(answer.refusal)) {
                    return out.end(UNAUTHORIZED);
                } else if ("NOT_FOUND".equals(answer.refusal) && answer.node.equals(traces.node())) {
                    return out.end("deleted");
                } else {
                    out.unreachable(answer.node, "it does not answer");
                }
            }
            Set<String> known = new TreeSet<>(state.places.keySet());
            traces.left().forEach((node, at) -> {
                if (at >= trace.startAtMillis()) {
                    known.add(node);
                }
            });
            for (String node : known) {
                if ((only == null || only.equals(node)) && !traces.nodes().contains(node)) {
                    out.unreachable(node, "it left the cluster: what it recorded is on its disk");
                }
            }
            TracePage.steps(pieces, ROUND_BYTES).forEach(out::line);
            // what has no line yet stays where it was read to: "end" would be another place the next time
            pieces.stream()
                    .filter(piece -> piece.text().length == 0)
                    .forEach(piece -> out.places.put(piece.node(), new TracePage.Place(piece.next(), 0)));
            boolean over = !out.lostLines
                    && pieces.stream().allMatch(piece -> "eof".equals(piece.hint()) && out.isReadToEnd(piece))
                    && (!pieces.isEmpty() || out.hasWaited())
                    && (out.missing.isEmpty() || out.hasWaited());
            return over ? out.end("stopped") : out.goOn();
        }

        /** What goes out in one round. */
        private final class Events {
            private final StringBuilder out = new StringBuilder();
            final Map<String, TracePage.Place> places;
            final Map<String, Long> missing;
            boolean lostLines;

            Events(State state) {
                places = new LinkedHashMap<>(state.places);
                missing = new TreeMap<>(state.missing);
            }

            void line(TracePage.Step step) {
                places.putAll(step.places());
                boolean whole = step.line().length > 0 && step.line()[step.line().length - 1] == '\n';
                String text = new String(step.line(), 0, step.line().length - (whole ? 1 : 0), StandardCharsets.UTF_8);
                out.append("id: ").append(TracePage.encode(places)).append('\n');
                ObjectNode data = Json.object().put("node", step.node()).put("line", text);
                if (!whole) {
                    data.put("more", true); // longer than a piece: the rest is the node's next line
                }
                data(data);
            }

            void answers(String node) {
                if (missing.remove(node) != null) {
                    note("node_back", node, "it answers again; what it wrote meanwhile follows");
                }
            }

            void lost(String node) {
                lostLines = true;
                places.put(node, TracePage.Place.START);
                note("lines_lost", node, "lines were removed to make room before they were read");
            }

            void unreachable(String node, String why) {
                if (missing.putIfAbsent(node, clock.millis()) == null) {
                    note(TraceDownload.UNREACHABLE, node, why);
                }
            }

            /** An event of its own kind whose line is one in the trace's format. */
            private void note(String msg, String node, String why) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("node", node);
                fields.put("why", why);
                TraceEvent event = new TraceEvent(
                        clock.millis() * 1000, TraceEvent.Tag.TRACE, TraceEvent.Level.WARNING, msg, "", "", fields);
                out.append("event: ").append(msg).append('\n');
                data(Json.object().put("node", node).put("line", format.line(event)));
            }

            private void data(ObjectNode data) {
                out.append("data: ")
                        .append(new String(Json.bytes(data), StandardCharsets.UTF_8))
                        .append("\n\n");
            }

            boolean isReadToEnd(TracePage.NodePiece piece) {
                TracePage.Place place = places.get(piece.node());
                return place != null && place.position().equals(piece.next()) && place.skip() == 0;
            }

            /** Whether nodes that do not answer were waited for long enough. */
            boolean hasWaited() {
                return missing.values().stream().allMatch(since -> clock.millis() - since >= LAST_PATIENCE_MILLIS);
            }

            Pair<State, ByteString> goOn() {
                boolean nothing = out.length() == 0;
                return Pair.create(new State(places, missing, nothing, false), bytes());
            }

            Pair<State, ByteString> end(String status) {
                out.append("event: end\n");
                ObjectNode data = Json.object().put("status", status);
                if (!missing.isEmpty()) {
                    data.set("unreachable_nodes", Json.tree(List.copyOf(missing.keySet())));
                }
                data(data);
                return Pair.create(new State(places, missing, false, true), bytes());
            }

            private ByteString bytes() {
                return ByteString.fromString(out.toString());
            }
        }
    }
}
