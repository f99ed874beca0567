package io.nightjar.message;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Where a ClientID lives: the name of its entity, its shard and its event loop.
 *
 * <p>Frozen: all nodes of a cluster, old and new, must compute the same values. The entity's name is the ClientID
 * itself where that is short and plain, otherwise {@code *} and its SHA-256, since a ClientID may be 64 KB of anything
 * and the name stands in actor paths.
 */
public final class SessionKey {
    /** Number of shards; ten for each of at most a hundred nodes. */
    public static final int SHARDS = 1000;

    private static final int PLAIN_LENGTH = 64;

    private SessionKey() {}

    /** Name of the entity, 1 to 65 characters of {@code A-Z a-z 0-9 - _ .} or {@code *}. */
    public static String entityId(String clientId) {
        if (isPlain(clientId)) {
            return clientId;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(clientId.getBytes(StandardCharsets.UTF_8));
            return "*" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Shard 0 to {@link #SHARDS} - 1 of an entity. */
    public static int shard(String entityId) {
        return Math.floorMod(murmur(entityId, 0x9747b28c), SHARDS);
    }

    /** Event loop 0 to loops - 1 of an entity on its node. */
    public static int loop(String entityId, int loops) {
        return Math.floorMod(murmur(entityId, 0x1b873593), loops);
    }

    private static boolean isPlain(String clientId) {
        if (clientId.isEmpty() || clientId.length() > PLAIN_LENGTH) {
            return false;
        }
        for (int i = 0; i < clientId.length(); i++) {
            char c = clientId.charAt(i);
            boolean plain = c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '-'
                    || c == '_'
                    || c == '.' && i > 0;
            if (!plain) {
                return false;
            }
        }
        return true;
    }

    /** MurmurHash3, 32 bits, over the characters (all below 128). */
    private static int murmur(String text, int seed) {
        int h = seed;
        int length = text.length();
        int i = 0;
        for (; i + 4 <= length; i += 4) {
            int k = text.charAt(i) | text.charAt(i + 1) << 8 | text.charAt(i + 2) << 16 | text.charAt(i + 3) << 24;
            h = Integer.rotateLeft(h ^ mix(k), 13) * 5 + 0xe6546b64;
        }
        int tail = 0;
        for (int shift = 0; i < length; i++, shift += 8) {
            tail |= text.charAt(i) << shift;
        }
        h ^= mix(tail) ^ length;
        h = (h ^ h >>> 16) * 0x85ebca6b;
        h = (h ^ h >>> 13) * 0xc2b2ae35;
        return h ^ h >>> 16;
    }

    private static int mix(int k) {
        return Integer.rotateLeft(k * 0xcc9e2d51, 15) * 0x1b873593;
    }
}
