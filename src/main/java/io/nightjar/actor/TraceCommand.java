package io.nightjar.actor;

import io.nightjar.message.ControlMessage;
import io.nightjar.message.Traces;
import io.nightjar.message.Traces.NodeFigures;
import io.nightjar.trace.TraceDefinition;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What a {@link TraceActor} understands. Those that nodes say to each other are {@link ControlMessage}s. */
sealed interface TraceCommand {
    /** A new trace for the whole cluster. */
    record Create(TraceDefinition definition, ActorRef<Outcome> replyTo) implements TraceCommand {}

    record Stop(String name, ActorRef<Outcome> replyTo) implements TraceCommand {}

    record Delete(String name, ActorRef<Outcome> replyTo) implements TraceCommand {}

    /** Deletes all. */
    record Clear(ActorRef<Outcome> replyTo) implements TraceCommand {}

    /** Changes the limits of all nodes. */
    record SetLimits(Traces.Limits limits, ActorRef<Outcome> replyTo) implements TraceCommand {}

    record GetEntries(ActorRef<Entries> replyTo) implements TraceCommand {}

    /** What other nodes changed. */
    record Replicated(List<TraceEntry> entries) implements TraceCommand {
        public Replicated {
            entries = List.copyOf(entries);
        }
    }

    /** Time to see what starts and what ends. */
    record Evaluate() implements TraceCommand {}

    /** The trace actors of the cluster, this one included. */
    record PeersChanged(List<ActorRef<TraceCommand>> peers) implements TraceCommand {
        public PeersChanged {
            peers = List.copyOf(peers);
        }
    }

    record GetFigures(ActorRef<Figures> replyTo) implements TraceCommand, ControlMessage {}

    record GetDetail(String name, ActorRef<Detail> replyTo) implements TraceCommand, ControlMessage {}

    record GetPiece(String name, String position, int bytes, ActorRef<Piece> replyTo)
            implements TraceCommand, ControlMessage {}

    /**
     * How a change went.
     *
     * @param entry as it is now; null if refused, or if many were changed
     * @param code why it was refused, or null
     */
    record Outcome(@Nullable TraceEntry entry, @Nullable String code, String message) {
        static Outcome done(@Nullable TraceEntry entry) {
            return new Outcome(entry, null, "");
        }

        static Outcome refused(String code, String message) {
            return new Outcome(null, code, message);
        }
    }

    /** All traces that are not deleted. */
    record Entries(List<TraceEntry> entries) {
        public Entries {
            entries = List.copyOf(entries);
        }
    }

    /** Figures of this node by name of the trace. */
    record Figures(String node, Map<String, NodeFigures> figures) implements ControlMessage {
        public Figures {
            figures = Map.copyOf(figures);
        }
    }

    /**
     * Size and time of a trace's file here.
     *
     * @param found false if the node does not know the trace, or is busy
     * @param busy whether too many reads wait
     */
    record Detail(String node, boolean found, long size, long mtimeMillis, String start, boolean busy)
            implements ControlMessage {
        static Detail busy(String node) {
            return new Detail(node, false, 0, 0, "0", true);
        }
    }

    /**
     * A piece of a trace's file here.
     *
     * @param start position of its first byte
     * @param payloads whether lines of the trace show payloads
     * @param code why there is none, or null
     */
    record Piece(
            byte[] text,
            String start,
            String position,
            @Nullable String hint,
            boolean payloads,
            @Nullable String code,
            String message)
            implements ControlMessage {
        static Piece refused(String code, String message) {
            return new Piece(new byte[0], "0", "0", null, true, code, message);
        }
    }
}
