package io.nightjar.actor;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Whether any link to a peer is above its high-water mark, so that publishers must be slowed down: readers of sockets
 * before anything is dropped. Thread-safe; listeners are told of each change in order and must return at once.
 */
final class Congestion {
    private final List<Consumer<Boolean>> listeners = new CopyOnWriteArrayList<>();
    private int congestedLinks;
    private volatile boolean congested;

    boolean isCongested() {
        return congested;
    }

    void onChange(Consumer<Boolean> listener) {
        listeners.add(listener);
    }

    /** One more link, or one fewer, is congested. */
    synchronized void change(boolean more) {
        congestedLinks += more ? 1 : -1;
        boolean now = congestedLinks > 0;
        if (now != congested) {
            congested = now;
            listeners.forEach(listener -> listener.accept(now));
        }
    }
}
