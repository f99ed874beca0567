package io.nightjar.net;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import org.jspecify.annotations.Nullable;

/** The packet that tells a client why: DISCONNECT after CONNACK, CONNACK before it, or none. */
final class LastPacket {
    private static final int REASON_STRING_CHARS = 200;
    private static final int BRIDGE_BIT = 0x80;

    private LastPacket() {}

    /**
     * @param connecting version of the CONNECT that is being answered, or null if there was none or it is answered
     * @param decoder knows the version of a connected client
     */
    static @Nullable Packet of(
            DisconnectReason reason, boolean connected, @Nullable MqttVersion connecting, PacketDecoder decoder) {
        ReasonCode code = reason.wireCode();
        if (code == null || reason.detail().answer() == Detail.Answer.NOTHING) {
            return null;
        }
        if (connected) {
            // 3.x has no DISCONNECT from the server: a bare close.
            return decoder.version() == MqttVersion.V5 ? new Packet.Disconnect(disconnect(code), why(reason)) : null;
        }
        if (reason.detail() == Detail.UNSUPPORTED_PROTOCOL_VERSION) {
            return unsupported(reason);
        }
        if (connecting == null) {
            return null;
        }
        if (connecting != MqttVersion.V5) {
            // Only refusals have a return code; a CONNECT that breaks the protocol is closed [311/3.1.4-1].
            boolean refusal = reason.detail().answer() == Detail.Answer.CONNACK || code == ReasonCode.NOT_AUTHORIZED;
            return refusal ? new Packet.ConnAck(false, code, Properties.NONE) : null;
        }
        return new Packet.ConnAck(false, connAck(code), why(reason));
    }

    /** Codes that CONNACK alone may carry become the nearest that DISCONNECT may [5.0/3.14.2-1]. */
    private static ReasonCode disconnect(ReasonCode code) {
        return switch (code) {
            case SERVER_UNAVAILABLE -> ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR;
            case BANNED -> ReasonCode.ADMINISTRATIVE_ACTION;
            default -> code;
        };
    }

    /** Codes that DISCONNECT alone may carry become the nearest that CONNACK may [5.0/3.2.2-8]. */
    private static ReasonCode connAck(ReasonCode code) {
        return switch (code) {
            case SERVER_SHUTTING_DOWN, SESSION_TAKEN_OVER, ADMINISTRATIVE_ACTION -> ReasonCode.SERVER_UNAVAILABLE;
            case KEEP_ALIVE_TIMEOUT,
                    TOPIC_FILTER_INVALID,
                    RECEIVE_MAXIMUM_EXCEEDED,
                    TOPIC_ALIAS_INVALID,
                    MESSAGE_RATE_TOO_HIGH,
                    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
                    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
                    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED -> ReasonCode.UNSPECIFIED_ERROR;
            default -> code;
        };
    }

    private static Packet unsupported(DisconnectReason reason) {
        String level = reason.facts().get("protocol_level");
        // Bridges set the highest bit of their level, and on return code 1 try again without it.
        boolean old = level != null && (Integer.parseInt(level) & ~BRIDGE_BIT) < MqttVersion.V5.level();
        return new Packet.ConnAck(false, ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, old ? Properties.NONE : why(reason));
    }

    /** The version in which {@link #unsupported} is written: the client's own form [311/3.1.2-2]. */
    static MqttVersion form(Packet last, @Nullable MqttVersion known) {
        if (known != null) {
            return known;
        }
        return last instanceof Packet.ConnAck ack && ack.properties().isEmpty() ? MqttVersion.V3_1_1 : MqttVersion.V5;
    }

    private static Properties why(DisconnectReason reason) {
        StringBuilder text = new StringBuilder(reason.reason().word());
        text.append('/').append(reason.detail().word());
        String problem = reason.facts().get("problem");
        if (problem != null) {
            text.append(": ").append(problem);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x20 || c > 0x7E) {
                text.setCharAt(i, '?');
            }
        }
        text.setLength(Math.min(text.length(), REASON_STRING_CHARS));
        return Properties.of(Property.REASON_STRING, text.toString());
    }
}
