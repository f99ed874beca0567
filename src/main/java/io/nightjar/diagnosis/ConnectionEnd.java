package io.nightjar.diagnosis;

import io.nightjar.mqtt.DisconnectReason;

/**
 * The one end of one Network Connection: what the log, the trace, the recorder, the counters and the HTTP API tell.
 *
 * @param atMillis milliseconds since 1970
 */
public record ConnectionEnd(long atMillis, Stage stage, DisconnectReason reason, Evidence evidence, Verdict verdict) {
    /** How far it had come. */
    public enum Stage {
        /** No CONNECT was read: TLS, PROXY protocol, WebSocket, not MQTT, or nothing came. */
        BEFORE_CONNECT,
        /** CONNECT was read, and not accepted: refused, or the client left first. */
        CONNECTING,
        /** CONNACK with success was sent. */
        CONNECTED
    }
}
