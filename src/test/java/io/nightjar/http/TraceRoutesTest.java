package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceRoutesTest {
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
    void empty() {
        api.traces.definitions.clear();
        api.traces.logs.clear();
        api.traces.unreachable.clear();
        api.traces.nodes = List.of("n1", "n2");
        api.traces.running = false;
    }

    @Test
    void a_trace_starts_now_and_ends_in_half_an_hour_unless_told_otherwise() throws Exception {
        ApiServer.Reply reply = api.post("/trace", "{\"name\":\"t1\",\"type\":\"clientid\",\"clientid\":\"dev/1 é\"}");

        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        JsonNode trace = reply.json();
        assertThat(trace.path("clientid").asText()).isEqualTo("dev/1 é");
        assertThat(trace.path("start_at").asText()).isEqualTo("2026-11-23T16:05:09.123+02:00");
        assertThat(trace.path("end_at").asText()).isEqualTo("2026-11-23T16:35:09.123+02:00");
        assertThat(trace.path("status").asText()).isEqualTo("running");
        assertThat(trace.path("payload_limit").asInt()).isEqualTo(1024);
        assertThat(trace.path("log_size").path("n2").isNumber()).isTrue();
        assertThat(trace.path("last_reason").asText()).isEqualTo("kicked");
        assertThat(api.get("/trace").json()).hasSize(1);
    }

    @Test
    void a_start_that_is_over_is_now_and_the_answer_says_so() throws Exception {
        JsonNode trace = api.post(
                        "/trace",
                        "{\"name\":\"t1\",\"type\":\"clientid\",\"clientid\":\"a\",\"start_at\":1000,"
                                + "\"end_at\":\"2026-11-23T15:00:00Z\",\"formatter\":\"json\",\"payload_encode\":\"hex\","
                                + "\"payload_limit\":0}")
                .json();

        assertThat(trace.path("start_at").asText()).isEqualTo("2026-11-23T16:05:09.123+02:00");
        assertThat(trace.path("end_at").asText()).isEqualTo("2026-11-23T17:00:00.000+02:00");
        assertThat(trace.path("formatter").asText()).isEqualTo("json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}|type",
                "{'name':'1','type':'clientid','clientid':'a'}|name",
                "{'name':'t','type':'peer','peer':'a'}|unknown field \"peer\"",
                "{'name':'t','type':'peer','clientid':'a'}|clientid, clientid_prefix, username, ip_address, topic",
                "{'name':'t','type':'ip_address','clientid':'a'}|clientid does not go with type ip_address",
                "{'name':'t','type':'ip_address','ip_address':'10.1.2.300'}|must be an IPv4 or IPv6 address",
                "{'name':'t','type':'topic','topic':'a/#/b'}|must be the last level",
                "{'name':'t','type':'clientid'}|clientid is missing",
                "{'name':'t','type':'clientid','clientid':''}|clientid is missing",
                "{'name':'t','type':'clientid','clientid':7}|clientid must be a text",
                "{'name':'t','type':'clientid','clientid':'a','clientid_prefix':'b'}|does not go with",
                "{'name':'t','type':'clientid','clientid':'a','end_at':'2026-11-23T14:05:09.123Z'}|end_at",
                "{'name':'t','type':'clientid','clientid':'a','start_at':'tomorrow'}|start_at",
                "{'name':'t','type':'clientid','clientid':'a','formatter':'xml'}|text, json",
                "{'name':'t','type':'clientid','clientid':'a','payload_encode':'base64'}|text, hex, hidden",
                "{'name':'t','type':'clientid','clientid':'a','payload_limit':-1}|payload_limit",
                "{'name':'t','type':'clientid','clientid':'a','payload_limit':1.5}|payload_limit",
                "{'name':'t','type':'clientid','clientid':'a','extra':1}|allowed are name, type"
            })
    void a_definition_that_is_wrong_is_told_what_to_change(String bodyAndMessage) throws Exception {
        String[] parts = bodyAndMessage.split("\\|");

        ApiServer.Reply reply = api.post("/trace", parts[0].replace('\'', '"'));

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.message()).contains(parts[1]);
        assertThat(api.traces.definitions).isEmpty();
    }

    @Test
    void refusals_have_the_status_of_their_code() throws Exception {
        assertThat(create("a", "1").status()).isEqualTo(200);
        ApiServer.Reply same = create("a", "2");
        ApiServer.Reply duplicate = create("b", "1");
        create("c", "3");
        create("d", "4");
        ApiServer.Reply tooMany = create("e", "5");

        assertThat(same.status() + same.code()).isEqualTo("409ALREADY_EXISTS");
        assertThat(duplicate.status() + duplicate.code()).isEqualTo("409DUPLICATE_CONDITION");
        assertThat(tooMany.status() + tooMany.code()).isEqualTo("400EXCEED_LIMIT");
    }

    private static ApiServer.Reply create(String name, String clientId) throws Exception {
        return api.post(
                "/trace", "{\"name\":\"" + name + "\",\"type\":\"clientid\",\"clientid\":\"" + clientId + "\"}");
    }

    @Test
    void traces_are_stopped_and_deleted() throws Exception {
        create("a", "1");
        create("b", "2");

        ApiServer.Reply stopped = api.put("/trace/a/stop", null);
        assertThat(stopped.status()).isEqualTo(200);
        assertThat(stopped.json().path("status").asText()).isEqualTo("stopped");
        assertThat(api.delete("/trace/a").status()).isEqualTo(204);
        assertThat(api.delete("/trace/a").status()).isEqualTo(404);
        assertThat(api.put("/trace/a/stop", null).status()).isEqualTo(404);
        assertThat(api.delete("/trace").status()).isEqualTo(204);
        assertThat(api.get("/trace").text()).isEqualTo("[]");
    }

    @Test
    void a_viewer_reads_traces_and_changes_none() throws Exception {
        create("a", "1");

        for (String call :
                List.of("POST /trace", "DELETE /trace", "DELETE /trace/a", "PUT /trace/a/stop", "PUT /tracing")) {
            String[] parts = call.split(" ");
            assertThat(api.call(parts[0], parts[1], api.viewer(), "{}").status())
                    .as(call)
                    .isEqualTo(403);
        }
        for (String path : List.of("/trace", "/trace/a/log_detail", "/tracing")) {
            assertThat(api.call("GET", path, api.viewer(), null).status())
                    .as(path)
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({"text,403", "hex,403", "hidden,200"})
    void a_viewer_reads_the_lines_of_a_trace_that_hides_payloads_only(String encode, int status) throws Exception {
        api.post(
                "/trace",
                "{\"name\":\"a\",\"type\":\"clientid\",\"clientid\":\"1\",\"payload_encode\":\"" + encode + "\"}");
        api.traces.log("a", "n1", line(1, "secret"));

        for (String path : List.of(
                "/trace/a/log",
                "/trace/a/log?node=n1",
                "/trace/a/download",
                "/trace/a/download?node=n1&format=text",
                "/trace/a/tail")) {
            ApiServer.Reply viewer = api.call("GET", path, api.viewer(), null);
            ApiServer.Reply administrator = api.get(path);

            assertThat(viewer.status()).as(path).isEqualTo(status);
            assertThat(administrator.status()).as(path).isEqualTo(200);
            if (status == 403) {
                assertThat(viewer.code()).isEqualTo("UNAUTHORIZED_ROLE");
                assertThat(viewer.message()).contains("role administrator", "payload_encode=hidden");
                assertThat(viewer.text()).doesNotContain("secret");
            }
        }
    }

    @Test
    void log_detail_tells_size_and_time_of_each_node() throws Exception {
        create("a", "1");
        api.traces.log("a", "n1", "12345");
        api.traces.unreachable.add("n2");
        api.clients.unreachable = List.of("n2");

        ApiServer.Reply reply = api.get("/trace/a/log_detail");

        api.clients.unreachable = List.of();
        assertThat(reply.header("Nightjar-Unreachable-Nodes")).isEqualTo("n2");
        assertThat(reply.text())
                .isEqualTo("[{\"node\":\"n1\",\"size\":5,\"mtime\":\"2026-11-23T16:05:09.123+02:00\"}]");
        assertThat(api.get("/trace/no/log_detail").status()).isEqualTo(404);
    }

    @Test
    void one_nodes_log_is_read_on_from_its_position() throws Exception {
        create("a", "1");
        String text = line(1, "x") + line(2, "y".repeat(900)) + line(3, "z".repeat(900));
        api.traces.log("a", "n1", text);

        JsonNode first = api.get("/trace/a/log?node=n1&bytes=1024").json();
        String position = first.path("meta").path("position").asText();
        JsonNode second =
                api.get("/trace/a/log?node=n1&bytes=1024&position=" + position).json();

        assertThat(first.path("items").asText() + second.path("items").asText()).isEqualTo(text);
        assertThat(first.path("meta").has("hint")).isFalse();
        assertThat(second.path("meta").path("hint").asText()).isEqualTo("eof");
        ApiServer.Reply stale = api.get("/trace/a/log?node=n1&position=old");
        assertThat(stale.status() + stale.code()).isEqualTo("400STALE_CURSOR");
        ApiServer.Reply noNode = api.get("/trace/a/log?node=n7");
        assertThat(noNode.status() + noNode.code()).isEqualTo("404NODE_ERROR");
        assertThat(noNode.message()).contains("n1, n2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "node=n1&"})
    void a_log_can_be_read_in_the_smallest_bites(String node) throws Exception {
        create("a", "1");
        String text = line(1, "aé€😀z") + line(2, "b");
        api.traces.log("a", "n1", text);

        for (int bytes : List.of(1, 2, 3, 57)) {
            StringBuilder all = new StringBuilder();
            String position = "0";
            String hint = "";
            for (int pages = 0; !hint.equals("eof") && pages < 500; pages++) {
                ApiServer.Reply reply = api.get("/trace/a/log?" + node + "bytes=" + bytes + "&position="
                        + URLEncoder.encode(position, StandardCharsets.UTF_8));
                assertThat(reply.status()).as(reply.text()).isEqualTo(200);
                all.append(reply.json().path("items").asText());
                position = reply.json().path("meta").path("position").asText();
                hint = reply.json().path("meta").path("hint").asText();
            }
            assertThat(all.toString()).as("%d bytes at once", bytes).isEqualTo(text);
        }
    }

    @Test
    void without_a_node_all_are_merged_by_time_page_by_page() throws Exception {
        create("a", "1");
        StringBuilder one = new StringBuilder();
        StringBuilder two = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            String line = line(i, "é".repeat(i));
            (i % 3 == 0 ? one : two).append(line);
            expected.append(line);
        }
        api.traces.log("a", "n1", one.toString());
        api.traces.log("a", "n2", two.toString());

        StringBuilder all = new StringBuilder();
        String position = "0";
        String hint = "";
        int pages = 0;
        while (!hint.equals("eof")) {
            JsonNode page =
                    api.get("/trace/a/log?bytes=2000&position=" + position).json();
            all.append(page.path("items").asText());
            position = page.path("meta").path("position").asText();
            hint = page.path("meta").path("hint").asText();
            pages++;
        }

        assertThat(all.toString()).isEqualTo(expected.toString());
        assertThat(pages).isGreaterThan(10);
    }

    @Test
    void a_merged_log_of_a_running_trace_is_read_on_as_it_grows() throws Exception {
        create("a", "1");
        api.traces.running = true;
        api.traces.log("a", "n1", line(1, "a"));

        JsonNode first = api.get("/trace/a/log").json();
        String position = first.path("meta").path("position").asText();
        api.traces.log("a", "n1", line(1, "a") + line(5, "c"));
        api.traces.log("a", "n2", line(4, "b"));
        JsonNode second = api.get("/trace/a/log?position=" + position).json();

        assertThat(first.path("meta").path("hint").asText()).isEqualTo("retry");
        assertThat(second.path("items").asText()).isEqualTo(line(4, "b") + line(5, "c"));
    }

    @Test
    void a_merged_log_whose_unread_lines_were_removed_is_not_read_on_as_if_they_never_were() throws Exception {
        create("a", "1");
        api.traces.log("a", "n1", line(1, "a".repeat(900)) + line(2, "b".repeat(900)) + line(3, "c".repeat(900)));

        JsonNode first = api.get("/trace/a/log?bytes=1024").json();
        String position = first.path("meta").path("position").asText();
        api.traces.rotate("a", "n1", line(1, "a".repeat(900)).length());
        ApiServer.Reply second = api.get("/trace/a/log?bytes=1024&position=" + position);

        assertThat(first.path("items").asText()).isEqualTo(line(1, "a".repeat(900)));
        assertThat(second.status() + second.code()).as(second.text()).isEqualTo("400STALE_CURSOR");
    }

    @Test
    void a_node_that_does_not_answer_is_named_and_read_later() throws Exception {
        create("a", "1");
        api.traces.log("a", "n1", line(1, "a"));
        api.traces.log("a", "n2", line(2, "b"));
        api.traces.unreachable.add("n2");

        JsonNode without = api.get("/trace/a/log").json();
        api.traces.unreachable.clear();
        JsonNode with = api.get("/trace/a/log?position="
                        + without.path("meta").path("position").asText())
                .json();

        assertThat(without.path("items").asText()).isEqualTo(line(1, "a"));
        assertThat(without.path("meta").path("unreachable_nodes").toString()).isEqualTo("[\"n2\"]");
        assertThat(without.path("meta").path("hint").asText()).isEqualTo("retry");
        assertThat(with.path("items").asText()).isEqualTo(line(2, "b"));
        assertThat(with.path("meta").path("hint").asText()).isEqualTo("eof");
    }

    @ParameterizedTest
    @CsvSource({"position=xyz", "position=e30", "bytes=0", "bytes=200000", "node=", "from=1"})
    void a_log_asked_for_wrongly_is_a_400_or_404(String query) throws Exception {
        create("a", "1");

        assertThat(api.get("/trace/a/log?" + query).status()).isBetween(400, 404);
    }

    @Test
    void the_log_of_no_trace_is_a_404() throws Exception {
        assertThat(api.get("/trace/no/log").status()).isEqualTo(404);
        assertThat(api.get("/trace/no/log?node=n1").status()).isEqualTo(404);
        assertThat(api.get("/trace/no/download").status()).isEqualTo(404);
    }

    @Test
    void limits_are_told_and_changed_within_what_the_configuration_allows() throws Exception {
        assertThat(api.get("/tracing").text()).isEqualTo("{\"max_traces\":30,\"max_file_size\":536870912}");
        assertThat(api.put("/tracing", "{\"max_traces\":7}").text())
                .isEqualTo("{\"max_traces\":7,\"max_file_size\":536870912}");
        assertThat(api.get("/tracing").json().path("max_traces").asInt()).isEqualTo(7);
        ApiServer.Reply refused = api.put("/tracing", "{\"max_traces\":31}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.message()).contains("nightjar.trace.max-traces");
    }

    @Test
    void the_clock_of_the_node_decides_what_now_is() throws Exception {
        api.clock.move(Duration.ofMillis(1));

        assertThat(create("a", "1").json().path("start_at").asText()).endsWith("09.124+02:00");
        api.clock.move(Duration.ofMillis(-1));
    }

    /** A line of a log, so many milliseconds after the start. */
    static String line(int millis, String text) {
        return String.format(
                "2026-11-23T14:05:%02d.%03d000Z [MQTT] dev@1.2.3.4:5 msg: %s\n", millis / 1000, millis % 1000, text);
    }
}
