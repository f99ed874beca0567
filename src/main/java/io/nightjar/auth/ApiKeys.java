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
 * The API keys of scripts and exporters, in {@code api_keys.json} of the data directory (mode 0600). The secret is 256
 * random bits, so its SHA-256 is all that is stored (see {@link Secrets}); nobody, the broker included, can show it a
 * second time.
 *
 * <p>Thread-safe. {@link #verify} and reads touch memory only; changes write to the disk.
 */
public final class ApiKeys {
    /** Most keys there may be. */
    public static final int MAX_KEYS = 100;

    private static final String FILE = "api_keys.json";
    private static final int KEY_BYTES = 12;
    private static final int SECRET_BYTES = 32;

    private final SecretFile file;
    private volatile Map<String, Stored> byName;
    private volatile Map<String, Stored> byKey;

    private ApiKeys(SecretFile file, Map<String, Stored> byName) {
        this.file = file;
        this.byName = byName;
        this.byKey = index(byName);
    }

    /**
     * A key as it may be shown.
     *
     * @param name chosen by its maker; unique
     * @param key the public half, sent as the user of HTTP Basic
     * @param expiredAtMillis from then on it is refused; null: never
     * @param enabled false: refused
     */
    public record ApiKey(
            String name,
            String key,
            Role role,
            String description,
            long createdAtMillis,
            @Nullable Long expiredAtMillis,
            boolean enabled) {
        public boolean isExpired(long nowMillis) {
            return expiredAtMillis != null && expiredAtMillis <= nowMillis;
        }
    }

    /** @param secret to be shown once */
    public record Created(ApiKey apiKey, String secret) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "Created[" + apiKey + "]";
        }
    }

    private record Stored(ApiKey apiKey, String secretHash) {}

    /** @throws IOException if the file is damaged or cannot be read */
    public static ApiKeys open(Path directory) throws IOException {
        SecretFile file = new SecretFile(directory.resolve(FILE));
        JsonNode stored = file.read();
        return new ApiKeys(file, stored == null ? Map.of() : parse(stored));
    }

    /** All keys, oldest first. */
    public List<ApiKey> list() {
        return byName.values().stream().map(Stored::apiKey).toList();
    }

    public @Nullable ApiKey find(String name) {
        Stored stored = byName.get(name);
        return stored == null ? null : stored.apiKey;
    }

    /** The key if the secret is its own and it is enabled and not expired, else null. Fast. */
    public @Nullable ApiKey verify(String key, String secret, long nowMillis) {
        Stored stored = byKey.get(key);
        if (stored == null || !Secrets.equal(Secrets.sha256(secret), stored.secretHash)) {
            return null;
        }
        return stored.apiKey.enabled && !stored.apiKey.isExpired(nowMillis) ? stored.apiKey : null;
    }

    /** Makes a key, or answers null if the name is taken. At most {@link #MAX_KEYS}: an IllegalStateException says so. */
    public synchronized @Nullable Created create(
            String name,
            Role role,
            String description,
            long nowMillis,
            @Nullable Long expiredAtMillis,
            boolean enabled) {
        if (byName.containsKey(name)) {
            return null;
        }
        if (byName.size() >= MAX_KEYS) {
            throw new IllegalStateException("there are " + MAX_KEYS + " API keys already; delete one first");
        }
        String secret = Secrets.random(SECRET_BYTES);
        ApiKey made =
                new ApiKey(name, Secrets.random(KEY_BYTES), role, description, nowMillis, expiredAtMillis, enabled);
        Map<String, Stored> next = new LinkedHashMap<>(byName);
        next.put(name, new Stored(made, Secrets.sha256(secret)));
        store(next);
        return new Created(made, secret);
    }

    /** False if there is no such key. */
    public synchronized boolean delete(String name) {
        Map<String, Stored> next = new LinkedHashMap<>(byName);
        if (next.remove(name) == null) {
            return false;
        }
        store(next);
        return true;
    }

    private synchronized void store(Map<String, Stored> next) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.putArray("keys");
        for (Stored stored : next.values()) {
            ApiKey key = stored.apiKey;
            root.withArray("keys")
                    .addObject()
                    .put("name", key.name)
                    .put("api_key", key.key)
                    .put("role", key.role.word())
                    .put("desc", key.description)
                    .put("created_at", key.createdAtMillis)
                    .put("expired_at", key.expiredAtMillis)
                    .put("enable", key.enabled)
                    .put("secret_sha256", stored.secretHash);
        }
        try {
            file.write(root);
        } catch (IOException e) {
            throw new UncheckedIOException("the API keys were not stored", e);
        }
        byName = Collections.unmodifiableMap(next);
        byKey = index(next);
    }

    private static Map<String, Stored> index(Map<String, Stored> byName) {
        Map<String, Stored> byKey = new LinkedHashMap<>();
        byName.values().forEach(stored -> byKey.put(stored.apiKey.key, stored));
        return Collections.unmodifiableMap(byKey);
    }

    private static Map<String, Stored> parse(JsonNode root) throws IOException {
        Map<String, Stored> keys = new LinkedHashMap<>();
        for (JsonNode node : root.path("keys")) {
            String name = node.path("name").asText();
            Role role = Role.of(node.path("role").asText());
            String key = node.path("api_key").asText();
            String hash = node.path("secret_sha256").asText();
            if (name.isEmpty() || role == null || key.isEmpty() || hash.isEmpty()) {
                throw new IOException(FILE + ": a key needs name, api_key, secret_sha256 and a role");
            }
            JsonNode expired = node.path("expired_at");
            ApiKey apiKey = new ApiKey(
                    name,
                    key,
                    role,
                    node.path("desc").asText(),
                    node.path("created_at").asLong(),
                    expired.isNumber() ? Long.valueOf(expired.asLong()) : null,
                    node.path("enable").asBoolean(true));
            keys.put(name, new Stored(apiKey, hash));
        }
        return Collections.unmodifiableMap(keys);
    }
}
