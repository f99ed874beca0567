package io.nightjar.fuzz;

import static io.nightjar.fuzz.FuzzInput.check;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.connection.Handshake;
import io.nightjar.connection.InboundAliases;
import io.nightjar.connection.InboundQuota;
import io.nightjar.connection.OutboundAliases;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.net.DecodeException;
import io.nightjar.net.PacketDecoder;
import io.nightjar.net.PacketEncoder;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Network Connection without a network: the pure state of one, what it owes its session, and what its client saw. */
final class FuzzedConnection {
    final MqttVersion version;
    final PacketDecoder decoder;
    final int receiveMaximum;
    final int maximumPacketSize;
    final InboundAliases inbound;
    final InboundQuota quota;
    final long requestedExpirySeconds;
    /** Commands that the session did not get yet. */
    final ArrayDeque<Runnable> toSession = new ArrayDeque<>();

    /** 0 until attached. */
    long attachment;

    boolean expectPresent;
    /** PUBLISH packets that the send buffer takes. */
    int room = Integer.MAX_VALUE;
    /** Why it ended, once. */
    @Nullable
    Detail ended;
    /** Why it lost its session, as the session sees it. */
    @Nullable
    Detail leftWith;

    private final PacketDecoder client;
    private final OutboundAliases outbound;
    private final Map<Integer, String> clientAliases = new HashMap<>();

    FuzzedConnection(MqttVersion version, PacketDecoder decoder, Handshake.Agreed agreed, int aliasMaximum, int quota) {
        this.version = version;
        this.decoder = decoder;
        this.receiveMaximum = agreed.receiveMaximum();
        this.maximumPacketSize = agreed.maximumPacketSize();
        this.requestedExpirySeconds = agreed.requestedExpirySeconds();
        this.inbound = new InboundAliases(aliasMaximum);
        this.quota = new InboundQuota(quota);
        this.outbound = new OutboundAliases(agreed.outboundAliasMaximum());
        this.client = PacketDecoder.forClient(version, Integer.MAX_VALUE);
    }

    boolean isV5() {
        return version == MqttVersion.V5;
    }

    boolean isWritable() {
        return room > 0;
    }

    /** The first end is the only one. */
    void end(Detail detail) {
        if (ended == null) {
            ended = detail;
        }
    }

    /** A packet of the session goes out: the client must be able to read it and to take it. */
    void sent(Packet packet) {
        if (packet instanceof Packet.PubComp p) {
            quota.close(p.packetId());
        } else if (packet instanceof Packet.PubRec p && p.code().isError()) {
            quota.close(p.packetId());
        }
        if (!(packet instanceof Packet.Publish publish)) {
            read(packet);
            return;
        }
        room--;
        check(PacketEncoder.size(publish, version) <= maximumPacketSize, "a PUBLISH is not too large for the client");
        int alias = publish.dup() ? 0 : outbound.known(publish.topic());
        if (alias > 0) {
            Packet.Publish got = (Packet.Publish) read(with(publish, "", alias));
            check(
                    publish.topic().equals(clientAliases.get(got.properties().getInt(Property.TOPIC_ALIAS, 0))),
                    "the client knows the alias");
            return;
        }
        int fresh = publish.dup() ? 0 : outbound.assign(publish.topic());
        if (fresh > 0) {
            check(clientAliases.put(fresh, publish.topic()) == null, "an alias is set once");
        }
        read(fresh > 0 ? with(publish, publish.topic(), fresh) : publish);
    }

    private static Packet.Publish with(Packet.Publish p, String topic, int alias) {
        Properties properties = p.properties().with(Property.TOPIC_ALIAS, alias);
        return new Packet.Publish(topic, p.payload(), p.qos(), p.retain(), p.dup(), p.packetId(), properties);
    }

    private Packet read(Packet packet) {
        ByteBuf bytes = Unpooled.buffer();
        PacketEncoder.encode(packet, version, bytes);
        try {
            Packet got = client.decode(bytes);
            if (got == null || bytes.isReadable()) {
                throw new AssertionError("not one whole packet: " + packet);
            }
            check(!isV5() || got.equals(packet), "the client reads what was sent: " + packet + ", " + got);
            return got;
        } catch (DecodeException e) {
            throw new AssertionError("the client cannot read " + packet, e);
        }
    }

    /** What the client sends, as the broker reads it; null if the packet ended the connection. */
    @Nullable
    Packet receive(Packet packet) {
        ByteBuf bytes = Unpooled.buffer();
        PacketEncoder.encode(packet, version, bytes);
        try {
            return decoder.decode(bytes);
        } catch (DecodeException e) {
            end(e.reason().detail());
            return null;
        }
    }
}
