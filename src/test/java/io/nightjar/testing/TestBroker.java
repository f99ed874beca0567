package io.nightjar.testing;

import io.nightjar.app.Broker;
import io.nightjar.app.Settings;
import io.nightjar.mqtt.Properties;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A node in this JVM, on free ports of the loopback. Starting one takes seconds: share it among the tests of a class. */
public final class TestBroker implements AutoCloseable {
    private static final int MOST_TRIES = 200;

    private final String name;
    private final Broker broker;
    private final ApiClient api;

    private TestBroker(String name, Broker broker, String password) {
        this.name = name;
        this.broker = broker;
        this.api = new ApiClient(broker.httpPort(), password);
    }

    /**
     * Starts a node alone, or joins the cluster of others.
     *
     * @param directory fresh; the node's own directory is made in it
     * @param settings as on the command line, without the leading {@code nightjar.}
     */
    public static TestBroker start(Path directory, String name, Map<String, String> settings, TestBroker... seeds) {
        Broker broker = Broker.start(Settings.load(null, settings(directory, name, settings, seeds)));
        return new TestBroker(name, broker, Objects.requireNonNull(broker.firstPassword()));
    }

    /** Starts a node alone whose administrators are in its directory already; {@code admin} has this password. */
    public static TestBroker start(Path directory, String name, Map<String, String> settings, String password) {
        return new TestBroker(name, Broker.start(Settings.load(null, settings(directory, name, settings))), password);
    }

    private static Map<String, String> settings(
            Path directory, String name, Map<String, String> settings, TestBroker... seeds) {
        Map<String, String> all = new HashMap<>();
        all.put("nightjar.node-name", name);
        all.put("nightjar.data-dir", directory.resolve(name).toString());
        all.put("nightjar.listeners.tcp.default.bind", "127.0.0.1:0");
        all.put("nightjar.listeners.ws.default.bind", "127.0.0.1:0");
        all.put("nightjar.http.bind", "127.0.0.1:0");
        all.put("nightjar.cluster.bind", "127.0.0.1:0");
        all.put("nightjar.recorder.size", "4MiB"); // and not 256 of each of the many
        all.put("nightjar.log.ends-per-second", "1000000"); // tests count ends by their lines
        for (TestBroker seed : seeds) {
            all.merge("nightjar.cluster.seed-nodes", seed.broker.clusterAddress(), (a, b) -> a + "," + b);
        }
        settings.forEach((key, value) -> all.put("nightjar." + key, value));
        return all;
    }

    public String name() {
        return name;
    }

    /** Port of MQTT on 127.0.0.1. */
    public int port() {
        return broker.mqttPort("default");
    }

    /**
     * Connects clients to this node until one has its session here, too: which shard is where is not fixed.
     *
     * @param prefix of their ClientIDs; a number follows
     */
    public RawMqttClient openWithSessionHere(String prefix, Properties properties) throws IOException {
        for (int i = 0; i < MOST_TRIES; i++) {
            RawMqttClient client = RawMqttClient.connect("127.0.0.1", port());
            client.open(prefix + i, true, properties);
            if (api.client(prefix + i).path("session_node").asText().equals(name)) {
                return client;
            }
            client.close();
        }
        throw new AssertionError("none of " + MOST_TRIES + " sessions is on " + name);
    }

    public ApiClient api() {
        return api;
    }

    public Broker broker() {
        return broker;
    }

    /** Stops it in order. Safe to call twice. */
    @Override
    public void close() {
        broker.stop();
    }
}
