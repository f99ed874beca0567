package io.nightjar.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadTest {
    @TempDir
    static Path data;

    private static TestBroker broker;

    @BeforeAll
    static void start() {
        broker = TestBroker.start(data, "load", Map.of());
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "p2p --pairs 5 --qos 0",
                "p2p --pairs 5 --qos 1",
                "p2p --pairs 5 --qos 2",
                "p2p --pairs 5 --qos 1 --version 4",
                "p2p --pairs 5 --qos 1 --rate 500",
                "p2p --pairs 5 --qos 1 --exact 200 --wildcard 50",
                "fanin --pubs 5 --subs 2",
                "fanin --pubs 5 --subs 2 --shared --qos 1",
                "fanout --pubs 1 --subs 7 --qos 1",
                "fanout --pubs 2 --subs 3",
            })
    void every_message_arrives_once_and_is_counted(String scenario) throws IOException {
        JsonNode report = run(scenario + " --warmup 0 --seconds 1");

        assertThat(report.get("messages_per_s").asDouble()).isPositive();
        assertThat(report.get("lost").asLong()).isZero();
        assertThat(report.get("duplicates").asLong()).isZero();
        assertThat(report.get("foreign").asLong()).isZero();
        assertThat(report.get("connections_lost").asLong()).isZero();
        assertThat(report.get("latency_p50_ms").asDouble())
                .isLessThanOrEqualTo(report.get("latency_p999_ms").asDouble());
    }

    @Test
    void connections_are_opened_and_none_is_dropped() throws IOException {
        JsonNode report = run("conn --clients 50 --subscribe");

        assertThat(report.get("connected").asInt()).isEqualTo(50);
        assertThat(report.get("failed").asInt()).isZero();
        assertThat(report.get("dropped").asInt()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"takeover --clients 30 --rounds 2", "takeover --clients 30 --rounds 2 --lose-old"})
    void every_client_takes_its_session_over(String scenario) throws IOException {
        JsonNode report = run(scenario);

        assertThat(report.get("connected").asInt()).isEqualTo(30);
        assertThat(report.get("failed").asInt()).isZero();
        assertThat(report.get("takeover_seconds").asDouble()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " --lose-old"})
    void in_a_storm_everybody_gets_in_and_the_bystanders_are_heard(String lose) throws IOException {
        JsonNode report = run("storm --clients 40 --takeover --warmup 0 --seconds 1" + lose);

        assertThat(report.get("storm_in").asInt()).isEqualTo(40);
        assertThat(report.get("takeover_in").asInt()).isEqualTo(40);
        assertThat(report.get("storm_refused").asInt()).isZero();
        assertThat(report.get("before_p50_ms").asDouble()).isPositive();
        assertThat(report.get("bystander_lost").asInt()).isZero();
        assertThat(report.get("bystander_dropped").asInt()).isZero();
    }

    @Test
    void an_option_that_does_not_exist_is_told() {
        assertThatThrownBy(() -> run("p2p --pears 5")).hasMessageContaining("--pears");
        assertThatThrownBy(() -> run("p2p --pairs many")).hasMessageContaining("must be a number, not many");
        assertThatThrownBy(() -> run("p3p")).hasMessageContaining("no mode");
    }

    @Test
    void percentiles_are_within_two_percent() {
        Latencies latencies = new Latencies();
        for (int millis = 1; millis <= 10_000; millis++) {
            latencies.add(millis * 1_000_000L);
        }

        assertThat(latencies.percentile(0.50)).isBetween(4_900.0, 5_100.0);
        assertThat(latencies.percentile(0.99)).isBetween(9_700.0, 10_000.0);
        assertThat(latencies.largestMillis()).isEqualTo(10_000.0);
        assertThat(latencies.count()).isEqualTo(10_000);
    }

    @Test
    void small_times_are_exact() {
        Latencies latencies = new Latencies();
        latencies.add(7_000);

        assertThat(latencies.percentile(0.5)).isEqualTo(0.007);
    }

    private static JsonNode run(String scenario) throws IOException {
        List<String> args = new ArrayList<>(List.of(scenario.split(" ")));
        args.addAll(List.of("--port", Integer.toString(broker.port()), "--drain", "10"));
        return new ObjectMapper()
                .readTree(LoadMain.run(args.toArray(String[]::new)).toString());
    }
}
