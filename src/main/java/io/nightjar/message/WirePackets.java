package io.nightjar.message;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import java.io.NotSerializableException;
import java.util.ArrayList;
import java.util.List;

/**
 * Wire form between nodes of the MQTT Control Packets that cross between a session and a connection that is elsewhere.
 * CONNECT, CONNACK, PINGREQ, PINGRESP and AUTH never do: they are the connection's own business.
 */
public final class WirePackets {
    private WirePackets() {}

    /** @throws IllegalArgumentException if packets of this type never cross */
    public static void write(WireOutput out, Packet packet) {
        out.writeByte(packet.type().value());
        if (packet instanceof Packet.Publish publish) {
            writePublish(out, publish);
        } else if (packet instanceof Packet.PubAck ack) {
            writeAcknowledgement(out, ack.packetId(), ack.code(), ack.properties());
        } else if (packet instanceof Packet.PubRec rec) {
            writeAcknowledgement(out, rec.packetId(), rec.code(), rec.properties());
        } else if (packet instanceof Packet.PubRel rel) {
            writeAcknowledgement(out, rel.packetId(), rel.code(), rel.properties());
        } else if (packet instanceof Packet.PubComp comp) {
            writeAcknowledgement(out, comp.packetId(), comp.code(), comp.properties());
        } else if (packet instanceof Packet.Subscribe subscribe) {
            out.writeInt(subscribe.packetId());
            Wire.writeProperties(out, subscribe.properties());
            out.writeInt(subscribe.requests().size());
            for (SubscriptionRequest request : subscribe.requests()) {
                out.writeString(request.filter());
                Wire.writeOptions(out, request.options());
            }
        } else if (packet instanceof Packet.SubAck ack) {
            writeCodes(out, ack.packetId(), ack.properties(), ack.codes());
        } else if (packet instanceof Packet.Unsubscribe unsubscribe) {
            out.writeInt(unsubscribe.packetId());
            Wire.writeProperties(out, unsubscribe.properties());
            Wire.writeStrings(out, unsubscribe.filters());
        } else if (packet instanceof Packet.UnsubAck ack) {
            writeCodes(out, ack.packetId(), ack.properties(), ack.codes());
        } else if (packet instanceof Packet.Disconnect disconnect) {
            out.writeByte(disconnect.code().value());
            Wire.writeProperties(out, disconnect.properties());
        } else {
            throw new IllegalArgumentException(packet.type() + " does not cross between nodes");
        }
    }

    public static Packet read(WireInput in) throws NotSerializableException {
        int type = in.readByte();
        if (type < 1 || type > 15) {
            throw in.bad("no packet type is " + type);
        }
        return switch (PacketType.of(type)) {
            case PUBLISH -> readPublish(in);
            case PUBACK -> new Packet.PubAck(in.readInt(), Wire.readReasonCode(in), Wire.readProperties(in));
            case PUBREC -> new Packet.PubRec(in.readInt(), Wire.readReasonCode(in), Wire.readProperties(in));
            case PUBREL -> new Packet.PubRel(in.readInt(), Wire.readReasonCode(in), Wire.readProperties(in));
            case PUBCOMP -> new Packet.PubComp(in.readInt(), Wire.readReasonCode(in), Wire.readProperties(in));
            case SUBSCRIBE -> new Packet.Subscribe(in.readInt(), Wire.readProperties(in), readRequests(in));
            case SUBACK -> new Packet.SubAck(in.readInt(), Wire.readProperties(in), Wire.readReasonCodes(in));
            case UNSUBSCRIBE -> new Packet.Unsubscribe(in.readInt(), Wire.readProperties(in), Wire.readStrings(in));
            case UNSUBACK -> new Packet.UnsubAck(in.readInt(), Wire.readProperties(in), Wire.readReasonCodes(in));
            case DISCONNECT -> new Packet.Disconnect(Wire.readReasonCode(in), Wire.readProperties(in));
            default -> throw in.bad("packet type " + type + " does not cross between nodes");
        };
    }

    private static void writePublish(WireOutput out, Packet.Publish publish) {
        out.writeByte(publish.qos().value()
                | (publish.retain() ? 4 : 0)
                | (publish.dup() ? 8 : 0)
                | (publish.properties().isEmpty() ? 0 : 16));
        out.writeInt(publish.packetId());
        out.writeString(publish.topic());
        out.writeBytes(publish.payload());
        if (!publish.properties().isEmpty()) {
            Wire.writeProperties(out, publish.properties());
        }
    }

    private static Packet readPublish(WireInput in) throws NotSerializableException {
        int flags = in.readByte();
        QoS qos = Wire.qos(in, flags & 3);
        int packetId = in.readInt();
        String topic = in.readString();
        Bytes payload = in.readBytes();
        Properties properties = (flags & 16) == 0 ? Properties.NONE : Wire.readProperties(in);
        return new Packet.Publish(topic, payload, qos, (flags & 4) != 0, (flags & 8) != 0, packetId, properties);
    }

    private static void writeAcknowledgement(WireOutput out, int packetId, ReasonCode code, Properties properties) {
        out.writeInt(packetId);
        out.writeByte(code.value());
        Wire.writeProperties(out, properties);
    }

    private static void writeCodes(WireOutput out, int packetId, Properties properties, List<ReasonCode> codes) {
        out.writeInt(packetId);
        Wire.writeProperties(out, properties);
        Wire.writeReasonCodes(out, codes);
    }

    private static List<SubscriptionRequest> readRequests(WireInput in) throws NotSerializableException {
        int count = in.readCount();
        List<SubscriptionRequest> requests = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String filter = in.readString();
            SubscriptionOptions options = Wire.readOptions(in);
            requests.add(new SubscriptionRequest(filter, options));
        }
        return requests;
    }
}
