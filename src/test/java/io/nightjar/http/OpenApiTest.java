package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The document and the routes say the same. */
final class OpenApiTest {
    private static ApiServer api;

    @BeforeAll
    static void start() throws Exception {
        api = new ApiServer();
    }

    @AfterAll
    static void stop() throws Exception {
        api.close();
    }

    private static JsonNode document() throws Exception {
        ApiServer.Reply reply = api.call("GET", "//api-docs/swagger.json", "", null);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text())
                .isEqualTo(api.call("GET", "/api-docs/swagger.json", "", null).text());
        return reply.json();
    }

    /** {@code METHOD /path} and what the document says about it. */
    private static Map<String, JsonNode> documented() throws Exception {
        Map<String, JsonNode> all = new TreeMap<>();
        for (Map.Entry<String, JsonNode> path : document().path("paths").properties()) {
            for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
                all.put(method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(), method.getValue());
            }
        }
        return all;
    }

    private static List<Route> routes() {
        Ports ports = new Ports(
                api.clients,
                api.traces,
                api.counters,
                api.administrators,
                api.apiKeys,
                () -> true,
                api.clock,
                TraceLimits.of(new FakeTraces()),
                api.history);
        return HttpServer.routes(api.system, HttpSettings.of("127.0.0.1", 0), ports, new Tokens(1000));
    }

    @Test
    void every_route_is_documented_with_its_parameters_and_nothing_else_is() throws Exception {
        Map<String, String> expected = new TreeMap<>();
        for (Route route : routes()) {
            expected.put(
                    route.method() + " " + Api.BASE + route.template(), new TreeSet<>(route.parameters()).toString());
        }

        Map<String, String> found = new TreeMap<>();
        documented().forEach((call, operation) -> {
            TreeSet<String> names = new TreeSet<>();
            for (JsonNode parameter : operation.path("parameters")) {
                if (parameter.path("in").asText().equals("query")) {
                    names.add(parameter.path("name").asText());
                }
            }
            found.put(call, names.toString());
        });

        assertThat(found).isEqualTo(expected);
    }

    @Test
    void every_documented_call_answers_with_a_status_that_is_documented() throws Exception {
        api.clients.add("x");
        String bearer = api.login();
        List<String> calls = new ArrayList<>(documented().keySet());
        for (String call : calls) {
            String[] parts = call.split(" ");
            String path = parts[1].substring(Api.BASE.length()).replaceAll("\\{[a-z]+}", "x");

            ApiServer.Reply reply = api.call(parts[0], path, bearer, parts[0].equals("GET") ? null : "{}");

            assertThat(reply.status()).as(call).isNotEqualTo(405).isLessThan(500);
            assertThat(documented().get(call).path("responses").has(Integer.toString(reply.status())))
                    .as(call + " answers " + reply.status() + " " + reply.text())
                    .isTrue();
            if (reply.status() >= 400) {
                assertThat(reply.message()).as(call).isNotEmpty().doesNotContain("there is nothing here");
            }
            if (path.equals("/logout")) {
                bearer = api.login();
            }
        }
    }

    @Test
    void calls_that_need_a_login_are_refused_without_one_and_changes_to_a_viewer() throws Exception {
        for (Map.Entry<String, JsonNode> call : documented().entrySet()) {
            String[] parts = call.getKey().split(" ");
            String path = parts[1].substring(Api.BASE.length()).replaceAll("\\{[a-z]+}", "x");
            boolean open = call.getValue().path("security").isArray();

            int nobody = api.call(parts[0], path, "", null).status();
            int viewer = api.call(parts[0], path, api.viewer(), null).status();

            if (open) {
                assertThat(nobody).as(call.getKey()).isNotEqualTo(403);
            } else {
                assertThat(nobody).as(call.getKey()).isEqualTo(401);
                assertThat(viewer == 403)
                        .as(call.getKey() + " answers a viewer " + viewer)
                        .isEqualTo(!parts[0].equals("GET") || path.startsWith("/api_key"));
            }
        }
    }

    @Test
    void references_in_the_document_lead_somewhere() throws Exception {
        JsonNode document = document();

        for (String reference : document.findValuesAsText("$ref")) {
            assertThat(document.at(reference.substring(1)).isObject())
                    .as(reference)
                    .isTrue();
        }
    }

    @Test
    void the_fields_of_a_client_are_those_that_can_be_asked_for() throws Exception {
        TreeSet<String> fields = new TreeSet<>();
        document().at("/components/schemas/Client/properties").fieldNames().forEachRemaining(fields::add);

        assertThat(api.get("/clients?fields=" + String.join(",", fields)).status())
                .isEqualTo(200);
        assertThat(api.get("/clients?fields=no").message().split(" of ")[1].split(", "))
                .hasSize(fields.size());
    }
}
