package io.nightjar.actor;

import static io.nightjar.actor.LinkCluster.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.message.ClientView;
import io.nightjar.message.Connection;
import io.nightjar.message.ConnectionInfo;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.session.AttachRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A socket on node {@code a}, its session on node {@code b}. */
class RemoteConnectionTest {
    private static final int WINDOW = 16;

    private static LinkCluster cluster;
    private static LinkCluster.Node a;
    private static LinkCluster.Node b;

    private final Socket socket = new Socket();
    private final Session session = new Session();
    private Connection remote;

    @BeforeAll
    static void startNodes() {
        cluster = new LinkCluster(new LinkSettings(
                2_000, 16 << 20, 64, 64, 64 << 10, Duration.ofMillis(100), Duration.ofMillis(200), WINDOW, 1 << 20));
        a = cluster.start("a");
        b = cluster.start("b");
    }

    @AfterAll
    static void stopNodes() {
        cluster.close();
    }

    @BeforeEach
    void attach() {
        a.link().probe(message -> true);
        b.link().probe(message -> true);
        remote = cross(socket);
        remote.attached(7, true, session);
        await().atMost(LONG).until(() -> socket.session.get() != null);
    }

    @Test
    void a_socket_elsewhere_is_attached_and_back_home_it_is_itself_again() {
        assertThat(remote).isInstanceOf(RemoteConnection.class);
        assertThat(remote.node()).isEqualTo("a");
        assertThat(socket.attachment).isEqualTo(7);
        assertThat(socket.session.get().node()).isEqualTo("b");

        Object home = read(a, write(b, attach(remote)));

        assertThat(((SessionCommand.Attach) home).connection()).isSameAs(socket);
    }

    @Test
    void packets_and_commands_arrive_in_order() {
        for (int i = 1; i <= 10; i++) {
            remote.send(new Packet.PubAck(i, ReasonCode.SUCCESS));
            socket.session.get().tell(new SessionCommand.Acknowledge(7, PacketType.PUBACK, i, ReasonCode.SUCCESS));
        }

        await().atMost(LONG).until(() -> socket.packets.size() == 10 && session.commands.size() == 10);
        for (int i = 1; i <= 10; i++) {
            assertThat(socket.packets.get(i - 1)).isEqualTo(new Packet.PubAck(i, ReasonCode.SUCCESS));
            assertThat(session.commands.get(i - 1))
                    .isEqualTo(new SessionCommand.Acknowledge(7, PacketType.PUBACK, i, ReasonCode.SUCCESS));
        }
    }

    @Test
    void a_packet_far_above_a_frame_crosses() {
        Packet.Publish big = publish(3 << 20);

        remote.send(big);

        await().atMost(LONG).until(() -> socket.packets.size() == 1);
        assertThat(socket.packets.get(0)).isEqualTo(big);
    }

    @Test
    void a_socket_that_takes_no_more_closes_the_window_and_opens_it_again() {
        socket.writable = false;
        int sent = 0;
        while (remote.isWritable()) {
            remote.send(publish(10));
            sent++;
        }
        assertThat(sent).isEqualTo(WINDOW);
        int all = sent;
        await().atMost(LONG).until(() -> socket.packets.size() == all);
        assertThat(remote.isWritable()).isFalse();
        assertThat(session.commands).isEmpty();

        socket.writable = true;
        socket.session.get().tell(new SessionCommand.Writable(7, true));

        await().atMost(LONG).until(() -> session.commands.contains(new SessionCommand.Writable(7, true)));
        assertThat(remote.isWritable()).isTrue();
    }

    @Test
    void a_socket_that_takes_all_keeps_the_window_open() {
        for (int i = 0; i < 500; i++) {
            if (!remote.isWritable()) {
                await().atMost(LONG).until(remote::isWritable);
            }
            remote.send(publish(10));
        }

        await().atMost(LONG).until(() -> socket.packets.size() == 500);
        assertThat(socket.ends).isEmpty();
    }

    @Test
    void the_window_is_all_open_again_when_all_is_acknowledged() {
        for (int i = 0; i < WINDOW; i++) {
            remote.send(publish(10));
        }
        await().atMost(LONG).until(() -> socket.packets.size() == WINDOW);

        // Anything left over would add up until the window stays shut.
        await().atMost(LONG).until(() -> {
            socket.session.get().tell(new SessionCommand.Writable(7, true));
            return ((RemoteConnection) remote).bytesUnderWay() == 0;
        });
    }

    @Test
    void a_lost_packet_ends_the_connection_on_both_sides() {
        remote.send(publish(1));
        byte[] third = LinkItems.packet(socket.number, 4, publish(3));

        b.link().lanes(a.link().uid()).sessions().offer(third, PeerLink.Priority.ORDINARY);

        await().atMost(LONG).until(() -> !socket.ends.isEmpty());
        assertThat(socket.ends.get(0).detail()).isEqualTo(Detail.SESSION_UNAVAILABLE);
        assertThat(socket.ends.get(0).facts()).containsEntry("link", "gap");
        assertThat(socket.packets).hasSize(1);
        await().atMost(LONG)
                .until(() -> session.commands.contains(new SessionCommand.Detach(7, Detail.SESSION_UNAVAILABLE, null)));
    }

    @Test
    void a_lost_command_ends_the_connection_on_both_sides() {
        ((RemoteConnection) remote).onCommand(2, new SessionCommand.Unsubscribe(7, unsubscribe()));

        await().atMost(LONG).until(() -> !socket.ends.isEmpty());
        assertThat(socket.ends.get(0).detail()).isEqualTo(Detail.SESSION_UNAVAILABLE);
        assertThat(session.commands).containsExactly(new SessionCommand.Detach(7, Detail.SESSION_UNAVAILABLE, null));
    }

    @Test
    void a_full_link_ends_the_connection_instead_of_losing_a_packet() {
        b.link().probe(message -> !(message instanceof LinkMessage.Batch));

        for (int i = 0; i < 70_000 && session.commands.isEmpty(); i++) {
            remote.send(publish(1));
        }

        assertThat(session.commands).containsExactly(new SessionCommand.Detach(7, Detail.SESSION_UNAVAILABLE, null));
        b.link().probe(message -> true);
        await().atMost(LONG).until(() -> !socket.ends.isEmpty());
        assertThat(socket.ends.get(0).facts()).containsEntry("link", "queue_full");
        await().atMost(LONG)
                .until(() -> b.link().lanes(a.link().uid()).sessions().queued() == 0);
    }

    @Test
    void the_session_ends_the_connection() {
        remote.end(DisconnectReason.of(Detail.TAKEOVERED_SAME_CLIENT, "by", "127.0.0.1:1"));
        remote.send(publish(1));

        await().atMost(LONG).until(() -> !socket.ends.isEmpty());
        assertThat(socket.ends)
                .containsExactly(DisconnectReason.of(Detail.TAKEOVERED_SAME_CLIENT, "by", "127.0.0.1:1"));
        assertThat(b.link().remotes().get(a.link().uid(), socket.number)).isNull();
    }

    @Test
    void the_end_of_the_socket_reaches_the_session() {
        socket.session.get().tell(new SessionCommand.Detach(7, Detail.PEER_FIN, 30L));

        await().atMost(LONG).until(() -> !session.commands.isEmpty());
        assertThat(session.commands).containsExactly(new SessionCommand.Detach(7, Detail.PEER_FIN, 30L));
        assertThat(b.link().remotes().get(a.link().uid(), socket.number)).isNotNull();
    }

    @Test
    void a_client_that_said_its_last_word_is_answered_before_the_session_ends_its_connection() {
        socket.session.get().tell(new SessionCommand.Detach(7, Detail.DISCONNECT, null));
        await().atMost(LONG).until(() -> !session.commands.isEmpty());

        remote.send(publish(1));
        remote.end(DisconnectReason.of(Detail.DISCONNECT));

        await().atMost(LONG).until(() -> !socket.ends.isEmpty());
        assertThat(socket.packets).containsExactly(publish(1));
        assertThat(socket.ends).containsExactly(DisconnectReason.of(Detail.DISCONNECT));
        assertThat(b.link().remotes().get(a.link().uid(), socket.number)).isNull();
    }

    @Test
    void a_socket_that_broke_is_not_sent_to_any_more() {
        socket.session.get().tell(new SessionCommand.Detach(7, Detail.PEER_RESET, null));

        await().atMost(LONG).until(() -> !session.commands.isEmpty());
        assertThat(b.link().remotes().get(a.link().uid(), socket.number)).isNull();
    }

    @Test
    void a_socket_that_is_gone_when_it_is_attached_detaches_the_session() {
        Socket other = new Socket();
        Connection late = cross(other);
        a.links.connections().remove(other);
        Session itsSession = new Session();

        late.attached(1, false, itsSession);

        await().atMost(LONG).until(() -> !itsSession.commands.isEmpty());
        assertThat(itsSession.commands).containsExactly(new SessionCommand.Detach(1, Detail.SESSION_UNAVAILABLE, null));
    }

    @Test
    void a_view_of_the_client_comes_back_with_what_the_socket_knows() {
        AtomicReference<ClientView> answer = new AtomicReference<>();

        remote.inspect(new ClientView(Map.of("clientid", "c")), answer::set);

        await().atMost(LONG).until(() -> answer.get() != null);
        assertThat(answer.get().fields()).containsEntry("clientid", "c").containsEntry("recv_oct", 42L);
    }

    @Test
    void a_connection_that_ended_has_no_number_any_more() {
        int before = a.links.connections().size();

        a.links.connections().remove(socket);

        assertThat(a.links.connections().size()).isEqualTo(before - 1);
    }

    private static Packet.Publish publish(int size) {
        return new Packet.Publish(
                "t", Bytes.copyOf(new byte[size]), QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE);
    }

    private static Packet.Unsubscribe unsubscribe() {
        return new Packet.Unsubscribe(1, Properties.NONE, List.of("x"));
    }

    /** What the session on b gets of a connection of a. */
    private Connection cross(Socket socketOnA) {
        SessionCommand.Attach there = (SessionCommand.Attach) read(b, write(a, attach(socketOnA)));
        socketOnA.number = ((RemoteConnection) there.connection()).number();
        return there.connection();
    }

    private static SessionCommand attach(Connection connection) {
        ConnectionInfo info = new ConnectionInfo(
                new AttachRequest(MqttVersion.V5, true, 0, 0, 10, 1000, 60, null, null, "127.0.0.1:9", "a", 10, null),
                "tcp:default",
                "tcp",
                1);
        return new SessionCommand.Attach("client", connection, info);
    }

    private static byte[] write(LinkCluster.Node node, Object message) {
        return serialization(node).serialize(message).get();
    }

    private static Object read(LinkCluster.Node node, byte[] bytes) {
        Serialization serialization = serialization(node);
        Object example = new SessionCommand.NodeLost("");
        var serializer = serialization.findSerializerFor(example);
        return serialization
                .deserialize(bytes, serializer.identifier(), Serializers.manifestFor(serializer, example))
                .get();
    }

    private static Serialization serialization(LinkCluster.Node node) {
        return SerializationExtension.get(Adapter.toClassic(node.system));
    }

    private static final class Session implements SessionLink {
        final List<SessionCommand> commands = new CopyOnWriteArrayList<>();

        @Override
        public void tell(SessionCommand command) {
            commands.add(command);
        }

        @Override
        public String node() {
            return "b";
        }
    }

    private static final class Socket implements Connection {
        final List<Packet> packets = new CopyOnWriteArrayList<>();
        final List<DisconnectReason> ends = new CopyOnWriteArrayList<>();
        final AtomicReference<SessionLink> session = new AtomicReference<>();
        volatile boolean writable = true;
        volatile long attachment;
        long number;

        @Override
        public void attached(long newAttachment, boolean sessionPresent, SessionLink link) {
            attachment = newAttachment;
            session.set(link);
        }

        @Override
        public void send(Packet packet) {
            packets.add(packet);
        }

        @Override
        public boolean isWritable() {
            return writable;
        }

        @Override
        public void end(DisconnectReason reason) {
            ends.add(reason);
        }

        @Override
        public void inspect(ClientView view, Consumer<ClientView> reply) {
            reply.accept(view.with(Map.of("recv_oct", 42L)));
        }

        @Override
        public String node() {
            return "a";
        }
    }
}
