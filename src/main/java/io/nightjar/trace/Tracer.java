package io.nightjar.trace;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The switch between the data path and the traces of one node. While no trace runs, asking costs one volatile read and
 * allocates nothing; that is why callers ask {@link #wantsClient} or {@link #wantsTopic} before they build an event.
 *
 * <p>Thread-safe. The trace actor sets what is wanted; connections and sessions on any thread ask and emit.
 */
public final class Tracer {
    private final AtomicInteger selections = new AtomicInteger();
    private volatile @Nullable Active active;

    /** What the running traces want. Immutable, any thread. */
    public interface Selection {
        /** Whether a trace selects by address: only then callers need to know it. */
        boolean byAddress();

        /** Whether a trace selects by topic. */
        boolean byTopic();

        boolean wantsClient(@Nullable String clientId, @Nullable String username, @Nullable String address);

        /** Asked for every delivery while {@link #byTopic}: must be quick for a topic that was asked before. */
        boolean wantsTopic(String topic);

        /** Whether a Topic Filter, shared or not, has a topic in common with one that is traced. */
        boolean wantsFilter(String filter);

        /** Takes an event to all traces that want one of the parts of its subject; never blocks. */
        void accept(TraceEvent event, TraceSubject subject);
    }

    private record Active(int epoch, Selection selection) {}

    /** Whether no trace runs on this node. One volatile read. */
    public boolean isIdle() {
        return active == null;
    }

    /**
     * A number that is another one after each change of what is wanted, 0 while no trace runs, at most 30 bits: an
     * answer of {@link #wantsClient} may be kept as long as it stays the same. One volatile read.
     */
    public int epoch() {
        Active now = active;
        return now == null ? 0 : now.epoch;
    }

    /** Whether callers need the address of a client to ask for it. */
    public boolean selectsByAddress() {
        Active now = active;
        return now != null && now.selection.byAddress();
    }

    /** Whether a trace by topic runs. One volatile read if no trace runs. */
    public boolean selectsByTopic() {
        Active now = active;
        return now != null && now.selection.byTopic();
    }

    /** Whether a running trace wants events of this client. One volatile read if no trace runs. */
    public boolean wantsClient(@Nullable String clientId, @Nullable String username, @Nullable String address) {
        Active now = active;
        return now != null && now.selection.wantsClient(clientId, username, address);
    }

    /** {@link #wantsClient} for who knows the ClientID only. */
    public boolean wants(String clientId) {
        return wantsClient(clientId, null, null);
    }

    /** Whether a running trace wants what happens to messages of this topic. */
    public boolean wantsTopic(String topic) {
        Active now = active;
        return now != null && now.selection.byTopic() && now.selection.wantsTopic(topic);
    }

    /** Whether a running trace wants to know who subscribes to one of these. */
    public boolean wantsFilters(List<String> filters) {
        Active now = active;
        if (now == null || !now.selection.byTopic()) {
            return false;
        }
        for (String filter : filters) {
            if (now.selection.wantsFilter(filter)) {
                return true;
            }
        }
        return false;
    }

    /** Gives an event to the running traces; never blocks. What does not fit in their queue is counted there. */
    public void emit(TraceEvent event, TraceSubject subject) {
        Active now = active;
        if (now != null) {
            now.selection.accept(event, subject);
        }
    }

    /** An event that is about its client and nothing else. */
    public void emit(TraceEvent event) {
        emit(event, TraceSubject.client(event.clientId(), null, null));
    }

    /** Says what is wanted from now on. */
    public void start(Selection selection) {
        active = new Active((selections.incrementAndGet() & 0x3FFF_FFFF) + 1, selection);
    }

    /** Nothing is wanted any more. */
    public void stop() {
        active = null;
    }
}
