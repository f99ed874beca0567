package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two whole brokers in one process: of 24 ClientIDs on one, some have their session on the other. */
class CrossNodeTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final int CLIENTS = 24;

    @TempDir
    static Path directory;

    private static Broker first;
    private static Broker second;

    @BeforeAll
    static void start() {
        first = Broker.start(settings("first", Map.of()));
        second = Broker.start(
                settings("second", Map.of("nightjar.cluster.seed-nodes", "[\"" + first.clusterAddress() + "\"]")));
    }

    @AfterAll
    static void stop() {
        second.stop();
        first.stop();
    }

    @Test
    void messages_of_every_qos_reach_clients_whose_session_is_on_the_other_node() throws IOException {
        List<RawMqttClient> clients = connect("every-qos-", first);
        try (RawMqttClient publisher = RawMqttClient.connect("127.0.0.1", second.mqttPort("default"))) {
            publisher.open("publisher-on-second", true);
            awaitRoute(publisher, clients);
            publisher.publish("all", "zero", QoS.AT_MOST_ONCE, 0);
            publisher.publish("all", "one", QoS.AT_LEAST_ONCE, 1);
            publisher.expect(Packet.PubAck.class);
            publisher.publish("all", "two", QoS.EXACTLY_ONCE, 2);
            publisher.expect(Packet.PubRec.class);
            publisher.send(new Packet.PubRel(2, ReasonCode.SUCCESS));
            publisher.expect(Packet.PubComp.class);

            for (RawMqttClient client : clients) {
                assertThat(payloads(client, 3)).containsExactly("zero", "one", "two");
            }
        } finally {
            close(clients);
        }
    }

    @Test
    void a_large_message_reaches_clients_whose_session_is_on_the_other_node() throws IOException {
        List<RawMqttClient> clients = connect("large-", first);
        byte[] payload = new byte[900_000];
        try (RawMqttClient publisher = RawMqttClient.connect("127.0.0.1", second.mqttPort("default"))) {
            publisher.open("large-publisher-on-second", true);
            awaitRoute(publisher, clients);
            publisher.send(new Packet.Publish(
                    "all", Bytes.copyOf(payload), QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE));

            for (RawMqttClient client : clients) {
                assertThat(client.expect(Packet.Publish.class).payload().size()).isEqualTo(900_000);
            }
        } finally {
            close(clients);
        }
    }

    @Test
    void a_client_that_connects_to_the_other_node_takes_its_session_over() throws IOException {
        List<RawMqttClient> old = connect("moves-", first);
        List<RawMqttClient> returned = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                RawMqttClient client = RawMqttClient.connect("127.0.0.1", second.mqttPort("default"));
                returned.add(client);
                Packet.ConnAck answer = client.open("moves-" + i, false);
                assertThat(answer.sessionPresent()).isTrue();
                assertThat(old.get(i).expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
            }
            try (RawMqttClient publisher = RawMqttClient.connect("127.0.0.1", second.mqttPort("default"))) {
                publisher.open("still-subscribed-publisher", true);
                awaitRoute(publisher, returned);
            }
        } finally {
            close(old);
            close(returned);
        }
    }

    /** Connects clients that subscribe to {@code all} with QoS 2 and keep their session for a while. */
    private static List<RawMqttClient> connect(String prefix, Broker broker) throws IOException {
        long before = second.counters().get(Counter.SESSIONS_CREATED);
        List<RawMqttClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.mqttPort("default"));
            Packet.ConnAck answer = client.open(
                    prefix + i, true, Properties.of(io.nightjar.mqtt.Property.SESSION_EXPIRY_INTERVAL, 60L));
            assertThat(answer.code()).isEqualTo(ReasonCode.SUCCESS);
            assertThat(client.subscribe(1, "all", QoS.EXACTLY_ONCE).codes()).containsExactly(ReasonCode.GRANTED_QOS_2);
            clients.add(client);
        }
        long elsewhere = second.counters().get(Counter.SESSIONS_CREATED) - before;
        assertThat(elsewhere).isBetween(1L, CLIENTS - 1L);
        return clients;
    }

    /**
     * Publishes until one probe reached every client: a SUBACK does not wait for other nodes, so the first ones may miss
     * some. Messages of one publisher come in order, so nothing of the probes is left behind the last one.
     */
    private static void awaitRoute(RawMqttClient publisher, List<RawMqttClient> clients) {
        AtomicInteger probes = new AtomicInteger();
        Awaitility.await().atMost(LONG).until(() -> {
            String probe = "probe " + probes.incrementAndGet();
            publisher.publish("all", probe, QoS.AT_LEAST_ONCE, 9);
            publisher.expect(Packet.PubAck.class);
            for (RawMqttClient client : clients) {
                if (!receives(client, probe)) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Reads until this payload came; false if nothing more comes. */
    private static boolean receives(RawMqttClient client, String payload) throws IOException {
        for (Packet packet = client.receive(QUIET); packet != null; packet = client.receive(QUIET)) {
            Packet.Publish publish = (Packet.Publish) packet;
            acknowledge(client, publish);
            if (publish.payload().text().equals(payload)) {
                return true;
            }
        }
        return false;
    }

    private static List<String> payloads(RawMqttClient client, int count) throws IOException {
        List<String> payloads = new ArrayList<>();
        while (payloads.size() < count) {
            Packet packet = client.receive(LONG);
            if (packet instanceof Packet.Publish publish) {
                payloads.add(publish.payload().text());
                acknowledge(client, publish);
            } else if (packet instanceof Packet.PubRel rel) {
                client.send(new Packet.PubComp(rel.packetId(), ReasonCode.SUCCESS));
            }
        }
        return payloads;
    }

    private static void acknowledge(RawMqttClient client, Packet.Publish publish) throws IOException {
        if (publish.qos() == QoS.AT_LEAST_ONCE) {
            client.send(new Packet.PubAck(publish.packetId(), ReasonCode.SUCCESS));
        } else if (publish.qos() == QoS.EXACTLY_ONCE) {
            client.send(new Packet.PubRec(publish.packetId(), ReasonCode.SUCCESS));
        }
    }

    private static void close(List<RawMqttClient> clients) throws IOException {
        for (RawMqttClient client : clients) {
            client.close();
        }
    }

    private static Settings settings(String name, Map<String, String> more) {
        Map<String, String> overrides = new TreeMap<>(Map.of(
                "nightjar.node-name",
                name,
                "nightjar.data-dir",
                directory.resolve(name).toString(),
                "nightjar.listeners.tcp.default.bind",
                "127.0.0.1:0",
                "nightjar.listeners.ws.default.bind",
                "127.0.0.1:0",
                "nightjar.http.bind",
                "127.0.0.1:0"));
        overrides.putAll(more);
        return Settings.load(null, overrides);
    }
}
