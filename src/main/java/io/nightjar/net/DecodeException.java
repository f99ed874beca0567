package io.nightjar.net;

import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a peer break the standard: the connection ends with {@link #reason()}. Has no stack trace, since it
 * tells about the peer and not about our code.
 *
 * <p>The facts of the reason are {@code packet} (type), {@code offset} (of the byte that is wrong, counted from the
 * first byte of the fixed header), {@code field}, {@code problem} (in words), {@code rule} (statement of the standard,
 * {@code 5.0/3.8.3-4}), {@code packet_size} (where known) and {@code bytes} (the first ones in hex). Some causes add
 * {@code looks_like}, {@code limit}, {@code protocol_name}, {@code protocol_level} or {@code code}. No fact holds a
 * password, authentication data or payload: see {@link PacketReader}.
 */
public final class DecodeException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient DisconnectReason reason;
    private final @Nullable MqttVersion version;
    private final int packetSize;

    DecodeException(DisconnectReason reason, @Nullable MqttVersion version, int packetSize) {
        super(reason.detail() + " " + reason.facts(), null, false, false);
        this.reason = reason;
        this.version = version;
        this.packetSize = packetSize;
    }

    public DisconnectReason reason() {
        return reason;
    }

    /**
     * The protocol version of the connection, also that of a CONNECT which is wrong further on; null if it is not
     * known. It decides the form of a CONNACK that refuses, or forbids one [311/3.1.4-1].
     */
    public @Nullable MqttVersion version() {
        return version;
    }

    /** Bytes of the whole packet by its fixed header, or -1 if the fixed header is what is wrong. */
    public int packetSize() {
        return packetSize;
    }
}
