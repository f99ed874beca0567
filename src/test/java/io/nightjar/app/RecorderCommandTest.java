package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.PacketType;
import io.nightjar.store.RecorderFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecorderCommandTest {
    @TempDir
    Path dir;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void record() {
        RecorderFile recorder = RecorderFile.open(dir, RecorderFile.LEAST, "n", new Counters());
        FlightRecorder.Client evil =
                new FlightRecorder.Client("a\nb\"", "u", "10.0.0.1:5", "tcp:default", "5.0", true, 60, 0);
        recorder.connected(1_000, evil, false, Map.of());
        recorder.subscribed(2_000, "a\nb\"", "x/#", 1);
        recorder.denied(3_000, "other", "10.9.0.1:5", PacketType.PUBLISH, "t", "rule 2");
        for (int i = 0; i < 50; i++) {
            recorder.dropped(4_000, "other", "queue_full", "t");
        }
        recorder.close(5_000);
    }

    private int run(String... args) {
        out.reset();
        err.reset();
        return new RecorderCommand(print(out), print(err), ZoneId.of("UTC")).run(List.of(args));
    }

    private static PrintStream print(ByteArrayOutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }

    private List<String> lines() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void events_are_lines_the_newest_at_the_end() {
        assertThat(run(dir.resolve(RecorderFile.NAME).toString())).isZero();

        assertThat(lines()).hasSize(5);
        assertThat(lines().get(0))
                .isEqualTo("1970-01-01T00:00:01.000Z connected clientid=\"a\\u000ab\\\"\" peer=10.0.0.1:5 username=u"
                        + " listener=tcp:default protocol_version=5.0 clean_start=true keep_alive_s=60"
                        + " session_expiry_s=0 session_present=false");
        assertThat(lines().get(4)).contains("dropped clientid=\"other\" why=queue_full topic=t count=49");
    }

    @Test
    void json_is_an_object_a_line_and_the_newest_may_come_first() {
        assertThat(run(dir.toString(), "--json", "--newest-first", "--limit", "3"))
                .isZero();

        assertThat(lines()).hasSize(3);
        assertThat(lines().get(2))
                .isEqualTo("{\"at\":\"1970-01-01T00:00:03.000Z\",\"event\":\"denied\",\"clientid\":\"other\","
                        + "\"peername\":\"10.9.0.1:5\",\"what\":\"PUBLISH\",\"topic\":\"t\",\"rule\":\"rule 2\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "--clientid, other, 3",
        "--like, oth, 3",
        "--ip, 10.9.0.0/16, 1",
        "--event, 'denied,subscribed', 2",
        "--from, 3, 3",
        "--to, 1970-01-01T01:00:02+01:00, 1",
        "--username, u, 1",
        "--reason, takenover, 0",
        "--limit, 2, 2"
    })
    void events_are_filtered(String option, String value, int count) {
        assertThat(run(dir.toString(), option, value)).isZero();

        assertThat(lines()).hasSize(count);
    }

    @Test
    void a_summary_counts_also_what_was_not_kept_one_by_one() {
        assertThat(run(dir.toString(), "--summary")).isZero();

        assertThat(lines())
                .contains("        50 dropped", "         1 connected", "         1 denied")
                .first()
                .isEqualTo("from 1970-01-01T00:00:01.000Z to 1970-01-01T00:00:04.000Z");
    }

    @ParameterizedTest
    @CsvSource({
        "--reason, gone, there is no reason gone",
        "--event, gone, there is no event gone",
        "--ip, 1.2.3, --ip is an address",
        "--from, yesterday, is no time",
        "--limit, 0, --limit is 1 to",
        "--colour, x, unknown argument --colour"
    })
    void what_is_wrong_with_the_command_is_said(String option, String value, String said) {
        assertThat(run(dir.toString(), option, value)).isEqualTo(Main.EXIT_USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(said).contains("usage: recorder FILE");
    }

    @Test
    void a_file_that_is_none_or_damaged_or_cut_or_of_another_version_is_told() throws IOException {
        Path file = dir.resolve(RecorderFile.NAME);
        byte[] whole = Files.readAllBytes(file);
        byte[] other = whole.clone();
        other[12] = 9;
        byte[] damaged = whole.clone();
        damaged[100]++;

        assertThat(told(new byte[10])).contains("not the file of a recorder");
        assertThat(told(java.util.Arrays.copyOf(whole, 300_000))).contains("cut short");
        assertThat(told(other)).contains("in format 9");
        assertThat(told(damaged)).contains("header is damaged");
        assertThat(run(dir.resolve("absent").toString())).isEqualTo(Main.EXIT_FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("there is no file");
    }

    private String told(byte[] bytes) throws IOException {
        Path file = dir.resolve("other.bin");
        Files.write(file, bytes);
        assertThat(run(file.toString())).isEqualTo(Main.EXIT_FAILED);
        return err.toString(StandardCharsets.UTF_8);
    }
}
