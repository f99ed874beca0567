package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordHashTest {
    @Test
    void a_password_verifies_against_its_own_hash_only() {
        String stored = PasswordHash.hash("secret".toCharArray(), 10);

        assertThat(PasswordHash.verify("secret".toCharArray(), stored)).isTrue();
        assertThat(PasswordHash.verify("Secret".toCharArray(), stored)).isFalse();
        assertThat(PasswordHash.verify("".toCharArray(), stored)).isFalse();
    }

    @Test
    void two_hashes_of_one_password_differ() {
        assertThat(PasswordHash.hash("secret".toCharArray(), 10))
                .isNotEqualTo(PasswordHash.hash("secret".toCharArray(), 10));
    }

    @Test
    void the_default_has_210000_iterations_and_the_documented_format() {
        String stored = PasswordHash.hash("pässwörd".toCharArray());

        assertThat(stored).matches("\\$pbkdf2-sha512\\$i=210000\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{86}");
        assertThat(PasswordHash.verify("pässwörd".toCharArray(), stored)).isTrue();
    }

    @Test
    void a_known_hash_made_elsewhere_verifies() {
        // python3: hashlib.pbkdf2_hmac('sha512', b'password', b'saltSALTsaltSALT', 1000)
        String stored =
                "$pbkdf2-sha512$i=1000$c2FsdFNBTFRzYWx0U0FMVA==$L+vjhfY5mqKiCpkm0YIuL0mdqnbOXhYw/v74SUJEEwd4SPdh7srb8v5uXaGkjMc/LwzXWI4VCj9tRfIFZqlllw==";

        assertThat(PasswordHash.verify("password".toCharArray(), stored)).isTrue();
    }

    @Test
    void an_empty_password_can_be_hashed_and_verified() {
        String stored = PasswordHash.hash(new char[0], 10);

        assertThat(PasswordHash.verify(new char[0], stored)).isTrue();
        assertThat(PasswordHash.verify("x".toCharArray(), stored)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "$pbkdf2-sha512$",
                "$pbkdf2-sha256$i=1000$c2FsdFNBTFRzYWx0U0FMVA==$YWJj",
                "$pbkdf2-sha512$i=x$c2FsdFNBTFRzYWx0U0FMVA==$YWJj",
                "$pbkdf2-sha512$i=0$c2FsdFNBTFRzYWx0U0FMVA==$YWJj",
                "$pbkdf2-sha512$i=2147483647$c2FsdFNBTFRzYWx0U0FMVA==$YWJj",
                "$pbkdf2-sha512$i=1000$!!$YWJj",
                "$pbkdf2-sha512$i=1000$c2FsdFNBTFRzYWx0U0FMVA==$"
            })
    void what_is_not_a_hash_never_verifies(String stored) {
        assertThat(PasswordHash.isWellFormed(stored)).isFalse();
        assertThat(PasswordHash.verify("secret".toCharArray(), stored)).isFalse();
        assertThat(PasswordHash.verify(new char[0], stored)).isFalse();
    }
}
