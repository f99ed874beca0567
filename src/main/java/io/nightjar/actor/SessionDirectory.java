package io.nightjar.actor;

import io.nightjar.message.SessionLink;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The sessions that live on this node, sorted by ClientID so that a list can go on where the last page ended. */
public final class SessionDirectory {
    private final ConcurrentSkipListMap<String, SessionLink> sessions = new ConcurrentSkipListMap<>();
    private final LongAdder size = new LongAdder();

    void add(String clientId, SessionLink session) {
        if (sessions.put(clientId, session) == null) {
            size.increment();
        }
    }

    /** Removes a session unless another took its place. */
    void remove(String clientId, SessionLink session) {
        if (sessions.remove(clientId, session)) {
            size.decrement();
        }
    }

    public @Nullable SessionLink find(String clientId) {
        return sessions.get(clientId);
    }

    /** Sessions whose ClientID is greater, in order; weakly consistent. */
    public NavigableMap<String, SessionLink> after(String clientId) {
        return sessions.tailMap(clientId, false);
    }

    /** All sessions, in order; weakly consistent. */
    public NavigableMap<String, SessionLink> all() {
        return sessions;
    }

    /** Number of sessions; costs the same however many there are. */
    public int size() {
        return size.intValue();
    }
}
