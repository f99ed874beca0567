package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.auth.Administrators;
import io.nightjar.auth.ApiKeys;
import io.nightjar.auth.Role;
import io.nightjar.metrics.Counters;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A server on a free port with fakes behind it, and a client that talks to it. */
final class ApiServer {
    static final String PASSWORD = "correct horse battery";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    final FakeClients clients = new FakeClients();
    final FakeTraces traces = new FakeTraces();
    final FakeHistory history = new FakeHistory();
    final Counters counters = new Counters();
    final TestClock clock = new TestClock();
    final Administrators administrators;
    final ApiKeys apiKeys;
    final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "http");
    final HttpServer server;
    final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    volatile boolean ready = true;
    private final Path directory;
    private final String administratorKey;
    private final String viewerKey;

    ApiServer() throws Exception {
        directory = Files.createTempDirectory("nightjar-http");
        administrators = Administrators.openOrCreate(directory, PASSWORD).administrators();
        apiKeys = ApiKeys.open(directory);
        administratorKey = basic("robot", Role.ADMINISTRATOR);
        viewerKey = basic("exporter", Role.VIEWER);
        clients.counters = counters;
        server = HttpServer.start(
                        system,
                        HttpSettings.of("127.0.0.1", 0),
                        clients,
                        traces,
                        counters,
                        administrators,
                        apiKeys,
                        () -> ready,
                        clock,
                        history)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    /** What came back. */
    record Reply(int status, String text, HttpResponse<?> response) {
        JsonNode json() {
            try {
                return MAPPER.readTree(text);
            } catch (java.io.IOException e) {
                throw new AssertionError("no JSON: " + text, e);
            }
        }

        String code() {
            return json().path("code").asText();
        }

        String message() {
            return json().path("message").asText();
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }
    }

    String basic(String name, Role role) {
        ApiKeys.Created created = apiKeys.create(name, role, "", clock.millis(), null, true);
        return basic(created.apiKey().key(), created.secret());
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    String administrator() {
        return administratorKey;
    }

    String viewer() {
        return viewerKey;
    }

    String login() throws Exception {
        Reply reply = call("POST", "/login", "", "{\"username\":\"admin\",\"password\":\"" + PASSWORD + "\"}");
        return "Bearer " + reply.json().path("token").asText();
    }

    Reply get(String path) throws Exception {
        return call("GET", path, administratorKey, null);
    }

    Reply delete(String path) throws Exception {
        return call("DELETE", path, administratorKey, null);
    }

    Reply post(String path, String body) throws Exception {
        return call("POST", path, administratorKey, body);
    }

    Reply put(String path, String body) throws Exception {
        return call("PUT", path, administratorKey, body);
    }

    /** @param headers name, value, name, value */
    Reply call(String method, String path, String authorization, String body, String... headers) throws Exception {
        HttpRequest request = request(method, path, authorization, body, headers);
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        return new Reply(response.statusCode(), response.body(), response);
    }

    HttpRequest request(String method, String path, String authorization, String body, String... headers) {
        String at = path.startsWith("//") ? path.substring(1) : "/api/v5" + path;
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + at))
                .timeout(Duration.ofSeconds(60))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        List<String> all = new ArrayList<>(List.of(headers));
        if (!authorization.isEmpty()) {
            all.addAll(List.of("Authorization", authorization));
        }
        if (body != null && !all.contains("Content-Type")) {
            all.addAll(List.of("Content-Type", "application/json"));
        }
        if (!all.isEmpty()) {
            builder.headers(all.toArray(String[]::new));
        }
        return builder.build();
    }

    void close() throws Exception {
        server.stop(Duration.ofSeconds(2)).toCompletableFuture().get(20, TimeUnit.SECONDS);
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
        try (Stream<Path> inside = Files.list(directory)) {
            for (Path file : inside.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
