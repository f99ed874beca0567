package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Packet.Connect;
import io.nightjar.mqtt.Packet.Publish;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.VariableByteInteger;
import io.nightjar.mqtt.Will;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Packets to bytes, for every version and both sides, in the shortest form the standard has. Thread-safe: no state.
 *
 * <p>Before MQTT 5 there are no properties and no Reason Codes: they are left out; CONNACK has {@link
 * ReasonCode#connectReturnCode}, SUBACK 0x80 for every failure, UNSUBACK no payload. A DISCONNECT with a Reason Code
 * that is not 0 and every AUTH do not exist there: their size is 0 and nothing is written, since a 3.x server can only
 * close. The DISCONNECT that is left is the one a client sends.
 *
 * <p>What rules the packets break is not looked at: that is the sender's part, and tests send wrong packets on purpose.
 */
public final class PacketEncoder {
    private PacketEncoder() {}

    /**
     * Bytes of the whole packet with its fixed header, exactly; 0 if this version has no such packet.
     *
     * @throws IllegalArgumentException if a text or binary field is longer than 65,535 bytes, or the packet longer than
     *     268,435,455
     */
    public static int size(Packet packet, MqttVersion version) {
        if (isAbsent(packet, version)) {
            return 0;
        }
        int body = bodySize(packet, version);
        return 1 + VariableByteInteger.size(body) + body;
    }

    /**
     * Writes the packet; nothing if this version has no such packet.
     *
     * @throws IllegalArgumentException as {@link #size} does, or for a text with half a surrogate pair; nothing is
     *     written then
     */
    public static void encode(Packet packet, MqttVersion version, ByteBuf out) {
        if (isAbsent(packet, version)) {
            return;
        }
        int body = bodySize(packet, version);
        int start = out.writerIndex();
        int size = 1 + VariableByteInteger.size(body) + body;
        out.ensureWritable(size);
        boolean complete = false;
        try {
            out.writeByte(packet.type().value() << 4 | flags(packet));
            FieldWriter.variableBytes(out, body);
            writeBody(packet, version, out);
            complete = out.writerIndex() - start == size;
        } finally {
            if (!complete) {
                out.writerIndex(start);
            }
        }
        if (!complete) {
            throw new IllegalArgumentException("a text in " + packet.type() + " has half a surrogate pair");
        }
    }

    private static boolean isAbsent(Packet packet, MqttVersion version) {
        if (version == MqttVersion.V5) {
            return false;
        }
        return packet instanceof Packet.Auth
                || packet instanceof Packet.Disconnect disconnect && disconnect.code() != ReasonCode.SUCCESS;
    }

    private static int flags(Packet packet) {
        if (packet instanceof Publish publish) {
            return (publish.dup() ? 0x08 : 0) | publish.qos().value() << 1 | (publish.retain() ? 0x01 : 0);
        }
        return packet.type().flags();
    }

    private static int bodySize(Packet packet, MqttVersion version) {
        long size =
                switch (packet.type()) {
                    case PUBLISH -> publishSize((Publish) packet, version);
                    case CONNECT -> connectSize((Connect) packet);
                    case CONNACK -> 2L + FieldWriter.size(((Packet.ConnAck) packet).properties(), version);
                    case PUBACK, PUBREC, PUBREL, PUBCOMP ->
                        2L + codeSize(Acknowledgement.code(packet), Acknowledgement.properties(packet), 0, version);
                    case SUBSCRIBE -> subscribeSize((Packet.Subscribe) packet, version);
                    case SUBACK -> {
                        Packet.SubAck ack = (Packet.SubAck) packet;
                        yield 2L
                                + FieldWriter.size(ack.properties(), version)
                                + ack.codes().size();
                    }
                    case UNSUBSCRIBE -> unsubscribeSize((Packet.Unsubscribe) packet, version);
                    case UNSUBACK -> {
                        Packet.UnsubAck ack = (Packet.UnsubAck) packet;
                        yield version == MqttVersion.V5
                                ? 2L
                                        + FieldWriter.size(ack.properties(), version)
                                        + ack.codes().size()
                                : 2L;
                    }
                    case PINGREQ, PINGRESP -> 0L;
                    case DISCONNECT -> {
                        Packet.Disconnect disconnect = (Packet.Disconnect) packet;
                        yield codeSize(disconnect.code(), disconnect.properties(), 0, version);
                    }
                    case AUTH -> {
                        Packet.Auth auth = (Packet.Auth) packet;
                        yield codeSize(auth.code(), auth.properties(), 1, version);
                    }
                };
        if (size > VariableByteInteger.MAX) {
            throw new IllegalArgumentException(packet.type() + " of " + size + " bytes");
        }
        return (int) size;
    }

    private static long publishSize(Publish publish, MqttVersion version) {
        Bytes payload = publish.payload();
        int topic = payload.isBehind(publish.topic()) ? payload.textSize() : FieldWriter.size(publish.topic());
        return (long) topic
                + (publish.qos() == QoS.AT_MOST_ONCE ? 0 : 2)
                + FieldWriter.size(publish.properties(), version)
                + payload.size();
    }

    private static long connectSize(Connect connect) {
        MqttVersion version = connect.version();
        long size = 2L + version.protocolName().length() + 4;
        size += FieldWriter.size(connect.properties(), version) + FieldWriter.size(connect.clientId());
        Will will = connect.will();
        if (will != null) {
            size += FieldWriter.size(will.properties(), version);
            size += FieldWriter.size(will.topic()) + FieldWriter.size(will.payload());
        }
        String username = connect.username();
        size += username == null ? 0 : FieldWriter.size(username);
        return size + (connect.password() == null ? 0 : FieldWriter.size(connect.password()));
    }

    private static long subscribeSize(Packet.Subscribe subscribe, MqttVersion version) {
        long size = 2L + FieldWriter.size(subscribe.properties(), version);
        for (SubscriptionRequest request : subscribe.requests()) {
            size += FieldWriter.size(request.filter()) + 1;
        }
        return size;
    }

    private static long unsubscribeSize(Packet.Unsubscribe unsubscribe, MqttVersion version) {
        long size = 2L + FieldWriter.size(unsubscribe.properties(), version);
        for (String filter : unsubscribe.filters()) {
            size += FieldWriter.size(filter);
        }
        return size;
    }

    /** Size of a Reason Code and properties that may be left out; {@code lengthAlways} = a code needs a length. */
    private static long codeSize(ReasonCode code, Properties properties, int lengthAlways, MqttVersion version) {
        if (version != MqttVersion.V5 || code == ReasonCode.SUCCESS && properties.isEmpty()) {
            return 0;
        }
        return properties.isEmpty() ? 1 + lengthAlways : 1 + FieldWriter.size(properties, version);
    }

    private static void writeBody(Packet packet, MqttVersion version, ByteBuf out) {
        switch (packet.type()) {
            case PUBLISH -> publish((Publish) packet, version, out);
            case CONNECT -> connect((Connect) packet, out);
            case CONNACK -> connAck((Packet.ConnAck) packet, version, out);
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> {
                out.writeShort(Acknowledgement.packetId(packet));
                code(Acknowledgement.code(packet), Acknowledgement.properties(packet), false, version, out);
            }
            case SUBSCRIBE -> subscribe((Packet.Subscribe) packet, version, out);
            case SUBACK -> {
                Packet.SubAck ack = (Packet.SubAck) packet;
                out.writeShort(ack.packetId());
                FieldWriter.properties(out, ack.properties(), version);
                codes(ack.codes(), version, out);
            }
            case UNSUBSCRIBE -> {
                Packet.Unsubscribe unsubscribe = (Packet.Unsubscribe) packet;
                out.writeShort(unsubscribe.packetId());
                FieldWriter.properties(out, unsubscribe.properties(), version);
                unsubscribe.filters().forEach(filter -> FieldWriter.text(out, filter));
            }
            case UNSUBACK -> {
                Packet.UnsubAck ack = (Packet.UnsubAck) packet;
                out.writeShort(ack.packetId());
                if (version == MqttVersion.V5) {
                    FieldWriter.properties(out, ack.properties(), version);
                    codes(ack.codes(), version, out);
                }
            }
            case PINGREQ, PINGRESP -> {}
            case DISCONNECT -> {
                Packet.Disconnect disconnect = (Packet.Disconnect) packet;
                code(disconnect.code(), disconnect.properties(), false, version, out);
            }
            case AUTH -> {
                Packet.Auth auth = (Packet.Auth) packet;
                code(auth.code(), auth.properties(), true, version, out);
            }
        }
    }

    private static void publish(Publish publish, MqttVersion version, ByteBuf out) {
        Bytes payload = publish.payload();
        if (payload.isBehind(publish.topic())) {
            payload.writeTextTo(out::writeBytes);
        } else {
            FieldWriter.text(out, publish.topic());
        }
        if (publish.qos() != QoS.AT_MOST_ONCE) {
            out.writeShort(publish.packetId());
        }
        FieldWriter.properties(out, publish.properties(), version);
        payload.writeTo(out::writeBytes);
    }

    private static void connect(Connect connect, ByteBuf out) {
        MqttVersion version = connect.version();
        Will will = connect.will();
        FieldWriter.text(out, version.protocolName());
        out.writeByte(version.level());
        out.writeByte(connectFlags(connect, will));
        out.writeShort(connect.keepAliveSeconds());
        FieldWriter.properties(out, connect.properties(), version);
        FieldWriter.text(out, connect.clientId());
        if (will != null) {
            FieldWriter.properties(out, will.properties(), version);
            FieldWriter.text(out, will.topic());
            FieldWriter.binary(out, will.payload());
        }
        String username = connect.username();
        if (username != null) {
            FieldWriter.text(out, username);
        }
        if (connect.password() != null) {
            FieldWriter.binary(out, connect.password());
        }
    }

    private static int connectFlags(Connect connect, @Nullable Will will) {
        int flags = connect.cleanStart() ? 0x02 : 0;
        if (will != null) {
            flags |= 0x04 | will.qos().value() << 3 | (will.retain() ? 0x20 : 0);
        }
        flags |= connect.password() != null ? 0x40 : 0;
        return flags | (connect.username() != null ? 0x80 : 0);
    }

    /** MQTT 3.1 has no Session Present: the byte is reserved there. */
    private static void connAck(Packet.ConnAck ack, MqttVersion version, ByteBuf out) {
        out.writeByte(ack.sessionPresent() && version != MqttVersion.V3_1 ? 1 : 0);
        out.writeByte(
                version == MqttVersion.V5 ? ack.code().value() : ack.code().connectReturnCode());
        FieldWriter.properties(out, ack.properties(), version);
    }

    private static void subscribe(Packet.Subscribe subscribe, MqttVersion version, ByteBuf out) {
        out.writeShort(subscribe.packetId());
        FieldWriter.properties(out, subscribe.properties(), version);
        for (SubscriptionRequest request : subscribe.requests()) {
            FieldWriter.text(out, request.filter());
            SubscriptionOptions options = request.options();
            int value = options.qos().value();
            if (version == MqttVersion.V5) {
                value |= (options.noLocal() ? 0x04 : 0) | (options.retainAsPublished() ? 0x08 : 0);
                value |= options.retainHandling() << 4;
            }
            out.writeByte(value);
        }
    }

    private static void code(
            ReasonCode code, Properties properties, boolean lengthAlways, MqttVersion version, ByteBuf out) {
        if (version != MqttVersion.V5 || code == ReasonCode.SUCCESS && properties.isEmpty()) {
            return;
        }
        out.writeByte(code.value());
        if (lengthAlways || !properties.isEmpty()) {
            FieldWriter.properties(out, properties, version);
        }
    }

    private static void codes(List<ReasonCode> codes, MqttVersion version, ByteBuf out) {
        for (ReasonCode code : codes) {
            out.writeByte(version != MqttVersion.V5 && code.isError() ? 0x80 : code.value());
        }
    }
}
