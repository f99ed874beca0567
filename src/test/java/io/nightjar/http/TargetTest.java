package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TargetTest {
    @Test
    void a_path_is_split_before_it_is_decoded() {
        Target target = Target.parse("/api/v5/clients/a%2Fb+c%25/x?q=a+b%2B&q=%26&empty&=");

        assertThat(target.segments()).containsExactly("api", "v5", "clients", "a/b+c%", "x");
        assertThat(target.query()).isEqualTo(Map.of("q", List.of("a b+", "&"), "empty", List.of(""), "", List.of("")));
    }

    @Test
    void the_form_that_proxies_send_is_understood() {
        assertThat(Target.parse("http://host:1/a/b?c=d").segments()).containsExactly("a", "b");
        assertThat(Target.parse("http://host").path()).isEqualTo("/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%", "/%4", "/%zz", "/a%2", "/%C3", "/%FF", "/%ED%A0%80", "/a?b=%"})
    void what_cannot_be_decoded_is_refused(String raw) {
        assertThatThrownBy(() -> Target.parse(raw)).isInstanceOf(ApiException.class);
    }

    @Test
    void text_of_others_is_quoted_for_logs() {
        assertThat(Text.quote("a\"b\\c\nd\u0085\u2028")).isEqualTo("\"a\\\"b\\\\c\\u000ad\\u0085\\u2028\"");
        assertThat(Text.quote("\ud83d\ude00\ud83d")).isEqualTo("\"\ud83d\ude00\\ud83d\"");
        assertThat(Text.quote("x".repeat(600))).hasSize(517);
    }
}
