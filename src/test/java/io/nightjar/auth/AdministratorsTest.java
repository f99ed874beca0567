package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AdministratorsTest {
    @TempDir
    Path directory;

    @Test
    void the_first_start_makes_admin_with_a_random_password_that_is_told_once() throws Exception {
        Administrators.FirstStart first = Administrators.openOrCreate(directory, null);
        Administrators.FirstStart second = Administrators.openOrCreate(directory, null);

        String password = first.password();
        assertThat(password).hasSizeGreaterThanOrEqualTo(16).matches("[A-Za-z0-9_-]+");
        assertThat(second.password()).isNull();
        assertThat(first.toString()).doesNotContain(password);
        assertThat(second.administrators().verify("admin", password.toCharArray()))
                .isEqualTo(new Administrators.User("admin", Role.ADMINISTRATOR));
        Path file = directory.resolve("administrators.json");
        assertThat(Files.readString(file)).doesNotContain(password);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void a_given_password_is_used_and_not_told() throws Exception {
        Administrators.FirstStart first = Administrators.openOrCreate(directory, "given password");

        assertThat(first.password()).isNull();
        assertThat(first.administrators().verify("admin", "given password".toCharArray()))
                .isNotNull();
        assertThat(first.administrators().verify("admin", "other password".toCharArray()))
                .isNull();
        assertThat(first.administrators().verify("other", "given password".toCharArray()))
                .isNull();
        assertThatThrownBy(() -> Administrators.openOrCreate(directory.resolve("b"), "short"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_changed_password_outlives_a_restart() throws Exception {
        Administrators users =
                Administrators.openOrCreate(directory, "given password").administrators();

        assertThat(users.changePassword("admin", "wrong one".toCharArray(), "new password".toCharArray()))
                .isEqualTo(Administrators.Change.WRONG_PASSWORD);
        assertThat(users.changePassword("nobody", "wrong one".toCharArray(), "new password".toCharArray()))
                .isEqualTo(Administrators.Change.NO_SUCH_USER);
        assertThat(users.changePassword("admin", "given password".toCharArray(), "new password".toCharArray()))
                .isEqualTo(Administrators.Change.DONE);

        Administrators again =
                Administrators.openOrCreate(directory, "given password").administrators();
        assertThat(again.verify("admin", "new password".toCharArray())).isNotNull();
        assertThat(again.verify("admin", "given password".toCharArray())).isNull();
    }

    @Test
    void a_damaged_file_is_an_error_that_names_it_and_not_a_new_start() throws Exception {
        Path file = directory.resolve("administrators.json");
        for (String text : new String[] {"", "{", "[]", "{\"users\":[{\"username\":\"a\"}]}"}) {
            Files.writeString(file, text);
            assertThatThrownBy(() -> Administrators.openOrCreate(directory, null))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("administrators.json");
            assertThat(Files.readString(file)).isEqualTo(text);
        }
    }
}
