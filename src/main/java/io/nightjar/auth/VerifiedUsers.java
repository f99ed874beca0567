package io.nightjar.auth;

import io.nightjar.mqtt.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Who gave the right password before, so that a fleet that reconnects does not cost 100 ms of a core per device again.
 * It keeps a digest keyed with random bytes of this process, over user, password and stored hash: useless to whoever
 * reads it elsewhere, and void as soon as the password changes. The user longest unseen goes first. Thread-safe.
 */
final class VerifiedUsers {
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;
    private final Map<String, byte[]> digests;

    VerifiedUsers(int size) {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        this.key = new SecretKeySpec(random, ALGORITHM);
        this.digests = new Recent(size);
    }

    boolean contains(String username, Bytes password, String stored) {
        byte[] digest = digest(username, password, stored);
        synchronized (digests) {
            byte[] known = digests.get(username);
            return known != null && MessageDigest.isEqual(known, digest);
        }
    }

    void add(String username, Bytes password, String stored) {
        byte[] digest = digest(username, password, stored);
        synchronized (digests) {
            digests.put(username, digest);
        }
    }

    private byte[] digest(String username, Bytes password, String stored) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update((username + "\0" + stored + "\0").getBytes(StandardCharsets.UTF_8));
            password.writeTo(mac::update);
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks " + ALGORITHM, e);
        }
    }

    /** A map in order of last use with an upper limit. */
    private static final class Recent extends LinkedHashMap<String, byte[]> {
        private final int limit;

        Recent(int limit) {
            super(16, 0.75f, true);
            this.limit = limit;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, byte[]> eldest) {
            return size() > limit;
        }
    }
}
