package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.UserProperty;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Time and, with {@code -prof gc}, memory to decode and encode one packet in a pooled direct buffer. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecBenchmark {
    private final PacketDecoder decoder = new PacketDecoder(1 << 20);
    private Packet small;
    private Packet rich;
    private ByteBuf smallBytes;
    private ByteBuf richBytes;
    private final Packet ack = new Packet.PubAck(7, ReasonCode.SUCCESS);
    private ByteBuf ackBytes;
    private ByteBuf connectBytes;
    private ByteBuf out;

    @Setup
    public void fill() {
        decoder.version(MqttVersion.V5);
        small = new Packet.Publish(
                "site/7/device/4711/temperature",
                Bytes.wrap(new byte[64]),
                QoS.AT_LEAST_ONCE,
                false,
                false,
                7,
                Properties.NONE);
        Properties properties = Properties.builder()
                .add(Property.MESSAGE_EXPIRY_INTERVAL, 60L)
                .add(Property.CONTENT_TYPE, "application/json")
                .add(Property.USER_PROPERTY, new UserProperty("trace", "00-4bf92f3577b34da6"))
                .build();
        rich = new Packet.Publish(
                "werk/köln/gerät/4711", Bytes.wrap(new byte[64]), QoS.AT_LEAST_ONCE, false, false, 7, properties);
        smallBytes = encoded(small);
        richBytes = encoded(rich);
        ackBytes = encoded(ack);
        byte[] connect = HexFormat.of().parseHex("101d00044d5154540502003c05110000003c000b6465766963652d34373131");
        connectBytes = PooledByteBufAllocator.DEFAULT.directBuffer(64).writeBytes(connect);
        out = PooledByteBufAllocator.DEFAULT.directBuffer(1024);
    }

    @TearDown
    public void release() {
        smallBytes.release();
        richBytes.release();
        ackBytes.release();
        connectBytes.release();
        out.release();
    }

    @Benchmark
    public Packet decodeSmallPublish() throws DecodeException {
        return decoder.decode(smallBytes.readerIndex(0));
    }

    @Benchmark
    public Packet decodePublishWithProperties() throws DecodeException {
        return decoder.decode(richBytes.readerIndex(0));
    }

    @Benchmark
    public Packet decodePubAck() throws DecodeException {
        return decoder.decode(ackBytes.readerIndex(0));
    }

    /** Clean Start, Keep Alive, Session Expiry Interval and a ClientID; a decoder takes one CONNECT, so each is new. */
    @Benchmark
    public Packet decodeConnect() throws DecodeException {
        return new PacketDecoder(1 << 20).decode(connectBytes.readerIndex(0));
    }

    @Benchmark
    public ByteBuf encodePubAck() {
        PacketEncoder.encode(ack, MqttVersion.V5, out.clear());
        return out;
    }

    @Benchmark
    public ByteBuf encodeSmallPublish() {
        PacketEncoder.encode(small, MqttVersion.V5, out.clear());
        return out;
    }

    @Benchmark
    public ByteBuf encodePublishWithProperties() {
        PacketEncoder.encode(rich, MqttVersion.V5, out.clear());
        return out;
    }

    private static ByteBuf encoded(Packet packet) {
        ByteBuf bytes = PooledByteBufAllocator.DEFAULT.directBuffer(256);
        PacketEncoder.encode(packet, MqttVersion.V5, bytes);
        return bytes;
    }
}
