package io.nightjar.message;

import io.nightjar.mqtt.Bytes;
import io.nightjar.trace.TraceDefinition;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The traces of the cluster, as the HTTP API asks for them. Thread-safe; a refusal fails with {@link Refused}. */
public interface Traces {
    /** All, newest start first, with figures of all reachable nodes. */
    CompletionStage<List<TraceView>> list();

    CompletionStage<TraceView> create(TraceDefinition definition);

    /** Deletes one with its files on every node. */
    CompletionStage<Void> delete(String name);

    CompletionStage<Void> clear();

    CompletionStage<TraceView> stop(String name);

    /** Size and time of the files, one entry a node; unreachable nodes are absent. */
    CompletionStage<List<LogDetail>> logDetail(String name);

    /**
     * A piece of one node's log.
     *
     * @param position {@code "0"}, {@code "end"} or the cursor of the last answer; {@code +} and a number behind it mean so
     *     many bytes further on
     * @param bytes most bytes of the piece; whole lines where that is possible
     */
    CompletionStage<LogPiece> read(String name, String node, String position, int bytes);

    /** The limits in force on this node. */
    Limits limits();

    /** Changes the limits on every node, within what the configuration of each allows. */
    CompletionStage<Limits> setLimits(Limits limits);

    /** Names of the nodes that are up, this one first. */
    List<String> nodes();

    /** Nodes that left the cluster while this one was in it, and when, milliseconds since 1970; not those that are back. */
    default Map<String, Long> left() {
        return Map.of();
    }

    /** Name of this node. */
    String node();

    /**
     * @param status {@code waiting}, {@code running}, {@code stopped} or {@code failed}
     * @param nodes figures by node name
     * @param unreachable nodes that are up but did not answer
     */
    record TraceView(
            TraceDefinition definition, String status, Map<String, NodeFigures> nodes, List<String> unreachable) {}

    /**
     * @param logSize bytes of the files there are now
     * @param lines written since it started, those rotated away included
     * @param dropped events lost because the queue was full or the file was
     * @param lastEventAtMillis or null if there was none
     * @param lastReason reason word of the last end it saw, or null
     * @param failure why it failed, or null
     */
    record NodeFigures(
            String status,
            long logSize,
            long lines,
            long dropped,
            @Nullable Long lastEventAtMillis,
            @Nullable String lastReason,
            @Nullable String failure) {}

    /**
     * @param start position of the first byte there is; another one after lines were removed to make room
     */
    record LogDetail(String node, long size, long mtimeMillis, String start) {}

    /**
     * @param maxTraces most traces in the cluster
     * @param maxFileSize most bytes of one trace's files on one node
     */
    record Limits(int maxTraces, long maxFileSize) {}

    /**
     * @param start position of the piece's first byte; unlike {@code "0"} and {@code "end"} it does not move as lines
     *     come and go. {@code "0"} while there are no lines
     * @param position cursor to go on from
     * @param hint {@code eof} when all was read and the trace is over, {@code retry} when more may come, else null
     * @param payloads whether lines of this trace show payloads, as the node that read them knows it
     */
    record LogPiece(Bytes text, String start, String position, @Nullable String hint, boolean payloads) {}

    /** Why a call was refused. {@code code} is one of the API's error codes. */
    final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final String code;

        public Refused(String code, String message) {
            super(message, null, false, false);
            this.code = code;
        }

        public String code() {
            return code;
        }
    }
}
