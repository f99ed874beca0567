package io.nightjar.actor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.nightjar.conformance.Normative;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.message.ClientView;
import io.nightjar.message.Connection;
import io.nightjar.message.ConnectionInfo;
import io.nightjar.message.HeldMessages;
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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The session actor on Pekko's test kit: its timers run on a loop whose time only the test moves. */
class SessionActorTest {
    private final ManualLoops loops = new ManualLoops();
    private final Counters counters = new Counters();
    private final SessionDirectory directory = new SessionDirectory();
    private ActorTestKit kit;
    private Router router;
    private TestKit shard;
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
        shard = new TestKit(Adapter.toClassic(system));
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
        session = Adapter.toTyped(
                shard.childActorOf(SessionActor.props(services, (id, connection, info) -> {}), "device"));
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
        shard.expectMsgClass(ShardRegion.Passivate.class);
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
    void an_operator_subscribes_for_a_client_and_it_gets_what_is_retained() throws Exception {
        router.route(retained("a/b", "kept"));
        Socket socket = attach(info(60, null));

        int outcome = subscribeFor("a/b", "c/#");

        assertThat(outcome).isZero();
        assertThat(socket.sent.poll(10, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        Packet.Publish.class, p -> assertThat(p.retain()).isTrue());
        router.route(message("c/d", "live"));
        assertThat(socket.sent.poll(10, TimeUnit.SECONDS)).isInstanceOf(Packet.Publish.class);
        assertThat(view()).containsEntry("subscriptions_cnt", 2);
        CompletableFuture<Boolean> gone = new CompletableFuture<>();
        session.tell(new SessionCommand.UnsubscribeFor(List.of("a/b", "c/#", "never"), gone::complete));
        assertThat(gone.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(router.route(message("c/d", "late"))).isZero();
    }

    @Test
    void an_operator_subscribes_for_a_client_that_is_away_and_it_gets_all_when_it_is_back() throws Exception {
        router.route(retained("a/b", "kept"));
        Socket socket = attach(info(60, null));
        session.tell(new SessionCommand.Detach(socket.attachment(), Detail.PEER_RESET, null));
        settle();

        assertThat(subscribeFor("a/b")).isZero();
        router.route(message("a/b", "live"));
        Socket back = attach(info(60, null));

        assertThat(((Packet.Publish) back.sent.poll(10, TimeUnit.SECONDS))
                        .payload()
                        .text())
                .isEqualTo("live");
        assertThat(((Packet.Publish) back.sent.poll(10, TimeUnit.SECONDS))
                        .payload()
                        .text())
                .isEqualTo("kept");
    }

    @Test
    void more_subscriptions_than_the_client_may_have_change_nothing() throws Exception {
        Socket socket = attach(info(60, null));
        session.tell(subscribe(socket.attachment()));
        String[] nine = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};

        assertThat(subscribeFor("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"))
                .isEqualTo(10);
        assertThat(view()).containsEntry("subscriptions_cnt", 1);
        assertThat(subscribeFor(nine)).isZero();
        assertThat(subscribeFor("a/+")).as("held already").isZero();
        session.tell(new SessionCommand.Detach(socket.attachment(), Detail.PEER_RESET, null));
        assertThat(subscribeFor("11")).as("away").isEqualTo(10);
    }

    @Test
    void nobody_subscribes_where_there_is_no_session() throws Exception {
        CompletableFuture<Boolean> unsubscribed = new CompletableFuture<>();

        assertThat(subscribeFor("a")).isEqualTo(-1);
        session.tell(new SessionCommand.UnsubscribeFor(List.of("a"), unsubscribed::complete));

        assertThat(unsubscribed.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(held(false, "", 10, 0)).isEqualTo(HeldMessages.NONE);
    }

    @Test
    void messages_that_wait_are_told_page_by_page_also_while_they_go() throws Exception {
        Socket socket = attach(info(60, null));
        session.tell(subscribe(socket.attachment()));
        session.tell(new SessionCommand.Detach(socket.attachment(), Detail.PEER_RESET, null));
        settle();
        for (int i = 0; i < 5; i++) {
            router.route(message("a/" + i, "payload " + i));
        }
        router.route(new io.nightjar.mqtt.Message(
                "a/zero", Bytes.utf8("0"), QoS.AT_MOST_ONCE, false, Properties.NONE, "other", loops.millis()));

        HeldMessages first = held(false, "", 2, 1000);
        HeldMessages second = held(false, first.next(), 10, 1000);

        assertThat(first.messages()).extracting(m -> m.get("topic")).containsExactly("a/0", "a/1");
        assertThat(first.messages().get(0))
                .containsEntry("qos", 1)
                .containsEntry("from_clientid", "other")
                .containsEntry("payload_bytes", 9)
                .containsEntry("publish_at", loops.millis())
                .doesNotContainKeys("packet_id", "payload_truncated");
        assertThat((byte[]) first.messages().get(0).get("payload")).isEqualTo("payload 0".getBytes(UTF_8));
        assertThat(second.messages()).extracting(m -> m.get("topic")).containsExactly("a/2", "a/3", "a/4", "a/zero");
        assertThat(second.next()).isNull();
        attach(info(60, null));
        assertThat(held(false, first.next(), 10, 1000).messages())
                .as("all went")
                .isEmpty();
    }

    @Test
    void a_page_holds_as_many_bytes_of_payload_as_were_asked_for() throws Exception {
        Socket socket = attach(info(60, null));
        session.tell(subscribe(socket.attachment()));
        session.tell(new SessionCommand.Detach(socket.attachment(), Detail.PEER_RESET, null));
        settle();
        for (String payload : List.of("123456", "1234", "12345678901")) {
            router.route(message("a/b", payload));
        }

        HeldMessages first = held(false, "", 10, 10);
        HeldMessages second = held(false, first.next(), 10, 10);

        assertThat(first.messages()).hasSize(2);
        assertThat(second.messages()).hasSize(1);
        assertThat(second.messages().get(0))
                .containsEntry("payload_truncated", true)
                .containsEntry("payload_bytes", 11);
        assertThat((byte[]) second.messages().get(0).get("payload")).hasSize(10);
    }

    @Test
    void messages_in_flight_are_told_until_they_are_complete() throws Exception {
        Socket socket = attach(info(60, null));
        session.tell(subscribe(socket.attachment()));
        settle();
        for (int i = 0; i < 3; i++) {
            router.route(message("a/" + i, "x"));
        }
        settle();

        HeldMessages first = held(true, "", 1, 1000);
        assertThat(held(true, first.next(), 10, 1000).messages())
                .extracting(m -> m.get("packet_id"))
                .containsExactly(2, 3);
        session.tell(new SessionCommand.Acknowledge(
                socket.attachment(), io.nightjar.mqtt.PacketType.PUBACK, 1, ReasonCode.SUCCESS));

        assertThat(held(true, first.next(), 10, 1000).stale()).isTrue();
        assertThat(held(true, "", 10, 1000).messages())
                .allSatisfy(m -> assertThat(m).containsEntry("state", "sent").containsKey("payload"))
                .hasSize(2);
    }

    @Test
    void a_kick_ends_the_connection_and_the_session() {
        Socket socket = attach(info(60, null));
        TestProbe<Boolean> answer = kit.createTestProbe();

        session.tell(new SessionCommand.Kick(DisconnectReason.of(Detail.API, "by", "test"), false, answer.getRef()));

        assertThat(answer.receiveMessage()).isTrue();
        assertThat(socket.end()).isEqualTo(Detail.API);
        shard.expectMsgClass(ShardRegion.Passivate.class);
    }

    @Test
    void a_session_nobody_attached_to_leaves_at_once() {
        TestProbe<SessionCommand.Inspected> answer = kit.createTestProbe();

        session.tell(new SessionCommand.Inspect(answer.getRef()));

        assertThat(answer.receiveMessage().client()).isNull();
        shard.expectMsgClass(ShardRegion.Passivate.class);
    }

    @Test
    void every_command_has_a_handler() {
        for (Class<?> command : SessionCommand.class.getPermittedSubclasses()) {
            assertThat(SessionActor.handles(command))
                    .as(command.getSimpleName())
                    .isTrue();
        }
    }

    @Test
    void a_client_that_is_back_while_its_many_subscriptions_wait_to_be_given_up_displaces_nobody() throws Exception {
        Socket old = attach(info(60, null, 200));
        long attachment = old.attachment();
        assertThat(subscribeFor(manyFilters())).isZero();
        SessionLink link = directory.find("device");
        Socket back = new Socket();

        loops.run(() -> {
            link.tell(new SessionCommand.Detach(attachment, Detail.PEER_RESET, null));
            session.tell(new SessionCommand.Attach("device", back, info(60, null, 200)));
        });

        assertThat(back.attachment()).isEqualTo(2);
        assertThat(back.sessionPresent).isTrue();
        assertThat(back.displaced).isNull();
        settle();
        assertThat(old.ended).isEmpty();
        assertThat(router.filters()).isEqualTo(201);
        assertThat(view()).containsEntry("connected", true);
    }

    @Test
    void a_kick_finds_a_client_gone_whose_many_subscriptions_wait_to_be_given_up() throws Exception {
        Socket old = attach(info(0, will(0), 200));
        long attachment = old.attachment();
        assertThat(subscribeFor(manyFilters())).isZero();
        SessionLink link = directory.find("device");
        TestProbe<Boolean> kicked = kit.createTestProbe();

        loops.run(() -> {
            link.tell(new SessionCommand.Detach(attachment, Detail.DISCONNECT, null));
            session.tell(new SessionCommand.Kick(DisconnectReason.of(Detail.API), false, kicked.getRef()));
        });

        assertThat(kicked.receiveMessage()).isFalse();
        assertThat(old.end()).isEqualTo(Detail.DISCONNECT);
        assertThat(old.ended).isEmpty();
        assertThat(watcher.deliveries).as("it said goodbye").isEmpty();
        assertThat(router.filters()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"200, 1", "100, 0"})
    void a_session_that_expires_gives_up_many_subscriptions_in_a_turn_of_its_own(int filters, int pieces)
            throws Exception {
        Socket socket = attach(info(60, null, 200));
        long attachment = socket.attachment();
        assertThat(subscribeFor(Arrays.copyOf(manyFilters(), filters))).isZero();
        session.tell(new SessionCommand.Detach(attachment, Detail.PEER_RESET, null));
        settle();
        assertThat(router.filters()).isEqualTo(filters + 1);

        loops.timePasses(Duration.ofSeconds(61));
        loops.run(() -> {}); // behind what was left to a later turn
        settle();

        assertThat(loops.laterPieces()).isEqualTo(pieces);
        assertThat(router.filters()).isEqualTo(1);
        assertThat(directory.find("device")).isNull();
        assertThat(counters.get(Counters.Counter.SESSIONS_EXPIRED)).isEqualTo(1);
    }

    private static String[] manyFilters() {
        return IntStream.range(0, 200).mapToObj(i -> "a/" + i).toArray(String[]::new);
    }

    private Socket attach(ConnectionInfo info) {
        Socket socket = new Socket();
        session.tell(new SessionCommand.Attach("device", socket, info));
        socket.attachment();
        return socket;
    }

    private int subscribeFor(String... filters) throws Exception {
        CompletableFuture<Integer> outcome = new CompletableFuture<>();
        List<SubscriptionRequest> requests = Stream.of(filters)
                .map(filter -> new SubscriptionRequest(filter, SubscriptionOptions.of(QoS.AT_LEAST_ONCE)))
                .toList();
        session.tell(new SessionCommand.SubscribeFor(requests, outcome::complete));
        return outcome.get(10, TimeUnit.SECONDS);
    }

    private HeldMessages held(boolean inflight, String after, int limit, int bytes) throws Exception {
        CompletableFuture<HeldMessages> page = new CompletableFuture<>();
        session.tell(new SessionCommand.ListMessages(
                new HeldMessages.Query(inflight, after, limit, bytes, true), page::complete));
        return page.get(10, TimeUnit.SECONDS);
    }

    private io.nightjar.mqtt.Message message(String topic, String payload) {
        return new io.nightjar.mqtt.Message(
                topic, Bytes.utf8(payload), QoS.AT_LEAST_ONCE, false, Properties.NONE, "other", loops.millis());
    }

    private io.nightjar.mqtt.Message retained(String topic, String payload) {
        return new io.nightjar.mqtt.Message(
                topic, Bytes.utf8(payload), QoS.AT_LEAST_ONCE, true, Properties.NONE, "other", loops.millis());
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
        return info(expirySeconds, will, 10);
    }

    private static ConnectionInfo info(long expirySeconds, @Nullable Will will, int maxSubscriptions) {
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
                        maxSubscriptions,
                        null),
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
        volatile @Nullable DisconnectReason displaced;
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
        public void attached(long number, boolean present, SessionLink link, @Nullable DisconnectReason replaced) {
            displaced = replaced;
            attached(number, present, link);
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
