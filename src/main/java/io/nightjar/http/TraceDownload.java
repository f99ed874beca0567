package io.nightjar.http;

import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceFormat;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.HttpEntity;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Compression;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.CollectionConverters;

/**
 * {@code GET /trace/{name}/download}: the whole log as a stream. Of each node one piece of at most 128 KB is on its way,
 * and the next is asked for when the reader's socket has taken the last, so the size of the log does not matter.
 *
 * <p>It ends where the log ended when it was asked for. A node that does not answer is a line in the file, in a zip one
 * more entry, and the trailer {@value #TRAILER} behind the last byte; nothing is left out without a word. HTTP/1.1 has
 * trailers only behind a chunked body, which every download but a range is.
 *
 * <p>One node's text can be had in parts by {@code Range}: its {@code ETag} stays the same until the oldest lines make
 * room, and until then every byte stays where it is. A part that cannot be read to its end breaks the connection, so that
 * nobody takes less for the whole. So does a
 * download whose reader may not read any more: a login or an API key may end before it does.
 */
final class TraceDownload {
    private static final Logger LOG = LoggerFactory.getLogger(TraceDownload.class);
    private static final List<String> FORMATS = List.of("zip", "text", "jsonl", "gzip");

    static final String UNREACHABLE = "node_unreachable";

    /** Times that reading starts again because the log was rotated away faster than it was read. */
    private static final int MAX_RESTARTS = 3;

    /** Bytes that go out at once. */
    private static final int CHUNK = 64 << 10;

    /** Names the nodes that are not in the file, or not to their end. */
    static final String TRAILER = Replies.UNREACHABLE_NODES;

    private static final ContentType GZIP = ContentTypes.parse("application/gzip");
    private static final ContentType NDJSON = ContentTypes.parse("application/x-ndjson");

    private final Traces traces;
    private final Clock clock;
    private final int maxDownloads;
    private final Counters counters;
    private final Slots slots;

    TraceDownload(Traces traces, Clock clock, int maxDownloads, Counters counters) {
        this.traces = traces;
        this.clock = clock;
        this.maxDownloads = maxDownloads;
        this.counters = counters;
        this.slots = new Slots(maxDownloads);
    }

    /**
     * A trace to download.
     *
     * @param sizes bytes of each node's log now; null for a node that did not answer
     * @param notes what could not be had, in words, filled while it streams
     * @param missing nodes that are not in it to their end, filled while it streams
     */
    private record Plan(
            TraceDefinition trace,
            Map<String, @Nullable Long> sizes,
            List<String> notes,
            Set<String> missing,
            Reader reader) {}

    /** Who it is for: whether they still may read, and the slot that it holds. */
    private record Reader(TraceAccess access, Slots.Slot slot, ActorSystem<?> system) {
        Source<ByteString, NotUsed> holding(Source<ByteString, NotUsed> bytes) {
            return slot.holdFor(bytes, system);
        }
    }

    /**
     * How far one node's log was read.
     *
     * @param restarts how often the log was rotated away under it; more than allowed: stop
     * @param micros time of the last line, or {@link TraceLines#NO_TIME}: what is said about the next ones belongs here,
     *     because a merge takes every line of a node for later than the one before
     */
    private record Reading(String position, long bytes, int restarts, boolean done, long micros) {
        static Reading from(String position) {
            return new Reading(position, 0, 0, false, TraceLines.NO_TIME);
        }
    }

    CompletionStage<HttpResponse> start(Call call) {
        String name = call.path(0);
        String format = call.parameters().word("format", "zip", FORMATS);
        String node = call.parameters().text("node");
        if (node != null) {
            TraceLog.checkNode(traces, node);
        }
        Slots.Slot slot = slots.take();
        if (slot == null) {
            counters.increment(Counters.Counter.TRACE_READERS_REFUSED);
            throw ApiException.limitReached("there are " + maxDownloads
                    + " downloads under way (nightjar.trace.max-downloads); wait for one to end");
        }
        TraceAccess access = new TraceAccess(call, clock);
        String range = call.request().getHeader("Range").map(HttpHeader::value).orElse(null);
        String ifRange =
                call.request().getHeader("If-Range").map(HttpHeader::value).orElse(null);
        CompletionStage<HttpResponse> answer = traces.list().thenCombine(traces.logDetail(name), (views, details) -> {
            TraceDefinition trace = views.stream()
                    .map(Traces.TraceView::definition)
                    .filter(definition -> definition.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> ApiException.notFound("there is no trace " + Text.quote(name)));
            access.check(trace);
            checkFormat(trace, format);
            TraceViews.all(call);
            Plan plan = plan(trace, details, node, new Reader(access, slot, call.system()));
            Traces.LogDetail one = node == null || format.equals("zip") || format.equals("gzip")
                    ? null
                    : details.stream()
                            .filter(detail -> detail.node().equals(node))
                            .findFirst()
                            .orElse(null);
            if (one == null) {
                return reply(plan, format);
            }
            HttpResponse part = range == null ? null : part(plan, one, format, range, ifRange);
            return (part == null ? reply(plan, format) : part)
                    .addHeader(RawHeader.create("Accept-Ranges", "bytes"))
                    .addHeader(RawHeader.create("ETag", etag(one)));
        });
        return answer.whenComplete((response, failure) -> {
            if (failure != null || response.status().isFailure()) {
                slot.free();
            }
        });
    }

    private static void checkFormat(TraceDefinition trace, String format) {
        boolean json = trace.formatter().equals("json");
        if (json && format.equals("text") || !json && format.equals("jsonl")) {
            throw ApiException.badRequest("this trace is written with formatter " + trace.formatter()
                    + "; ask for format=" + (json ? "jsonl" : "text") + ", zip or gzip");
        }
    }

    private Plan plan(TraceDefinition trace, List<Traces.LogDetail> details, @Nullable String node, Reader reader) {
        Map<String, @Nullable Long> sizes = new LinkedHashMap<>();
        traces.left().forEach((name, at) -> {
            if (at >= trace.startAtMillis()) {
                sizes.put(name, null);
            }
        });
        traces.nodes().forEach(name -> sizes.put(name, null));
        details.forEach(detail -> sizes.put(detail.node(), detail.size()));
        if (node != null) {
            sizes.keySet().retainAll(List.of(node));
        }
        return new Plan(
                trace, sizes, Collections.synchronizedList(new ArrayList<>()), new ConcurrentSkipListSet<>(), reader);
    }

    private HttpResponse reply(Plan plan, String format) {
        Source<ByteString, NotUsed> bytes =
                switch (format) {
                    case "zip" -> zip(plan);
                    case "gzip" -> merged(plan).via(Compression.gzip());
                    default -> merged(plan);
                };
        return HttpResponse.create()
                .withEntity(withTrailer(type(format), plan.reader.holding(bytes), plan))
                .addHeader(RawHeader.create("Trailer", TRAILER))
                .addHeader(disposition(plan, format));
    }

    private static ContentType type(String format) {
        return switch (format) {
            case "zip" -> ContentTypes.create(MediaTypes.APPLICATION_ZIP);
            case "gzip" -> GZIP;
            case "jsonl" -> NDJSON;
            default -> ContentTypes.TEXT_PLAIN_UTF8;
        };
    }

    private HttpHeader disposition(Plan plan, String format) {
        String ending =
                switch (format) {
                    case "zip" -> ".zip";
                    case "gzip" -> ".log.gz";
                    case "jsonl" -> ".jsonl";
                    default -> ".log";
                };
        String file = "trace_" + plan.trace.name() + "_" + date(plan.trace) + ending;
        return RawHeader.create("Content-Disposition", "attachment; filename=\"" + file + "\"");
    }

    /** Chunks, and behind the last one the nodes that are missing, if there are any. */
    private static ResponseEntity withTrailer(ContentType type, Source<ByteString, NotUsed> bytes, Plan plan) {
        Source<HttpEntity.ChunkStreamPart, Object> chunks = bytes.filter(ByteString::nonEmpty)
                .<HttpEntity.ChunkStreamPart>map(piece -> new HttpEntity.Chunk(piece, ""))
                .concatLazy(Source.lazySingle(() -> last(plan)).mapMaterializedValue(notUsed -> NotUsed.getInstance()))
                .<Object>mapMaterializedValue(notUsed -> notUsed);
        return new HttpEntity.Chunked((org.apache.pekko.http.scaladsl.model.ContentType) type, chunks.asScala());
    }

    private static HttpEntity.ChunkStreamPart last(Plan plan) {
        List<org.apache.pekko.http.scaladsl.model.HttpHeader> trailer = plan.missing.isEmpty()
                ? List.of()
                : List.of(new org.apache.pekko.http.scaladsl.model.headers.RawHeader(
                        TRAILER, String.join(", ", plan.missing)));
        return new HttpEntity.LastChunk(
                "", CollectionConverters.asScala(trailer).toList());
    }

    // ---- a part of one node's text

    private static String etag(Traces.LogDetail detail) {
        return "\"" + detail.start() + "\"";
    }

    /** What {@code Range} asks for, or null if all is to be sent: several ranges, or a log that is another one now. */
    private @Nullable HttpResponse part(
            Plan plan, Traces.LogDetail log, String format, String range, @Nullable String ifRange) {
        ByteRange wanted = ByteRange.parse(range, log.size());
        if (wanted == null || ifRange != null && !ifRange.equals(etag(log))) {
            return null;
        } else if (wanted.isEmpty()) {
            return Replies.error(
                            416, "BAD_REQUEST", "the log has " + log.size() + " bytes now; ask for a range within them")
                    .addHeader(RawHeader.create("Content-Range", "bytes */" + log.size()));
        }
        String position = log.start() + "+" + wanted.first();
        Source<ByteString, NotUsed> bytes = Source.unfoldAsync(
                Reading.from(position), reading -> nextOfPart(plan, log.node(), wanted.length(), reading));
        return HttpResponse.create()
                .withStatus(StatusCodes.PARTIAL_CONTENT)
                .withEntity(HttpEntities.create(type(format), wanted.length(), plan.reader.holding(bytes)))
                .addHeader(RawHeader.create(
                        "Content-Range", "bytes " + wanted.first() + "-" + wanted.last() + "/" + log.size()))
                .addHeader(disposition(plan, format));
    }

    private CompletionStage<Optional<Pair<Reading, ByteString>>> nextOfPart(
            Plan plan, String node, long length, Reading reading) {
        long left = length - reading.bytes;
        if (left == 0) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        int most = (int) Math.min(left, TraceLines.PIECE);
        return read(plan, node, reading.position, most).thenApply(piece -> {
            int size = piece.text().size();
            if (size == 0) {
                throw new Traces.Refused("NODE_ERROR", "the log of node " + node + " became shorter meanwhile");
            }
            return Optional.of(Pair.create(
                    new Reading(piece.position(), reading.bytes + size, 0, false, reading.micros),
                    ByteString.fromArray(piece.text().toArray())));
        });
    }

    private Source<ByteString, NotUsed> zip(Plan plan) {
        Source<ZipFlow.Part, NotUsed> logs = Source.from(new ArrayList<>(plan.sizes.keySet()))
                .flatMapConcat(node -> Source.<ZipFlow.Part>single(
                                new ZipFlow.Open(entryName(node, plan.trace), clock.millis()))
                        .concatLazy(pieces(plan, node).map(piece -> new ZipFlow.Data(piece))));
        Source<ZipFlow.Part, NotUsed> missing = Source.lazySource(() -> Source.from(missingParts(plan)))
                .mapMaterializedValue(notUsed -> NotUsed.getInstance());
        return logs.concatLazy(missing).via(new ZipFlow());
    }

    private List<ZipFlow.Part> missingParts(Plan plan) {
        if (plan.notes.isEmpty()) {
            return List.of();
        }
        String text = String.join("\n", plan.notes) + "\n";
        return List.of(
                new ZipFlow.Open("unreachable_nodes.txt", clock.millis()),
                new ZipFlow.Data(ByteString.fromString(text)));
    }

    private Source<ByteString, NotUsed> merged(Plan plan) {
        Comparator<TraceLines.Line> byTime = Comparator.comparingLong(TraceLines.Line::micros);
        Source<TraceLines.Line, NotUsed> all = Source.empty();
        for (String node : plan.sizes.keySet()) {
            Source<TraceLines.Line, NotUsed> lines = pieces(plan, node)
                    .mapConcat(piece -> TraceLines.split(io.nightjar.mqtt.Bytes.wrap(piece.toArray())));
            all = all.mergeSorted(lines, byTime);
        }
        return all.groupedWeighted(CHUNK, line -> (long) line.bytes().size()).map(TraceDownload::join);
    }

    private static ByteString join(List<TraceLines.Line> lines) {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream(CHUNK + 1024);
        lines.forEach(line -> out.writeBytes(line.bytes().toArray()));
        return ByteString.fromArray(out.toByteArray());
    }

    /** One node's log to where it ended when it was asked for, piece by piece. */
    private Source<ByteString, NotUsed> pieces(Plan plan, String node) {
        Long size = plan.sizes.get(node);
        if (size == null) {
            boolean gone = !traces.nodes().contains(node);
            String why = gone ? "it left the cluster: what it recorded is on its disk" : "it did not answer";
            return Source.single(note(plan, node, UNREACHABLE, why, TraceLines.NO_TIME));
        }
        return Source.unfoldAsync(
                Reading.from("0"),
                reading -> reading.done
                        ? CompletableFuture.completedFuture(Optional.<Pair<Reading, ByteString>>empty())
                        : read(plan, node, reading.position, TraceLines.PIECE)
                                .handle((piece, failure) -> Optional.of(
                                        failure == null
                                                ? next(reading, piece, size)
                                                : failed(plan, node, reading, TraceLog.cause(failure)))));
    }

    private CompletionStage<Traces.LogPiece> read(Plan plan, String node, String position, int bytes) {
        return traces.read(plan.trace.name(), node, position, bytes).thenApply(plan.reader.access::check);
    }

    private static Pair<Reading, ByteString> next(Reading reading, Traces.LogPiece piece, long size) {
        long bytes = reading.bytes + piece.text().size();
        boolean done = piece.hint() != null || bytes >= size || piece.text().isEmpty();
        byte[] text = piece.text().toArray();
        long micros = TraceLines.lastMicros(text, reading.micros);
        return Pair.create(
                new Reading(piece.position(), bytes, reading.restarts, done, micros), ByteString.fromArray(text));
    }

    private Pair<Reading, ByteString> failed(Plan plan, String node, Reading reading, Throwable cause) {
        if (cause instanceof ApiException refused) {
            throw refused; // breaks the connection: the reader may no longer read
        }
        boolean stale =
                cause instanceof Traces.Refused refused && refused.code().equals("STALE_CURSOR");
        if (stale && reading.restarts < MAX_RESTARTS) {
            return Pair.create(
                    new Reading("0", 0, reading.restarts + 1, false, reading.micros),
                    note(
                            plan,
                            node,
                            "lines_lost",
                            "the oldest lines were overwritten before they were read",
                            reading.micros));
        }
        String why = cause instanceof Traces.Refused ? String.valueOf(cause.getMessage()) : "it stopped answering";
        LOG.warn(
                "event=trace_download_incomplete trace={} node={} why={}",
                plan.trace.name(),
                node,
                Text.quote(String.valueOf(cause)));
        return Pair.create(
                new Reading(reading.position, reading.bytes, reading.restarts, true, reading.micros),
                note(plan, node, UNREACHABLE, why, reading.micros));
    }

    /**
     * A line of the trace's own format, remembered for the zip's last entry.
     *
     * @param micros when it belongs to, or {@link TraceLines#NO_TIME} for now
     */
    private ByteString note(Plan plan, String node, String msg, String why, long micros) {
        plan.notes.add(node + ": " + msg + ", " + why);
        if (msg.equals(UNREACHABLE)) {
            plan.missing.add(node);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", node);
        fields.put("why", why);
        long time = micros == TraceLines.NO_TIME ? clock.millis() * 1000 : micros;
        TraceEvent event = new TraceEvent(time, TraceEvent.Tag.TRACE, TraceEvent.Level.WARNING, msg, "", "", fields);
        return ByteString.fromString(TraceFormat.of(plan.trace).line(event) + "\n");
    }

    private String entryName(String node, TraceDefinition trace) {
        return node.replaceAll("[^A-Za-z0-9@._-]", "_") + "-trace_" + trace.name() + "_" + date(trace) + ".log";
    }

    private String date(TraceDefinition trace) {
        return Instant.ofEpochMilli(trace.startAtMillis())
                .atZone(clock.getZone())
                .toLocalDate()
                .toString();
    }
}
