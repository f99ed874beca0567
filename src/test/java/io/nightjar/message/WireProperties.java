package io.nightjar.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Will;
import java.io.NotSerializableException;
import java.util.Arrays;
import java.util.function.BiConsumer;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.pekko.actor.typed.ActorRef;

class WireProperties {
    @Property(tries = 200)
    void a_message_comes_back_as_it_went(@ForAll("messages") Message message) throws NotSerializableException {
        assertThat(roundTrip(message, Wire::writeMessage, Wire::readMessage)).isEqualTo(message);
    }

    @Property(tries = 200)
    void a_delivery_comes_back_as_it_went(@ForAll("deliveries") Delivery delivery) throws NotSerializableException {
        assertThat(roundTrip(delivery, Wire::writeDelivery, Wire::readDelivery)).isEqualTo(delivery);
    }

    @Property(tries = 200)
    void a_will_comes_back_as_it_went(@ForAll("wills") Will will) throws NotSerializableException {
        assertThat(roundTrip(will, Wire::writeWill, Wire::readWill)).isEqualTo(will);
    }

    @Property(tries = 200)
    void connection_info_comes_back_as_it_went(@ForAll("infos") ConnectionInfo info) throws NotSerializableException {
        assertThat(roundTrip(info, Wire::writeConnectionInfo, Wire::readConnectionInfo))
                .isEqualTo(info);
    }

    @Property(tries = 200)
    void a_disconnect_reason_comes_back_as_it_went(@ForAll("reasons") DisconnectReason reason)
            throws NotSerializableException {
        assertThat(roundTrip(reason, Wire::writeDisconnectReason, Wire::readDisconnectReason))
                .isEqualTo(reason);
    }

    @Property(tries = 200)
    void a_view_of_a_client_comes_back_as_it_went(@ForAll("views") ClientView view) throws NotSerializableException {
        assertThat(roundTrip(view, Wire::writeClientView, Wire::readClientView)).isEqualTo(view);
    }

    @Property(tries = 500)
    void a_packet_comes_back_as_it_went(@ForAll("packets") Packet packet) throws NotSerializableException {
        assertThat(roundTrip(packet, WirePackets::write, WirePackets::read)).isEqualTo(packet);
    }

    @Property(tries = 500)
    void a_session_command_comes_back_as_it_went(@ForAll("commands") SessionCommand command)
            throws NotSerializableException {
        SessionCommand copy = roundTrip(
                command,
                (out, c) -> WireCommands.write(out, c, new NoReferences()),
                in -> WireCommands.read(in, new NoReferences()));

        assertThat(copy).isEqualTo(command);
    }

    @Property(tries = 300)
    void a_command_cut_short_is_refused_and_nothing_else_happens(@ForAll("commands") SessionCommand command) {
        WireOutput out = new WireOutput(64);
        WireCommands.write(out, command, new NoReferences());
        byte[] whole = out.toArray();
        byte[] cut = Arrays.copyOf(whole, whole.length - 1);

        assertThatThrownBy(() -> WireCommands.read(new WireInput(cut), new NoReferences()))
                .isInstanceOf(NotSerializableException.class);
    }

    @Property(tries = 1000)
    void junk_is_refused_or_read_but_never_fails_otherwise(@ForAll byte[] junk) {
        try {
            WireCommands.read(new WireInput(junk), new NoReferences());
        } catch (NotSerializableException refused) {
            assertThat(refused.getMessage()).isNotEmpty();
        }
    }

    @Provide
    Arbitrary<Message> messages() {
        return WireValues.messages();
    }

    @Provide
    Arbitrary<Delivery> deliveries() {
        return WireValues.deliveries();
    }

    @Provide
    Arbitrary<Will> wills() {
        return WireValues.wills();
    }

    @Provide
    Arbitrary<ConnectionInfo> infos() {
        return WireValues.infos();
    }

    @Provide
    Arbitrary<DisconnectReason> reasons() {
        return WireValues.reasons();
    }

    @Provide
    Arbitrary<ClientView> views() {
        return WireValues.views();
    }

    @Provide
    Arbitrary<Packet> packets() {
        return WireValues.packets();
    }

    @Provide
    Arbitrary<SessionCommand> commands() {
        return WireValues.commands();
    }

    private static <T> T roundTrip(T value, BiConsumer<WireOutput, T> writer, Reader<T> reader)
            throws NotSerializableException {
        WireOutput out = new WireOutput(16);
        writer.accept(out, value);
        WireInput in = new WireInput(out.toArray());
        T copy = reader.read(in);
        assertThat(in.remaining()).isZero();
        return copy;
    }

    private interface Reader<T> {
        T read(WireInput in) throws NotSerializableException;
    }

    private static final class NoReferences implements WireCommands.References {
        @Override
        public String address(ActorRef<?> actor) {
            throw new UnsupportedOperationException("no actor here");
        }

        @Override
        public <T> ActorRef<T> actor(String address) throws NotSerializableException {
            throw new NotSerializableException("no actor here");
        }

        @Override
        public void writeConnection(WireOutput out, Connection connection) {
            throw new UnsupportedOperationException("no connection here");
        }

        @Override
        public Connection readConnection(WireInput in) throws NotSerializableException {
            throw new NotSerializableException("no connection here");
        }
    }
}
