package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of the dashboard can be seen without a browser. */
final class DashboardFilesTest {
    private static final Path FOLDER =
            Path.of(System.getProperty("nightjar.project"), "src/main/resources/io/nightjar/http/dashboard");
    private static ApiServer api;

    @BeforeAll
    static void start() throws Exception {
        api = new ApiServer();
    }

    @AfterAll
    static void stop() throws Exception {
        api.close();
    }

    private static ApiServer.Reply get(String path, String... headers) throws Exception {
        return api.call("GET", "/" + path, "", null, headers);
    }

    @Test
    void every_file_in_the_folder_is_served_and_nothing_else() throws Exception {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files.map(file -> file.getFileName().toString()).toList())
                    .containsExactlyInAnyOrderElementsOf(Dashboard.FILES);
        }
        for (String file : Dashboard.FILES) {
            assertThat(get("/" + file).text()).as(file).isEqualTo(Files.readString(FOLDER.resolve(file)));
        }
        assertThat(get("/").text()).isEqualTo(get("/index.html").text());
    }

    @Test
    void files_have_their_types_and_the_headers_that_let_nothing_foreign_in() throws Exception {
        Map<String, String> types = Map.of(
                "/", "text/html; charset=UTF-8",
                "/style.css", "text/css; charset=UTF-8",
                "/main.js", "text/javascript; charset=UTF-8",
                "/lib/lit-html.js", "text/javascript; charset=UTF-8",
                "/lib/directives/repeat.js", "text/javascript; charset=UTF-8",
                "/icon.svg", "image/svg+xml");
        for (Map.Entry<String, String> type : types.entrySet()) {
            ApiServer.Reply reply = get(type.getKey());
            assertThat(reply.status()).as(type.getKey()).isEqualTo(200);
            assertThat(reply.header("Content-Type")).isEqualTo(type.getValue());
            assertThat(reply.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(reply.header("Cache-Control")).isEqualTo("no-cache");
            assertThat(reply.header("Content-Security-Policy"))
                    .contains("default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
        }
    }

    @Test
    void a_browser_that_has_the_file_gets_it_once() throws Exception {
        String tag = get("/main.js").header("ETag");

        ApiServer.Reply again = get("/main.js", "If-None-Match", tag);
        ApiServer.Reply other = get("/style.css", "If-None-Match", tag);

        assertThat(tag).matches("\"[0-9a-f]{24}\"");
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.text()).isEmpty();
        assertThat(again.header("ETag")).isEqualTo(tag);
        assertThat(other.status()).isEqualTo(200);
    }

    @Test
    void head_tells_the_size_and_other_methods_are_refused() throws Exception {
        ApiServer.Reply head = api.call("HEAD", "//main.js", "", null);

        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("Content-Length")).isEqualTo(Long.toString(Files.size(FOLDER.resolve("main.js"))));
        assertThat(api.call("POST", "//main.js", "", "{}").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../openapi.json",
                "/lib/../openapi.json",
                "/lib/%2e%2e/%2e%2e/nightjar.conf",
                "/..%2f..%2fnightjar.conf",
                "/lib/unsafe-html.js",
                "/lib/directives/unsafe-html.js",
                "/lib/",
                "/main.js/",
                "//main.js",
                "/MAIN.JS",
                "/main.js%00",
                "/io/nightjar/http/dashboard/main.js",
                "/META-INF/resources/webjars/lit-html/3.3.2/lit-html.js",
                "/nightjar.conf",
                "/anything"
            })
    void no_other_path_leads_to_a_file(String path) throws Exception {
        ApiServer.Reply reply = get(path);

        assertThat(reply.status()).isIn(400, 404);
        assertThat(reply.header("Content-Type")).startsWith("application/json");
    }

    @Test
    void every_module_that_is_imported_is_served() throws Exception {
        Pattern imports = Pattern.compile("(?:from|import) ?\"(\\.\\.?/[^\"]+)\"");
        List<String> modules = Stream.concat(
                        Dashboard.FILES.stream(), Dashboard.LIBRARY.stream().map(name -> "lib/" + name))
                .filter(name -> name.endsWith(".js"))
                .toList();
        for (String module : modules) {
            Matcher matcher = imports.matcher(get("/" + module).text());
            while (matcher.find()) {
                Path target =
                        Path.of("/" + module).resolveSibling(matcher.group(1)).normalize();
                assertThat(get(target.toString()).status())
                        .as(module + " imports " + target)
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void nothing_comes_from_elsewhere_and_nothing_is_inline() throws IOException {
        for (String file : Dashboard.FILES) {
            String text = Files.readString(FOLDER.resolve(file), StandardCharsets.UTF_8)
                    .replace("http://www.w3.org/2000/svg", "");
            assertThat(text)
                    .as(file)
                    .doesNotContain("http://", "https://", " style=\"", " style=$", "<style", "unsafeHTML", "innerHTML")
                    .doesNotContain("eval(", "onclick=", "document.write");
        }
    }

    @Test
    void the_dashboard_knows_every_reason_and_every_detail_and_no_other() throws IOException {
        String words = Files.readString(FOLDER.resolve("words.js"), StandardCharsets.UTF_8);

        assertThat(keys(words, "REASONS"))
                .isEqualTo(new TreeSet<>(
                        Arrays.stream(Reason.values()).map(Reason::word).toList()));
        assertThat(keys(words, "DETAILS"))
                .isEqualTo(new TreeSet<>(
                        Arrays.stream(Detail.values()).map(Detail::word).toList()));
    }

    /** Names of a table of words.js. */
    private static TreeSet<String> keys(String words, String table) {
        String from = words.substring(words.indexOf("export const " + table + " = {"));
        String body = from.substring(0, from.indexOf("\n};"));
        TreeSet<String> keys = new TreeSet<>();
        Matcher matcher = Pattern.compile("(?m)^ {2}([a-z_]+): ").matcher(body);
        while (matcher.find()) {
            keys.add(matcher.group(1));
        }
        return keys;
    }
}
