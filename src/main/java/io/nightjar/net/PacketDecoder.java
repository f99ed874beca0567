package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import org.jspecify.annotations.Nullable;

/**
 * Bytes to packets, for one connection: strict about every rule of the standard that a packet alone can break.
 *
 * <p>Not thread-safe; belongs to the connection's event loop. Keeps no buffer and takes 24 bytes, because it lives as
 * long as the connection. The packets hold copies only, so that the buffer may be released or reused at once.
 *
 * <p>On the server's side the first packet must be CONNECT, and sets the version; a second CONNECT is refused. After a
 * {@link DecodeException} the decoder must not be used again.
 */
public final class PacketDecoder {
    private static final int CONNECT = PacketType.CONNECT.value() << 4;

    private final int maxPacketSize;
    private final boolean fromServer;
    private @Nullable MqttVersion version;

    /**
     * Decodes what clients send.
     *
     * @param maxPacketSize bytes of the largest packet taken, fixed header included [5.0/3.2.2-15]
     */
    public PacketDecoder(int maxPacketSize) {
        this(maxPacketSize, false, null);
    }

    private PacketDecoder(int maxPacketSize, boolean fromServer, @Nullable MqttVersion version) {
        this.maxPacketSize = maxPacketSize;
        this.fromServer = fromServer;
        this.version = version;
    }

    /** Decodes what a server sends to a client of this version, in any order. */
    public static PacketDecoder forClient(MqttVersion version, int maxPacketSize) {
        return new PacketDecoder(maxPacketSize, true, version);
    }

    /** The version of the connection, or null before its CONNECT. */
    public @Nullable MqttVersion version() {
        return version;
    }

    /** Goes on as if a CONNECT of this version had been decoded. */
    public void version(MqttVersion known) {
        version = known;
    }

    /**
     * The next packet, taken from the buffer; null, with the buffer untouched, if it is not there in full yet. A packet
     * that is too large, of the wrong type or with wrong flags is refused as soon as its fixed header is there.
     *
     * @throws DecodeException if the bytes break a rule; the buffer is untouched
     */
    public @Nullable Packet decode(ByteBuf in) throws DecodeException {
        int start = in.readerIndex();
        int readable = in.readableBytes();
        if (readable == 0) {
            return null;
        }
        int first = in.getUnsignedByte(start);
        if (version == null && first != CONNECT && !mayGoOn(in, start, readable)) {
            return null;
        }
        PacketReader reader = reader(in, start, first);
        checkFirstByte(reader, start, first);
        int headerSize = remainingLength(reader, in, start, readable);
        if (headerSize == 0) {
            return null;
        }
        int size = reader.size();
        if (size > maxPacketSize) {
            throw reader.failIn(
                    "remaining length",
                    start + 1,
                    Rule.PACKET_SIZE,
                    "the packet has " + size + " bytes",
                    "limit",
                    "max_packet_size=" + maxPacketSize);
        } else if (readable < size) {
            return null;
        }
        reader.body(start + headerSize);
        Packet packet = BodyReader.read(reader, first & 0x0F);
        reader.requireEnd();
        if (packet instanceof Packet.Connect connect) {
            version = connect.version();
        }
        in.readerIndex(start + size);
        return packet;
    }

    private PacketReader reader(ByteBuf in, int start, int first) {
        return new PacketReader(in, start, first < 0x10 ? null : PacketType.of(first >> 4), version, fromServer);
    }

    /** Looks at the first bytes of a connection that does not start with CONNECT; false if more are needed. */
    private boolean mayGoOn(ByteBuf in, int start, int readable) throws DecodeException {
        String looksLike = FirstBytes.looksLike(in, start, readable);
        if (looksLike == null) {
            return false;
        } else if (looksLike.equals(FirstBytes.MQTT + "connect")) {
            return true;
        } else if (looksLike.startsWith(FirstBytes.MQTT)) {
            throw reader(in, start, in.getUnsignedByte(start))
                    .failIn(
                            "packet type",
                            start,
                            Rule.FIRST_PACKET,
                            "the first packet must be CONNECT",
                            "looks_like",
                            looksLike);
        }
        throw new PacketReader(in, start, null, null, false)
                .failIn(
                        "first bytes",
                        start,
                        Rule.NOT_CONNECT,
                        "this is not MQTT but looks like " + looksLike,
                        "looks_like",
                        looksLike);
    }

    private void checkFirstByte(PacketReader reader, int start, int first) throws DecodeException {
        if (first < 0x10) {
            throw reader.failIn("packet type", start, Rule.PACKET_TYPE, "packet type 0 is reserved");
        }
        PacketType type = reader.type();
        int flags = first & 0x0F;
        if (type == PacketType.PUBLISH) {
            if ((flags & 0x06) == 0x06) {
                throw reader.failIn("QoS", start, Rule.PUBLISH_QOS, "the QoS is 3");
            } else if ((flags & 0x0E) == 0x08) {
                throw reader.failIn("DUP", start, Rule.DUP_WITH_QOS_0, "DUP is set, the QoS is 0");
            }
            return;
        }
        if (type == PacketType.AUTH && version != MqttVersion.V5 && version != null) {
            throw reader.failIn("packet type", start, Rule.PACKET_TYPE, "AUTH exists since MQTT 5");
        } else if (flags != type.flags() && !isRepeatOf31(type, flags)) {
            throw reader.failIn(
                    "fixed header flags",
                    start,
                    Rule.FIXED_HEADER_FLAGS,
                    "they are " + flags + ", not " + type.flags());
        }
        checkDirection(reader, start, type);
    }

    /** In MQTT 3.1 these three may be sent again with DUP. */
    private boolean isRepeatOf31(PacketType type, int flags) {
        return version == MqttVersion.V3_1 && type.flags() == 0x02 && flags == 0x0A;
    }

    private void checkDirection(PacketReader reader, int start, PacketType type) throws DecodeException {
        boolean wrong =
                switch (type) {
                    case CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ -> fromServer;
                    case CONNACK, SUBACK, UNSUBACK, PINGRESP -> !fromServer;
                    case DISCONNECT -> fromServer && version != MqttVersion.V5;
                    case PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, AUTH -> false;
                };
        if (wrong) {
            String sender = fromServer ? "client" : "server";
            throw reader.failIn("packet type", start, Rule.DIRECTION, "only a " + sender + " sends " + type);
        } else if (type == PacketType.CONNECT && version != null) {
            throw reader.failIn("packet type", start, Rule.SECOND_CONNECT, "it is the second CONNECT");
        }
    }

    /** Bytes of the fixed header, whose size goes to the reader; 0 if it is not there in full yet. */
    private static int remainingLength(PacketReader reader, ByteBuf in, int start, int readable)
            throws DecodeException {
        int length = 0;
        for (int i = 0; i < 4; i++) {
            if (i + 1 >= readable) {
                return 0;
            }
            int next = in.getUnsignedByte(start + 1 + i);
            length |= (next & 0x7F) << 7 * i;
            if (next < 0x80) {
                if (next == 0 && i > 0) {
                    throw reader.failIn(
                            "remaining length",
                            start + 1,
                            Rule.VARIABLE_BYTE_INTEGER,
                            "it is not in its shortest form");
                }
                reader.size(2 + i + length);
                return 2 + i;
            }
        }
        throw reader.failIn("remaining length", start + 1, Rule.VARIABLE_BYTE_INTEGER, "it is longer than four bytes");
    }
}
