package io.nightjar.testing;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** The client's side of SCRAM-SHA-256, written from the RFC alone so that it shares no mistake with the server's. */
public final class ScramClient {
    private final String gs2Header;
    private final String username;
    private final String password;
    private final String nonce;
    private byte[] serverSignature = new byte[0];

    /** @param gs2Header as {@code n,,} */
    public ScramClient(String gs2Header, String username, String password) {
        this.gs2Header = gs2Header;
        this.username = username.replace("=", "=3D").replace(",", "=2C");
        this.password = password;
        byte[] random = new byte[18];
        new SecureRandom().nextBytes(random);
        this.nonce = base64(random);
    }

    public ScramClient(String username, String password) {
        this("n,,", username, password);
    }

    /** The client-first-message. */
    public String first() {
        return gs2Header + bare();
    }

    /** The client-final-message that answers a server-first-message. */
    public String last(String challenge) {
        String[] fields = challenge.split(",", -1);
        String both = fields[0].substring(2);
        if (!both.startsWith(nonce) || both.length() == nonce.length()) {
            throw new IllegalStateException("the server did not add to the nonce: " + challenge);
        }
        byte[] salt = Base64.getDecoder().decode(fields[1].substring(2));
        byte[] salted = salted(salt, Integer.parseInt(fields[2].substring(2)));
        String withoutProof = "c=" + base64(gs2Header.getBytes(StandardCharsets.UTF_8)) + ",r=" + both;
        String message = bare() + "," + challenge + "," + withoutProof;
        byte[] clientKey = hmac(salted, "Client Key");
        byte[] signature = hmac(sha256(clientKey), message);
        for (int i = 0; i < clientKey.length; i++) {
            clientKey[i] ^= signature[i];
        }
        serverSignature = hmac(hmac(salted, "Server Key"), message);
        return withoutProof + ",p=" + base64(clientKey);
    }

    /** Whether the server-final-message shows that the server knows the password too. */
    public boolean isServer(String serverFinal) {
        return serverFinal.equals("v=" + base64(serverSignature));
    }

    /** The client's part of the nonce. */
    public String nonce() {
        return nonce;
    }

    private String bare() {
        return "n=" + username + ",r=" + nonce;
    }

    private byte[] salted(byte[] salt, int iterations) {
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
