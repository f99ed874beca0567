package io.nightjar.load;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The packets that a load needs, as bytes; written from the standard, not with the broker's own encoder. */
final class Packets {
    static final byte[] PINGREQ = {(byte) 0xC0, 0};
    private static final int CLEAN_START = 0x02;
    private static final int USER = 0x80;
    private static final int PASSWORD = 0x40;

    private final int version;

    /** @param version 5 or 4 */
    Packets(int version) {
        this.version = version;
    }

    byte[] connect(
            String clientId,
            boolean clean,
            int keepAlive,
            long expiry,
            @Nullable String user,
            @Nullable String password) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        text(body, "MQTT");
        body.write(version);
        body.write((clean ? CLEAN_START : 0) | (user == null ? 0 : USER) | (password == null ? 0 : PASSWORD));
        number(body, keepAlive);
        if (version == 5) {
            if (expiry > 0) {
                body.write(5);
                body.write(0x11); // Session Expiry Interval
                number(body, (int) (expiry >>> 16));
                number(body, (int) (expiry & 0xFFFF));
            } else {
                body.write(0);
            }
        }
        text(body, clientId);
        if (user != null) {
            text(body, user);
        }
        if (password != null) {
            text(body, password);
        }
        return packet(0x10, body);
    }

    byte[] subscribe(int packetId, int qos, String... filters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        number(body, packetId);
        if (version == 5) {
            body.write(0);
        }
        for (String filter : filters) {
            text(body, filter);
            body.write(qos);
        }
        return packet(0x82, body);
    }

    /** A PUBLISH whose payload, and Packet Identifier if there is one, are still zero: to be filled in place. */
    byte[] publish(String topic, int qos, boolean retain, int payload) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        text(body, topic);
        if (qos > 0) {
            number(body, 0);
        }
        if (version == 5) {
            body.write(0);
        }
        body.writeBytes(new byte[payload]);
        return packet(0x30 | qos << 1 | (retain ? 1 : 0), body);
    }

    /** Where in a PUBLISH of this kind the Packet Identifier stands. */
    int packetIdOffset(byte[] publish, int payload) {
        return publish.length - payload - (version == 5 ? 1 : 0) - 2;
    }

    private static byte[] packet(int first, ByteArrayOutputStream body) {
        ByteArrayOutputStream packet = new ByteArrayOutputStream(body.size() + 5);
        packet.write(first);
        int length = body.size();
        do {
            int digit = length & 0x7F;
            length >>>= 7;
            packet.write(length > 0 ? digit | 0x80 : digit);
        } while (length > 0);
        packet.writeBytes(body.toByteArray());
        return packet.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        number(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void number(ByteArrayOutputStream out, int n) {
        out.write(n >>> 8);
        out.write(n);
    }
}
