package io.nightjar.actor;

import static io.nightjar.fuzz.FuzzInput.check;

import io.nightjar.fuzz.FuzzInput;
import io.nightjar.message.Connection;
import io.nightjar.message.Wire;
import io.nightjar.message.WireCommands;
import io.nightjar.message.WireInput;
import io.nightjar.message.WireOutput;
import io.nightjar.message.WirePackets;
import java.io.NotSerializableException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What another node sends is read, or refused with {@link NotSerializableException} and nothing else, since any other
 * exception would end the association between the nodes; what was read is written and read again to the same.
 *
 * <p>Input: one byte that chooses what is read, then the bytes that are read.
 */
public final class WireTarget {
    private interface Reader<T> {
        T read(WireInput in) throws NotSerializableException;
    }

    private interface Writer<T> {
        void write(WireOutput out, T value);
    }

    private record Form<T>(Reader<T> reader, Writer<T> writer) {
        void go(byte[] bytes) {
            T value;
            try {
                value = reader.read(new WireInput(bytes));
            } catch (NotSerializableException refused) {
                check(refused.getMessage() != null, "a refusal says why");
                return;
            }
            WireOutput out = new WireOutput(16);
            writer.write(out, value);
            byte[] written = out.toArray();
            WireInput in = new WireInput(written);
            try {
                T copy = reader.read(in);
                WireOutput second = new WireOutput(16);
                writer.write(second, copy);
                check(Arrays.equals(written, second.toArray()), "what was read is written the same: " + value);
                check(in.remaining() == 0, "all that was written is read: " + value);
            } catch (NotSerializableException e) {
                throw new AssertionError(value + " was written and cannot be read", e);
            }
        }
    }

    private static final References REFERENCES = new References();

    private static final List<Form<?>> FORMS = List.of(
            new Form<>(Wire::readMessage, Wire::writeMessage),
            new Form<>(Wire::readDelivery, Wire::writeDelivery),
            new Form<>(Wire::readWill, Wire::writeWill),
            new Form<>(Wire::readConnectionInfo, Wire::writeConnectionInfo),
            new Form<>(Wire::readDisconnectReason, Wire::writeDisconnectReason),
            new Form<>(Wire::readClientView, Wire::writeClientView),
            new Form<>(Wire::readStrings, Wire::writeStrings),
            new Form<>(Wire::readReasonCodes, Wire::writeReasonCodes),
            new Form<>(WirePackets::read, WirePackets::write),
            new Form<>(
                    in -> WireCommands.read(in, REFERENCES),
                    (out, command) -> WireCommands.write(out, command, REFERENCES)),
            new Form<>(
                    in -> WireLinks.read(in, REFERENCES), (out, message) -> WireLinks.write(out, message, REFERENCES)));

    private WireTarget() {}

    public static void fuzzerTestOneInput(byte[] data) {
        FuzzInput input = new FuzzInput(data);
        FORMS.get(input.next(FORMS.size())).go(input.rest());
    }

    /** Actors are nobody, every connection is the same one. */
    private static final class References implements WireCommands.References {
        private static final Connection CONNECTION = (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("toString")) {
                        return "connection";
                    }
                    throw new UnsupportedOperationException(method.getName());
                });

        @Override
        public String address(@Nullable ActorRef<?> actor) {
            return "nobody";
        }

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals")
        public <T> @Nullable ActorRef<T> actor(String address) {
            return null;
        }

        @Override
        public void writeConnection(WireOutput out, Connection connection) {
            out.writeString("n");
        }

        @Override
        public Connection readConnection(WireInput in) throws NotSerializableException {
            in.readString();
            return CONNECTION;
        }
    }
}
