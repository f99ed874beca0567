package io.nightjar.net;

import io.nightjar.mqtt.Packet;

/** The Packet Identifier of any packet. */
final class PacketIds {
    private PacketIds() {}

    /** 0 if the packet has none. */
    static int of(Packet packet) {
        if (packet instanceof Packet.Publish p) {
            return p.packetId();
        } else if (packet instanceof Packet.PubAck p) {
            return p.packetId();
        } else if (packet instanceof Packet.PubRec p) {
            return p.packetId();
        } else if (packet instanceof Packet.PubRel p) {
            return p.packetId();
        } else if (packet instanceof Packet.PubComp p) {
            return p.packetId();
        } else if (packet instanceof Packet.Subscribe p) {
            return p.packetId();
        } else if (packet instanceof Packet.SubAck p) {
            return p.packetId();
        } else if (packet instanceof Packet.Unsubscribe p) {
            return p.packetId();
        } else if (packet instanceof Packet.UnsubAck p) {
            return p.packetId();
        }
        return 0;
    }
}
