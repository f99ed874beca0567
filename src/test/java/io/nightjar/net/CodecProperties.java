package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.net.PacketArbitraries.Sent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/** What holds for all packets and for all bytes. */
class CodecProperties {
    private static final int MAX = 1 << 20;

    @Provide
    Arbitrary<Sent> sent() {
        return PacketArbitraries.any();
    }

    @Provide
    Arbitrary<List<Sent>> stream() {
        return PacketArbitraries.version().flatMap(v -> PacketArbitraries.packetOfServer(v)
                .map(p -> new Sent(v, true, p))
                .list()
                .ofMinSize(1)
                .ofMaxSize(5));
    }

    @Property(tries = 1500)
    void what_was_encoded_is_decoded(@ForAll("sent") Sent sent) throws DecodeException {
        ByteBuf bytes = encode(sent);

        Packet decoded = decoder(sent).decode(bytes);

        assertThat(decoded).isEqualTo(sent.packet());
        assertThat(bytes.isReadable()).isFalse();
    }

    @Property(tries = 500)
    void the_size_is_exact_and_direct_buffers_give_the_same(@ForAll("sent") Sent sent) throws DecodeException {
        ByteBuf heap = encode(sent);
        ByteBuf direct = Unpooled.directBuffer().writeBytes(heap, heap.readerIndex(), heap.readableBytes());

        assertThat(PacketEncoder.size(sent.packet(), sent.version())).isEqualTo(heap.readableBytes());
        assertThat(decoder(sent).decode(direct)).isEqualTo(sent.packet());
        direct.release();
    }

    @Property(tries = 500)
    void a_prefix_needs_more_and_is_left_alone(@ForAll("sent") Sent sent) throws DecodeException {
        ByteBuf bytes = encode(sent);

        for (int length = 0; length < bytes.readableBytes(); length++) {
            ByteBuf prefix = bytes.slice(bytes.readerIndex(), length);

            assertThat(decoder(sent).decode(prefix)).isNull();
            assertThat(prefix.readerIndex()).isZero();
        }
    }

    @Property(tries = 200)
    void packets_come_out_in_order_when_bytes_come_one_at_a_time(@ForAll("stream") List<Sent> stream)
            throws DecodeException {
        ByteBuf all = Unpooled.buffer();
        stream.forEach(sent -> PacketEncoder.encode(sent.packet(), sent.version(), all));
        PacketDecoder decoder = decoder(stream.get(0));
        ByteBuf in = Unpooled.buffer();
        List<Packet> decoded = new ArrayList<>();

        while (all.isReadable()) {
            in.writeByte(all.readByte());
            Packet packet = decoder.decode(in);
            if (packet != null) {
                decoded.add(packet);
            }
        }

        assertThat(decoded).isEqualTo(stream.stream().map(Sent::packet).toList());
        assertThat(in.isReadable()).isFalse();
    }

    @Property(tries = 120)
    void one_wrong_byte_gives_a_packet_or_says_what_is_wrong(@ForAll("sent") Sent sent) {
        byte[] valid = bytes(sent);
        int positions = Math.min(valid.length, 48);
        for (int at = 0; at < positions; at++) {
            for (int change = 1; change < 256; change++) {
                byte[] wrong = valid.clone();
                wrong[at] ^= (byte) change;

                decodeAll(decoder(sent), wrong);
            }
        }
    }

    @Property(tries = 3000)
    void random_bytes_give_packets_or_say_what_is_wrong(
            @ForAll MqttVersion version, @ForAll boolean fromServer, @ForAll @Size(max = 60) byte[] bytes) {
        PacketDecoder decoder = fromServer ? PacketDecoder.forClient(version, MAX) : new PacketDecoder(MAX);
        if (!fromServer && bytes.length % 3 != 0) {
            decoder.version(version);
        }

        decodeAll(decoder, bytes);
    }

    @Property(tries = 3000)
    void random_bodies_give_packets_or_say_what_is_wrong(
            @ForAll("firstBytes") int first, @ForAll MqttVersion version, @ForAll @Size(max = 60) byte[] body) {
        byte[] bytes = new byte[2 + body.length];
        bytes[0] = (byte) first;
        bytes[1] = (byte) body.length;
        System.arraycopy(body, 0, bytes, 2, body.length);
        PacketDecoder server = new PacketDecoder(MAX);
        if (first != 0x10) {
            server.version(version);
        }

        decodeAll(server, bytes);
        decodeAll(PacketDecoder.forClient(version, MAX), bytes);
    }

    @Provide
    Arbitrary<Integer> firstBytes() {
        return Arbitraries.of(
                0x10, 0x20, 0x30, 0x32, 0x3D, 0x40, 0x50, 0x62, 0x70, 0x82, 0x90, 0xA2, 0xB0, 0xC0, 0xD0, 0xE0, 0xF0);
    }

    @Property(tries = 2000)
    void utf_8_is_taken_exactly_when_java_takes_it(@ForAll @Size(max = 8) byte[] bytes) {
        boolean strict = isStrict(bytes);

        String text = Utf8Text.decode(Unpooled.wrappedBuffer(bytes), 0, bytes.length);

        assertThat(text != null).isEqualTo(strict);
        assertThat(Utf8Text.fault(Unpooled.wrappedBuffer(bytes), 0, bytes.length) < 0)
                .isEqualTo(strict);
    }

    private static boolean isStrict(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                return false;
            }
        }
        try {
            java.nio.charset.StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(bytes));
            return true;
        } catch (java.nio.charset.CharacterCodingException e) {
            return false;
        }
    }

    /** Decodes to the end or to an error, which must say everything; every other exception fails the test. */
    private static void decodeAll(PacketDecoder decoder, byte[] bytes) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        int before = in.readerIndex();
        try {
            while (decoder.decode(in) != null) {
                before = in.readerIndex();
            }
        } catch (DecodeException e) {
            Map<String, String> facts = e.reason().facts();
            assertThat(facts).containsKeys("packet", "offset", "field", "problem", "rule", "bytes");
            assertThat(facts.get("field")).isNotBlank();
            assertThat(Integer.parseInt(facts.get("offset"))).isBetween(0, bytes.length - before);
        } catch (RuntimeException e) {
            fail("bytes " + io.netty.buffer.ByteBufUtil.hexDump(bytes), e);
        }
        assertThat(in.readerIndex()).isEqualTo(before);
    }

    private static byte[] bytes(Sent sent) {
        ByteBuf buffer = encode(sent);
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        return bytes;
    }

    private static ByteBuf encode(Sent sent) {
        ByteBuf bytes = Unpooled.buffer();
        bytes.writeZero(3).skipBytes(3);
        PacketEncoder.encode(sent.packet(), sent.version(), bytes);
        return bytes;
    }

    private static PacketDecoder decoder(Sent sent) {
        if (sent.fromServer()) {
            return PacketDecoder.forClient(sent.version(), MAX);
        }
        PacketDecoder decoder = new PacketDecoder(MAX);
        if (!(sent.packet() instanceof Packet.Connect)) {
            decoder.version(sent.version());
        }
        return decoder;
    }
}
