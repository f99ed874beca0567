package io.nightjar.auth;

import org.jspecify.annotations.Nullable;

/** What a user or an API key may do in the HTTP API. */
public enum Role {
    /** Everything. */
    ADMINISTRATOR("administrator"),
    /** Reads only. */
    VIEWER("viewer");

    private final String word;

    Role(String word) {
        this.word = word;
    }

    /** As it stands in files, bodies and answers. */
    public String word() {
        return word;
    }

    /** The role with this word, or null if there is none. */
    public static @Nullable Role of(String word) {
        for (Role role : values()) {
            if (role.word.equals(word)) {
                return role;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return word;
    }
}
