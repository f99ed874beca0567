package io.nightjar.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a Nightjar counts, asked over its HTTP API. Who may ask stands in the environment, since a command line can be read
 * by others: {@value #LOGIN} ({@code user:password}) or {@value #API_KEY} ({@code key:secret}).
 */
final class BrokerFigures {
    static final String LOGIN = "NIGHTJAR_STEADY_LOGIN";
    static final String API_KEY = "NIGHTJAR_STEADY_API_KEY";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String DROPPED = "nightjar_dropped_";
    private static final String TOTAL = "_total";

    private final HttpClient http = HttpClient.newHttpClient();
    private final String api;
    private final String authorization;

    private BrokerFigures(String api, String authorization) {
        this.api = api;
        this.authorization = authorization;
    }

    /**
     * Of the API at {@code host:port}; null if none is named.
     *
     * @throws IOException if it does not answer or refuses the login
     */
    static @Nullable BrokerFigures of(String hostAndPort, Map<String, String> environment)
            throws IOException, InterruptedException {
        String key = environment.get(API_KEY);
        String login = environment.get(LOGIN);
        String api = "http://" + hostAndPort + "/api/v5";
        if (hostAndPort.isEmpty()) {
            return null;
        } else if (key != null) {
            byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
            return new BrokerFigures(api, "Basic " + Base64.getEncoder().encodeToString(bytes));
        } else if (login == null || login.indexOf(':') < 0) {
            throw new IOException("--api needs " + API_KEY + "=key:secret in the environment, or " + LOGIN
                    + "=user:password: the API tells nobody else");
        }
        int colon = login.indexOf(':');
        String body = JSON.createObjectNode()
                .put("username", login.substring(0, colon))
                .put("password", login.substring(colon + 1))
                .toString();
        HttpRequest request = HttpRequest.newBuilder(URI.create(api + "/login"))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        JsonNode token =
                answer.statusCode() == 200 ? JSON.readTree(answer.body()).get("token") : null;
        if (token == null) {
            throw new IOException("the API at " + hostAndPort + " answered " + answer.statusCode() + " to the login");
        }
        return new BrokerFigures(api, "Bearer " + token.asText());
    }

    /** All samples by name and labels as Prometheus gets them. */
    Map<String, Double> now() throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(api + "/prometheus/stats"))
                .timeout(PATIENCE)
                .header("Authorization", authorization)
                .build();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("the API answered " + answer.statusCode() + " to the question for its figures");
            }
            return parse(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    static Map<String, Double> parse(String text) {
        Map<String, Double> all = new TreeMap<>();
        for (String line : text.split("\n")) {
            int space = line.lastIndexOf(' ');
            if (!line.startsWith("#") && space > 0) {
                all.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
            }
        }
        return all;
    }

    /** How much a counter grew. */
    static long grown(Map<String, Double> before, Map<String, Double> after, String name) {
        return Math.round(after.getOrDefault(name, 0.0) - before.getOrDefault(name, 0.0));
    }

    /** What was dropped, refused or made to wait since, by reason: {@code queue_full 12,345, kicked/slow_consumer 1}. */
    static String drops(Map<String, Double> before, Map<String, Double> after) {
        StringBuilder words = new StringBuilder();
        for (String name : after.keySet()) {
            long grown = grown(before, after, name);
            String what = null;
            if (grown <= 0) {
                continue;
            } else if (name.startsWith(DROPPED)) {
                what = name.substring(DROPPED.length(), name.length() - TOTAL.length());
            } else if (name.contains("refused_") && name.startsWith("nightjar_") || name.contains("_refused")) {
                what = name.substring("nightjar_".length(), name.length() - TOTAL.length());
            } else if (name.equals("nightjar_connects_delayed_total")
                    || name.equals("nightjar_messages_without_subscriber_total")
                    || name.equals("nightjar_reads_deferred_total")) {
                what = name.substring("nightjar_".length(), name.length() - TOTAL.length());
            } else if (name.startsWith("nightjar_connection_ends_total{") && !name.contains("reason=\"normal\"")) {
                what = label(name, "reason") + "/" + label(name, "detail");
            }
            if (what != null) {
                words.append(words.isEmpty() ? "" : ", ").append(what).append(String.format(" %,d", grown));
            }
        }
        return words.toString();
    }

    private static String label(String sample, String name) {
        int from = sample.indexOf(name + "=\"");
        return from < 0
                ? ""
                : sample.substring(from + name.length() + 2, sample.indexOf('"', from + name.length() + 2));
    }
}
