package io.nightjar.net;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What RFC 6455 asks of a client's frames, in words, and which close code answers what. */
final class WebSocketRules {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    static final int NORMAL = 1000;
    static final int GOING_AWAY = 1001;
    static final int BREACH = 1002;
    static final int UNACCEPTABLE = 1003;
    static final int POLICY = 1008;
    static final int TOO_BIG = 1009;
    static final int OUR_FAULT = 1011;
    static final int TRY_AGAIN = 1013;

    private static final String RULE = "5.0/6.0.0-1";
    private static final String RULE_311 = "311/6.0.0-1";

    /** Our close frame repeats the client's, which named no code. */
    static final int NO_CODE = -1;

    /** @param words completes "the client sent" */
    record Violation(String words, int closeCode) {
        /** All of it breaks the one statement that says how MQTT travels on a WebSocket. */
        DisconnectReason reason(@Nullable MqttVersion version) {
            return DisconnectReason.of(
                    Detail.PROTOCOL_ERROR,
                    "problem",
                    "the client sent " + words,
                    "rule",
                    version == null || version == MqttVersion.V5 ? RULE : RULE_311,
                    "websocket_close",
                    Integer.toString(closeCode));
        }
    }

    static final Violation UNMASKED = breach("a WebSocket frame without a mask");
    static final Violation LONG_CONTROL = breach("a WebSocket control frame of more than 125 bytes");
    static final Violation LENGTH = breach("a WebSocket frame whose length is negative or not in its shortest form");
    private static final Violation RESERVED =
            breach("a WebSocket frame with reserved bits, as of an extension that was not agreed");
    private static final Violation OPCODE = breach("a WebSocket frame of a reserved opcode");
    private static final Violation CUT_CONTROL = breach("a WebSocket control frame in fragments");
    private static final Violation STRAY = breach("a WebSocket continuation frame that continues nothing");
    private static final Violation UNFINISHED =
            breach("a new WebSocket message before the last fragment of the one before");
    private static final Violation NOT_BINARY =
            new Violation("a WebSocket text frame; MQTT travels in binary frames", UNACCEPTABLE);
    private static final Violation CLOSE_PAYLOAD = breach("a WebSocket close frame with half a code");
    private static final Violation CLOSE_CODE = breach("a WebSocket close frame with a code that may not be sent");

    private WebSocketRules() {}

    private static Violation breach(String words) {
        return new Violation(words, BREACH);
    }

    static boolean isControl(int opcode) {
        return opcode >= CLOSE;
    }

    static @Nullable Violation firstByte(int first, boolean fragmented) {
        int opcode = first & 0x0F;
        boolean last = (first & 0x80) != 0;
        if ((first & 0x70) != 0) {
            return RESERVED;
        } else if (isControl(opcode)) {
            return opcode > PONG ? OPCODE : last ? null : CUT_CONTROL;
        }
        return switch (opcode) {
            case CONTINUATION -> fragmented ? null : STRAY;
            case BINARY -> fragmented ? UNFINISHED : null;
            case TEXT -> NOT_BINARY;
            default -> OPCODE;
        };
    }

    /** Payload of our close frame: a code, and the reason in the words it has everywhere. */
    static byte[] closePayload(int code, DisconnectReason reason) {
        if (code == NO_CODE) {
            return new byte[0];
        }
        String words = reason.reason().word() + "/" + reason.detail().word();
        byte[] text = words.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(2 + text.length)
                .putShort((short) (code == 0 ? closeCode(reason) : code))
                .put(text)
                .array();
    }

    private static int closeCode(DisconnectReason reason) {
        return switch (reason.detail()) {
            case SERVER_SHUTTING_DOWN, LISTENER_STOPPED, DRAIN -> GOING_AWAY;
            case SERVER_BUSY, SESSION_UNAVAILABLE -> TRY_AGAIN;
            case PACKET_TOO_LARGE -> TOO_BIG;
            case STORE_FAILED, NODE_LOST, IMPLEMENTATION_ERROR -> OUR_FAULT;
            default -> reason.reason() == Reason.NORMAL ? NORMAL : POLICY;
        };
    }

    /**
     * A client's close frame.
     *
     * @param code as sent, or {@link #NO_CODE}
     * @param violation what is wrong with it, or null
     */
    record Close(int code, String words, @Nullable Violation violation) {
        static Close of(byte[] payload) {
            if (payload.length == 0) {
                return new Close(NO_CODE, "", null);
            } else if (payload.length == 1) {
                return new Close(NO_CODE, "", CLOSE_PAYLOAD);
            }
            int code = (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
            String words = new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
            return new Close(code, words, maySend(code) ? null : CLOSE_CODE);
        }

        private static boolean maySend(int code) {
            boolean reserved = code == 1004 || code == 1005 || code == 1006 || code == 1015;
            return code >= 3000 && code <= 4999 || code >= 1000 && code < 1016 && !reserved;
        }

        /** The code of our answer: the client's own if it may be sent. */
        int answer() {
            return violation == null ? code : violation.closeCode();
        }

        DisconnectReason reason(@Nullable MqttVersion version) {
            Violation wrong = violation;
            if (wrong != null) {
                return wrong.reason(version);
            }
            boolean ordinary = code == NORMAL || code == GOING_AWAY || code == NO_CODE;
            DisconnectReason reason = DisconnectReason.of(
                    ordinary ? Detail.PEER_FIN : Detail.WEBSOCKET_CLOSED,
                    "code",
                    code == NO_CODE ? "none" : Integer.toString(code));
            return words.isEmpty() ? reason : reason.with("client_says", Tracing.brief(words));
        }
    }
}
