package io.nightjar.mqtt;

import org.jspecify.annotations.Nullable;

/** The eight reasons why a Network Connection ends, spelled as users search for them. */
public enum Reason {
    NORMAL("normal"),
    KICKED("kicked"),
    KEEPALIVE_TIMEOUT("keepalive_timeout"),
    NOT_AUTHORIZED("not_authorized"),
    TCP_CLOSED("tcp_closed"),
    DISCARDED("discarded"),
    TAKEOVERED("takeovered"),
    INTERNAL_ERROR("internal_error");

    private final String word;

    Reason(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    /** The reason with this word; {@code takenover} is accepted for {@code takeovered}; null if there is none. */
    public static @Nullable Reason of(String word) {
        if (word.equals("takenover")) {
            return TAKEOVERED;
        }
        for (Reason reason : values()) {
            if (reason.word.equals(word)) {
                return reason;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return word;
    }
}
