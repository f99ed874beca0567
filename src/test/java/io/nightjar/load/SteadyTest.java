package io.nightjar.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SteadyTest {
    private static final String SMALL =
            " --subs 20 --pubs 2 --messages 50 --filters 200 --clients 10 --seconds 1 --warmup 0 --port ";

    @TempDir
    static Path data;

    private static TestBroker broker;

    @BeforeAll
    static void start() {
        broker = TestBroker.start(data, "steady", Map.of());
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @CsvSource({
        "never_reads_qos0, 1",
        "never_reads_qos1, 1",
        "too_fast, 1",
        "fanout_qos0, 20",
        "fanout_qos1, 20",
        "retained, 50",
        "subscribe_storm, 0",
        "offline_flood, 500",
    })
    void each_hardship_is_done_and_the_bystanders_are_heard(String word, long least) throws Exception {
        JsonNode run = new ObjectMapper()
                .readTree(Steady.run((word + SMALL + broker.port()).split(" ")).toString());

        assertThat(run.get("taken").asLong()).isGreaterThanOrEqualTo(least);
        assertThat(run.get("drained_s").asDouble()).isNotNegative();
        assertThat(run.get("before_p50_ms").asDouble()).isPositive();
        assertThat(run.get("bystander_lost").asLong()).isZero();
        assertThat(run.get("bystander_dropped").asLong()).isZero();
    }

    @Test
    void the_script_knows_every_scenario() throws IOException {
        assertThat(Files.readString(Path.of("ops/steady")))
                .contains("all=(" + String.join(" ", SteadyCases.ALL.keySet()) + ")");
        assertThatThrownBy(() -> Steady.run(new String[] {"fan"})).hasMessageContaining("there is no scenario fan");
    }

    @Test
    void what_was_dropped_is_told_by_reason() {
        Map<String, Double> before = BrokerFigures.parse("# HELP x\nnightjar_dropped_queue_full_total 5\n");
        Map<String, Double> after = BrokerFigures.parse(
                "nightjar_dropped_queue_full_total 1239\nnightjar_dropped_expired_total 0\nnightjar_connection_ends_total{"
                        + "reason=\"kicked\",detail=\"slow_consumer\",side=\"client\",listener=\"tcp:default\"} 1\n"
                        + "nightjar_connection_ends_total{reason=\"normal\",detail=\"disconnect\"} 7\n");

        assertThat(BrokerFigures.drops(before, after)).isEqualTo("kicked/slow_consumer 1, queue_full 1,234");
    }

    @Test
    void a_run_is_a_row_of_the_table() throws IOException {
        String line =
                "{\"title\": \"Fan-out\", \"during_p50_ms\": 1.26, \"during_p99_ms\": 8.4, \"during_max_ms\": 9.6,"
                        + " \"messages_in\": 1000, \"delivered\": 2000000, \"dropped\": \"\", \"back_s\": 0.0, \"drained_s\": -1}";

        assertThat(Steady.table(List.of("not a run", line)))
                .contains("| Fan-out | 0.0 / 0 / 0 | 1.3 / 8 / 10 |")
                .contains("| 1,000 | 2,000,000 | none |")
                .contains("| 0.0, not within 120 |");
    }
}
