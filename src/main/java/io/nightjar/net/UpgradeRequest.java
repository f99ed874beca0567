package io.nightjar.net;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.nightjar.mqtt.DisconnectReason;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request to become a WebSocket that carries MQTT, and what is wrong with it [RFC 6455 4.2.1, 5.0/6.0.0-3]. */
final class UpgradeRequest {
    /** In the order of our choice: the second is what clients of MQTT 3.1 offered before there was a standard. */
    private static final List<String> SUBPROTOCOLS = List.of("mqtt", "mqttv3.1");

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int KEY_BYTES = 16;

    private final HttpHeaders headers;
    private final String path;
    private HttpResponseStatus status = HttpResponseStatus.BAD_REQUEST;
    private String subprotocol = "";
    private final @Nullable String problem;

    UpgradeRequest(HttpRequest request, WebSocketSettings settings) {
        this.headers = request.headers();
        String target = request.uri();
        int query = target.indexOf('?');
        boolean whole = request.decoderResult().isSuccess();
        this.path = !whole ? "" : query < 0 ? target : target.substring(0, query);
        this.problem = whole ? check(request, settings) : null;
    }

    /** In words, or null if it may be granted. */
    @Nullable
    String problem() {
        return problem;
    }

    /** Of the answer that refuses. */
    HttpResponseStatus status() {
        return status;
    }

    /** The one of those offered that the server selects [5.0/6.0.0-4]. */
    String subprotocol() {
        return subprotocol;
    }

    /** Sec-WebSocket-Accept. */
    String acceptKey() {
        try {
            String key = headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY) + GUID;
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(key.getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    /** Adds who asked for what; nothing of a query, which may hold secrets. */
    DisconnectReason describe(DisconnectReason reason) {
        DisconnectReason with = path.isEmpty() ? reason : reason.with("path", Tracing.brief(path));
        String origin = headers.get(HttpHeaderNames.ORIGIN);
        String agent = headers.get(HttpHeaderNames.USER_AGENT);
        with = origin == null ? with : with.with("origin", Tracing.brief(origin));
        return agent == null ? with : with.with("user_agent", Tracing.brief(agent));
    }

    private @Nullable String check(HttpRequest request, WebSocketSettings settings) {
        if (!path.equals(settings.path())) {
            return refused(HttpResponseStatus.NOT_FOUND, "there is nothing at this path");
        } else if (!request.method().equals(HttpMethod.GET)) {
            return refused(HttpResponseStatus.METHOD_NOT_ALLOWED, "the method is not GET");
        } else if (!has(HttpHeaderNames.UPGRADE, "websocket") || !has(HttpHeaderNames.CONNECTION, "upgrade")) {
            return refused(HttpResponseStatus.UPGRADE_REQUIRED, "it does not ask for a WebSocket");
        } else if (!request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
            return refused(HttpResponseStatus.BAD_REQUEST, "the version of HTTP is not 1.1");
        } else if (!"13".equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
            return refused(HttpResponseStatus.UPGRADE_REQUIRED, "Sec-WebSocket-Version is not 13");
        } else if (!isKey(headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY))) {
            return refused(HttpResponseStatus.BAD_REQUEST, "Sec-WebSocket-Key is not 16 bytes in Base64");
        } else if (hasBody()) {
            return refused(HttpResponseStatus.BAD_REQUEST, "it has a body");
        } else if (!settings.allows(headers.get(HttpHeaderNames.ORIGIN))) {
            return refused(HttpResponseStatus.FORBIDDEN, "its Origin is not allowed: see allowed-origins");
        }
        List<String> offered = tokens(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL);
        for (String known : SUBPROTOCOLS) {
            if (offered.contains(known)) {
                subprotocol = known;
                return null;
            }
        }
        return refused(HttpResponseStatus.BAD_REQUEST, "it does not offer the subprotocol mqtt");
    }

    private String refused(HttpResponseStatus answer, String words) {
        status = answer;
        return words;
    }

    private boolean hasBody() {
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        return headers.contains(HttpHeaderNames.TRANSFER_ENCODING) || length != null && !length.equals("0");
    }

    private static boolean isKey(@Nullable String key) {
        try {
            return key != null && Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    private boolean has(CharSequence header, String token) {
        return tokens(header).stream().anyMatch(token::equalsIgnoreCase);
    }

    private List<String> tokens(CharSequence header) {
        List<String> tokens = new ArrayList<>();
        for (String line : headers.getAll(header)) {
            for (String token : line.split(",")) {
                tokens.add(token.strip());
            }
        }
        return tokens;
    }
}
