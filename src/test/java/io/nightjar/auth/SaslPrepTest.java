package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SaslPrepTest {
    @ParameterizedTest(name = "{0} becomes {1}")
    @CsvSource({
        "I\u00ADX, IX", // the examples of RFC 4013, 3
        "user, user",
        "USER, USER",
        "\u00AA, a",
        "\u2168, IX",
        "a\u00A0b\u3000c, a b c",
        "e\u0301, \u00E9",
        "\u0627\u0031\u0628, \u0627\u0031\u0628",
        "p\uFEFF\u200Bw, pw",
        "\uD83D\uDE00, \uD83D\uDE00"
    })
    void spellings_of_the_same_text_become_one(String text, String prepared) {
        assertThat(SaslPrep.prepare(text)).isEqualTo(prepared);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0007", // the examples of RFC 4013, 3
                "\u0627\u0031",
                "a\u007F",
                "a\u0085",
                "a\u200E",
                "a\uE000",
                "a\uFFFD",
                "a\uFFFE",
                "a\uFDD0",
                "a\u2FF0",
                "\u0627a\u0628"
            })
    void what_may_not_be_in_a_name_is_refused(String text) {
        assertThat(SaslPrep.prepare(text)).isNull();
    }

    @Test
    void half_a_character_is_refused() {
        assertThat(SaslPrep.prepare("a" + (char) 0xD800)).isNull();
    }
}
