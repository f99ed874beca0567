package io.nightjar.http;

import static io.nightjar.http.TraceRoutesTest.line;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TraceDownloadTest {
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
    void empty() throws Exception {
        api.traces.definitions.clear();
        api.traces.logs.clear();
        api.traces.unreachable.clear();
        api.traces.running = false;
        api.traces.beforeRead = node -> {};
        api.traces.nodes = List.of("n1", "n2");
        api.post("/trace", "{\"name\":\"t\",\"type\":\"clientid\",\"clientid\":\"dev\"}");
    }

    private static HttpResponse<byte[]> download(String query) throws Exception {
        return api.http.send(
                api.request("GET", "/trace/t/download" + query, api.administrator(), null),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    private static Map<String, String> unzip(byte[] bytes) throws Exception {
        Map<String, String> entries = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return entries;
    }

    @Test
    void a_zip_has_one_entry_a_node() throws Exception {
        api.traces.log("t", "n1", line(1, "a"));

        HttpResponse<byte[]> response = download("");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/zip");
        assertThat(response.headers().firstValue("Content-Disposition"))
                .contains("attachment; filename=\"trace_t_2026-11-23.zip\"");
        assertThat(unzip(response.body()))
                .containsExactly(
                        Map.entry("n1-trace_t_2026-11-23.log", line(1, "a")),
                        Map.entry("n2-trace_t_2026-11-23.log", ""));
    }

    @Test
    void one_node_alone_can_be_downloaded() throws Exception {
        api.traces.log("t", "n2", line(1, "b"));

        assertThat(unzip(download("?node=n2").body())).containsOnlyKeys("n2-trace_t_2026-11-23.log");
        assertThat(download("?node=n2&format=text").body()).asString().isEqualTo(line(1, "b"));
        assertThat(download("?node=n3").statusCode()).isEqualTo(404);
    }

    @Test
    void text_and_gzip_are_merged_by_time_over_the_nodes() throws Exception {
        StringBuilder one = new StringBuilder();
        StringBuilder two = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            String line = line(i, "x".repeat(i % 300));
            (i % 7 < 2 ? one : two).append(line);
            expected.append(line);
        }
        api.traces.log("t", "n1", one.toString());
        api.traces.log("t", "n2", two.toString());

        HttpResponse<byte[]> text = download("?format=text");
        HttpResponse<byte[]> gzip = download("?format=gzip");

        assertThat(new String(text.body(), StandardCharsets.UTF_8)).isEqualTo(expected.toString());
        assertThat(text.headers().firstValue("Content-Disposition"))
                .contains("attachment; filename=\"trace_t_2026-11-23.log\"");
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip.body()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(expected.toString());
        }
    }

    @Test
    void a_line_longer_than_a_piece_stays_in_one() throws Exception {
        String longLine = line(1, "y".repeat(300_000));
        api.traces.log("t", "n1", longLine + line(3, "c"));
        api.traces.log("t", "n2", line(2, "b"));

        assertThat(download("?format=text").body()).asString().isEqualTo(longLine + line(2, "b") + line(3, "c"));
    }

    @Test
    void json_lines_are_merged_and_only_asked_for_as_such() throws Exception {
        api.delete("/trace");
        api.post("/trace", "{\"name\":\"t\",\"type\":\"clientid\",\"clientid\":\"dev\",\"formatter\":\"json\"}");
        String first = "{\"time\":\"2026-11-23T14:05:01.000000Z\",\"msg\":\"a\"}\n";
        String second = "{\"time\":\"2026-11-23T14:05:02.000000Z\",\"msg\":\"b\"}\n";
        api.traces.log("t", "n1", second);
        api.traces.log("t", "n2", first);

        assertThat(download("?format=jsonl").body()).asString().isEqualTo(first + second);
        assertThat(download("?format=text").statusCode()).isEqualTo(400);
        assertThat(download("?format=tar").statusCode()).isEqualTo(400);
    }

    @Test
    void a_node_that_does_not_answer_is_a_line_in_the_file_and_an_entry_in_the_zip() throws Exception {
        api.traces.log("t", "n1", line(1, "a"));
        api.traces.unreachable.add("n2");

        String text = new String(download("?format=text").body(), StandardCharsets.UTF_8);
        Map<String, String> zip = unzip(download("").body());

        assertThat(text).startsWith(line(1, "a")).contains("[TRACE]", "node_unreachable", "node: n2");
        assertThat(text.lines()).hasSize(2);
        assertThat(zip.get("n1-trace_t_2026-11-23.log")).isEqualTo(line(1, "a"));
        assertThat(zip.get("unreachable_nodes.txt")).contains("n2: node_unreachable");
    }

    @Test
    void a_running_trace_is_downloaded_to_its_end_of_now() throws Exception {
        api.traces.running = true;
        api.traces.log("t", "n1", line(1, "a"));

        assertThat(download("?format=text").body()).asString().isEqualTo(line(1, "a"));
    }

    @Test
    void a_long_log_is_streamed_with_one_piece_of_each_node_on_its_way() throws Exception {
        StringBuilder log = new StringBuilder();
        for (int i = 0; log.length() < 10_000_000; i++) {
            log.append(line(i % 60_000, "payload number " + i));
        }
        api.traces.log("t", "n1", log.toString());
        api.traces.log("t", "n2", log.toString());
        api.traces.mostOutstanding.set(0);

        HttpResponse<InputStream> zipped = api.http.send(
                api.request("GET", "/trace/t/download", api.administrator(), null),
                HttpResponse.BodyHandlers.ofInputStream());
        long bytes = 0;
        try (ZipInputStream zip = new ZipInputStream(zipped.body())) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                bytes += zip.transferTo(java.io.OutputStream.nullOutputStream());
            }
        }
        assertThat(bytes).isEqualTo(2L * log.length());
        assertThat(api.traces.mostOutstanding.get()).isEqualTo(1);

        api.traces.mostOutstanding.set(0);
        assertThat(download("?format=text").body()).hasSize(2 * log.length());
        assertThat(api.traces.mostOutstanding.get()).isBetween(1, 2);
    }

    @Test
    void a_reader_that_does_not_read_holds_the_nodes_back() throws Exception {
        api.traces.log("t", "n1", line(1, "z".repeat(200)).repeat(80_000));
        api.traces.reads.set(0);

        HttpResponse<InputStream> response = api.http.send(
                api.request("GET", "/trace/t/download?format=text&node=n1", api.administrator(), null),
                HttpResponse.BodyHandlers.ofInputStream());
        int before;
        try (InputStream in = response.body()) {
            assertThat(in.read()).isEqualTo('2');
            before = api.traces.reads.get();
        }

        assertThat(before).isLessThan(160);
    }

    @Test
    void lines_that_were_overwritten_are_told_where_they_are_missing() throws Exception {
        StringBuilder one = new StringBuilder();
        StringBuilder other = new StringBuilder();
        for (int i = 0; i < 4000; i++) {
            (i % 2 == 0 ? one : other).append(line(i, "x".repeat(150)));
        }
        int removed = one.length()
                / line(0, "x".repeat(150)).length()
                * 3
                / 4
                * line(0, "x".repeat(150)).length();
        api.traces.log("t", "n1", one.toString());
        api.traces.log("t", "n2", other.toString());
        AtomicInteger reads = new AtomicInteger();
        api.traces.beforeRead = node -> {
            if (node.equals("n1") && reads.incrementAndGet() == 2) {
                api.traces.rotate("t", "n1", removed);
            }
        };

        List<String> lines = new String(download("?format=text").body(), StandardCharsets.UTF_8)
                .lines()
                .toList();

        assertThat(lines)
                .hasSizeGreaterThan(3000)
                .filteredOn(line -> line.contains("msg: lines_lost"))
                .hasSize(1);
        assertThat(lines.stream().map(line -> line.substring(0, 27))).isSorted();
    }

    @Test
    void a_download_breaks_off_when_its_reader_has_logged_out() throws Exception {
        api.traces.log("t", "n1", line(1, "z".repeat(200)).repeat(80_000));
        String login = api.login();

        HttpResponse<InputStream> response = api.http.send(
                api.request("GET", "/trace/t/download?format=text&node=n1", login, null),
                HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
            assertThat(in.read()).isEqualTo('2');
            assertThat(api.call("POST", "/logout", login, null).status()).isEqualTo(204);
            api.clock.move(Duration.ofSeconds(15));

            assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
        }
    }

    // ---- parts and trailers

    private static HttpResponse<String> part(String query, String... headers) throws Exception {
        return api.http.send(
                api.request("GET", "/trace/t/download?format=text&" + query, api.administrator(), null, headers),
                HttpResponse.BodyHandlers.ofString());
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=0-4, 206, 01234, bytes 0-4/10",
        "bytes=7-, 206, 789, bytes 7-9/10",
        "bytes=-3, 206, 789, bytes 7-9/10",
        "bytes=5-500, 206, 56789, bytes 5-9/10",
        "bytes=-500, 206, 0123456789, bytes 0-9/10",
        "'bytes=0-1,4-5', 200, 0123456789, ",
        "bytes=5-2, 200, 0123456789, ",
        "lines=1-2, 200, 0123456789, ",
    })
    void one_node_s_text_can_be_had_in_parts(String range, int status, String text, String contentRange)
            throws Exception {
        api.traces.log("t", "n2", "0123456789");

        HttpResponse<String> response = part("node=n2", "Range", range);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).isEqualTo(text);
        assertThat(response.headers().firstValue("Content-Range").orElse(null)).isEqualTo(contentRange);
        assertThat(response.headers().firstValue("Accept-Ranges")).contains("bytes");
    }

    @Test
    void a_part_behind_the_end_is_416_with_the_size() throws Exception {
        api.traces.log("t", "n2", "0123456789");

        HttpResponse<String> response = part("node=n2", "Range", "bytes=10-");

        assertThat(response.statusCode()).isEqualTo(416);
        assertThat(response.headers().firstValue("Content-Range")).contains("bytes */10");
        assertThat(response.body()).contains("the log has 10 bytes now");
    }

    @Test
    void questions_that_are_refused_leave_room_for_those_that_are_not() throws Exception {
        api.traces.log("t", "n2", "0123456789");
        for (int i = 0; i < 20; i++) {
            assertThat(part("node=n2", "Range", "bytes=10-").statusCode()).isEqualTo(416);
            assertThat(download("?format=jsonl").statusCode()).isEqualTo(400);
            assertThat(api.get("/trace/no/download").status()).isEqualTo(404);
        }

        assertThat(part("node=n2").body()).isEqualTo("0123456789");
    }

    @Test
    void a_part_is_only_a_part_of_the_log_that_was_begun() throws Exception {
        api.traces.log("t", "n2", "0123456789");
        String etag = part("node=n2").headers().firstValue("ETag").orElse("");

        assertThat(part("node=n2", "Range", "bytes=4-", "If-Range", etag).body())
                .isEqualTo("456789");
        assertThat(part("node=n2", "Range", "bytes=4-", "If-Range", "\"older\"").body())
                .isEqualTo("0123456789");
    }

    @Test
    void a_large_log_can_be_had_in_parts_that_make_the_whole() throws Exception {
        StringBuilder log = new StringBuilder();
        for (int i = 0; log.length() < 700_000; i++) {
            log.append(line(i % 60_000, "text number " + i));
        }
        api.traces.log("t", "n1", log.toString());

        String first = part("node=n1", "Range", "bytes=0-299999").body();
        String rest = part("node=n1", "Range", "bytes=300000-").body();

        assertThat(first).hasSize(300_000);
        assertThat(first + rest).isEqualTo(log.toString());
    }

    @Test
    void a_node_that_does_not_answer_is_named_in_the_trailer() throws Exception {
        api.traces.log("t", "n1", line(1, "a"));
        api.traces.unreachable.add("n2");

        String raw = raw("/trace/t/download?format=text");

        assertThat(raw).contains("Trailer: Nightjar-Unreachable-Nodes", "msg: node_unreachable, node: n2");
        assertThat(raw.substring(raw.lastIndexOf("\r\n0\r\n")))
                .isEqualTo("\r\n0\r\nNightjar-Unreachable-Nodes: n2\r\n\r\n");
        api.traces.unreachable.clear();
        assertThat(raw("/trace/t/download?format=text")).endsWith("\r\n0\r\n\r\n");
    }

    /** All bytes of an answer, its chunks included. */
    private static String raw(String path) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", api.server.port())) {
            String request = "GET /api/v5" + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
                    + api.administrator() + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
