package io.nightjar.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @ValueSource(strings = {"--qos 0", "--qos 1", "--qos 1 --rate 500"})
    void the_echo_forwards_each_message_to_the_other_of_its_pair(String how) throws IOException {
        try (EchoServer echo = EchoServer.start(0)) {
            JsonNode report = run("p2p --pairs 5 --warmup 0 --seconds 1 --drain 10 " + how, echo.port());

            assertThat(report.get("messages_per_s").asDouble()).isPositive();
            assertThat(report.get("lost").asLong()).isZero();
            assertThat(report.get("duplicates").asLong()).isZero();
            assertThat(report.get("out_of_order").asLong()).isZero();
        }
    }

    @Test
    void connections_are_held_until_the_input_ends() throws IOException {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(new byte[0]));
        try (EchoServer echo = EchoServer.start(0)) {
            JsonNode report = run("conn --clients 20 --subscribe --hold-until-eof", echo.port());

            assertThat(report.get("connected").asInt()).isEqualTo(20);
            assertThat(report.get("dropped").asInt()).isZero();
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void repetitions_and_overtaken_messages_are_told_apart() {
        Arrivals arrivals = new Arrivals();

        for (long number : new long[] {0, 1, 5, 3, 3, 6, 0}) {
            arrivals.add(number);
        }

        assertThat(arrivals.distinct()).isEqualTo(5); // 2 and 4 never came
        assertThat(arrivals.duplicates()).isEqualTo(2);
        assertThat(arrivals.overtaken()).isEqualTo(1);
    }

    @Test
    void the_table_has_the_median_of_each_broker_and_tells_losses_of_the_worst_run() throws IOException {
        BenchTable table = new BenchTable(List.of("a", "b"));
        for (int run = 1; run <= 3; run++) {
            table.add(
                    BenchScenario.P2P_QOS1,
                    "a",
                    JSON.readTree("{\"broker_us_per_message\": " + run + ", \"messages_per_s\": 311000, \"lost\": "
                            + (run - 1) + "}"));
        }
        table.add(BenchScenario.P2P_QOS1, "b", JSON.readTree("{\"error\": \"refused\"}"));

        assertThat(table.markdown(List.of("Measured by hand.")))
                .startsWith("Measured by hand.\n\n| | a | b |\n|---|---|---|\n")
                .contains("| 2.0 (311 k), lost 2 | failed |");
    }

    @Test
    void a_broker_is_named_with_or_without_a_process() {
        long own = ProcessHandle.current().pid();

        assertThat(BenchBroker.of("m=10.0.0.7:1883")).isEqualTo(new BenchBroker("m", "10.0.0.7", 1883, 0, List.of()));
        assertThat(BenchBroker.of("m=[::1]:1883@" + own).pid()).isEqualTo(own);
        assertThat(BenchBroker.of("m=[::1]:1883@" + own).host()).isEqualTo("::1");
        assertThatThrownBy(() -> BenchBroker.of("10.0.0.7:1883")).hasMessageContaining("NAME=HOST:PORT");
        assertThatThrownBy(() -> BenchBroker.of("m=h:0")).hasMessageContaining("1 to 65535");
    }

    @Test
    void wrong_options_are_told() {
        assertThat(BenchOptions.of("a=h:1").runs()).isEqualTo(5);
        assertThat(BenchOptions.of("--runs", "3", "a=h:1").runs()).isEqualTo(3);
        assertThatThrownBy(() -> BenchOptions.of("--runs", "0", "a=h:1")).hasMessageContaining("--runs must be");
        assertThatThrownBy(() -> BenchOptions.of("--rums", "3", "a=h:1")).hasMessageContaining("no option --rums");
        assertThatThrownBy(() -> BenchOptions.of("--scenarios", "p3p", "a=h:1"))
                .hasMessageContaining("no scenario p3p");
        assertThatThrownBy(() -> BenchOptions.of("a=h:1", "a=h:2")).hasMessageContaining("two brokers are called a");
        assertThatThrownBy(BenchOptions::of).hasMessageContaining("which broker?");
    }

    @Test
    void a_page_gets_the_table_between_its_marks() {
        String page = "before\n" + BenchReadme.BEGIN + "\nold\n" + BenchReadme.END + "\nafter\n";

        assertThat(BenchReadme.replaced(page, "new\n"))
                .isEqualTo("before\n" + BenchReadme.BEGIN + "\nnew\n" + BenchReadme.END + "\nafter\n");
        assertThatThrownBy(() -> BenchReadme.replaced("nothing", "new")).hasMessageContaining(BenchReadme.BEGIN);
    }

    @Test
    void the_total_of_a_class_histogram_is_the_live_heap() {
        assertThat(IdleMemory.total("   1:  5  160  java.lang.String\nTotal   12   4711\n"))
                .isEqualTo(4711L);
        assertThat(IdleMemory.total("no such process")).isNull();
    }

    private static JsonNode run(String scenario, int port) throws IOException {
        return JSON.readTree(
                LoadMain.run((scenario + " --port " + port).split(" ")).toString());
    }
}
