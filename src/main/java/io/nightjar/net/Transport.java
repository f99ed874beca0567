package io.nightjar.net;

import java.util.Locale;

/** What carries MQTT between a client and a listener. */
public enum Transport {
    TCP(false, false),
    TLS(true, false),
    WS(false, true),
    WSS(true, true);

    private final String word = name().toLowerCase(Locale.ROOT);
    private final boolean secure;
    private final boolean webSocket;

    Transport(boolean secure, boolean webSocket) {
        this.secure = secure;
        this.webSocket = webSocket;
    }

    /** Whether TLS lies below. */
    public boolean isSecure() {
        return secure;
    }

    /** Whether packets come in WebSocket frames. */
    public boolean isWebSocket() {
        return webSocket;
    }

    /** As settings, evidence and the API spell it: {@code tcp}, {@code tls}, {@code ws}, {@code wss}. */
    public String word() {
        return word;
    }
}
