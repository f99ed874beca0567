package io.nightjar.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.message.Traces;
import io.nightjar.mqtt.Bytes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code GET /trace/{name}/log}: a page of one node's log, or of all nodes merged by time. */
final class TraceLog {
    private static final Logger LOG = LoggerFactory.getLogger(TraceLog.class);
    private static final int BYTES_DEFAULT = 64 << 10;
    private static final int BYTES_MIN = 1;

    /** Refusals that are the caller's, not the node's. */
    private static final Set<String> CALLERS = Set.of("NOT_FOUND", "STALE_CURSOR", "BAD_REQUEST", "INVALID_PARAMS");

    private final Traces traces;
    private final Clock clock;
    private final TraceViews views = new TraceViews();

    TraceLog(Traces traces, Clock clock) {
        this.traces = traces;
        this.clock = clock;
    }

    CompletionStage<HttpResponse> page(Call call) {
        String name = call.path(0);
        String position = call.parameters().text("position", "0");
        int bytes = (int) call.parameters().number("bytes", BYTES_DEFAULT, BYTES_MIN, TraceLines.PIECE);
        String node = call.parameters().text("node");
        TraceAccess access = new TraceAccess(call, clock);
        CompletionStage<HttpResponse> answer =
                node == null ? merged(name, position, bytes, access) : ofNode(name, node, position, bytes, access);
        return answer.thenApply(response -> {
            views.page(call, clock.millis());
            return response;
        });
    }

    private CompletionStage<HttpResponse> ofNode(
            String name, String node, String position, int bytes, TraceAccess access) {
        checkNode(traces, node);
        return traces.read(name, node, position, Math.max(bytes, TraceLines.CHARACTER))
                .thenApply(access::check)
                .thenCompose(piece -> wholeCharacters(piece, name, node))
                .thenApply(access::check)
                .thenApply(piece -> reply(piece.text(), piece.position(), piece.hint(), List.of()));
    }

    /** A line that is longer than what was asked for is cut between two characters: the answer is a text. */
    private CompletionStage<Traces.LogPiece> wholeCharacters(Traces.LogPiece piece, String name, String node) {
        byte[] text = piece.text().toArray();
        int whole = TraceLines.wholeCharacters(text);
        return whole == text.length
                ? CompletableFuture.completedFuture(piece)
                : traces.read(name, node, piece.start(), whole);
    }

    /** @throws ApiException 404 if there is no such node */
    static void checkNode(Traces traces, String node) {
        if (!traces.nodes().contains(node)) {
            throw new ApiException(
                    404,
                    "NODE_ERROR",
                    "there is no node " + Text.quote(node) + "; the nodes are " + String.join(", ", traces.nodes()));
        }
    }

    private CompletionStage<HttpResponse> merged(String name, String position, int bytes, TraceAccess access) {
        Map<String, TracePage.Place> places = TracePage.decode(position);
        List<String> nodes = traces.nodes();
        Map<String, CompletionStage<TracePage.@Nullable NodePiece>> asked = new LinkedHashMap<>();
        for (String node : nodes) {
            asked.put(node, ask(name, node, places.getOrDefault(node, TracePage.Place.START), access));
        }
        CompletableFuture<?>[] all = asked.values().stream()
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(all).thenCombine(left(name), (done, left) -> {
            List<TracePage.NodePiece> pieces = new ArrayList<>();
            Set<String> gone = new TreeSet<>(places.keySet());
            gone.addAll(left);
            gone.removeAll(nodes);
            List<String> unreachable = new ArrayList<>(gone);
            boolean eofPossible = true;
            for (Map.Entry<String, CompletionStage<TracePage.@Nullable NodePiece>> entry : asked.entrySet()) {
                TracePage.NodePiece piece =
                        entry.getValue().toCompletableFuture().join();
                if (piece == null) {
                    unreachable.add(entry.getKey());
                    eofPossible = false;
                } else {
                    pieces.add(piece);
                }
            }
            return reply(places, TracePage.merge(pieces, bytes), unreachable, eofPossible);
        });
    }

    /** Nodes that left the cluster since the trace began. */
    private CompletionStage<List<String>> left(String name) {
        Map<String, Long> left = traces.left();
        if (left.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        return traces.list().thenApply(views -> views.stream()
                .map(Traces.TraceView::definition)
                .filter(trace -> trace.name().equals(name))
                .flatMap(trace -> left.entrySet().stream()
                        .filter(entry -> entry.getValue() >= trace.startAtMillis())
                        .map(Map.Entry::getKey))
                .toList());
    }

    private HttpResponse reply(
            Map<String, TracePage.Place> before, TracePage.Merged page, List<String> unreachable, boolean eofPossible) {
        Map<String, TracePage.Place> places = new LinkedHashMap<>(before);
        places.putAll(page.places());
        unreachable.forEach(node -> places.putIfAbsent(node, TracePage.Place.START));
        String hint = "eof".equals(page.hint()) && !eofPossible ? "retry" : page.hint();
        return reply(Bytes.wrap(page.text()), TracePage.encode(places), hint, unreachable);
    }

    /** One node's piece, or null if the node does not answer. */
    private CompletionStage<TracePage.@Nullable NodePiece> ask(
            String name, String node, TracePage.Place place, TraceAccess access) {
        return traces.read(name, node, place.position(), TraceLines.PIECE).handle((piece, failure) -> {
            if (failure == null) {
                access.check(piece);
                return new TracePage.NodePiece(
                        node, place, piece.text().toArray(), piece.start(), piece.position(), piece.hint());
            }
            Throwable cause = cause(failure);
            if (cause instanceof Traces.Refused refused && CALLERS.contains(refused.code())) {
                throw refused;
            }
            LOG.warn(
                    "event=trace_node_unreachable trace={} node={} why={}",
                    Text.quote(name),
                    node,
                    Text.quote(String.valueOf(cause)));
            return null;
        });
    }

    static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static HttpResponse reply(Bytes text, String position, @Nullable String hint, List<String> unreachable) {
        ObjectNode answer = Json.object().put("items", text.text());
        ObjectNode meta = answer.putObject("meta").put("position", position).put("bytes", text.size());
        if (hint != null) {
            meta.put("hint", hint);
        }
        if (!unreachable.isEmpty()) {
            meta.set("unreachable_nodes", Json.tree(unreachable));
        }
        return Replies.ok(answer);
    }
}
