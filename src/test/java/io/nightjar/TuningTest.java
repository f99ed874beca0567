package io.nightjar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code ops/tuning}: the files hold what operators expect of them, and the script puts back what it found. */
@EnabledOnOs(OS.LINUX)
class TuningTest {
    private static final Path TUNING = Path.of("ops/tuning").toAbsolutePath();

    @TempDir
    Path machine;

    @Test
    void every_value_says_what_it_bounds() throws IOException {
        for (String file : List.of("90-nightjar.conf", "91-nightjar-room.conf")) {
            String before = "";
            for (String line : Files.readAllLines(TUNING.resolve(file))) {
                if (line.contains("=") && !line.startsWith("#")) {
                    assertThat(before).as(line).isNotBlank();
                } else {
                    before = line;
                }
            }
        }
    }

    @Test
    void the_million_has_its_values() throws IOException {
        Map<String, String> values = values("90-nightjar.conf");

        assertThat(values)
                .hasSize(17)
                .containsEntry("fs.nr_open", "2097152")
                .containsEntry("net.core.somaxconn", "32768")
                .containsEntry("net.ipv4.ip_local_port_range", "1024 65535")
                .containsEntry("net.ipv4.tcp_rmem", "1024 4096 16777216")
                .containsEntry("net.netfilter.nf_conntrack_max", "1000000")
                .containsEntry("net.ipv4.tcp_fin_timeout", "15");
        assertThat(values("91-nightjar-room.conf")).containsEntry("net.netfilter.nf_conntrack_max", "2097152");
    }

    @Test
    void apply_writes_all_and_revert_puts_back_what_was() throws Exception {
        for (String key : values("90-nightjar.conf").keySet()) {
            proc(key, "7\n");
        }
        proc("net.ipv4.tcp_mem", "1\t2\t3\n");
        Path limits = machine.resolve("etc/security/limits.d/nightjar.conf");
        Files.createDirectories(limits.getParent());
        Files.writeString(limits, "* soft nofile 99\n");

        assertThat(tune("show").code).isEqualTo(1);
        Result applied = tune("apply");

        assertThat(applied.code).as(applied.output).isZero();
        assertThat(Files.readString(procFile("net.core.somaxconn"))).isEqualToIgnoringNewLines("32768");
        assertThat(Files.readString(procFile("net.netfilter.nf_conntrack_max"))).isEqualToIgnoringNewLines("2097152");
        assertThat(Files.readString(limits)).contains("hard nofile 1048576");
        Result shown = tune("show");
        assertThat(shown.code).as(shown.output).isZero();
        assertThat(tune("apply").code).isEqualTo(1); // would overwrite the backup

        Result reverted = tune("revert");

        assertThat(reverted.code).as(reverted.output).isZero();
        assertThat(Files.readString(procFile("net.core.somaxconn"))).isEqualToIgnoringNewLines("7");
        assertThat(Files.readString(procFile("net.ipv4.tcp_mem"))).isEqualToIgnoringNewLines("1 2 3");
        assertThat(Files.readString(limits)).isEqualTo("* soft nofile 99\n");
        assertThat(machine.resolve("etc/sysctl.d/90-nightjar.conf")).doesNotExist();
        assertThat(tune("revert").code).isEqualTo(1);
    }

    @Test
    void what_the_kernel_does_not_have_is_told_and_the_rest_goes_on() throws Exception {
        proc("net.core.somaxconn", "7\n");

        Result applied = tune("apply");

        assertThat(applied.code).as(applied.output).isZero();
        assertThat(applied.output)
                .contains("net.core.somaxconn = 32768", "net.netfilter.nf_conntrack_max: not on this machine");
    }

    private record Result(int code, String output) {}

    private Result tune(String command) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(TUNING.resolve("tune").toString(), command).redirectErrorStream(true);
        builder.environment().put("NIGHTJAR_TUNE_ROOT", machine.toString());
        builder.environment().put("NIGHTJAR_TUNE_PROC", machine.resolve("proc").toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), output);
    }

    private void proc(String key, String value) throws IOException {
        Files.createDirectories(procFile(key).getParent());
        Files.writeString(procFile(key), value);
    }

    private Path procFile(String key) {
        return machine.resolve("proc").resolve(key.replace('.', '/'));
    }

    private static Map<String, String> values(String file) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : Files.readAllLines(TUNING.resolve(file))) {
            int equals = line.indexOf('=');
            if (equals > 0 && !line.startsWith("#")) {
                values.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return values;
    }
}
