package io.nightjar.session;

import io.nightjar.mqtt.Detail;
import org.jspecify.annotations.Nullable;

/**
 * How the last connection of a session ended: what a list of clients shows without asking the flight recorder. Made at
 * the first end only, so a client that never left pays 8 bytes for it and one that came back 40.
 *
 * @param atMillis on the clock of the session
 * @param connection who it was, while nobody else is attached
 */
public record LastEnd(Detail detail, long atMillis, @Nullable AttachRequest connection) {
    /** The same once another connection is there, whose own data are told from then on. */
    LastEnd succeeded() {
        return connection == null ? this : new LastEnd(detail, atMillis, null);
    }
}
