package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many connections fight over few ClientIDs, at once and over two nodes. Whatever the order in which they come: one of
 * them has the session in the end, the others know why not, and the session has lost nothing.
 */
class TakeoverStormTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Properties LASTING = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L);
    private static final int CLIENT_IDS = 200;
    private static final int FIGHTERS = 4;
    private static final int MESSAGES = 3;
    private static final int THREADS = 24;

    @TempDir
    private Path directory;

    private final long seed =
            Long.getLong("nightjar.seed", ThreadLocalRandom.current().nextLong());
    private final Map<String, List<Fighter>> fighters = new TreeMap<>();

    /** One connection, and what it had heard when the storm was over. */
    private static final class Fighter {
        private final RawMqttClient client;
        private final Set<String> received = new TreeSet<>();
        private ReasonCode ended;

        Fighter(RawMqttClient client) {
            this.client = client;
        }

        /** Reads what is there; true if the server has ended it. */
        boolean look(Duration timeout) throws IOException {
            for (Packet packet = client.receive(timeout); packet != null; packet = client.receive(timeout)) {
                if (packet instanceof Packet.Publish publish) {
                    received.add(publish.payload().text());
                } else if (packet instanceof Packet.Disconnect disconnect) {
                    ended = disconnect.code();
                }
            }
            return client.end() != RawMqttClient.End.OPEN;
        }
    }

    @Test
    void of_many_connections_that_fight_over_a_client_id_one_has_the_session_and_the_others_know_why_not()
            throws Exception {
        try (CapturedLog log = new CapturedLog();
                TestBroker a = TestBroker.start(directory, "storm-a", Map.of());
                TestBroker b = TestBroker.start(directory, "storm-b", Map.of(), a)) {
            subscribeAll(List.of(a, b));
            routesKnown(a);
            routesKnown(b);

            storm(List.of(a, b));

            for (Map.Entry<String, List<Fighter>> entry : fighters.entrySet()) {
                oneHolder(entry.getKey(), entry.getValue());
            }
            nodesAgree(a, b);
            everyOtherEndedAsTakenOver(log);
            assertThat(log.errors()).isEmpty();
        } finally {
            for (List<Fighter> all : fighters.values()) {
                for (Fighter fighter : all) {
                    fighter.client.close();
                }
            }
        }
    }

    private void subscribeAll(List<TestBroker> nodes) throws Exception {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < CLIENT_IDS; i++) {
            String clientId = String.format("storm-%03d", i);
            List<Fighter> all = Collections.synchronizedList(new ArrayList<>());
            fighters.put(clientId, all);
            TestBroker node = nodes.get(i % nodes.size());
            tasks.add(() -> {
                RawMqttClient client = RawMqttClient.connect("127.0.0.1", node.port());
                assertThat(client.open(clientId, true, LASTING).sessionPresent())
                        .isFalse();
                client.subscribe(1, "to/" + clientId, QoS.AT_LEAST_ONCE);
                all.add(new Fighter(client));
                return null;
            });
        }
        runAll(tasks);
    }

    /** Nodes learn of each other's subscriptions soon, but not before SUBACK: waits until this one knows them all. */
    private void routesKnown(TestBroker node) throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", node.port())) {
            client.open("", true);
            for (String clientId : fighters.keySet()) {
                await(hint(clientId)).atMost(PATIENCE).pollDelay(Duration.ZERO).until(() -> {
                    client.publish("to/" + clientId, "probe", QoS.AT_LEAST_ONCE, 1);
                    return client.expect(Packet.PubAck.class).code() == ReasonCode.SUCCESS;
                });
            }
        }
    }

    /** Everybody connects, and somebody publishes to everybody, in an order that the seed decides. */
    private void storm(List<TestBroker> nodes) throws Exception {
        Random random = new Random(seed);
        List<Callable<Void>> tasks = new ArrayList<>();
        fighters.forEach((clientId, all) -> {
            for (int i = 0; i < FIGHTERS; i++) {
                TestBroker node = nodes.get(random.nextInt(nodes.size()));
                tasks.add(() -> {
                    fight(node, clientId, all);
                    return null;
                });
            }
            for (int i = 0; i < MESSAGES; i++) {
                TestBroker node = nodes.get(random.nextInt(nodes.size()));
                String text = "m" + i;
                tasks.add(() -> {
                    publish(node, "to/" + clientId, text);
                    return null;
                });
            }
        });
        Collections.shuffle(tasks, random);
        runAll(tasks);
    }

    private void fight(TestBroker node, String clientId, List<Fighter> all) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", node.port());
        Packet.ConnAck answer = client.open(clientId, false, LASTING);
        assertThat(answer.code()).as(hint(clientId)).isEqualTo(ReasonCode.SUCCESS);
        assertThat(answer.sessionPresent()).as(hint(clientId)).isTrue();
        all.add(new Fighter(client));
    }

    private void publish(TestBroker node, String topic, String text) throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", node.port())) {
            client.open("", true);
            client.publish(topic, text, QoS.AT_LEAST_ONCE, 1);
            assertThat(client.expect(Packet.PubAck.class).code())
                    .as(hint(topic))
                    .isEqualTo(ReasonCode.SUCCESS);
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
        }
    }

    private void runAll(List<Callable<Void>> tasks) throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            for (Future<Void> done : threads.invokeAll(tasks, PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void oneHolder(String clientId, List<Fighter> all) {
        await(hint(clientId)).atMost(PATIENCE).pollDelay(Duration.ZERO).untilAsserted(() -> {
            List<Fighter> attached = new ArrayList<>();
            for (Fighter fighter : all) {
                if (fighter.client.end() == RawMqttClient.End.OPEN && !fighter.look(Duration.ofMillis(10))) {
                    attached.add(fighter);
                }
            }
            assertThat(attached).as("attached, " + hint(clientId)).hasSize(1);
            assertThat(attached.get(0).received)
                    .as("messages of the session, " + hint(clientId))
                    .containsExactly("m0", "m1", "m2", "probe");
        });
        for (Fighter fighter : all) {
            if (fighter.client.end() != RawMqttClient.End.OPEN) {
                assertThat(fighter.ended)
                        .as("reason code of a loser, " + hint(clientId))
                        .isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
            }
        }
    }

    private void nodesAgree(TestBroker a, TestBroker b) {
        Map<String, Integer> holders = new TreeMap<>();
        fighters.forEach((clientId, all) -> all.stream()
                .filter(fighter -> fighter.client.end() == RawMqttClient.End.OPEN)
                .forEach(fighter -> holders.put(clientId, fighter.client.localPort())));
        for (TestBroker node : List.of(a, b)) {
            Map<String, Integer> seen = new TreeMap<>();
            for (JsonNode client : node.api().connected("storm-")) {
                seen.put(client.path("clientid").asText(), client.path("port").asInt());
            }
            assertThat(seen)
                    .as("clients as " + node.name() + " sees them, " + hint(""))
                    .isEqualTo(holders);
        }
    }

    private void everyOtherEndedAsTakenOver(CapturedLog log) {
        int losers = CLIENT_IDS * FIGHTERS;
        await().atMost(PATIENCE).until(() -> stormEnds(log).size() >= losers);
        List<String> ends = stormEnds(log);
        assertThat(ends).as("ends, " + hint("")).hasSize(losers);
        assertThat(ends).allSatisfy(line -> assertThat(line).contains(" reason=takeovered "));
        // Two connections may have the same port of the client's side, but not to the same node.
        assertThat(ends.stream().map(line -> line.replaceFirst(".* peer=(\\S+) .* node=(\\S+) .*", "$1 to $2")))
                .as("ends, " + hint(""))
                .doesNotHaveDuplicates();
    }

    private static List<String> stormEnds(CapturedLog log) {
        return log.ends().stream()
                .filter(line -> line.contains(" clientid=\"storm-"))
                .toList();
    }

    private String hint(String what) {
        return what + " seed=" + seed + "L (-Dnightjar.seed repeats it)";
    }
}
