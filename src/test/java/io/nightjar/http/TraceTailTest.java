package io.nightjar.http;

import static io.nightjar.http.TraceRoutesTest.line;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.auth.ApiKeys;
import io.nightjar.auth.Role;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.testing.EventStream;
import io.nightjar.trace.TraceDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The live tail, read as a browser or {@code curl -N} reads it. */
class TraceTailTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();
    private ApiServer api;

    /** Of its own for each test: the server learns only later that the reader of a tail is gone. */
    @BeforeEach
    void start() throws Exception {
        api = new ApiServer();
        api.traces.running = true;
        api.traces.nodes = List.of("n1", "n2");
        api.post("/trace", "{\"name\":\"t\",\"type\":\"clientid\",\"clientid\":\"dev\"}");
    }

    @AfterEach
    void stop() throws Exception {
        api.close();
    }

    private EventStream tail(String query, String... headers) throws IOException {
        return tailOf(api.administrator(), query, headers);
    }

    private EventStream tailOf(String authorization, String query, String... headers) throws IOException {
        List<String> all = new ArrayList<>(List.of("Authorization", authorization));
        all.addAll(List.of(headers));
        return new EventStream(
                "http://127.0.0.1:" + api.server.port() + "/api/v5/trace/t/tail" + query, all.toArray(String[]::new));
    }

    private static String lineOf(EventStream.Event event) throws IOException {
        JsonNode data = JSON.readTree(event.data());
        return data.path("node").asText() + " " + data.path("line").asText();
    }

    private static String shown(String node, int millis, String text) {
        return node + " " + line(millis, text).stripTrailing();
    }

    @Test
    void lines_of_all_nodes_come_by_time_and_then_as_they_are_written() throws Exception {
        api.traces.log("t", "n1", line(1, "a") + line(4, "d"));
        api.traces.log("t", "n2", line(2, "b") + line(3, "c"));

        try (EventStream tail = tail("")) {
            assertThat(tail.status()).isEqualTo(200);
            assertThat(tail.header("Content-Type")).isEqualTo("text/event-stream");
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 1, "a"));
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n2", 2, "b"));
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n2", 3, "c"));
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 4, "d"));

            api.traces.log("t", "n2", line(2, "b") + line(3, "c") + line(5, "e"));
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n2", 5, "e"));
            api.traces.running = false;
            EventStream.Event end = tail.next(PATIENCE);
            assertThat(end.type() + end.data()).isEqualTo("end{\"status\":\"stopped\"}");
            assertThat(tail.next(PATIENCE).type()).isEqualTo("closed");
        }
    }

    @Test
    void behind_every_line_it_can_be_resumed_without_loss_or_repetition() throws Exception {
        api.traces.running = false;
        StringBuilder one = new StringBuilder();
        StringBuilder other = new StringBuilder();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            (i % 3 == 0 ? one : other).append(line(i, "m" + i));
            expected.add(shown(i % 3 == 0 ? "n1" : "n2", i, "m" + i));
        }
        api.traces.log("t", "n1", one.toString());
        api.traces.log("t", "n2", other.toString());

        String id = "0";
        for (String line : expected) {
            try (EventStream tail = tail("", "Last-Event-ID", id)) {
                EventStream.Event event = tail.next(PATIENCE);
                assertThat(lineOf(event)).isEqualTo(line);
                id = event.id();
            }
        }
        try (EventStream tail = tail("?position=" + id)) {
            assertThat(tail.next(PATIENCE).type()).isEqualTo("end");
        }
    }

    @Test
    void a_cursor_of_the_log_begins_a_tail() throws Exception {
        api.traces.log("t", "n1", line(1, "a") + line(3, "c"));
        String position =
                api.get("/trace/t/log").json().path("meta").path("position").asText();
        api.traces.log("t", "n1", line(1, "a") + line(3, "c") + line(4, "d"));

        try (EventStream tail = tail("?position=" + position)) {
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 4, "d"));
        }
    }

    @Test
    void from_the_end_only_what_is_new_comes() throws Exception {
        api.traces.log("t", "n1", line(1, "a"));

        try (EventStream tail = tail("?position=end&node=n1")) {
            int reads = api.traces.reads.get();
            await().atMost(PATIENCE).until(() -> api.traces.reads.get() > reads + 2);
            api.traces.log("t", "n1", line(1, "a") + line(2, "b"));
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 2, "b"));
        }
    }

    @Test
    void a_node_that_does_not_answer_is_told_once_and_the_others_go_on() throws Exception {
        api.traces.log("t", "n1", line(1, "a"));
        api.traces.unreachable.add("n2");

        try (EventStream tail = tail("")) {
            EventStream.Event gap = tail.next(PATIENCE);
            assertThat(gap.type()).isEqualTo("node_unreachable");
            assertThat(lineOf(gap)).startsWith("n2 ").contains("[TRACE] - msg: node_unreachable, node: n2, why: ");
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 1, "a"));

            api.traces.log("t", "n2", line(2, "meanwhile"));
            api.traces.unreachable.clear();
            assertThat(tail.next(PATIENCE).type()).isEqualTo("node_back");
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n2", 2, "meanwhile"));

            api.traces.nodes = List.of("n1");
            EventStream.Event left = tail.next(PATIENCE);
            assertThat(left.type() + left.data()).contains("node_unreachable", "left the cluster");
        }
    }

    @Test
    void what_was_rotated_away_before_it_was_read_is_told() throws Exception {
        api.traces.log("t", "n1", line(1, "a") + line(2, "b"));

        try (EventStream tail = tail("?node=n1")) {
            tail.next(PATIENCE);
            tail.next(PATIENCE);
            api.traces.log("t", "n1", line(9, "z"));
            assertThat(tail.next(PATIENCE).type()).isEqualTo("lines_lost");
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 9, "z"));
        }
    }

    @Test
    void a_tail_that_is_resumed_within_the_first_piece_tells_that_it_was_rotated_away() throws Exception {
        String log = line(1, "a") + line(2, "b") + line(3, "c");
        api.traces.log("t", "n1", log);
        String id;
        try (EventStream tail = tail("")) {
            id = tail.next(PATIENCE).id();
        }
        api.traces.rotate("t", "n1", line(1, "a").length() * 2);

        try (EventStream tail = tail("", "Last-Event-ID", id)) {
            assertThat(tail.next(PATIENCE).type()).isEqualTo("lines_lost");
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 3, "c"));
        }
    }

    @Test
    void a_trace_made_anew_with_payloads_ends_a_viewer_s_tail_of_the_one_without() throws Exception {
        TraceDefinition shown = api.traces.definitions.get("t");
        api.delete("/trace/t");
        api.post("/trace", "{\"name\":\"t\",\"type\":\"clientid\",\"clientid\":\"dev\",\"payload_encode\":\"hidden\"}");
        api.traces.log("t", "n1", line(1, "a"));

        try (EventStream tail = tailOf(api.viewer(), "")) {
            assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 1, "a"));
            api.traces.definitions.put("t", shown);
            api.traces.log("t", "n1", line(1, "a") + line(2, "secret"));
            assertThat(tail.next(PATIENCE).data()).isEqualTo("{\"status\":\"unauthorized\"}");
            assertThat(tail.next(PATIENCE).type()).isEqualTo("closed");
        }
    }

    @Test
    void a_tail_ends_soon_after_its_reader_logged_out_or_lost_the_key() throws Exception {
        String login = api.login();
        ApiKeys.Created key = api.apiKeys.create("for a while", Role.ADMINISTRATOR, "", api.clock.millis(), null, true);
        String basic = ApiServer.basic(key.apiKey().key(), key.secret());

        try (EventStream ofLogin = tailOf(login, "");
                EventStream ofKey = tailOf(basic, "");
                EventStream stays = tail("")) {
            api.traces.log("t", "n1", line(1, "a"));
            for (EventStream tail : List.of(ofLogin, ofKey, stays)) {
                assertThat(lineOf(tail.next(PATIENCE))).isEqualTo(shown("n1", 1, "a"));
            }
            assertThat(api.call("POST", "/logout", login, null).status()).isEqualTo(204);
            api.apiKeys.delete("for a while");
            api.clock.move(Duration.ofSeconds(15));

            for (EventStream tail : List.of(ofLogin, ofKey)) {
                EventStream.Event end = tail.next(PATIENCE);
                assertThat(end.type() + end.data()).isEqualTo("end{\"status\":\"unauthorized\"}");
                assertThat(tail.next(PATIENCE).type()).isEqualTo("closed");
            }
            api.traces.log("t", "n1", line(1, "a") + line(2, "b"));
            assertThat(lineOf(stays.next(PATIENCE))).isEqualTo(shown("n1", 2, "b"));
        }
    }

    @Test
    void a_trace_that_is_deleted_ends_its_tail() throws Exception {
        try (EventStream tail = tail("")) {
            api.delete("/trace/t");
            assertThat(tail.next(PATIENCE).data()).isEqualTo("{\"status\":\"deleted\"}");
        }
    }

    @Test
    void one_tail_too_many_is_refused_until_one_is_closed() throws Exception {
        long before = api.counters.get(Counter.TRACE_READERS_REFUSED);
        api.traces.log("t", "n1", line(1, "a"));
        List<EventStream> open = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            EventStream tail = tail("");
            open.add(tail);
            tail.next(PATIENCE);
        }

        ApiServer.Reply refused = api.get("/trace/t/tail");

        assertThat(refused.status() + refused.code()).isEqualTo("503EXCEED_LIMIT");
        assertThat(refused.message()).contains("nightjar.trace.max-tails");
        assertThat(api.counters.get(Counter.TRACE_READERS_REFUSED)).isGreaterThan(before);
        open.forEach(EventStream::close);
        api.traces.running = false;
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(api.get("/trace/t/tail").status()).isEqualTo(200));
    }

    @Test
    void calls_that_come_together_do_not_pass_the_limit_and_those_that_fail_leave_no_trace() throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(api.get("/trace/no/tail").status()).isEqualTo(404);
        }
        api.traces.answers = new CompletableFuture<>();
        List<CompletableFuture<HttpResponse<InputStream>>> asked = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            asked.add(api.http.sendAsync(
                    api.request("GET", "/trace/t/tail", api.administrator(), null),
                    HttpResponse.BodyHandlers.ofInputStream()));
        }
        await().atMost(PATIENCE)
                .until(() -> asked.stream().filter(CompletableFuture::isDone).count() >= 4);
        api.traces.answers.complete(null);

        List<Integer> statuses = new ArrayList<>();
        for (CompletableFuture<HttpResponse<InputStream>> one : asked) {
            HttpResponse<InputStream> response = one.get(30, TimeUnit.SECONDS);
            statuses.add(response.statusCode());
        }
        assertThat(statuses).filteredOn(status -> status == 200).hasSize(16);
        assertThat(statuses).filteredOn(status -> status == 503).hasSize(4);
        api.traces.running = false;
        for (CompletableFuture<HttpResponse<InputStream>> one : asked) {
            one.join().body().readAllBytes();
        }
    }

    @Test
    void a_wrong_question_is_told_what_to_change() throws Exception {
        assertThat(api.get("/trace/no/tail").status()).isEqualTo(404);
        assertThat(api.get("/trace/t/tail?node=n9").status()).isEqualTo(404);
        assertThat(api.get("/trace/t/tail?position=nonsense").status()).isEqualTo(400);
        assertThat(api.call("GET", "/trace/t/tail", "", null).status()).isEqualTo(401);
        assertThat(api.call("GET", "/trace/t/tail?token=x", api.administrator(), null)
                        .status())
                .as("a token stands in the header only")
                .isEqualTo(400);
    }
}
