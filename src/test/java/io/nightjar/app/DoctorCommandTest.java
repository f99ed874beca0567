package io.nightjar.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {
    @TempDir
    Path root;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void names_what_is_too_low_with_the_line_that_lifts_it_and_fails() throws IOException {
        file("proc/sys/net/core/somaxconn", "4096\n");

        int code = doctor(Map.of("nightjar.listeners.tcp.default.backlog", "1024"), "--connections", "1000000");

        assertThat(code).isEqualTo(Main.EXIT_FAILED);
        assertThat(out.toString(UTF_8))
                .contains("for 1,000,000 connections")
                .containsPattern("net\\.core\\.somaxconn +4,096 +32,768 +TOO LOW")
                .contains("sysctl -w net.core.somaxconn=32768")
                .contains("cannot be read here")
                .contains("nightjar.listeners.tcp.default.backlog = 32768");
    }

    @Test
    void a_few_connections_fit_and_the_code_is_zero() throws IOException {
        file("proc/sys/net/core/somaxconn", "4096\n");

        int code = doctor(Map.of(), "--connections", "100");

        assertThat(out.toString(UTF_8)).contains("all limits that can be read here are high enough");
        assertThat(code).isZero();
    }

    @Test
    void without_a_number_the_configured_target_counts() {
        doctor(Map.of("nightjar.target-connections", "2000"));

        assertThat(out.toString(UTF_8)).contains("for 2,000 connections");
    }

    @Test
    void json_has_every_limit() throws IOException {
        file("proc/sys/net/core/somaxconn", "4096\n");

        doctor(Map.of(), "--connections", "1000000", "--json");

        JsonNode root = new ObjectMapper().readTree(out.toString(UTF_8));
        assertThat(root.get("connections").asLong()).isEqualTo(1_000_000);
        JsonNode somaxconn = null;
        for (JsonNode limit : root.get("limits")) {
            somaxconn = limit.get("name").asText().equals("net.core.somaxconn") ? limit : somaxconn;
        }
        assertThat(somaxconn).isNotNull();
        assertThat(somaxconn.get("status").asText()).isEqualTo("too_low");
        assertThat(somaxconn.get("value").asLong()).isEqualTo(4096);
    }

    @Test
    void wrong_words_are_told_with_the_right_ones() {
        assertThat(doctor(Map.of(), "--connections", "many")).isEqualTo(Main.EXIT_USAGE);
        assertThat(doctor(Map.of(), "--connections", "0")).isEqualTo(Main.EXIT_USAGE);
        assertThat(doctor(Map.of(), "--lots")).isEqualTo(Main.EXIT_USAGE);
        assertThat(err.toString(UTF_8)).contains("--connections is a number from 1", "unknown argument --lots");
    }

    @Test
    void a_wrong_configuration_is_told_and_nothing_is_checked() {
        assertThat(doctor(Map.of("nightjar.target-connections", "none"))).isEqualTo(Main.EXIT_CONFIG);
        assertThat(err.toString(UTF_8)).contains("nightjar.target-connections");
    }

    private int doctor(Map<String, String> overrides, String... args) {
        return new DoctorCommand(
                        new MachineReader(root, () -> -1),
                        overrides,
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8))
                .run(List.of(args));
    }

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
