package io.nightjar.conformance;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Packets of MQTT 3.1.1 as the hex text of all their bytes, written down from the standard and not with the broker's own
 * codec, so that a fault of that codec cannot hide itself.
 */
final class Packets311 {
    static final String PINGREQ = "c000";
    static final String PINGRESP = "d000";
    static final String DISCONNECT = "e000";

    /** CONNACK with return code 0. */
    static final String ACCEPTED = "20020000";

    static final String ACCEPTED_SESSION_PRESENT = "20020100";

    private static final HexFormat HEX = HexFormat.of();

    private Packets311() {}

    /** What a CONNECT says; by default Clean Session 1, Keep Alive 0 and nothing else. */
    record Connect(String clientId, int flags, int keepAlive, String afterClientId, String protocol) {
        static Connect of(String clientId) {
            return new Connect(clientId, 0x02, 0, "", text("MQTT") + "04");
        }

        /** Clean Session 0. */
        Connect stored() {
            return new Connect(clientId, flags & ~0x02, keepAlive, afterClientId, protocol);
        }

        Connect clean(boolean clean) {
            return clean ? this : stored();
        }

        Connect keepAlive(int seconds) {
            return new Connect(clientId, flags, seconds, afterClientId, protocol);
        }

        /** Before {@link #user}. */
        Connect will(String topic, String payload, int qos, boolean retain) {
            int more = 0x04 | qos << 3 | (retain ? 0x20 : 0);
            return new Connect(
                    clientId, flags | more, keepAlive, afterClientId + text(topic) + text(payload), protocol);
        }

        Connect user(String name, String password) {
            return new Connect(
                    clientId, flags | 0xC0, keepAlive, afterClientId + text(name) + text(password), protocol);
        }

        /** The protocol name and level of MQTT 3.1. */
        Connect v31() {
            return new Connect(clientId, flags, keepAlive, afterClientId, text("MQIsdp") + "03");
        }

        String hex() {
            return packet(
                    0x10, protocol + HEX.toHexDigits((byte) flags) + id(keepAlive) + text(clientId) + afterClientId);
        }
    }

    /** A packet with this first byte and the hex text of its body. */
    static String packet(int first, String body) {
        String bytes = body.replace(" ", "");
        StringBuilder packet = new StringBuilder(HEX.toHexDigits((byte) first));
        int length = bytes.length() / 2;
        do {
            int next = length & 0x7F;
            length >>= 7;
            packet.append(HEX.toHexDigits((byte) (length > 0 ? next | 0x80 : next)));
        } while (length > 0);
        return packet.append(bytes).toString();
    }

    /** A UTF-8 encoded string with its length. */
    static String text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return id(bytes.length) + HEX.formatHex(bytes);
    }

    /** A string of these bytes, whatever they are, with its length. */
    static String rawText(String hex) {
        return id(hex.length() / 2) + hex;
    }

    /** Two bytes. */
    static String id(int value) {
        return HEX.toHexDigits((short) value);
    }

    static String publish0(String topic, String payload) {
        return publish(0x30, topic, 0, payload);
    }

    static String publish1(int packetId, String topic, String payload) {
        return publish(0x32, topic, packetId, payload);
    }

    static String publish2(int packetId, String topic, String payload) {
        return publish(0x34, topic, packetId, payload);
    }

    /** @param first byte with DUP 0x08, QoS 0x06 and RETAIN 0x01; @param packetId not written for QoS 0 */
    static String publish(int first, String topic, int packetId, String payload) {
        String identifier = (first & 0x06) == 0 ? "" : id(packetId);
        return packet(first, text(topic) + identifier + HEX.formatHex(payload.getBytes(StandardCharsets.UTF_8)));
    }

    static String puback(int packetId) {
        return "4002" + id(packetId);
    }

    static String pubrec(int packetId) {
        return "5002" + id(packetId);
    }

    static String pubrel(int packetId) {
        return "6202" + id(packetId);
    }

    static String pubcomp(int packetId) {
        return "7002" + id(packetId);
    }

    static String subscribe(int packetId, String filter, int qos) {
        return packet(0x82, id(packetId) + request(filter, qos));
    }

    /** A SUBSCRIBE of several {@link #request}s. */
    static String subscribe(int packetId, String... requests) {
        return packet(0x82, id(packetId) + String.join("", requests));
    }

    static String request(String filter, int qos) {
        return text(filter) + HEX.toHexDigits((byte) qos);
    }

    static String suback(int packetId, int... codes) {
        StringBuilder body = new StringBuilder(id(packetId));
        for (int code : codes) {
            body.append(HEX.toHexDigits((byte) code));
        }
        return packet(0x90, body.toString());
    }

    static String unsubscribe(int packetId, String... filters) {
        StringBuilder body = new StringBuilder(id(packetId));
        for (String filter : filters) {
            body.append(text(filter));
        }
        return packet(0xA2, body.toString());
    }

    static String unsuback(int packetId) {
        return "b002" + id(packetId);
    }
}
