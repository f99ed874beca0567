package io.nightjar.actor;

import io.nightjar.message.Wire;
import io.nightjar.message.WireCommands.References;
import io.nightjar.message.WireInput;
import io.nightjar.message.WireOutput;
import java.io.NotSerializableException;

/** Wire form of {@link LinkMessage}. */
final class WireLinks {
    private static final int HELLO = 1;
    private static final int WELCOME = 2;
    private static final int BATCH = 3;
    private static final int ACK = 4;
    private static final int ROUTE_UPDATE = 5;
    private static final int ROUTE_DIGEST = 6;
    private static final int ROUTE_PULL = 7;
    private static final int ROUTE_SNAPSHOT = 8;
    private static final int RETAINED_PULL = 9;

    private WireLinks() {}

    static void write(WireOutput out, LinkMessage message, References references) {
        if (message instanceof LinkMessage.Batch batch) {
            out.writeByte(BATCH);
            out.writeLong(batch.sequence());
            out.writeArray(batch.body());
        } else if (message instanceof LinkMessage.Ack ack) {
            out.writeByte(ACK);
            out.writeLong(ack.sequence());
            out.writeBoolean(ack.gap());
        } else if (message instanceof LinkMessage.Hello hello) {
            out.writeByte(HELLO);
            out.writeString(hello.node());
            out.writeLong(hello.uid());
            out.writeString(references.address(hello.hub()));
            out.writeString(references.address(hello.messages()));
            out.writeString(references.address(hello.sessions()));
        } else if (message instanceof LinkMessage.Welcome welcome) {
            out.writeByte(WELCOME);
            out.writeString(welcome.node());
            out.writeLong(welcome.uid());
            out.writeLong(welcome.forUid());
            out.writeString(references.address(welcome.messages()));
            out.writeString(references.address(welcome.sessions()));
            out.writeString(references.address(welcome.routes()));
            out.writeString(references.address(welcome.retained()));
        } else {
            writeReplica(out, message);
        }
    }

    private static void writeReplica(WireOutput out, LinkMessage message) {
        if (message instanceof LinkMessage.RouteUpdate update) {
            out.writeByte(ROUTE_UPDATE);
            out.writeLong(update.uid());
            out.writeLong(update.sequence());
            Wire.writeStrings(out, update.added());
            Wire.writeStrings(out, update.removed());
        } else if (message instanceof LinkMessage.RouteDigest digest) {
            out.writeByte(ROUTE_DIGEST);
            out.writeLong(digest.uid());
            out.writeLong(digest.sequence());
            out.writeLong(digest.digest());
            out.writeInt(digest.count());
        } else if (message instanceof LinkMessage.RoutePull pull) {
            out.writeByte(ROUTE_PULL);
            out.writeLong(pull.uid());
        } else if (message instanceof LinkMessage.RouteSnapshot snapshot) {
            out.writeByte(ROUTE_SNAPSHOT);
            out.writeLong(snapshot.uid());
            out.writeLong(snapshot.sequence());
            out.writeInt(snapshot.part());
            out.writeBoolean(snapshot.last());
            Wire.writeStrings(out, snapshot.filters());
        } else if (message instanceof LinkMessage.RetainedPull pull) {
            out.writeByte(RETAINED_PULL);
            out.writeLong(pull.uid());
        } else {
            throw new IllegalArgumentException(message.getClass().getSimpleName() + " has no wire form");
        }
    }

    static LinkMessage read(WireInput in, References references) throws NotSerializableException {
        int kind = in.readByte();
        return switch (kind) {
            case HELLO ->
                new LinkMessage.Hello(
                        in.readString(),
                        in.readLong(),
                        references.actor(in.readString()),
                        references.actor(in.readString()),
                        references.actor(in.readString()));
            case WELCOME ->
                new LinkMessage.Welcome(
                        in.readString(),
                        in.readLong(),
                        in.readLong(),
                        references.actor(in.readString()),
                        references.actor(in.readString()),
                        references.actor(in.readString()),
                        references.actor(in.readString()));
            case BATCH -> new LinkMessage.Batch(in.readLong(), in.readArray());
            case ACK -> new LinkMessage.Ack(in.readLong(), in.readBoolean());
            case ROUTE_UPDATE ->
                new LinkMessage.RouteUpdate(in.readLong(), in.readLong(), Wire.readStrings(in), Wire.readStrings(in));
            case ROUTE_DIGEST -> new LinkMessage.RouteDigest(in.readLong(), in.readLong(), in.readLong(), in.readInt());
            case ROUTE_PULL -> new LinkMessage.RoutePull(in.readLong());
            case ROUTE_SNAPSHOT ->
                new LinkMessage.RouteSnapshot(
                        in.readLong(), in.readLong(), in.readInt(), in.readBoolean(), Wire.readStrings(in));
            case RETAINED_PULL -> new LinkMessage.RetainedPull(in.readLong());
            default -> throw in.bad("no link message is of kind " + kind);
        };
    }
}
