package io.nightjar.actor;

import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.Wire;
import io.nightjar.message.WireCommands;
import io.nightjar.message.WireInput;
import io.nightjar.message.WireOutput;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Carries session commands and link messages between nodes: one version byte, then the compact form of
 * {@link WireCommands} or {@link WireLinks}. Bytes it cannot read are a {@link NotSerializableException}: Pekko drops
 * that message and keeps the connection between the nodes.
 *
 * <p>A {@link Connection} travels as its node, that node's incarnation and its number there; on any other node it is a
 * {@link RemoteConnection}, and back on its own node itself again.
 *
 * <p>Never touches the byte order of Artery's buffers: they are little-endian and used again, and a buffer left
 * big-endian corrupts the headers of other messages. Thread-safe.
 */
public final class WireSerializer extends SerializerWithStringManifest implements ByteBufferSerializer {
    /** Frozen: nodes of different versions must agree. Below 41 is Pekko's own. */
    private static final int IDENTIFIER = 5883;

    private static final String COMMAND = "c";
    private static final String INSPECTED = "i";
    private static final String LINK = "l";

    private final References references;

    public WireSerializer(ExtendedActorSystem system) {
        this.references = new References(system);
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        if (message instanceof LinkMessage) {
            return LINK;
        } else if (message instanceof SessionCommand) {
            return COMMAND;
        } else if (message instanceof SessionCommand.Inspected) {
            return INSPECTED;
        }
        throw new IllegalArgumentException(message.getClass().getName() + " has no wire form");
    }

    @Override
    public byte[] toBinary(Object message) {
        return write(message).toArray();
    }

    @Override
    public void toBinary(Object message, ByteBuffer buffer) {
        write(message).copyTo(buffer);
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        WireInput in = new WireInput(bytes);
        Wire.checkVersion(in);
        try {
            Object message =
                    switch (manifest) {
                        case LINK -> WireLinks.read(in, references);
                        case COMMAND -> WireCommands.read(in, references);
                        case INSPECTED ->
                            new SessionCommand.Inspected(in.readBoolean() ? Wire.readClientView(in) : null);
                        default -> throw new NotSerializableException("manifest " + manifest + " is unknown");
                    };
            if (in.remaining() > 0) {
                throw in.bad(in.remaining() + " bytes too many");
            }
            return message;
        } catch (IllegalArgumentException e) {
            // What a record's own checks refuse; any exception but this type would end the association.
            NotSerializableException refused = new NotSerializableException(e.getMessage());
            refused.initCause(e);
            throw refused;
        }
    }

    @Override
    public Object fromBinary(ByteBuffer buffer, String manifest) throws NotSerializableException {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return fromBinary(bytes, manifest);
    }

    private WireOutput write(Object message) {
        WireOutput out = new WireOutput(message instanceof LinkMessage.Batch batch ? batch.body().length + 32 : 128);
        out.writeByte(Wire.VERSION);
        if (message instanceof LinkMessage link) {
            WireLinks.write(out, link, references);
        } else if (message instanceof SessionCommand command) {
            WireCommands.write(out, command, references);
        } else if (message instanceof SessionCommand.Inspected inspected) {
            out.writeBoolean(inspected.client() != null);
            if (inspected.client() != null) {
                Wire.writeClientView(out, inspected.client());
            }
        }
        return out;
    }

    /** Actors and connections of this system. What needs the cluster is looked up when first used. */
    private record References(ExtendedActorSystem system) implements WireCommands.References {
        @Override
        public String address(ActorRef<?> actor) {
            return resolver().toSerializationFormat(actor);
        }

        @Override
        public <T> ActorRef<T> actor(String address) {
            return resolver().resolveActorRef(address);
        }

        @Override
        public void writeConnection(WireOutput out, Connection connection) {
            LinkNode node = LinkNode.get(Adapter.toTyped(system));
            if (connection instanceof RemoteConnection remote) {
                out.writeString(remote.node());
                out.writeLong(remote.uid());
                out.writeLong(remote.number());
            } else {
                out.writeString(connection.node());
                out.writeLong(node.uid());
                out.writeLong(node.connections().register(connection));
            }
        }

        @Override
        public Connection readConnection(WireInput in) throws NotSerializableException {
            LinkNode node = LinkNode.get(Adapter.toTyped(system));
            String name = in.readString();
            long uid = in.readLong();
            long number = in.readLong();
            if (uid != node.uid()) {
                return new RemoteConnection(node, name, uid, number);
            }
            Connection local = node.connections().connection(number);
            if (local == null) {
                throw new NotSerializableException("connection " + number + " of this node is over");
            }
            return local;
        }

        private ActorRefResolver resolver() {
            return ActorRefResolver.get(Adapter.toTyped(system));
        }
    }
}
