package io.nightjar.http;

import io.nightjar.auth.Role;

/**
 * Who calls.
 *
 * @param name of the API key or the user; empty for calls that need no login
 * @param via how they proved it
 * @param address IP address the request came from
 * @param client what the header {@code X-Nightjar-Client} says; empty if it is missing
 */
record Caller(String name, Via via, Role role, String address, String client) {
    /** How a caller proved who they are. */
    enum Via {
        NONE("none"),
        API_KEY("api_key"),
        USER("user");

        private final String word;

        Via(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }
}
