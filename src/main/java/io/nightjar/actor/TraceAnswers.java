package io.nightjar.actor;

import io.nightjar.message.Traces.NodeFigures;
import io.nightjar.store.TraceCursorException;
import io.nightjar.store.TraceFile;
import io.nightjar.trace.TraceRules;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers that need the disk, so they are made on the threads of {@link TraceReads}. */
final class TraceAnswers {
    /** Most bytes of a piece: with its envelope it must fit into one frame between nodes (256 KiB). */
    static final int MAX_PIECE = 128 * 1024;

    private TraceAnswers() {}

    static TraceCommand.Figures figures(String node, Collection<TraceTarget> targets) {
        Map<String, NodeFigures> all = new LinkedHashMap<>();
        for (TraceTarget target : targets) {
            all.put(target.entry().name(), target.figures());
        }
        return new TraceCommand.Figures(node, all);
    }

    /** What is known without the disk, which does not keep up. */
    static TraceCommand.Figures busyFigures(String node, Collection<TraceTarget> targets) {
        Map<String, NodeFigures> all = new LinkedHashMap<>();
        for (TraceTarget target : targets) {
            all.put(target.entry().name(), new NodeFigures("failed", 0, 0, 0, null, null, TraceReads.BUSY));
        }
        return new TraceCommand.Figures(node, all);
    }

    static TraceCommand.Detail detail(String node, @Nullable TraceTarget target) {
        if (target == null) {
            return new TraceCommand.Detail(node, false, 0, 0, TraceFile.START, false);
        }
        try {
            TraceFile file = target.file();
            return new TraceCommand.Detail(node, true, file.size(), file.modifiedMillis(), file.start(), false);
        } catch (IOException e) {
            return new TraceCommand.Detail(node, false, 0, 0, TraceFile.START, false);
        }
    }

    static TraceCommand.Piece piece(@Nullable TraceTarget target, TraceCommand.GetPiece get, long nowMillis) {
        if (target == null) {
            return TraceCommand.Piece.refused("NOT_FOUND", "there is no trace named " + get.name());
        }
        if (get.bytes() < 1) {
            return TraceCommand.Piece.refused("BAD_REQUEST", "bytes must be at least 1");
        }
        boolean moreMayCome = target.isLive()
                || TraceRules.status(target.entry().definition(), nowMillis) == TraceRules.Status.WAITING;
        try {
            TraceFile.Piece piece = target.file().read(get.position(), Math.min(get.bytes(), MAX_PIECE));
            String hint = !piece.end() ? null : moreMayCome ? "retry" : "eof";
            return new TraceCommand.Piece(
                    piece.text().toArray(),
                    piece.start(),
                    piece.position(),
                    hint,
                    TraceRules.showsPayloads(target.entry().definition()),
                    null,
                    "");
        } catch (TraceCursorException e) {
            return TraceCommand.Piece.refused(
                    e.isStale() ? "STALE_CURSOR" : "BAD_REQUEST", String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return TraceCommand.Piece.refused("INTERNAL_ERROR", "the trace cannot be read: " + e);
        }
    }
}
