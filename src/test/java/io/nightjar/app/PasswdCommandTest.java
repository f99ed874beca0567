package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.PasswordHash;
import io.nightjar.auth.ScramVerifier;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswdCommandTest {
    @TempDir
    Path dir;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @Test
    void a_new_user_goes_into_a_new_file_that_only_its_owner_reads() throws IOException {
        assertThat(run("sécret\n", "alice")).isZero();

        String line = Files.readString(file());
        assertThat(line).startsWith("alice:$pbkdf2-sha512$").endsWith("\n");
        assertThat(PasswordHash.verify("sécret".toCharArray(), line.strip().substring("alice:".length())))
                .isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("added alice")
                .doesNotContain("sécret");
    }

    @Test
    void other_lines_stay_when_a_user_is_changed_or_removed() throws IOException {
        Files.writeString(file(), "# mine\nalice:old\nbob:other\n");

        assertThat(run("new", "alice")).isZero();
        assertThat(Files.readAllLines(file()))
                .hasSize(3)
                .contains("# mine", "bob:other")
                .element(1)
                .asString()
                .startsWith("alice:$pbkdf2");
        assertThat(run("", "--delete", "alice")).isZero();
        assertThat(Files.readAllLines(file())).containsExactly("# mine", "bob:other");
        assertThat(run("", "--delete", "alice")).isEqualTo(1);
    }

    @Test
    void a_user_for_both_has_a_line_for_each_and_the_file_a_secret() throws IOException {
        assertThat(run("secret", "--for", "both", "--iterations", "5000", "alice"))
                .isZero();

        List<String> lines = Files.readAllLines(file());
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).matches("#scram-secret=[A-Za-z0-9+/]{43}=");
        assertThat(lines.get(1)).startsWith("alice:$pbkdf2-sha512$");
        assertThat(lines.get(2)).startsWith("alice:$scram-sha-256$i=5000$");
        assertThat(ScramVerifier.parse(lines.get(2).substring("alice:".length())))
                .isNotNull();
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("with the password or by SCRAM-SHA-256");
    }

    @Test
    void a_new_password_replaces_the_old_one_wherever_it_was_good() throws IOException {
        run("old", "--for", "both", "alice");
        List<String> before = Files.readAllLines(file());

        assertThat(run("new", "alice")).isZero();

        List<String> after = Files.readAllLines(file());
        assertThat(after)
                .hasSize(3)
                .doesNotContain(before.get(1), before.get(2))
                .contains(before.get(0));
        assertThat(after.get(1)).startsWith("alice:$pbkdf2-sha512$");
        assertThat(after.get(2)).startsWith("alice:$scram-sha-256$i=15000$");
    }

    @Test
    void a_way_to_log_in_that_is_not_named_is_taken_away() throws IOException {
        run("old", "--for", "both", "alice");

        assertThat(run("new", "--for", "scram", "alice")).isZero();

        assertThat(Files.readAllLines(file())).hasSize(2).element(1).asString().startsWith("alice:$scram");
        assertThat(run("", "--delete", "alice")).isZero();
        assertThat(Files.readAllLines(file())).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"al\u00ADice", "\u2168"})
    void a_name_that_scram_clients_spell_otherwise_is_refused_for_scram(String username) {
        assertThat(run("secret", "--for", "scram", username)).isEqualTo(1);
        assertThat(run("sec\u0007ret", "--for", "scram", "alice")).isEqualTo(1);
        assertThat(file()).doesNotExist();
    }

    @Test
    void what_the_options_do_not_take_is_refused() {
        assertThat(run("secret", "--for", "all", "alice")).isEqualTo(64);
        assertThat(run("secret", "--iterations", "100", "alice")).isEqualTo(64);
        assertThat(run("secret", "--iterations", "x", "alice")).isEqualTo(64);
        assertThat(file()).doesNotExist();
    }

    @Test
    void an_empty_password_changes_nothing() {
        assertThat(run("\n", "alice")).isEqualTo(1);
        assertThat(run("", "alice")).isEqualTo(1);
        assertThat(file()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "#a", " a", "a\nb", "--what"})
    void a_name_that_the_file_cannot_hold_is_refused(String username) {
        assertThat(run("secret", username)).isEqualTo(64);
        assertThat(file()).doesNotExist();
    }

    private int run(String input, String... args) {
        List<String> all = new java.util.ArrayList<>(List.of("--file", file().toString()));
        all.addAll(List.of(args));
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        return new PasswdCommand(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), out, out).run(all);
    }

    private Path file() {
        return dir.resolve("passwords");
    }
}
