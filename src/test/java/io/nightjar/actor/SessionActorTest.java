package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.nightjar.conformance.Normative;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.message.ClientView;
import io.nightjar.message.Connection;
import io.nightjar.message.ConnectionInfo;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Will;
import io.nightjar.routing.RetainedLimits;
import io.nightjar.routing.RetainedMessages;
import io.nightjar.routing.Router;
import io.nightjar.routing.Subscriber;
import io.nightjar.session.AttachRequest;
import io.nightjar.session.SessionLimits;
import io.nightjar.testing.ManualLoops;
import io.nightjar.trace.Tracer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The session actor on Pekko's test kit: its timers run on a loop whose time only the test moves. */
class SessionActorTest {
    private final ManualLoops loops = new ManualLoops();
    private final Counters counters = new Counters();
    private final SessionDirectory directory = new SessionDirectory();
    private ActorTestKit kit;
    private Router router;
    private TestProbe<ClusterSharding.ShardCommand> shard;
    private ActorRef<SessionCommand> session;
    private Recorder watcher;

    @BeforeEach
    void start() {
        var config = ConfigFactory.parseString(SessionSharding.DISPATCHER
                        + " { type = Dispatcher, executor = \"io.nightjar.actor.LoopDispatcher\", throughput = 64 }\n"
                        + "pekko.actor.provider = local")
                .withFallback(ManualTime.config())
                .withFallback(ConfigFactory.load());
        ActorSystem<Void> system = ActorSystem.create(
                Behaviors.empty(),
                "test",
                ActorSystemSetup.create(BootstrapSetup.create(config), new LoopsSetup(loops)));
        kit = ActorTestKit.create(system);
        router = new Router(
                counters, new RetainedMessages(RetainedLimits.DEFAULT, counters, loops::millis), "test", loops::millis);
        shard = kit.createTestProbe();
        SessionServices services = new SessionServices(
                "test",
                loops,
                router,
                new SessionLimits(100, 1 << 20, true, 10),
                directory,
                counters,
                new Tracer(),
                loops,
                loops,
                1000,
                end -> {},
                FlightRecorder.NONE);
        session = kit.spawn(
                SessionActor.create(services, (id, connection, info) -> {}, shard.getRef()),
                "device",
                DispatcherSelector.fromConfig(SessionSharding.DISPATCHER));
        watcher = new Recorder();
        router.subscribe(watcher, "will/#", SubscriptionOptions.of(QoS.AT_LEAST_ONCE), 0);
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
        loops.close();
    }

    @Test
    @Normative("5.0/3.1.2-23")
    void a_session_expires_after_its_interval_and_not_before() {
        Socket socket = attach(info(60, null));
        long attachment = socket.attachment();

        session.tell(new SessionCommand.Detach(attachment, Detail.PEER_RESET, null));
        settle();
        loops.timePasses(Duration.ofMillis(59_900));
        settle();
        assertThat(directory.find("device")).isNotNull();
        loops.timePasses(Duration.ofMillis(200));
        settle();

        assertThat(directory.find("device")).isNull();
        shard.expectMessageClass(ClusterSharding.Passivate.class);
        assertThat(counters.get(Counters.Counter.SESSIONS_EXPIRED)).isEqualTo(1);
    }

    @Test
    @Normative("5.0/3.1.3-9")
    void a_will_waits_for_its_delay() {
        Socket socket = attach(info(60, will(10)));

        session.tell(new SessionCommand.Detach(socket.attachment(), Detail.PEER_RESET, null));
        settle();
        loops.timePasses(Duration.ofMillis(9_900));
        settle();
        assertThat(watcher.deliveries).isEmpty();
        loops.timePasses(Duration.ofMillis(200));
        settle();

        assertThat(watcher.deliveries).hasSize(1);
    }

    @Test
    @Normative("5.0/3.1.3-9")
    void coming_back_within_the_delay_cancels_the_will() {
        Socket first = attach(info(60, will(10)));
        session.tell(new SessionCommand.Detach(first.attachment(), Detail.PEER_RESET, null));
        settle();
        loops.timePasses(Duration.ofSeconds(5));

        Socket second = attach(info(60, null));
        loops.timePasses(Duration.ofSeconds(30));
        settle();

        assertThat(second.sessionPresent).isTrue();
        assertThat(watcher.deliveries).isEmpty();
    }

    @Test
    @Normative("5.0/3.1.4-3")
    void takeover_closes_the_old_connection_and_keeps_the_session() {
        Socket first = attach(info(60, null));

        Socket second = attach(info(60, null));

        assertThat(first.end()).isEqualTo(Detail.TAKEOVERED_SAME_CLIENT);
        assertThat(second.sessionPresent).isTrue();
        assertThat(second.attachment()).isGreaterThan(first.attachment());
    }

    @Test
    void a_command_of_an_older_attachment_changes_nothing() {
        Socket first = attach(info(60, null));
        Socket second = attach(info(60, null));

        session.tell(new SessionCommand.Detach(first.attachment(), Detail.PEER_FIN, null));
        session.tell(subscribe(first.attachment()));
        session.tell(subscribe(second.attachment()));
        settle();

        assertThat(second.sent).hasSize(1);
        assertThat(second.sent.peek()).isInstanceOf(Packet.SubAck.class);
        assertThat(second.ended).isEmpty();
    }

    @Test
    void a_message_goes_from_the_router_to_the_socket() throws Exception {
        Socket socket = attach(info(0, null));
        session.tell(subscribe(socket.attachment()));
        assertThat(socket.sent.poll(10, TimeUnit.SECONDS)).isInstanceOf(Packet.SubAck.class);

        int receivers = router.route(new io.nightjar.mqtt.Message(
                "a/b", Bytes.utf8("x"), QoS.AT_LEAST_ONCE, false, Properties.NONE, "other", loops.millis()));

        assertThat(receivers).isEqualTo(1);
        assertThat(socket.sent.poll(10, TimeUnit.SECONDS)).isInstanceOfSatisfying(Packet.Publish.class, publish -> {
            assertThat(publish.topic()).isEqualTo("a/b");
            assertThat(publish.packetId()).isPositive();
        });
    }

    @Test
    void a_session_remembers_how_its_last_connection_ended_and_whose_it_was() {
        Socket first = attach(info(60, will(10)));
        assertThat(view()).doesNotContainKeys("last_reason", "last_detail", "last_end_at");

        session.tell(new SessionCommand.Detach(first.attachment(), Detail.PEER_RESET, null));
        Map<String, Object> gone = view();
        loops.timePasses(Duration.ofSeconds(5));
        attach(info(60, null));
        Map<String, Object> back = view();
        attach(info(60, null));
        Map<String, Object> taken = view();

        assertThat(gone)
                .containsEntry("last_reason", "tcp_closed")
                .containsEntry("last_detail", "peer_reset")
                .containsEntry("last_end_at", gone.get("disconnected_at"))
                .containsEntry("ip_address", "127.0.0.1")
                .containsEntry("proto_ver", 5)
                .containsEntry("connected", false);
        assertThat(back)
                .containsEntry("last_detail", "peer_reset")
                .containsEntry("last_end_at", gone.get("last_end_at"));
        assertThat(taken).containsEntry("last_reason", "takeovered").containsEntry("connected", true);
    }

    @Test
    void drops_of_a_session_are_told_by_their_cause() {
        Socket socket = attach(info(60, null));
        session.tell(subscribe(socket.attachment()));
        session.tell(new SessionCommand.Detach(socket.attachment(), Detail.PEER_RESET, null));
        settle();

        for (int i = 0; i < 103; i++) {
            router.route(new io.nightjar.mqtt.Message(
                    "a/b", Bytes.utf8("x"), QoS.AT_LEAST_ONCE, false, Properties.NONE, "other", loops.millis()));
        }

        assertThat(view())
                .containsEntry("mqueue_len", 100)
                .containsEntry("mqueue_dropped", 3L)
                .containsEntry("send_msg.dropped", 3L)
                .containsEntry("send_msg.dropped.queue_full", 3L)
                .containsEntry("send_msg.dropped.expired", 0L)
                .containsEntry("send_msg.dropped.too_large", 0L);
    }

    @Test
    void a_kick_ends_the_connection_and_the_session() {
        Socket socket = attach(info(60, null));
        TestProbe<Boolean> answer = kit.createTestProbe();

        session.tell(new SessionCommand.Kick(DisconnectReason.of(Detail.API, "by", "test"), false, answer.getRef()));

        assertThat(answer.receiveMessage()).isTrue();
        assertThat(socket.end()).isEqualTo(Detail.API);
        shard.expectMessageClass(ClusterSharding.Passivate.class);
    }

    @Test
    void a_session_nobody_attached_to_leaves_at_once() {
        TestProbe<SessionCommand.Inspected> answer = kit.createTestProbe();

        session.tell(new SessionCommand.Inspect(answer.getRef()));

        assertThat(answer.receiveMessage().client()).isNull();
        shard.expectMessageClass(ClusterSharding.Passivate.class);
    }

    @Test
    void every_command_has_a_handler() {
        for (Class<?> command : SessionCommand.class.getPermittedSubclasses()) {
            assertThat(SessionActor.handles(command))
                    .as(command.getSimpleName())
                    .isTrue();
        }
    }

    private Socket attach(ConnectionInfo info) {
        Socket socket = new Socket();
        session.tell(new SessionCommand.Attach("device", socket, info));
        socket.attachment();
        return socket;
    }

    private Map<String, Object> view() {
        TestProbe<SessionCommand.Inspected> answer = kit.createTestProbe();
        session.tell(new SessionCommand.Inspect(answer.getRef()));
        return answer.receiveMessage().client().fields();
    }

    /** Returns when the session has handled everything told so far. */
    private void settle() {
        TestProbe<SessionCommand.Inspected> answer = kit.createTestProbe();
        session.tell(new SessionCommand.Inspect(answer.getRef()));
        answer.receiveMessage();
    }

    private static SessionCommand subscribe(long attachment) {
        return new SessionCommand.Subscribe(
                attachment,
                new Packet.Subscribe(
                        1,
                        Properties.NONE,
                        List.of(new SubscriptionRequest("a/+", SubscriptionOptions.of(QoS.AT_LEAST_ONCE)))),
                List.of(ReasonCode.SUCCESS));
    }

    private static Will will(long delaySeconds) {
        return new Will(
                "will/device",
                Bytes.utf8("gone"),
                QoS.AT_LEAST_ONCE,
                false,
                Properties.of(Property.WILL_DELAY_INTERVAL, delaySeconds));
    }

    private static ConnectionInfo info(long expirySeconds, @Nullable Will will) {
        return new ConnectionInfo(
                new AttachRequest(
                        MqttVersion.V5,
                        false,
                        expirySeconds,
                        expirySeconds,
                        10,
                        Integer.MAX_VALUE,
                        60,
                        will,
                        null,
                        "127.0.0.1:40000",
                        "test",
                        10),
                "tcp:default",
                "tcp",
                0);
    }

    /** A socket that only remembers. */
    private static final class Socket implements Connection {
        final BlockingQueue<Packet> sent = new LinkedBlockingQueue<>();
        final BlockingQueue<DisconnectReason> ended = new LinkedBlockingQueue<>();
        private final BlockingQueue<Long> attachments = new LinkedBlockingQueue<>();
        volatile boolean sessionPresent;
        private long attachment;

        long attachment() {
            if (attachment == 0) {
                try {
                    Long number = attachments.poll(10, TimeUnit.SECONDS);
                    assertThat(number).as("attached").isNotNull();
                    attachment = number;
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            return attachment;
        }

        Detail end() {
            try {
                DisconnectReason reason = ended.poll(10, TimeUnit.SECONDS);
                assertThat(reason).as("ended").isNotNull();
                return reason.detail();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void attached(long number, boolean present, SessionLink link) {
            sessionPresent = present;
            attachments.add(number);
        }

        @Override
        public void send(Packet packet) {
            sent.add(packet);
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void end(DisconnectReason reason) {
            ended.add(reason);
        }

        @Override
        public void inspect(ClientView view, Consumer<ClientView> reply) {
            reply.accept(view);
        }

        @Override
        public String node() {
            return "test";
        }
    }

    /** A subscriber that only remembers. */
    private static final class Recorder implements Subscriber {
        final BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();

        @Override
        public String clientId() {
            return "watcher";
        }

        @Override
        public void deliver(Delivery delivery) {
            deliveries.add(delivery);
        }

        @Override
        public boolean isConnected() {
            return true;
        }
    }
}
