package io.nightjar.auth;

import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The users of a password file at one moment. A user has one line for each way to log in: {@link PasswordHash} for the
 * password itself, {@link ScramVerifier} for SCRAM-SHA-256; either alone will do. Immutable.
 */
final class StoredUsers {
    static final StoredUsers NONE = new StoredUsers(Map.of(), Map.of(), null);

    private final Map<String, String> hashes;
    private final Map<String, String> verifiers;
    private final byte @Nullable [] secret;
    private final int decoyIterations;

    private StoredUsers(Map<String, String> hashes, Map<String, String> verifiers, byte @Nullable [] secret) {
        this.hashes = Map.copyOf(hashes);
        this.verifiers = Map.copyOf(verifiers);
        this.secret = secret;
        this.decoyIterations = mostUsed(verifiers);
    }

    /** What is wrong with a line of the file, which is left out or replaces one before. */
    record Problem(int line, String words) {}

    /** Reads the lines of a file; never fails. */
    static StoredUsers read(List<String> lines, List<Problem> problems) {
        Map<String, String> hashes = new HashMap<>();
        Map<String, String> verifiers = new HashMap<>();
        byte[] secret = null;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.startsWith(PasswordFile.SCRAM_SECRET)) {
                secret = secret(line);
            }
            String words = line(line, hashes, verifiers);
            if (words != null) {
                problems.add(new Problem(i + 1, words));
            }
        }
        return new StoredUsers(hashes, verifiers, secret);
    }

    private static @Nullable String line(String line, Map<String, String> hashes, Map<String, String> verifiers) {
        if (line.isEmpty() || line.startsWith("#")) {
            return null;
        }
        int colon = line.indexOf(':');
        if (colon < 1) {
            return "is not username:hash";
        }
        String stored = line.substring(colon + 1);
        boolean scram = ScramVerifier.isScram(stored);
        if (scram ? ScramVerifier.parse(stored) == null : !PasswordHash.isWellFormed(stored)) {
            return "has no hash as ops/nightjar passwd makes it";
        }
        String before = (scram ? verifiers : hashes).put(line.substring(0, colon), stored);
        return before == null ? null : "names a user a second time; this line counts";
    }

    private static byte @Nullable [] secret(String line) {
        try {
            byte[] secret = Base64.getDecoder().decode(line.substring(PasswordFile.SCRAM_SECRET.length()));
            return secret.length >= 16 ? secret : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    /** What decoys show: a user that does not exist shall look like most of those that do. */
    private static int mostUsed(Map<String, String> verifiers) {
        Map<Integer, Integer> counts = new HashMap<>();
        for (String text : verifiers.values()) {
            ScramVerifier verifier = ScramVerifier.parse(text);
            if (verifier != null) {
                counts.merge(verifier.iterations(), 1, Integer::sum);
            }
        }
        List<Map.Entry<Integer, Integer>> sorted = new ArrayList<>(counts.entrySet());
        sorted.sort(Map.Entry.<Integer, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()));
        return sorted.isEmpty()
                ? ScramVerifier.ITERATIONS
                : sorted.get(sorted.size() - 1).getKey();
    }

    /** The stored hash of a user's password, or null. */
    @Nullable
    String hash(String username) {
        return hashes.get(username);
    }

    /**
     * A user's verifier, or a decoy.
     *
     * @param fallbackSecret makes decoys if the file has no secret
     */
    ScramSha256.Found scram(String username, byte[] fallbackSecret) {
        String text = verifiers.get(username);
        ScramVerifier verifier = text == null ? null : ScramVerifier.parse(text);
        byte[] key = secret == null ? fallbackSecret : secret;
        // made in both cases, or the time would tell who exists
        ScramVerifier decoy = ScramVerifier.decoy(username, key, decoyIterations);
        return new ScramSha256.Found(verifier == null ? decoy : verifier, verifier != null);
    }

    boolean hasVerifier(String username) {
        return verifiers.containsKey(username);
    }

    /** Users with a password, users with a verifier. */
    int hashCount() {
        return hashes.size();
    }

    int verifierCount() {
        return verifiers.size();
    }

    /** Whether decoys stay the same when the node starts again and on other nodes. */
    boolean hasSecret() {
        return secret != null;
    }
}
