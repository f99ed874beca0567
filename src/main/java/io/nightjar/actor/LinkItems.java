package io.nightjar.actor;

import io.nightjar.message.ClientView;
import io.nightjar.message.Wire;
import io.nightjar.message.WireOutput;
import io.nightjar.message.WirePackets;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The things that travel in a lane, one byte of kind first.
 *
 * <p>Lane for messages: {@link #PUBLISH}, {@link #RETAINED}, {@link #RETAINED_LOST}. Lane for sessions, from a session to
 * its socket: {@link #ATTACHED} to {@link #INSPECT}; from a socket to its session: {@link #COMMAND} to {@link #GONE}.
 * Those name the socket by its number and count up a sequence for each.
 */
final class LinkItems {
    static final int PUBLISH = 1;
    static final int RETAINED = 2;
    static final int RETAINED_LOST = 3;
    static final int ATTACHED = 16;
    static final int PACKET = 17;
    static final int END = 18;
    static final int INSPECT = 19;
    static final int COMMAND = 24;
    static final int CONSUMED = 25;
    static final int INSPECTED = 26;
    static final int GONE = 27;

    private LinkItems() {}

    static byte[] publish(Message message, boolean plain, List<String> shared) {
        WireOutput out =
                new WireOutput(message.payload().size() + message.topic().length() + 64);
        out.writeByte(PUBLISH);
        out.writeBoolean(plain);
        Wire.writeStrings(out, shared);
        Wire.writeMessage(out, message);
        return out.toArray();
    }

    static byte[] retained(Message message, String origin) {
        WireOutput out =
                new WireOutput(message.payload().size() + message.topic().length() + 64);
        out.writeByte(RETAINED);
        out.writeString(origin);
        Wire.writeMessage(out, message);
        return out.toArray();
    }

    static byte[] retainedLost() {
        return new byte[] {RETAINED_LOST};
    }

    static byte[] attached(
            long number,
            long sequence,
            String node,
            long attachment,
            boolean sessionPresent,
            @Nullable DisconnectReason displaced) {
        WireOutput out = start(ATTACHED, number, 64);
        out.writeLong(sequence);
        out.writeString(node);
        out.writeLong(attachment);
        out.writeBoolean(sessionPresent);
        Wire.writeNullableReason(out, displaced);
        return out.toArray();
    }

    static byte[] packet(long number, long sequence, Packet packet) {
        WireOutput out = start(
                PACKET, number, packet instanceof Packet.Publish p ? p.payload().size() + 128 : 32);
        out.writeLong(sequence);
        WirePackets.write(out, packet);
        return out.toArray();
    }

    static byte[] end(long number, DisconnectReason reason) {
        WireOutput out = start(END, number, 64);
        Wire.writeDisconnectReason(out, reason);
        return out.toArray();
    }

    static byte[] inspect(long number, long query, ClientView view) {
        WireOutput out = start(INSPECT, number, 256);
        out.writeLong(query);
        Wire.writeClientView(out, view);
        return out.toArray();
    }

    static byte[] consumed(long number, LocalConnection.Consumed consumed) {
        WireOutput out = start(CONSUMED, number, 16);
        out.writeInt(consumed.packets());
        out.writeLong(consumed.bytes());
        return out.toArray();
    }

    static byte[] inspected(long number, long query, ClientView view) {
        WireOutput out = start(INSPECTED, number, 512);
        out.writeLong(query);
        Wire.writeClientView(out, view);
        return out.toArray();
    }

    static byte[] gone(long number) {
        return start(GONE, number, 16).toArray();
    }

    static WireOutput start(int kind, long number, int capacity) {
        WireOutput out = new WireOutput(capacity + 16);
        out.writeByte(kind);
        out.writeLong(number);
        return out;
    }
}
