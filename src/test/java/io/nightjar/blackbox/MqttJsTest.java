package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.NodeScript;
import io.nightjar.testing.TestBroker;
import io.nightjar.testing.TestCertificates;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** MQTT.js, the client of browsers and of Node, over every transport; what it does stands in {@code src/test/js}. */
class MqttJsTest {
    private static final List<String> CHECKS = List.of(
            "every_qos",
            "retained",
            "will",
            "shared_subscription",
            "session_resumption",
            "takeover",
            "large_payload",
            "user_properties",
            "request_response");

    @TempDir
    private static Path directory;

    private static Path authorityFile;
    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        TestCertificates authority = new TestCertificates("MQTT.js CA");
        TestCertificates.write(directory, "server", authority.server());
        authorityFile = authority.authorityFile(directory.resolve("ca.pem"));
        Map<String, String> settings = new HashMap<>();
        for (String transport : List.of("tls", "wss")) {
            String key = "listeners." + transport + ".default.";
            settings.put(key + "bind", "127.0.0.1:0");
            settings.put(
                    key + "tls.certificate", directory.resolve("server.pem").toString());
            settings.put(key + "tls.key", directory.resolve("server.key").toString());
        }
        log = new CapturedLog();
        broker = TestBroker.start(directory, "mqttjs", settings);
    }

    @AfterAll
    static void every_connection_ended_exactly_once() {
        broker.close();
        log.close();

        assertThat(log.endsOfNode("mqttjs"))
                .hasSize((int) broker.broker().counters().get(Counter.CONNECTIONS_ACCEPTED))
                .noneMatch(end -> end.contains("reason=internal_error"));
        assertThat(log.errors()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"tcp:default, mqtt, ''", "tls:default, mqtts, ''", "ws:default, ws, /mqtt", "wss:default, wss, /mqtt"})
    void mqttjs_does_all_it_can_in_3_1_1_and_5(String listener, String scheme, String path) throws Exception {
        String url = scheme + "://127.0.0.1:" + broker.broker().port(listener) + path;

        NodeScript.Result result = NodeScript.run("mqttjs.js", url, authorityFile.toString());

        assertThat(result.output().lines().filter(line -> line.startsWith("ok ")))
                .as(result.output())
                .containsExactlyElementsOf(expected());
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    private static List<String> expected() {
        return List.of("4", "5").stream()
                .flatMap(version -> CHECKS.stream().map(check -> "ok " + check + " " + version))
                .toList();
    }
}
