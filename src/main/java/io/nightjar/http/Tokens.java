package io.nightjar.http;

import io.nightjar.auth.Administrators;
import io.nightjar.auth.Secrets;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Bearer tokens of logins: 256 random bits each, kept in memory as SHA-256 only, gone with the process. At most
 * {@link #MAX_TOKENS}; the oldest gives way to a new one. Thread-safe.
 */
final class Tokens {
    static final int MAX_TOKENS = 1000;

    private static final int TOKEN_BYTES = 32;

    private final long lifetimeMillis;
    private final Map<String, Token> tokens = new LinkedHashMap<>();

    Tokens(long lifetimeMillis) {
        this.lifetimeMillis = lifetimeMillis;
    }

    private record Token(Administrators.User user, long expiresAtMillis) {}

    synchronized String create(Administrators.User user, long nowMillis) {
        if (tokens.size() >= MAX_TOKENS) {
            tokens.values().removeIf(token -> token.expiresAtMillis <= nowMillis);
        }
        if (tokens.size() >= MAX_TOKENS) {
            Iterator<String> oldest = tokens.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        String token = Secrets.random(TOKEN_BYTES);
        tokens.put(Secrets.sha256(token), new Token(user, nowMillis + lifetimeMillis));
        return token;
    }

    /** Whose token it is, or null if it is unknown or expired. */
    synchronized Administrators.@Nullable User find(String token, long nowMillis) {
        String hash = Secrets.sha256(token);
        Token found = tokens.get(hash);
        if (found != null && found.expiresAtMillis <= nowMillis) {
            tokens.remove(hash);
            return null;
        }
        return found == null ? null : found.user;
    }

    synchronized void remove(String token) {
        tokens.remove(Secrets.sha256(token));
    }

    /** Ends all logins of a user: the password has changed. */
    synchronized void removeAll(String username) {
        tokens.values().removeIf(token -> token.user.username().equals(username));
    }

    synchronized int size() {
        return tokens.size();
    }
}
