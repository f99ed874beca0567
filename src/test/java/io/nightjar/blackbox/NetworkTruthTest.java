package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.auth.PasswordHash;
import io.nightjar.diagnosis.Cause;
import io.nightjar.diagnosis.EndSummary;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.Storm;
import io.nightjar.diagnosis.Verdict;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.CuttingProxy;
import io.nightjar.testing.NamespaceClient;
import io.nightjar.testing.NetworkNamespace;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients on hosts of their own, in network namespaces whose wires lose packets, and what the broker says of their ends.
 * Needs root: elsewhere it is skipped, and says why.
 */
@TestMethodOrder(OrderAnnotation.class)
class NetworkTruthTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String USER = "device";
    private static final String PASSWORD = "of many hosts";
    private static final String RETRIES = "net.ipv4.tcp_retries2";

    /** As a load balancer's, and the shortest that is usual. */
    private static final Duration PROXY_IDLE = Duration.ofSeconds(30);

    @TempDir
    static Path directory;

    private static @Nullable TestBroker started;
    private static @Nullable CuttingProxy proxy;
    private static @Nullable RawMqttClient behindProxy;

    private @Nullable NetworkNamespace host;

    @BeforeAll
    static void start() throws IOException {
        String missing = NetworkNamespace.missing();
        Assumptions.assumeTrue(missing == null, missing);
        Path users = directory.resolve("users");
        Files.writeString(users, USER + ":" + PasswordHash.hash(PASSWORD.toCharArray()) + "\n");
        TestBroker broker = TestBroker.start(
                directory,
                "truth",
                Map.of("authentication.password-file", users.toString(), "listeners.tcp.default.bind", "0.0.0.0:0"));
        started = broker;
        proxy = new CuttingProxy(broker.port(), PROXY_IDLE);
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", proxy.port());
        connect(client, "behind-proxy");
        behindProxy = client;
    }

    @AfterAll
    static void stop() throws IOException {
        if (behindProxy != null) {
            behindProxy.close();
        }
        if (proxy != null) {
            proxy.close();
        }
        if (started != null) {
            started.close();
        }
    }

    @AfterEach
    void takeAway() {
        if (host != null) {
            host.close();
        }
    }

    // ---- silence

    @Test
    @Order(1)
    @SuppressWarnings("try") // it only has to be there
    void a_path_that_stops_carrying_packets_is_the_networks_fault() throws Exception {
        try (NamespaceClient.Running client = client("black-hole", 2)) {
            host().loseAll();

            publish("black-hole");

            RecordedEvent end = end("black-hole", "keepalive_timeout", "keep_alive");
            assertVerdict(end, "network", "certain", "stopped carrying packets");
            assertThat(end.number("tcp_unacked")).isPositive();
            assertThat(end.number("tcp_retransmits")).isPositive();
            assertThat(end.number("tcp_retransmits_total")).isPositive();
            assertThat(end.number("inflight")).isEqualTo(1);
        }
    }

    @Test
    @Order(2)
    void a_path_that_is_silent_because_nothing_is_sent_is_probed_and_told_of() throws Exception {
        try (NamespaceClient.Running client = client("quiet-hole", 4)) {
            client.say("silent");
            awaitAcknowledged("quiet-hole");
            host().loseAll();

            RecordedEvent end = end("quiet-hole", "keepalive_timeout", "keep_alive");

            assertThat(end.text("side")).as(end.toString()).isEqualTo("network");
            assertThat(end.text("advice")).contains("did not answer");
            assertThat(end.number("tcp_probes")).isPositive();
            assertThat(end.number("tcp_unacked")).isZero();
        }
    }

    @Test
    @Order(3)
    void a_client_that_hangs_is_the_clients_fault_even_if_nothing_is_sent_to_it() throws Exception {
        try (NamespaceClient.Running client = client("hangs-idle", 2)) {
            client.pause();

            RecordedEvent end = end("hangs-idle", "keepalive_timeout", "keep_alive");

            assertVerdict(end, "client", "likely", "the path works");
            assertThat(end.number("tcp_probes")).isZero();
            assertThat(end.number("tcp_last_ack_received_age_ms")).isLessThan(1_500);
        }
    }

    @Test
    @Order(4)
    void a_client_that_hangs_while_its_host_takes_what_is_sent_is_the_clients_fault() throws Exception {
        try (NamespaceClient.Running client = client("hangs-busy", 4)) {
            client.pause();
            await("it is silent for half of its time")
                    .atMost(PATIENCE)
                    .until(() -> age("hangs-busy", "tcp_last_data_received_age_ms") > 3_200);

            publish("hangs-busy");

            RecordedEvent end = end("hangs-busy", "keepalive_timeout", "keep_alive");
            assertVerdict(end, "client", "likely", "the path works");
            assertThat(end.number("tcp_unacked")).isZero();
            assertThat(end.number("inflight")).isEqualTo(1);
            assertThat(end.number("tcp_last_data_received_age_ms"))
                    .isGreaterThan(end.number("tcp_last_ack_received_age_ms"));
        }
    }

    // ---- the transport closes

    @Test
    @Order(5)
    void a_client_that_closes_with_rst_is_told_as_reset() throws Exception {
        try (NamespaceClient.Running client = client("resets", 60)) {
            client.say("reset");

            RecordedEvent end = end("resets", "tcp_closed", "peer_reset");

            assertVerdict(end, "client", "possible", "reset the connection");
            assertThat(end.text("errno")).isEqualTo("ECONNRESET");
            assertThat(end.text("tcp_state")).isEqualTo("CLOSE");
        }
    }

    @Test
    @Order(6)
    void a_client_that_is_killed_with_data_unread_is_told_as_reset() throws Exception {
        try (NamespaceClient.Running client = client("unread", 60)) {
            client.pause();
            publish("unread");
            awaitAcknowledged("unread");

            client.kill();

            RecordedEvent end = end("unread", "tcp_closed", "peer_reset");
            assertVerdict(end, "client", "possible", "reset the connection");
            assertThat(end.text("errno")).isEqualTo("ECONNRESET");
            assertThat(end.number("inflight")).isEqualTo(1);
        }
    }

    @Test
    @Order(7)
    void a_client_that_is_killed_is_told_as_fin() throws Exception {
        try (NamespaceClient.Running client = client("killed", 60)) {
            client.say("silent");
            awaitSilence("killed"); // with a PINGRESP unread its host would answer with RST
            client.kill();

            RecordedEvent end = end("killed", "tcp_closed", "peer_fin");

            assertVerdict(end, "client", "possible", "closed in order but without DISCONNECT");
            assertThat(end.text("tcp_state")).isEqualTo("CLOSE_WAIT");
            assertThat(end.text("errno")).isNull();
        }
    }

    @Test
    @Order(8)
    void a_host_that_restarted_answers_the_next_message_with_rst() throws Exception {
        try (NamespaceClient.Running client = client("half-open", 60)) {
            client.say("silent");
            awaitSilence("half-open"); // else the answer to its last ping may be what the new host resets
            host().loseAll();
            client.kill();
            host().restart();

            publish("half-open");

            RecordedEvent end = end("half-open", "tcp_closed", "peer_reset");
            assertVerdict(end, "network", "possible", "was answered with RST");
            assertThat(end.number("tcp_last_ack_received_age_ms"))
                    .isGreaterThan(end.number("tcp_last_data_sent_age_ms"));
            assertThat(end.number("inflight")).isEqualTo(1);
        }
    }

    @Test
    @Order(9)
    @SuppressWarnings("try") // it only has to be there
    void a_path_on_which_the_kernel_gives_up_is_the_networks_fault() throws Exception {
        String before = NetworkNamespace.run("sysctl", "-n", RETRIES);
        NetworkNamespace.run("sysctl", "-w", RETRIES + "=2"); // of this machine, for this moment
        try (NamespaceClient.Running client = client("given-up", 600)) {
            host().loseAll();

            publish("given-up");

            RecordedEvent end = end("given-up", "tcp_closed", "timed_out");
            assertVerdict(end, "network", "certain", "the kernel gave up");
            assertThat(end.text("errno")).isIn("ETIMEDOUT", "EHOSTUNREACH");
            assertThat(end.number("tcp_retransmits_total")).isPositive();
        } finally {
            NetworkNamespace.run("sysctl", "-w", RETRIES + "=" + before);
        }
    }

    // ---- many at once

    @Test
    @Order(10)
    void fifty_clients_whose_nat_forgets_them_are_one_storm_of_the_network() throws Exception {
        try (NamespaceClient.Running clients = client("many", 50, 60)) {
            clients.say("silent");
            awaitSilence("many49");
            host().forgetConnections();

            publish("all");

            for (int i = 0; i < 50; i++) {
                RecordedEvent end = end("many" + i, "tcp_closed", "peer_reset");
                assertVerdict(end, "network", "possible", "was answered with RST");
            }
            Storm storm = storm(host().far());
            assertThat(storm.count()).isEqualTo(50);
            assertThat(storm.clients()).isEqualTo(50);
            assertThat(storm.verdict().side()).isEqualTo(Verdict.Side.NETWORK);
        }
    }

    @Test
    @Order(11) // the time of the others is its own
    void a_proxy_that_cuts_idle_connections_shows_by_its_time() throws Exception {
        RecordedEvent end = end("behind-proxy", "tcp_closed", "peer_fin");

        assertVerdict(end, "network", "possible", "30 s is a usual idle timeout");
        assertThat(end.number("tcp_last_data_sent_age_ms")).isBetween(29_500L, 30_500L);
    }

    // ---- helpers

    private static TestBroker broker() {
        return Objects.requireNonNull(started);
    }

    private NetworkNamespace host() {
        return Objects.requireNonNull(host);
    }

    private NamespaceClient.Running client(String clientId, int keepAliveSeconds) {
        return client(clientId, 1, keepAliveSeconds);
    }

    private NamespaceClient.Running client(String clientId, int count, int keepAliveSeconds) {
        host = NetworkNamespace.create();
        return host.client(broker().port(), clientId, count, keepAliveSeconds, USER, PASSWORD);
    }

    /** At QoS 1, and the broker has it. */
    private static void publish(String topic) throws IOException {
        try (RawMqttClient publisher = RawMqttClient.connect("127.0.0.1", broker().port())) {
            connect(publisher, "publisher");
            publisher.publish(topic, "x", QoS.AT_LEAST_ONCE, 1);
            publisher.expect(Packet.PubAck.class);
            publisher.send(new Packet.Disconnect(ReasonCode.SUCCESS, Properties.NONE));
        }
    }

    private static void connect(RawMqttClient client, String clientId) throws IOException {
        client.send(new Packet.Connect(
                MqttVersion.V5, true, 0, Properties.NONE, clientId, null, USER, Bytes.utf8(PASSWORD)));
        client.expect(Packet.ConnAck.class);
    }

    /** Until all that was sent is acknowledged by its host. */
    private static void awaitAcknowledged(String clientId) {
        await("nothing is on the way").atMost(PATIENCE).until(() -> age(clientId, "tcp_unacked") == 0);
    }

    /** Until nothing passed for longer than a moment. */
    private static void awaitSilence(String clientId) {
        await("it is silent").atMost(PATIENCE).until(() -> age(clientId, "tcp_last_ack_received_age_ms") > 1_500);
    }

    private static long age(String clientId, String figure) {
        JsonNode figures = broker().api().client(clientId).get("socket");
        return figures.get(figure).asLong();
    }

    private static RecordedEvent end(String clientId, String reason, String detail) {
        EventFilter filter = EventFilter.ofClient(clientId, 0, Long.MAX_VALUE);
        await("the end of " + clientId).atMost(PATIENCE.plus(PROXY_IDLE)).until(() -> !ends(filter)
                .isEmpty());
        RecordedEvent end = ends(filter).get(0);
        assertThat(end.text("reason") + "/" + end.text("detail"))
                .as(end.toString())
                .isEqualTo(reason + "/" + detail);
        return end;
    }

    private static List<RecordedEvent> ends(EventFilter filter) {
        return broker().broker().recorded().find(filter, Long.MAX_VALUE, 50).events().stream()
                .filter(event -> event.kind().isEnd())
                .toList();
    }

    private static void assertVerdict(RecordedEvent end, String side, String confidence, String advice) {
        assertThat(end.text("side") + " " + end.text("confidence"))
                .as(end.toString())
                .isEqualTo(side + " " + confidence);
        assertThat(end.text("advice")).contains(advice);
    }

    private static Storm storm(String address) {
        EndSummary all = new EndSummary();
        broker().broker().recorded().scan(EventFilter.ENDS, all::add);
        return EndSummary.of(List.of(all.part())).storms().stream()
                .filter(storm -> storm.cause() == Cause.ADDRESS && storm.value().equals(address))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no storm at " + address));
    }
}
