package io.nightjar.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The HTTP API of one node as an administrator uses it. Logs in at the first call. Thread-safe. */
public final class ApiClient {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();

    private final String base;
    private final String password;
    private volatile String token = "";

    public ApiClient(int port, String password) {
        this.base = "http://127.0.0.1:" + port + "/api/v5";
        this.password = password;
    }

    // ---- traces

    /** Creates a trace by ClientID, waits until it runs on that many nodes, and tells its name. */
    public String trace(String clientId, int nodes) {
        return trace("clientid", clientId, nodes);
    }

    /** Creates a trace of any type, waits until it runs on that many nodes, and tells its name. */
    public String trace(String type, String value, int nodes) {
        String name = "t" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 48), 36);
        ObjectNode body = JSON.createObjectNode();
        body.put("name", name).put("type", type).put(type, value);
        HttpResponse<byte[]> answer = call("POST", "/trace", body.toString());
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
        await("trace " + name + " runs").atMost(PATIENCE).until(() -> isRunning(name, nodes));
        return name;
    }

    private boolean isRunning(String name, int nodes) {
        for (JsonNode trace : json("/trace")) {
            if (trace.path("name").asText().equals(name)) {
                return trace.path("status").asText().equals("running")
                        && trace.path("log_size").size() >= nodes;
            }
        }
        return false;
    }

    /** The whole trace as one text, all nodes merged. */
    public String traceText(String name) {
        HttpResponse<byte[]> answer = call("GET", "/trace/" + name + "/download?format=text", null);
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
        return text(answer);
    }

    /** The download as it comes by default: file name to text. */
    public Map<String, String> traceZip(String name) {
        HttpResponse<byte[]> answer = call("GET", "/trace/" + name + "/download", null);
        assertThat(answer.statusCode()).isEqualTo(200);
        Map<String, String> files = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(answer.body()))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /** The one line about the end of a connection, once it is in the file. */
    public String tracedEnd(String name) {
        return tracedEnds(name, 1).get(0);
    }

    /** The lines about ends of connections, once that many are in the file. */
    public List<String> tracedEnds(String name, int count) {
        await("ends in trace " + name).atMost(PATIENCE).untilAsserted(() -> assertThat(ends(name))
                .as("ends in the trace, of %s", traceText(name))
                .hasSize(count));
        return ends(name);
    }

    private List<String> ends(String name) {
        return traceText(name)
                .lines()
                .filter(line -> line.contains(" msg: connection_ended"))
                .toList();
    }

    public void deleteTrace(String name) {
        assertThat(call("DELETE", "/trace/" + name, null).statusCode()).isEqualTo(204);
    }

    // ---- clients

    /** Kicks and tells the status code. */
    public int kick(String clientId) {
        return call("DELETE", "/clients/" + encode(clientId), null).statusCode();
    }

    /** One client of the cluster, or null if it has no session anywhere. */
    public JsonNode client(String clientId) {
        HttpResponse<byte[]> answer = call("GET", "/clients/" + encode(clientId), null);
        return answer.statusCode() == 404 ? null : parse(answer);
    }

    /** All clients whose connection is open, of the whole cluster. */
    public List<JsonNode> connected(String like) {
        List<JsonNode> all = new ArrayList<>();
        JsonNode page = json("/clients?conn_state=connected&limit=10000&like_clientid=" + encode(like));
        page.path("data").forEach(all::add);
        return all;
    }

    /** The answer to a GET that must succeed. */
    public JsonNode json(String path) {
        HttpResponse<byte[]> answer = call("GET", path, null);
        assertThat(answer.statusCode()).as(path + ": " + text(answer)).isEqualTo(200);
        return parse(answer);
    }

    // ---- calls

    /** Server-Sent Events of a call, with the administrator's token. */
    public EventStream events(String path, String... headers) throws IOException {
        List<String> all = new ArrayList<>(List.of("Authorization", authorization()));
        all.addAll(List.of(headers));
        return new EventStream(base + path, all.toArray(String[]::new));
    }

    /** What the administrator puts into the header of this name. */
    public String authorization() {
        json("/trace"); // logs in where that was not done yet
        return "Bearer " + token;
    }

    /** One call with the administrator's token. */
    public HttpResponse<byte[]> call(String method, String path, String body) {
        if (token.isEmpty()) {
            ObjectNode login = JSON.createObjectNode().put("username", "admin").put("password", password);
            HttpResponse<byte[]> answer = send("POST", "/login", login.toString());
            assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
            token = parse(answer).path("token").asText();
        }
        return send(method, path, body);
    }

    private HttpResponse<byte[]> send(String method, String path, String body) {
        HttpRequest.BodyPublisher publisher =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(PATIENCE)
                .method(method, publisher);
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode parse(HttpResponse<byte[]> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(text(answer), e);
        }
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
