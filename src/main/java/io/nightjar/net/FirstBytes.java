package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.nightjar.mqtt.PacketType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says what a peer speaks whose first byte is not that of a CONNECT. */
final class FirstBytes {
    static final String MQTT = "mqtt_";
    static final String JUNK = "junk";

    private record Sign(String word, byte[] bytes) {}

    private static final List<Sign> SIGNS = signs();

    private FirstBytes() {}

    /**
     * One of {@code http}, {@code tls}, {@code ssh}, {@code proxy_protocol}, {@code mqtt_pingreq} and so on, or {@code
     * junk}; null if more bytes are needed to tell.
     *
     * @param readable bytes from index on, at least one
     */
    static @Nullable String looksLike(ByteBuf in, int index, int readable) {
        boolean undecided = false;
        for (Sign sign : SIGNS) {
            int compared = Math.min(readable, sign.bytes.length);
            if (startsWith(in, index, sign.bytes, compared)) {
                if (compared == sign.bytes.length) {
                    return sign.word;
                }
                undecided = true;
            }
        }
        return undecided ? null : packetWord(in, index, readable);
    }

    private static boolean startsWith(ByteBuf in, int index, byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (in.getByte(index + i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable String packetWord(ByteBuf in, int index, int readable) {
        int first = in.getUnsignedByte(index);
        if (first < 0x10) {
            return JUNK;
        }
        PacketType type = PacketType.of(first >> 4);
        int flags = first & 0x0F;
        if (type == PacketType.CONNECT) {
            return MQTT + "connect";
        } else if (type == PacketType.PUBLISH ? (flags & 0x06) == 0x06 : flags != type.flags()) {
            return JUNK;
        }
        int length = 0;
        for (int i = 0; i < 4; i++) {
            if (i + 1 >= readable) {
                return null;
            }
            int next = in.getUnsignedByte(index + 1 + i);
            length |= (next & 0x7F) << 7 * i;
            if (next < 0x80) {
                return isPlausible(type, length) ? MQTT + type.name().toLowerCase(Locale.ROOT) : JUNK;
            }
        }
        return JUNK;
    }

    private static boolean isPlausible(PacketType type, int length) {
        return switch (type) {
            case PINGREQ, PINGRESP -> length == 0;
            case DISCONNECT, AUTH -> true;
            case CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK -> length >= 2;
            case SUBACK -> length >= 3;
            case UNSUBSCRIBE -> length >= 4;
            case SUBSCRIBE -> length >= 5;
        };
    }

    private static List<Sign> signs() {
        List<Sign> signs = new ArrayList<>();
        for (String method : List.of("GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT")) {
            signs.add(new Sign("http", ascii(method + " ")));
        }
        signs.add(new Sign("http", ascii("PRI * HTTP/2")));
        signs.add(new Sign("tls", new byte[] {0x16, 0x03}));
        signs.add(new Sign("ssh", ascii("SSH-")));
        signs.add(new Sign("proxy_protocol", ascii("PROXY ")));
        signs.add(new Sign("proxy_protocol", ascii("\r\n\r\n\0\r\nQUIT\n")));
        return List.copyOf(signs);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
