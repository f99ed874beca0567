package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class LimitRoutesTest {
    private static ApiServer api;

    @BeforeAll
    static void start() throws Exception {
        api = new ApiServer();
    }

    @AfterAll
    static void stop() throws Exception {
        api.close();
    }

    @Test
    void every_limit_of_every_node_is_told_with_the_line_that_lifts_it() throws Exception {
        JsonNode answer = api.get("/limits").json();

        assertThat(answer.path("data").findValuesAsText("node")).containsExactly("n1", "n1", "n2");
        JsonNode low = answer.path("data").path(0);
        assertThat(low.path("name").asText()).isEqualTo("nofile");
        assertThat(low.path("value").asLong()).isEqualTo(1024);
        assertThat(low.path("needed").asLong()).isEqualTo(11_000);
        assertThat(low.path("used").asLong()).isEqualTo(900);
        assertThat(low.path("ok").asBoolean(true)).isFalse();
        assertThat(low.path("fix").asText()).isEqualTo("ulimit -n 11000");
        assertThat(low.path("target_connections").asLong()).isEqualTo(10_000);
        assertThat(answer.path("data").path(1).path("ok").asBoolean()).isTrue();
        assertThat(answer.path("meta").path("count").asInt()).isEqualTo(3);
    }

    @Test
    void one_node_can_be_asked_for_and_one_that_is_not_there_is_told() throws Exception {
        assertThat(api.get("/limits?node=n2").json().path("data").findValuesAsText("name"))
                .containsExactly("nofile");

        ApiServer.Reply nothing = api.get("/limits?node=n9");
        assertThat(nothing.status()).isEqualTo(404);
        assertThat(nothing.text()).contains("n9", "GET /nodes");
    }

    @Test
    void alarms_that_stand_are_told_first_and_those_that_fell_when_asked_for() throws Exception {
        JsonNode standing = api.get("/alarms").json().path("data");
        JsonNode past = api.get("/alarms?activated=false").json().path("data");

        assertThat(standing).hasSize(1);
        assertThat(standing.path(0).path("name").asText()).isEqualTo("nofile");
        assertThat(standing.path(0).path("deactivate_at").asText()).isEqualTo("infinity");
        assertThat(standing.path(0).path("duration").asLong()).isNotNegative();
        assertThat(standing.path(0).path("details").path("used").asLong()).isEqualTo(900);
        assertThat(past).hasSize(1);
        assertThat(past.path(0).path("name").asText()).isEqualTo("heap");
        assertThat(past.path(0).path("duration").asLong()).isEqualTo(5000);
        assertThat(past.path(0).path("activate_at").asText()).startsWith("2026-");
        assertThat(past.path(0).path("deactivate_at").asText()).startsWith("2026-");
    }

    @Test
    void a_word_that_is_neither_true_nor_false_is_refused() throws Exception {
        ApiServer.Reply reply = api.get("/alarms?activated=maybe");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text()).contains("activated", "true");
    }
}
