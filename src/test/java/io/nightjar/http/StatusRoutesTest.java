package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class StatusRoutesTest {
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
    void the_status_needs_no_login_and_is_503_until_the_node_is_ready() throws Exception {
        ApiServer.Reply ready = api.call("GET", "/status", "", null);
        ApiServer.Reply json = api.call("GET", "/status?format=json", "", null);
        api.ready = false;
        ApiServer.Reply starting = api.call("GET", "/status", "", null);
        api.ready = true;

        assertThat(ready.status()).isEqualTo(200);
        assertThat(ready.text()).isEqualTo("Node n1 is started\nnightjar is running");
        assertThat(json.json().path("node_name").asText()).isEqualTo("n1");
        assertThat(starting.status()).isEqualTo(503);
        assertThat(starting.text()).contains("not ready");
    }

    @Test
    void nodes_are_told_with_their_figures() throws Exception {
        var nodes = api.get("/nodes").json();

        assertThat(nodes).hasSize(2);
        assertThat(nodes.findValuesAsText("node")).containsExactlyInAnyOrder("n1", "n2");
        assertThat(nodes.path(0).has("connections")).isTrue();
    }

    @Test
    void where_nothing_is_the_answer_says_so() throws Exception {
        ApiServer.Reply nothing = api.call("GET", "//favicon.ico", "", null);

        assertThat(nothing.status()).isEqualTo(404);
        assertThat(nothing.code()).isEqualTo("NOT_FOUND");
    }

    @Test
    void a_method_that_a_path_does_not_take_is_told_the_ones_it_takes() throws Exception {
        ApiServer.Reply reply = api.call("PATCH", "/clients/a", api.administrator(), "{}");

        assertThat(reply.status()).isEqualTo(405);
        assertThat(reply.header("Allow")).isEqualTo("DELETE, GET");
    }

    @Test
    void every_answer_has_the_headers_that_keep_browsers_careful() throws Exception {
        for (String path : new String[] {"/status", "/nothing", "/clients"}) {
            ApiServer.Reply reply = api.get(path);
            assertThat(reply.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(reply.header("Cache-Control")).isEqualTo("no-store");
            assertThat(reply.header("Server")).isEmpty();
        }
    }
}
