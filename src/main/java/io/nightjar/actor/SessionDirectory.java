package io.nightjar.actor;

import io.nightjar.message.SessionLink;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The sessions that live on this node, sorted by ClientID so that a list can go on where the last page ended. */
public final class SessionDirectory {
    private final ConcurrentSkipListMap<String, SessionLink> sessions = new ConcurrentSkipListMap<>();

    void add(String clientId, SessionLink session) {
        sessions.put(clientId, session);
    }

    /** Removes a session unless another took its place. */
    void remove(String clientId, SessionLink session) {
        sessions.remove(clientId, session);
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

    /** Number of sessions; walks them all. */
    public int size() {
        return sessions.size();
    }
}
