package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a page of another site can make a browser send that has cached an API key. */
final class ForeignPagesTest {
    private static final String FORM = "application/x-www-form-urlencoded";

    private static ApiServer api;

    @BeforeAll
    static void start() throws Exception {
        api = new ApiServer();
    }

    @AfterAll
    static void stop() throws Exception {
        api.close();
    }

    @BeforeEach
    void someClients() {
        api.clients.kicks.clear();
        api.clients.add("device-1");
    }

    @ParameterizedTest
    @CsvSource({"cross-site", "same-site", "Cross-Site", "what-comes-next"})
    void a_form_of_another_site_kicks_nobody(String site) throws Exception {
        ApiServer.Reply reply = api.call(
                "POST",
                "/clients/kickout/query?conn_state=connected",
                api.administrator(),
                "",
                "Content-Type",
                FORM,
                "Sec-Fetch-Site",
                site);

        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.code()).isEqualTo("CROSS_SITE_REQUEST");
        assertThat(reply.message()).contains("another site");
        assertThat(api.clients.kicks).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"})
    void another_origin_is_refused_where_the_browser_says_no_more(String origin) throws Exception {
        ApiServer.Reply reply = api.call("DELETE", "/clients/device-1", api.administrator(), null, "Origin", origin);

        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.message()).contains(origin).contains("Host");
        assertThat(api.clients.kicks).isEmpty();
    }

    @Test
    void the_page_of_this_node_and_scripts_are_let_through() throws Exception {
        String own = "http://127.0.0.1:" + api.server.port();

        assertThat(api.call("DELETE", "/clients/device-1", api.administrator(), null, "Origin", own)
                        .status())
                .isEqualTo(204);
        api.clients.add("device-1");
        assertThat(api.call("DELETE", "/clients/device-1", api.administrator(), null, "Sec-Fetch-Site", "none")
                        .status())
                .isEqualTo(204);
        api.clients.add("device-1");
        assertThat(api.delete("/clients/device-1").status()).isEqualTo(204);
    }

    @Test
    void behind_a_proxy_that_renames_the_host_what_the_browser_says_of_the_site_counts() throws Exception {
        String[] headers = {"Origin", "https://mqtt.example.com", "Sec-Fetch-Site", "same-origin"};

        assertThat(api.call("DELETE", "/clients/device-1", api.administrator(), null, headers)
                        .status())
                .isEqualTo(204);
    }

    @Test
    void reading_is_open_to_all_who_have_the_key_since_a_foreign_page_never_sees_the_answer() throws Exception {
        assertThat(api.call("GET", "/clients", api.viewer(), null, "Sec-Fetch-Site", "cross-site")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({FORM, "text/plain", "multipart/form-data; boundary=x"})
    void a_body_that_a_form_can_send_is_refused_with_the_type_to_send(String type) throws Exception {
        String trace = "{\"name\":\"x\",\"type\":\"clientid\",\"clientid\":\"x\"}";

        ApiServer.Reply reply = api.call("POST", "/trace", api.administrator(), trace, "Content-Type", type);

        assertThat(reply.status()).isEqualTo(415);
        assertThat(reply.code()).isEqualTo("UNSUPPORTED_MEDIA_TYPE");
        assertThat(reply.message()).contains("Content-Type: application/json");
    }

    @Test
    void a_charset_may_stand_behind_the_type() throws Exception {
        ApiServer.Reply reply = api.call(
                "POST",
                "/clients/kickout/bulk",
                api.administrator(),
                "[\"device-1\"]",
                "Content-Type",
                "application/json; charset=utf-8");

        assertThat(reply.status()).isEqualTo(204);
        assertThat(api.clients.kicks).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "http://a.example:8081, a.example:8081, true",
        "http://A.example, a.example:80, true",
        "https://a.example, a.example, true",
        "https://a.example:443, A.example, true",
        "http://[::1]:8081, [::1]:8081, true",
        "https://a.example, a.example:80, false",
        "http://a.example.evil.example, a.example, false",
        "http://a.example, '', false",
        "null, a.example, false",
        "'', '', false",
    })
    void an_origin_is_compared_with_the_host_by_name_and_port(String origin, String host, boolean same) {
        assertThat(ForeignPages.isOf(origin, host)).isEqualTo(same);
    }
}
