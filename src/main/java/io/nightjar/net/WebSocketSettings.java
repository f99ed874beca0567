package io.nightjar.net;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a listener for WebSocket has beyond the others.
 *
 * @param path of the upgrade request, without a query
 * @param maxHeaderBytes of the request line, and of all header lines together
 * @param maxFrameBytes largest payload that a frame may announce; frames are not collected, so it costs no memory
 * @param pingIntervalMillis a client silent for so long is pinged; 0 = never
 * @param pongTimeoutMillis how long a pinged client may stay silent
 * @param allowedOrigins pages that may connect, in small letters, as in {@code https://example.com}; empty = all
 * @param localPagesOnly whether of all only those of this machine may: nobody has to prove who he is, and a browser
 *     here connects for any page that is open in it
 */
public record WebSocketSettings(
        String path,
        int maxHeaderBytes,
        long maxFrameBytes,
        long pingIntervalMillis,
        long pongTimeoutMillis,
        List<String> allowedOrigins,
        boolean localPagesOnly) {
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]");

    public WebSocketSettings {
        allowedOrigins = List.copyOf(allowedOrigins);
    }

    /** Whether a page of this origin may connect; null = it is no page, for every browser says one. */
    boolean allows(@Nullable String origin) {
        if (origin == null) {
            return true;
        } else if (!allowedOrigins.isEmpty()) {
            return allowedOrigins.contains(origin.toLowerCase(Locale.ROOT));
        }
        return !localPagesOnly || isLocal(origin);
    }

    private static boolean isLocal(String origin) {
        try {
            String host = new URI(origin).getHost();
            return host != null && (host.equalsIgnoreCase("localhost") || LOOPBACK.contains(host));
        } catch (URISyntaxException notAnOrigin) {
            return false;
        }
    }
}
