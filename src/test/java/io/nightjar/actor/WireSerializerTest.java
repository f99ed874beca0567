package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightjar.message.ClientView;
import io.nightjar.message.SessionCommand;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class WireSerializerTest {
    private static final ActorTestKit KIT = ActorTestKit.create("serializer", LinkCluster.config());

    private final WireSerializer serializer = new WireSerializer((ExtendedActorSystem) Adapter.toClassic(KIT.system()));

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    @Test
    void link_messages_come_back_as_they_went() throws NotSerializableException {
        TestProbe<LinkHub.Command> hub = KIT.createTestProbe();
        TestProbe<PeerLinkSender.Command> sender = KIT.createTestProbe();
        TestProbe<PeerLinkReceiver.Command> receiver = KIT.createTestProbe();
        TestProbe<RouteReplica.Command> routes = KIT.createTestProbe();
        TestProbe<RetainedReplica.Command> retained = KIT.createTestProbe();
        List<LinkMessage> messages = List.of(
                new LinkMessage.Hello("n", -5, hub.getRef(), sender.getRef(), sender.getRef()),
                new LinkMessage.Welcome(
                        "n", 5, 6, receiver.getRef(), receiver.getRef(), routes.getRef(), retained.getRef()),
                new LinkMessage.Ack(Long.MAX_VALUE, true),
                new LinkMessage.RouteUpdate(-1, 2, List.of("a/#", "ü"), List.of("b")),
                new LinkMessage.RouteDigest(1, 2, Long.MIN_VALUE, 4),
                new LinkMessage.RoutePull(9),
                new LinkMessage.RouteSnapshot(1, 2, 3, true, List.of("x")),
                new LinkMessage.RetainedPull(-9));

        for (LinkMessage message : messages) {
            assertThat(roundTrip(message)).isEqualTo(message);
        }
        LinkMessage.Batch batch = (LinkMessage.Batch) roundTrip(new LinkMessage.Batch(3, new byte[] {1, 2, 3}));
        assertThat(batch.sequence()).isEqualTo(3);
        assertThat(batch.body()).containsExactly(1, 2, 3);
    }

    @Test
    void commands_with_references_to_actors_come_back_as_they_went() throws NotSerializableException {
        TestProbe<Boolean> replies = KIT.createTestProbe();
        TestProbe<SessionCommand.Inspected> views = KIT.createTestProbe();
        Object kick = new SessionCommand.Kick(DisconnectReason.of(Detail.API, "who", "me"), true, replies.getRef());
        Object inspect = new SessionCommand.Inspect(views.getRef());
        Object inspected = new SessionCommand.Inspected(new ClientView(Map.of("clientid", "c", "n", 1L)));

        assertThat(roundTrip(kick)).isEqualTo(kick);
        assertThat(roundTrip(inspect)).isEqualTo(inspect);
        assertThat(roundTrip(inspected)).isEqualTo(inspected);
        assertThat(roundTrip(new SessionCommand.Inspected(null))).isEqualTo(new SessionCommand.Inspected(null));
    }

    @Test
    void the_byte_order_of_the_buffer_stays_as_it_is() throws NotSerializableException {
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(1000).order(order);
            Object message = new SessionCommand.TimerFired("t", 1L << 40);

            serializer.toBinary(message, buffer);
            buffer.flip();

            assertThat(serializer.fromBinary(buffer, serializer.manifest(message)))
                    .isEqualTo(message);
            assertThat(buffer.order()).isEqualTo(order);
        }
    }

    @Test
    void what_cannot_be_read_is_refused_alone() {
        byte[] good = serializer.toBinary(new LinkMessage.Ack(1, false));
        byte[] otherVersion = good.clone();
        otherVersion[0] = 99;
        byte[] tooLong = java.util.Arrays.copyOf(good, good.length + 1);

        for (byte[] bad : List.of(otherVersion, tooLong, new byte[0], new byte[] {1, 77})) {
            assertThatThrownBy(() -> serializer.fromBinary(bad, "l")).isInstanceOf(NotSerializableException.class);
        }
        assertThatThrownBy(() -> serializer.fromBinary(good, "new"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("manifest");
    }

    @Test
    void every_session_command_and_link_message_is_bound_to_this_serializer() throws NotSerializableException {
        var serialization = SerializationExtension.get(Adapter.toClassic(KIT.system()));

        for (Class<?> type : SessionCommand.class.getPermittedSubclasses()) {
            assertThat(serialization.serializerFor(type)).isInstanceOf(WireSerializer.class);
        }
        for (Class<?> type : LinkMessage.class.getPermittedSubclasses()) {
            assertThat(serialization.serializerFor(type)).isInstanceOf(WireSerializer.class);
        }
        assertThat(serialization.serializerFor(SessionCommand.Inspected.class)).isInstanceOf(WireSerializer.class);
    }

    private Object roundTrip(Object message) throws NotSerializableException {
        return serializer.fromBinary(serializer.toBinary(message), serializer.manifest(message));
    }
}
