package io.nightjar.store;

import java.io.IOException;

/** A position in a trace that cannot be read from. */
public final class TraceCursorException extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean stale;

    TraceCursorException(boolean stale, String message) {
        super(message);
        this.stale = stale;
    }

    /** Whether it was good once but its lines are gone; if not, it never was a position. */
    public boolean isStale() {
        return stale;
    }
}
