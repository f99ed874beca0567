package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.util.ReferenceCountUtil;
import io.nightjar.conformance.Normative;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Will;
import io.nightjar.net.PacketArbitraries.Sent;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Our codec beside the one that comes with Netty: it reads what we write, and we read what it writes of that again.
 */
class NettyCodecProperties {
    private static final int MAX = 1 << 20;

    @Provide
    Arbitrary<Sent> sent() {
        return PacketArbitraries.any().filter(NettyCodecProperties::isKnownToNetty);
    }

    @Property(tries = 800)
    @Normative({"5.0/2.2.1-2", "5.0/2.2.2-1", "311/2.3.1-5"})
    void netty_reads_what_we_write_and_we_read_what_netty_writes(@ForAll("sent") Sent sent) throws DecodeException {
        MqttMessage read = nettyReads(sent);

        assertThat(read.decoderResult().isSuccess())
                .as(() -> sent + " " + read.decoderResult())
                .isTrue();
        assertThat(read.fixedHeader().messageType().value())
                .isEqualTo(sent.packet().type().value());
        assertSame(sent.packet(), read);
        assertThat(sorted(weRead(sent, nettyWrites(sent, read)))).isEqualTo(sorted(sent.packet()));
    }

    /** Netty's decoder takes 3.1 ClientIDs of 1 to 23 characters only, and leaves these 3.x forms out. */
    private static boolean isKnownToNetty(Sent sent) {
        if (sent.packet() instanceof Packet.Connect connect) {
            boolean id = sent.version() != MqttVersion.V3_1
                    || !connect.clientId().isEmpty() && connect.clientId().length() < 24;
            return id && (connect.password() == null || connect.username() != null);
        }
        return true;
    }

    private static void assertSame(Packet packet, MqttMessage read) {
        if (packet instanceof Packet.Publish publish) {
            MqttPublishMessage other = (MqttPublishMessage) read;
            assertThat(other.variableHeader().topicName()).isEqualTo(publish.topic());
            assertThat(ByteBufUtil.getBytes(other.payload()))
                    .isEqualTo(publish.payload().toArray());
            assertThat(other.fixedHeader().qosLevel().value())
                    .isEqualTo(publish.qos().value());
            assertThat(other.fixedHeader().isRetain()).isEqualTo(publish.retain());
            assertThat(other.fixedHeader().isDup()).isEqualTo(publish.dup());
            assertThat(other.variableHeader().properties().listAll()).hasSize(distinct(publish.properties()));
        } else if (packet instanceof Packet.Connect connect) {
            MqttConnectMessage other = (MqttConnectMessage) read;
            assertThat(other.payload().clientIdentifier()).isEqualTo(connect.clientId());
            assertThat(other.payload().userName()).isEqualTo(connect.username());
            assertThat(other.variableHeader().isCleanSession()).isEqualTo(connect.cleanStart());
            assertThat(other.variableHeader().keepAliveTimeSeconds()).isEqualTo(connect.keepAliveSeconds());
            assertThat(other.variableHeader().isWillFlag()).isEqualTo(connect.will() != null);
        } else if (packet instanceof Packet.Subscribe subscribe) {
            MqttSubscribeMessage other = (MqttSubscribeMessage) read;
            assertThat(other.variableHeader().messageId()).isEqualTo(subscribe.packetId());
            assertThat(other.payload().topicSubscriptions().stream().map(s -> s.topicFilter()))
                    .isEqualTo(
                            subscribe.requests().stream().map(r -> r.filter()).toList());
        }
    }

    /** Netty keeps all User Properties as one. */
    private static int distinct(Properties properties) {
        int[] count = {0};
        boolean[] seen = {false};
        properties.forEach((property, value) -> {
            boolean user = property == io.nightjar.mqtt.Property.USER_PROPERTY;
            if (!user || !seen[0]) {
                count[0]++;
            }
            seen[0] |= user;
        });
        return count[0];
    }

    /** The packet with its properties in the order of their names: Netty keeps none but that of User Properties. */
    private static Packet sorted(Packet packet) {
        if (packet instanceof Packet.Connect p) {
            Will will = p.will() == null
                    ? null
                    : new Will(
                            p.will().topic(),
                            p.will().payload(),
                            p.will().qos(),
                            p.will().retain(),
                            sorted(p.will().properties()));
            return new Packet.Connect(
                    p.version(),
                    p.cleanStart(),
                    p.keepAliveSeconds(),
                    sorted(p.properties()),
                    p.clientId(),
                    will,
                    p.username(),
                    p.password());
        } else if (packet instanceof Packet.ConnAck p) {
            return new Packet.ConnAck(p.sessionPresent(), p.code(), sorted(p.properties()));
        } else if (packet instanceof Packet.Publish p) {
            Properties properties = sorted(p.properties());
            return new Packet.Publish(p.topic(), p.payload(), p.qos(), p.retain(), p.dup(), p.packetId(), properties);
        } else if (packet instanceof Packet.PubAck p) {
            return new Packet.PubAck(p.packetId(), p.code(), sorted(p.properties()));
        } else if (packet instanceof Packet.PubRec p) {
            return new Packet.PubRec(p.packetId(), p.code(), sorted(p.properties()));
        } else if (packet instanceof Packet.PubRel p) {
            return new Packet.PubRel(p.packetId(), p.code(), sorted(p.properties()));
        } else if (packet instanceof Packet.PubComp p) {
            return new Packet.PubComp(p.packetId(), p.code(), sorted(p.properties()));
        } else if (packet instanceof Packet.Subscribe p) {
            return new Packet.Subscribe(p.packetId(), sorted(p.properties()), p.requests());
        } else if (packet instanceof Packet.SubAck p) {
            return new Packet.SubAck(p.packetId(), sorted(p.properties()), p.codes());
        } else if (packet instanceof Packet.Unsubscribe p) {
            return new Packet.Unsubscribe(p.packetId(), sorted(p.properties()), p.filters());
        } else if (packet instanceof Packet.UnsubAck p) {
            return new Packet.UnsubAck(p.packetId(), sorted(p.properties()), p.codes());
        } else if (packet instanceof Packet.Disconnect p) {
            return new Packet.Disconnect(p.code(), sorted(p.properties()));
        } else if (packet instanceof Packet.Auth p) {
            return new Packet.Auth(p.code(), sorted(p.properties()));
        }
        return packet;
    }

    private static Properties sorted(Properties properties) {
        Properties.Builder builder = Properties.builder();
        for (io.nightjar.mqtt.Property wanted : io.nightjar.mqtt.Property.values()) {
            properties.forEach((property, value) -> {
                if (property == wanted) {
                    builder.add(property, value);
                }
            });
        }
        return builder.build();
    }

    private static MqttMessage nettyReads(Sent sent) {
        EmbeddedChannel channel = new EmbeddedChannel(new MqttDecoder(MAX, MAX));
        introduce(channel, sent);
        ByteBuf bytes = Unpooled.buffer();
        PacketEncoder.encode(sent.packet(), sent.version(), bytes);
        channel.writeInbound(bytes);
        MqttMessage message = channel.readInbound();
        channel.finishAndReleaseAll();
        return message;
    }

    /** Netty's codec learns the version from a CONNECT. */
    private static void introduce(EmbeddedChannel channel, Sent sent) {
        if (!(sent.packet() instanceof Packet.Connect)) {
            ByteBuf connect = Unpooled.buffer();
            PacketEncoder.encode(
                    new Packet.Connect(sent.version(), true, 0, Properties.NONE, "c", null, null, null),
                    sent.version(),
                    connect);
            channel.writeInbound(connect);
            channel.readInbound();
        }
    }

    private static ByteBuf nettyWrites(Sent sent, MqttMessage message) {
        EmbeddedChannel channel = new EmbeddedChannel(new MqttDecoder(MAX, MAX), MqttEncoder.INSTANCE);
        introduce(channel, sent);
        channel.writeOutbound(message);
        ByteBuf all = Unpooled.buffer();
        ByteBuf part = channel.readOutbound();
        while (part != null) {
            all.writeBytes(part);
            ReferenceCountUtil.release(part);
            part = channel.readOutbound();
        }
        channel.finishAndReleaseAll();
        return all;
    }

    private static Packet weRead(Sent sent, ByteBuf bytes) throws DecodeException {
        if (sent.fromServer()) {
            return PacketDecoder.forClient(sent.version(), MAX).decode(bytes);
        }
        PacketDecoder decoder = new PacketDecoder(MAX);
        if (!(sent.packet() instanceof Packet.Connect)) {
            decoder.version(sent.version());
        }
        return decoder.decode(bytes);
    }
}
