package io.nightjar.net;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.ReasonCode;

/** The fields that PUBACK, PUBREC, PUBREL and PUBCOMP have in common. */
final class Acknowledgement {
    private Acknowledgement() {}

    static int packetId(Packet packet) {
        if (packet instanceof Packet.PubAck ack) {
            return ack.packetId();
        } else if (packet instanceof Packet.PubRec rec) {
            return rec.packetId();
        } else if (packet instanceof Packet.PubRel rel) {
            return rel.packetId();
        }
        return ((Packet.PubComp) packet).packetId();
    }

    static ReasonCode code(Packet packet) {
        if (packet instanceof Packet.PubAck ack) {
            return ack.code();
        } else if (packet instanceof Packet.PubRec rec) {
            return rec.code();
        } else if (packet instanceof Packet.PubRel rel) {
            return rel.code();
        }
        return ((Packet.PubComp) packet).code();
    }

    static Properties properties(Packet packet) {
        if (packet instanceof Packet.PubAck ack) {
            return ack.properties();
        } else if (packet instanceof Packet.PubRec rec) {
            return rec.properties();
        } else if (packet instanceof Packet.PubRel rel) {
            return rel.properties();
        }
        return ((Packet.PubComp) packet).properties();
    }
}
