package io.nightjar.actor;

import io.nightjar.routing.FilterChanges;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * Filters that came and went on this node, until {@link RouteReplica} takes them. It is told once for all that wait, since a
 * message for each costs a storm of clients more than their subscribing: and while there is no other node it is not told
 * before {@value #MOST} wait. Thread-safe; changes of one filter stay in order.
 */
final class LocalChanges implements FilterChanges {
    /** Nobody is in a hurry, but they shall not pile up. */
    static final int MOST = 1024;

    private record Change(String filter, boolean added) {}

    private final Runnable tell;
    private final Queue<Change> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicBoolean told = new AtomicBoolean();
    private volatile boolean hurried;

    /** @param tell has {@link #take} called soon; on any thread, must not block */
    LocalChanges(Runnable tell) {
        this.tell = tell;
    }

    @Override
    public void added(String filter) {
        add(new Change(filter, true));
    }

    @Override
    public void removed(String filter) {
        add(new Change(filter, false));
    }

    private void add(Change change) {
        waiting.add(change);
        int now = count.incrementAndGet();
        if ((hurried || now >= MOST) && told.compareAndSet(false, true)) {
            tell.run();
        }
    }

    /** Whether somebody waits for them; who says so takes what waits already. */
    void hurry(boolean on) {
        hurried = on;
    }

    /** Takes what waits now, each with whether it was added. */
    void take(BiConsumer<String, Boolean> action) {
        told.set(false);
        for (int left = count.get(); left > 0; left--) {
            Change change = waiting.poll();
            if (change == null) {
                return;
            }
            count.decrementAndGet();
            action.accept(change.filter(), change.added());
        }
    }
}
