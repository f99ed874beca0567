package io.nightjar.trace;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The switch between the data path and the traces of one node. While no trace runs, asking costs one volatile read and
 * allocates nothing; that is why callers ask {@link #wants} before they build an event.
 *
 * <p>Thread-safe. The trace actor sets what is wanted; connections and sessions on any thread ask and emit.
 */
public final class Tracer {
    private final AtomicReference<@Nullable Active> active = new AtomicReference<>();

    /** Whether any trace runs on this node. One volatile read. */
    public boolean isIdle() {
        return active.get() == null;
    }

    /** Whether a running trace wants events of this client. One volatile read if no trace runs. */
    public boolean wants(String clientId) {
        Active now = active.get();
        return now != null && now.clients.test(clientId);
    }

    /** Gives an event to the running traces; never blocks. What does not fit in their queue is counted there. */
    public void emit(TraceEvent event) {
        Active now = active.get();
        if (now != null) {
            now.sink.accept(event);
        }
    }

    /** Says which ClientIDs are wanted from now on and where their events go. */
    public void start(Predicate<String> clients, Consumer<TraceEvent> sink) {
        active.set(new Active(clients, sink));
    }

    /** Nothing is wanted any more. */
    public void stop() {
        active.set(null);
    }

    private record Active(Predicate<String> clients, Consumer<TraceEvent> sink) {}
}
