package io.nightjar.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What a server keeps of a password to authenticate by SCRAM-SHA-256 [RFC 5802, RFC 7677], as one text: {@code
 * $scram-sha-256$i=15000$<base64 salt>$<base64 StoredKey>$<base64 ServerKey>}. Who steals it can pretend to be this
 * server, and guess passwords at the price of its iterations; they cannot log in with it. Immutable, thread-safe.
 */
public final class ScramVerifier {
    /**
     * The client pays for them at each login, so they cannot be as many as {@link PasswordHash} has; a small device
     * takes about a second.
     */
    public static final int ITERATIONS = 15_000;

    /** Fewer are not announced [RFC 7677, 4]. */
    public static final int MIN_ITERATIONS = 4_096;

    public static final int MAX_ITERATIONS = 1_000_000;

    static final int SALT_BYTES = 16;
    private static final int KEY_BYTES = 32;
    private static final String PREFIX = "$scram-sha-256$";
    private static final String HMAC = "HmacSHA256";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final int iterations;
    private final byte[] salt;
    private final byte[] storedKey;
    private final byte[] serverKey;

    private ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) {
        this.iterations = iterations;
        this.salt = salt;
        this.storedKey = storedKey;
        this.serverKey = serverKey;
    }

    /**
     * Makes one with a fresh salt. The caller wipes {@code password}.
     *
     * @return null if {@link SaslPrep} refuses the password
     */
    public static @Nullable ScramVerifier of(char[] password, int iterations) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        String prepared = SaslPrep.prepare(new String(password));
        return prepared == null ? null : of(prepared, salt, iterations);
    }

    static ScramVerifier of(String prepared, byte[] salt, int iterations) {
        byte[] salted = saltedPassword(prepared, salt, iterations);
        byte[] clientKey = hmac(salted, "Client Key");
        return new ScramVerifier(iterations, salt.clone(), sha256(clientKey), hmac(salted, "Server Key"));
    }

    /**
     * One that no password has and that always is the same for the same name: for users that do not exist.
     *
     * @param secret keeps others from computing it
     */
    static ScramVerifier decoy(String username, byte[] secret, int iterations) {
        byte[] salt = new byte[SALT_BYTES];
        System.arraycopy(hmac(secret, "salt " + username), 0, salt, 0, SALT_BYTES);
        return new ScramVerifier(
                iterations, salt, hmac(secret, "stored " + username), hmac(secret, "server " + username));
    }

    /** Reads {@link #text}; null if it is not one. */
    public static @Nullable ScramVerifier parse(String text) {
        String[] fields = text.split("\\$", -1);
        if (fields.length != 6 || !isScram(text) || !fields[2].startsWith("i=")) {
            return null;
        }
        try {
            int iterations = Integer.parseInt(fields[2].substring(2));
            byte[] salt = Base64.getDecoder().decode(fields[3]);
            byte[] storedKey = Base64.getDecoder().decode(fields[4]);
            byte[] serverKey = Base64.getDecoder().decode(fields[5]);
            boolean sane = iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS && salt.length >= 8;
            boolean sized = salt.length <= 64 && storedKey.length == KEY_BYTES && serverKey.length == KEY_BYTES;
            return sane && sized ? new ScramVerifier(iterations, salt, storedKey, serverKey) : null;
        } catch (IllegalArgumentException notANumberOrNotBase64) {
            return null;
        }
    }

    /** Whether a text is meant to be one, right or wrong. */
    public static boolean isScram(String text) {
        return text.startsWith(PREFIX);
    }

    /** As it stands in a password file. */
    public String text() {
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return PREFIX + "i=" + iterations + "$" + base64.encodeToString(salt) + "$" + base64.encodeToString(storedKey)
                + "$" + base64.encodeToString(serverKey);
    }

    public int iterations() {
        return iterations;
    }

    /** In base64, as the client is told. */
    String salt() {
        return Base64.getEncoder().encodeToString(salt);
    }

    /** Whether who made this proof knows the password; takes as long for a wrong one. */
    boolean proves(String authMessage, byte[] proof) {
        byte[] clientKey = hmac(storedKey, authMessage);
        boolean sized = proof.length == clientKey.length;
        for (int i = 0; i < clientKey.length; i++) {
            clientKey[i] ^= sized ? proof[i] : 0;
        }
        return MessageDigest.isEqual(sha256(clientKey), storedKey) && sized;
    }

    /** What shows the client that we know it, in base64. */
    String serverSignature(String authMessage) {
        return Base64.getEncoder().encodeToString(hmac(serverKey, authMessage));
    }

    /** The iterations only. */
    @Override
    public String toString() {
        return "ScramVerifier[i=" + iterations + "]";
    }

    /** Hi() of the RFC. */
    static byte[] saltedPassword(String prepared, byte[] salt, int iterations) {
        PBEKeySpec spec = new PBEKeySpec(prepared.toCharArray(), salt, iterations, KEY_BYTES * 8);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks PBKDF2WithHmacSHA256", e);
        } finally {
            spec.clearPassword();
        }
    }

    static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(key, HMAC));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks " + HMAC, e);
        }
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
