package io.nightjar.message;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import java.io.NotSerializableException;
import org.apache.pekko.actor.typed.ActorRef;

/** Wire form between nodes of what a session actor understands. */
public final class WireCommands {
    private static final int ATTACH = 1;
    private static final int DETACH = 2;
    private static final int DELIVER = 3;
    private static final int SUBSCRIBE = 4;
    private static final int UNSUBSCRIBE = 5;
    private static final int PUBLISH_QOS_2 = 6;
    private static final int ACKNOWLEDGE = 7;
    private static final int WRITABLE = 8;
    private static final int KICK = 9;
    private static final int INSPECT = 10;
    private static final int TIMER_FIRED = 12;
    private static final int NODE_LOST = 13;
    private static final int STOP = 14;

    private WireCommands() {}

    /** What only the actor system can write: references to actors and to connections of this node. */
    public interface References {
        /** An actor's address, which {@link #actor} turns back. */
        String address(ActorRef<?> actor);

        <T> ActorRef<T> actor(String address) throws NotSerializableException;

        void writeConnection(WireOutput out, Connection connection);

        /** The connection on its own node, or one that stands for it on another. */
        Connection readConnection(WireInput in) throws NotSerializableException;
    }

    public static void write(WireOutput out, SessionCommand command, References references) {
        if (command instanceof SessionCommand.Attach attach) {
            out.writeByte(ATTACH);
            out.writeString(attach.clientId());
            references.writeConnection(out, attach.connection());
            Wire.writeConnectionInfo(out, attach.info());
        } else if (command instanceof SessionCommand.Kick kick) {
            out.writeByte(KICK);
            Wire.writeDisconnectReason(out, kick.reason());
            out.writeBoolean(kick.keepSession());
            out.writeString(references.address(kick.replyTo()));
        } else if (command instanceof SessionCommand.Inspect inspect) {
            out.writeByte(INSPECT);
            out.writeString(references.address(inspect.replyTo()));
        } else if (command instanceof SessionCommand.TimerFired fired) {
            out.writeByte(TIMER_FIRED);
            out.writeString(fired.timer());
            out.writeLong(fired.generation());
        } else if (command instanceof SessionCommand.NodeLost lost) {
            out.writeByte(NODE_LOST);
            out.writeString(lost.node());
        } else if (command instanceof SessionCommand.Stop) {
            out.writeByte(STOP);
        } else {
            writeAttached(out, command);
        }
    }

    /** The commands that hold no reference: all that an attached connection sends. */
    private static void writeAttached(WireOutput out, SessionCommand command) {
        if (command instanceof SessionCommand.Deliver deliver) {
            out.writeByte(DELIVER);
            Wire.writeDelivery(out, deliver.delivery());
        } else if (command instanceof SessionCommand.Acknowledge acknowledge) {
            out.writeByte(ACKNOWLEDGE);
            out.writeLong(acknowledge.attachment());
            out.writeByte(acknowledge.type().value());
            out.writeInt(acknowledge.packetId());
            out.writeByte(acknowledge.code().value());
        } else if (command instanceof SessionCommand.PublishQos2 publish) {
            out.writeByte(PUBLISH_QOS_2);
            out.writeLong(publish.attachment());
            out.writeInt(publish.packetId());
            Wire.writeMessage(out, publish.message());
            out.writeByte(publish.verdict().value());
        } else if (command instanceof SessionCommand.Subscribe subscribe) {
            out.writeByte(SUBSCRIBE);
            out.writeLong(subscribe.attachment());
            WirePackets.write(out, subscribe.packet());
            Wire.writeReasonCodes(out, subscribe.verdicts());
        } else if (command instanceof SessionCommand.Unsubscribe unsubscribe) {
            out.writeByte(UNSUBSCRIBE);
            out.writeLong(unsubscribe.attachment());
            WirePackets.write(out, unsubscribe.packet());
        } else if (command instanceof SessionCommand.Writable writable) {
            out.writeByte(WRITABLE);
            out.writeLong(writable.attachment());
            out.writeBoolean(writable.writable());
        } else if (command instanceof SessionCommand.Detach detach) {
            out.writeByte(DETACH);
            out.writeLong(detach.attachment());
            Wire.writeDetail(out, detach.detail());
            Long expiry = detach.sessionExpirySeconds();
            out.writeBoolean(expiry != null);
            if (expiry != null) {
                out.writeLong(expiry);
            }
        } else {
            throw new IllegalArgumentException(command.getClass().getSimpleName() + " has no wire form");
        }
    }

    public static SessionCommand read(WireInput in, References references) throws NotSerializableException {
        int kind = in.readByte();
        return switch (kind) {
            case ATTACH ->
                new SessionCommand.Attach(in.readString(), references.readConnection(in), Wire.readConnectionInfo(in));
            case DETACH ->
                new SessionCommand.Detach(
                        in.readLong(), Wire.readDetail(in), in.readBoolean() ? (Long) in.readLong() : null);
            case DELIVER -> new SessionCommand.Deliver(Wire.readDelivery(in));
            case SUBSCRIBE ->
                new SessionCommand.Subscribe(
                        in.readLong(), readPacket(in, Packet.Subscribe.class), Wire.readReasonCodes(in));
            case UNSUBSCRIBE -> new SessionCommand.Unsubscribe(in.readLong(), readPacket(in, Packet.Unsubscribe.class));
            case PUBLISH_QOS_2 ->
                new SessionCommand.PublishQos2(
                        in.readLong(), in.readInt(), Wire.readMessage(in), Wire.readReasonCode(in));
            case ACKNOWLEDGE ->
                new SessionCommand.Acknowledge(
                        in.readLong(), readPacketType(in), in.readInt(), Wire.readReasonCode(in));
            case WRITABLE -> new SessionCommand.Writable(in.readLong(), in.readBoolean());
            case KICK ->
                new SessionCommand.Kick(
                        Wire.readDisconnectReason(in), in.readBoolean(), references.actor(in.readString()));
            case INSPECT -> new SessionCommand.Inspect(references.actor(in.readString()));
            case TIMER_FIRED -> new SessionCommand.TimerFired(in.readString(), in.readLong());
            case NODE_LOST -> new SessionCommand.NodeLost(in.readString());
            case STOP -> SessionCommand.Stop.INSTANCE;
            default -> throw in.bad("no session command is of kind " + kind);
        };
    }

    private static <P extends Packet> P readPacket(WireInput in, Class<P> type) throws NotSerializableException {
        Packet packet = WirePackets.read(in);
        if (!type.isInstance(packet)) {
            throw in.bad(packet.type() + " where another packet must be");
        }
        return type.cast(packet);
    }

    private static PacketType readPacketType(WireInput in) throws NotSerializableException {
        int value = in.readByte();
        if (value < 1 || value > 15) {
            throw in.bad("no packet type is " + value);
        }
        return PacketType.of(value);
    }
}
