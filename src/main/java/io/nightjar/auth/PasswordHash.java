package io.nightjar.auth;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Passwords as they are stored: {@code $pbkdf2-sha512$i=210000$<base64 salt>$<base64 hash>}. Slow on purpose (about
 * 100 ms of one core), so never on an event loop and only with a bound on how many run at once. Thread-safe.
 *
 * <p>210,000 iterations of PBKDF2 with HMAC-SHA-512 is what OWASP asks for; it needs nothing beyond the JDK.
 */
public final class PasswordHash {
    static final int ITERATIONS = 210_000;
    private static final int MAX_ITERATIONS = 10_000_000;
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 64;
    private static final String SCHEME = "pbkdf2-sha512";
    private static final SecureRandom RANDOM = new SecureRandom();

    private PasswordHash() {}

    /** Hashes with a fresh salt. The caller wipes {@code password}. */
    public static String hash(char[] password) {
        return hash(password, ITERATIONS);
    }

    /** As {@link #hash(char[])} with fewer iterations, for tests. */
    static String hash(char[] password, int iterations) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        byte[] hash = derive(password, salt, iterations, HASH_BYTES);
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return "$" + SCHEME + "$i=" + iterations + "$" + base64.encodeToString(salt) + "$"
                + base64.encodeToString(hash);
    }

    /** Whether {@code password} is the one behind {@code stored}; false too if {@code stored} is not a hash of ours. */
    public static boolean verify(char[] password, String stored) {
        Parts parts = parse(stored);
        if (parts == null) {
            return false;
        }
        byte[] hash = derive(password, parts.salt, parts.iterations, parts.hash.length);
        return MessageDigest.isEqual(hash, parts.hash);
    }

    /** Whether this text has the format above. */
    public static boolean isWellFormed(String stored) {
        return parse(stored) != null;
    }

    private static byte[] derive(char[] password, byte[] salt, int iterations, int bytes) {
        // PBEKeySpec copies the characters; an empty password is legal for it
        PBEKeySpec spec = new PBEKeySpec(password, salt, iterations, bytes * 8);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks PBKDF2WithHmacSHA512", e);
        } finally {
            spec.clearPassword();
        }
    }

    private static final class Parts {
        final int iterations;
        final byte[] salt;
        final byte[] hash;

        Parts(int iterations, byte[] salt, byte[] hash) {
            this.iterations = iterations;
            this.salt = salt;
            this.hash = hash;
        }
    }

    private static @Nullable Parts parse(String stored) {
        String[] fields = stored.split("\\$", -1);
        if (fields.length != 5 || !fields[0].isEmpty() || !fields[1].equals(SCHEME) || !fields[2].startsWith("i=")) {
            return null;
        }
        try {
            int iterations = Integer.parseInt(fields[2].substring(2));
            byte[] salt = Base64.getDecoder().decode(fields[3]);
            byte[] hash = Base64.getDecoder().decode(fields[4]);
            boolean sane = iterations >= 1 && iterations <= MAX_ITERATIONS && salt.length >= 8 && hash.length >= 32;
            return sane && salt.length <= 64 && hash.length <= 64 ? new Parts(iterations, salt, hash) : null;
        } catch (IllegalArgumentException notANumberOrNotBase64) {
            return null;
        }
    }
}
