package io.nightjar.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The people who may log in to the HTTP API, in {@code administrators.json} of the data directory (mode 0600, password
 * hashes only).
 *
 * <p>Thread-safe. {@link #verify} and {@link #changePassword} compute a slow hash on purpose, and changes write to the
 * disk: never call them on an event loop or the HTTP dispatcher.
 */
public final class Administrators {
    /** The user that the first start makes. */
    public static final String FIRST_USER = "admin";

    /** Shortest password, in characters. */
    public static final int PASSWORD_MIN = 8;

    /** Longest password, in characters: the slow hash must not be fed megabytes. */
    public static final int PASSWORD_MAX = 256;

    private static final String FILE = "administrators.json";
    private static final int FIRST_PASSWORD_BYTES = 15;

    /** A hash that no password has, for a user that does not exist: refusing them takes as long. */
    private static final String NOBODY = "$pbkdf2-sha512$i=210000$" + "A".repeat(22) + "$" + "A".repeat(86);

    private final SecretFile file;
    private volatile Map<String, Administrator> users;

    private Administrators(SecretFile file, Map<String, Administrator> users) {
        this.file = file;
        this.users = users;
    }

    /** @param passwordHash never leaves the room in an answer or a log */
    private record Administrator(String username, Role role, String passwordHash) {}

    /** Who logged in. */
    public record User(String username, Role role) {}

    /**
     * @param password made at random just now, to be shown to the operator once; null if the file was there already or
     *     the password was given
     */
    public record FirstStart(Administrators administrators, @Nullable String password) {
        /** Without the password. */
        @Override
        public String toString() {
            return "FirstStart[password=" + (password == null ? "none" : "hidden") + "]";
        }
    }

    /** Why a password was not changed. */
    public enum Change {
        DONE,
        NO_SUCH_USER,
        WRONG_PASSWORD
    }

    /**
     * Opens the file, or makes it with the user {@code admin}.
     *
     * @param givenPassword used for {@code admin} if the file is made now (NIGHTJAR_ADMIN_PASSWORD); null: at random
     * @throws IOException if the file is damaged or the disk fails
     * @throws IllegalArgumentException if the given password is too short or too long
     */
    public static FirstStart openOrCreate(Path directory, @Nullable String givenPassword) throws IOException {
        SecretFile file = new SecretFile(directory.resolve(FILE));
        JsonNode stored = file.read();
        if (stored != null) {
            return new FirstStart(new Administrators(file, parse(stored)), null);
        }
        String password = givenPassword == null ? Secrets.random(FIRST_PASSWORD_BYTES) : givenPassword;
        checkLength(password.length());
        Administrator first =
                new Administrator(FIRST_USER, Role.ADMINISTRATOR, PasswordHash.hash(password.toCharArray()));
        Administrators made = new Administrators(file, Map.of());
        made.store(first);
        return new FirstStart(made, givenPassword == null ? password : null);
    }

    /** The user if the password is theirs, else null. Takes as long for a user that does not exist. Slow. */
    public @Nullable User verify(String username, char[] password) {
        Administrator found = users.get(username);
        String hash = found == null ? NOBODY : found.passwordHash;
        boolean right = password.length <= PASSWORD_MAX && PasswordHash.verify(password, hash);
        return right && found != null ? new User(found.username, found.role) : null;
    }

    public boolean exists(String username) {
        return users.containsKey(username);
    }

    /** All users, by name. */
    public List<User> list() {
        return users.values().stream().map(a -> new User(a.username, a.role)).toList();
    }

    /**
     * Changes a password for someone who knows the old one. Slow; writes to the disk.
     *
     * @throws IllegalArgumentException if the new password is too short or too long
     */
    public Change changePassword(String username, char[] oldPassword, char[] newPassword) {
        checkLength(newPassword.length);
        if (verify(username, oldPassword) == null) {
            return exists(username) ? Change.WRONG_PASSWORD : Change.NO_SUCH_USER;
        }
        return setPassword(username, newPassword) ? Change.DONE : Change.NO_SUCH_USER;
    }

    /**
     * Sets a password without the old one: for the command line on the broker's own machine. Slow; writes to the disk.
     *
     * @return false if there is no such user
     * @throws IllegalArgumentException if the password is too short or too long
     */
    public boolean setPassword(String username, char[] password) {
        checkLength(password.length);
        String hash = PasswordHash.hash(password);
        synchronized (this) {
            Administrator old = users.get(username);
            if (old == null) {
                return false;
            }
            try {
                store(new Administrator(username, old.role, hash));
            } catch (IOException e) {
                throw new UncheckedIOException("the new password was not stored", e);
            }
            return true;
        }
    }

    private static void checkLength(int length) {
        if (length < PASSWORD_MIN || length > PASSWORD_MAX) {
            throw new IllegalArgumentException(
                    "a password has " + PASSWORD_MIN + " to " + PASSWORD_MAX + " characters, this one has " + length);
        }
    }

    private synchronized void store(Administrator changed) throws IOException {
        Map<String, Administrator> next = new LinkedHashMap<>(users);
        next.put(changed.username, changed);
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        next.values().forEach(a -> root.withArray("users")
                .addObject()
                .put("username", a.username)
                .put("role", a.role.word())
                .put("password_hash", a.passwordHash));
        file.write(root);
        users = Collections.unmodifiableMap(next);
    }

    private static Map<String, Administrator> parse(JsonNode root) throws IOException {
        Map<String, Administrator> users = new LinkedHashMap<>();
        for (JsonNode node : root.path("users")) {
            String name = node.path("username").asText();
            Role role = Role.of(node.path("role").asText());
            String hash = node.path("password_hash").asText();
            if (name.isEmpty() || role == null || hash.isEmpty()) {
                throw new IOException(FILE + ": a user needs username, password_hash and role administrator or viewer");
            }
            users.put(name, new Administrator(name, role, hash));
        }
        return Collections.unmodifiableMap(users);
    }
}
