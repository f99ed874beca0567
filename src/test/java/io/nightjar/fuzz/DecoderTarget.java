package io.nightjar.fuzz;

import static io.nightjar.fuzz.FuzzInput.check;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.net.DecodeException;
import io.nightjar.net.PacketDecoder;
import io.nightjar.net.PacketEncoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Any bytes at all, in any pieces, from a client or a server of any version: packets or a {@link DecodeException}, the
 * same ones however the bytes were cut, and what was decoded is encoded and decoded again to the same.
 *
 * <p>Input: one byte of mode (bits 0 and 1 version, 0 = not known yet; bit 2 from a server; bit 3 a small size limit),
 * one that says how the bytes are cut, then the bytes.
 */
public final class DecoderTarget {
    private static final int SMALL = 64;
    private static final int LARGE = 1 << 16;

    private DecoderTarget() {}

    /** What came of it: packets, what was wrong or null, bytes that wait for more. */
    private record Outcome(List<Packet> packets, @Nullable Map<String, String> fault, int left) {}

    public static void fuzzerTestOneInput(byte[] data) {
        FuzzInput input = new FuzzInput(data);
        int mode = input.next();
        int cut = input.next();
        byte[] bytes = input.rest();

        Outcome whole = decode(decoder(mode), bytes, bytes.length);
        Outcome single = decode(decoder(mode), bytes, 1);
        Outcome pieces = decode(decoder(mode), bytes, new Random(cut));

        check(single.equals(whole), "one byte at a time gives the same: " + single + " and " + whole);
        check(pieces.equals(whole), "pieces give the same: " + pieces + " and " + whole);
        PacketDecoder last = decoder(mode);
        whole.packets.forEach(packet -> again(packet, last, mode));
    }

    private static PacketDecoder decoder(int mode) {
        int max = (mode & 8) == 0 ? LARGE : SMALL;
        MqttVersion version = (mode & 3) == 0 ? null : MqttVersion.values()[(mode & 3) - 1];
        if ((mode & 4) != 0) {
            return PacketDecoder.forClient(version == null ? MqttVersion.V5 : version, max);
        }
        PacketDecoder decoder = new PacketDecoder(max);
        if (version != null) {
            decoder.version(version);
        }
        return decoder;
    }

    private static Outcome decode(PacketDecoder decoder, byte[] bytes, int step) {
        return decode(decoder, bytes, new Random() {
            @Override
            public int nextInt(int bound) {
                return step - 1;
            }
        });
    }

    private static Outcome decode(PacketDecoder decoder, byte[] bytes, Random steps) {
        ByteBuf in = Unpooled.buffer(bytes.length + 1);
        List<Packet> packets = new ArrayList<>();
        int written = 0;
        while (written < bytes.length) {
            int step = Math.min(bytes.length - written, 1 + steps.nextInt(9));
            in.writeBytes(bytes, written, step);
            written += step;
            int before = in.readerIndex();
            try {
                for (Packet packet = decoder.decode(in); packet != null; packet = decoder.decode(in)) {
                    check(in.readerIndex() > before, "a packet takes bytes");
                    before = in.readerIndex();
                    packets.add(packet);
                }
            } catch (DecodeException e) {
                check(in.readerIndex() == before, "a wrong packet is left where it is");
                return new Outcome(packets, facts(e), 0);
            }
            check(in.readerIndex() == before, "half a packet is left where it is");
        }
        return new Outcome(packets, null, in.readableBytes());
    }

    /** What is wrong and where; the bytes that are shown are as many as are there. */
    private static Map<String, String> facts(DecodeException e) {
        Map<String, String> facts = new HashMap<>(e.reason().facts());
        for (String name : List.of("packet", "offset", "field", "problem", "rule", "bytes")) {
            check(facts.containsKey(name), "a fault names its " + name);
        }
        check(Integer.parseInt(facts.get("offset")) >= 0, "an offset is in the packet");
        facts.remove("bytes");
        facts.put("detail", e.reason().detail().word());
        facts.put("size", Integer.toString(e.packetSize()));
        facts.put("version", String.valueOf(e.version()));
        return facts;
    }

    private static void again(Packet packet, PacketDecoder decoder, int mode) {
        if (packet instanceof Packet.Connect connect) {
            decoder.version(connect.version());
        }
        MqttVersion version = decoder.version();
        if (version == null) {
            throw new AssertionError("a packet was decoded before the version was known");
        }
        ByteBuf out = Unpooled.buffer();
        PacketEncoder.encode(packet, version, out);
        check(out.readableBytes() == PacketEncoder.size(packet, version), "the size of " + packet + " is exact");
        PacketDecoder fresh = (mode & 4) != 0 ? PacketDecoder.forClient(version, LARGE) : new PacketDecoder(LARGE);
        if (!(packet instanceof Packet.Connect) && (mode & 4) == 0) {
            fresh.version(version);
        }
        try {
            Packet copy = fresh.decode(out);
            check(packet.equals(copy), packet + " is encoded and decoded to the same, not to " + copy);
            check(!out.isReadable(), "nothing is left over behind " + packet);
        } catch (DecodeException e) {
            throw new AssertionError(packet + " is encoded to what cannot be decoded", e);
        }
    }
}
