package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ApiKeysTest {
    @TempDir
    Path directory;

    @Test
    void a_key_outlives_a_restart_and_its_secret_is_not_stored() throws Exception {
        ApiKeys.Created made = ApiKeys.open(directory).create("k", Role.VIEWER, "why", 5, 100L, true);

        ApiKeys again = ApiKeys.open(directory);

        assertThat(again.list()).containsExactly(made.apiKey());
        assertThat(again.verify(made.apiKey().key(), made.secret(), 99)).isEqualTo(made.apiKey());
        Path file = directory.resolve("api_keys.json");
        assertThat(Files.readString(file)).doesNotContain(made.secret());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(made.toString()).doesNotContain(made.secret());
    }

    @Test
    void a_key_is_refused_with_another_secret_when_expired_disabled_or_deleted() throws Exception {
        ApiKeys keys = ApiKeys.open(directory);
        ApiKeys.Created key = keys.create("k", Role.VIEWER, "", 5, 100L, true);
        ApiKeys.Created off = keys.create("off", Role.VIEWER, "", 5, null, false);

        assertThat(keys.verify(key.apiKey().key(), "x", 99)).isNull();
        assertThat(keys.verify("x", key.secret(), 99)).isNull();
        assertThat(keys.verify(key.apiKey().key(), off.secret(), 99)).isNull();
        assertThat(keys.verify(key.apiKey().key(), key.secret(), 100)).isNull();
        assertThat(keys.verify(off.apiKey().key(), off.secret(), 99)).isNull();
        assertThat(keys.delete("k")).isTrue();
        assertThat(keys.delete("k")).isFalse();
        assertThat(keys.verify(key.apiKey().key(), key.secret(), 99)).isNull();
    }

    @Test
    void names_are_unique_and_the_number_of_keys_has_a_limit() throws Exception {
        ApiKeys keys = ApiKeys.open(directory);
        for (int i = 0; i < ApiKeys.MAX_KEYS; i++) {
            keys.create("k" + i, Role.VIEWER, "", 5, null, true);
        }

        assertThat(keys.create("k0", Role.VIEWER, "", 5, null, true)).isNull();
        assertThatThrownBy(() -> keys.create("one more", Role.VIEWER, "", 5, null, true))
                .hasMessageContaining("100 API keys");
    }
}
