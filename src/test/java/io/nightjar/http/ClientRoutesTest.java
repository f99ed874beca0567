package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.mqtt.Detail;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClientRoutesTest {
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
        api.clients.clients.clear();
        api.clients.kicks.clear();
        api.clients.queries.clear();
        api.clients.subscriptions.clear();
        api.clients.unreachable = List.of();
        api.clients.failure = null;
        api.clients.gate = null;
        api.clients.kickOutcome = null;
        api.history.lastEndsAsked.set(0);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Test
    void a_list_tells_the_clients_with_times_in_the_zone_of_the_node() throws Exception {
        api.clients.add("a", "node", "n1", "connected", true, "connected_at", TestClock.START, "proto_ver", 5);

        JsonNode json = api.get("/clients").json();

        assertThat(json.path("data").path(0).path("connected_at").asText()).isEqualTo("2026-11-23T16:05:09.123+02:00");
        assertThat(json.path("data").path(0).path("connected").asBoolean()).isTrue();
        assertThat(json.path("meta").toString()).isEqualTo("{\"page\":1,\"limit\":100,\"count\":1,\"hasnext\":false}");
    }

    @Test
    void pages_and_cursors_walk_all_clients_once() throws Exception {
        for (int i = 0; i < 25; i++) {
            api.clients.add(String.format("c/%02d é", i));
        }

        JsonNode third = api.get("/clients?page=3&limit=10").json();
        List<String> walked = new ArrayList<>();
        String cursor = "";
        boolean more = true;
        while (more) {
            JsonNode json = api.get("/clients?limit=10&cursor=" + cursor).json();
            json.path("data").forEach(c -> walked.add(c.path("clientid").asText()));
            more = json.path("meta").path("hasnext").asBoolean();
            cursor = json.path("meta").path("cursor").asText();
        }

        assertThat(third.path("data")).hasSize(5);
        assertThat(third.path("meta").path("count").asInt()).isEqualTo(25);
        assertThat(third.path("meta").path("hasnext").asBoolean()).isFalse();
        assertThat(walked).hasSize(25).doesNotHaveDuplicates().isSorted();
    }

    @Test
    void nodes_that_did_not_answer_are_named() throws Exception {
        api.clients.unreachable = List.of("n2");

        assertThat(api.get("/clients")
                        .json()
                        .path("meta")
                        .path("unreachable_nodes")
                        .toString())
                .isEqualTo("[\"n2\"]");
    }

    @Test
    void filters_are_handed_on_in_normal_form() throws Exception {
        ApiServer.Reply reply = api.get("/clients?node=n2&username=u&clientid=a%2Bb&clientid=c+d&ip_address=::1"
                + "&conn_state=idle&clean_start=true&proto_ver=5&like_clientid=x&like_username=y"
                + "&gte_created_at=2026-11-23T16:05:09.123%2B02:00&lte_created_at=1795442709&gte_connected_at=0"
                + "&lte_connected_at=2026-11-23T14:05:09Z&reason=takenover&fields=clientid,node&sort=clientid");

        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        Map<String, List<String>> filters = api.clients.queries.get(0).filters();
        assertThat(filters.get("clientid")).containsExactly("a+b", "c d");
        assertThat(filters.get("ip_address")).containsExactly("0:0:0:0:0:0:0:1");
        assertThat(filters.get("gte_created_at")).containsExactly(Long.toString(TestClock.START));
        assertThat(filters.get("lte_created_at")).containsExactly("1795442709000");
        assertThat(filters.get("reason")).containsExactly("takeovered");
        assertThat(filters.keySet()).containsExactlyInAnyOrderElementsOf(ClientFilters.NAMES);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "foo=1",
                "conn_state=up",
                "clean_start=yes",
                "proto_ver=6",
                "limit=0",
                "limit=10001",
                "limit=ten",
                "page=0",
                "page=1&cursor=",
                "page=99999999&limit=10000",
                "cursor=%C3%A9",
                "gte_created_at=yesterday",
                "lte_connected_at=2026-11-23",
                "ip_address=10.0.0",
                "ip_address=example.org",
                "ip_address=999.1.1.1",
                "node=n9",
                "reason=gone",
                "sort=node",
                "fields=clientid,secret",
                "node=n1&page=1&page=2",
                "username="
            })
    void a_parameter_that_is_wrong_is_a_400_that_names_it(String query) throws Exception {
        ApiServer.Reply reply = api.get("/clients?" + query);

        String name = query.contains("page=1&page") ? "page" : query.substring(0, query.indexOf('='));
        assertThat(reply.status()).as(query).isEqualTo(400);
        assertThat(reply.code()).isEqualTo("BAD_REQUEST");
        assertThat(reply.message()).contains(name);
        assertThat(api.clients.queries).isEmpty();
    }

    @Test
    void a_reason_that_is_none_is_told_the_eight_and_an_order_that_is_not_kept_is_told_why() throws Exception {
        assertThat(api.get("/clients?reason=gone").message())
                .contains("normal, kicked, keepalive_timeout, not_authorized, tcp_closed, discarded, takeovered,"
                        + " internal_error");
        assertThat(api.get("/clients?sort=connected_at").message())
                .contains("must be clientid")
                .contains("gte_connected_at");
    }

    @Test
    void an_unknown_parameter_is_told_the_known_ones() throws Exception {
        assertThat(api.get("/clients?foo=1").message())
                .contains("unknown parameter \"foo\"")
                .contains("like_clientid")
                .contains("cursor");
    }

    @Test
    void fields_choose_what_is_told() throws Exception {
        api.clients.add("a", "node", "n1", "connected", true);

        assertThat(api.get("/clients?fields=node").json().path("data").toString())
                .isEqualTo("[{\"node\":\"n1\"}]");
        assertThat(api.get("/clients/a?fields=connected").text()).isEqualTo("{\"connected\":true}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "a/b/c",
                "/",
                "100%",
                "%2F",
                "with space",
                "plus+sign",
                "ключ-日本-😀",
                "semi;colon?and#hash&and=equals",
                "..",
                "quote\"back\\slash",
                "tab\tand\u0001control",
                "kickout"
            })
    void any_client_id_can_stand_in_a_path(String clientId) throws Exception {
        api.clients.add(clientId);
        api.clients.subscriptions.put(clientId, List.of(Map.of("topic", "t/#", "qos", 1)));

        ApiServer.Reply shown = api.get("/clients/" + encode(clientId));
        ApiServer.Reply subscriptions = api.get("/clients/" + encode(clientId) + "/subscriptions");
        ApiServer.Reply kicked = api.delete("/clients/" + encode(clientId));

        assertThat(shown.status()).isEqualTo(200);
        assertThat(shown.json().path("clientid").asText()).isEqualTo(clientId);
        assertThat(subscriptions.json().path(0).path("topic").asText()).isEqualTo("t/#");
        assertThat(subscriptions.json().path(0).path("clientid").asText()).isEqualTo(clientId);
        assertThat(kicked.status()).isEqualTo(204);
        assertThat(api.clients.kicks.get(0).clientId()).isEqualTo(clientId);
    }

    @Test
    void a_client_id_of_the_greatest_length_can_stand_in_a_path() throws Exception {
        String clientId = "é".repeat(32_767);
        api.clients.add(clientId);

        assertThat(api.get("/clients/" + encode(clientId)).status()).isEqualTo(200);
    }

    @Test
    void what_is_not_there_is_a_404() throws Exception {
        for (String path : List.of("/clients/no", "/clients/no/subscriptions")) {
            ApiServer.Reply reply = api.get(path);
            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.code()).isEqualTo("CLIENTID_NOT_FOUND");
            assertThat(reply.message()).contains("\"no\"");
        }
        assertThat(api.delete("/clients/no").status()).isEqualTo(404);
    }

    @Test
    void a_kick_says_who_through_what_and_why() throws Exception {
        String bearer = api.login();
        for (String id : List.of("1", "2", "3", "4")) {
            api.clients.add(id);
        }

        api.delete("/clients/1?reason=too%20loud&keep_session=true");
        api.call("DELETE", "/clients/2", api.administrator(), null, "X-Nightjar-Client", "cli");
        api.call("DELETE", "/clients/3", bearer, null, "X-Nightjar-Client", "dashboard");
        api.call("DELETE", "/clients/4", api.administrator(), null, "X-Nightjar-Client", "dashboard");

        var kicks = api.clients.kicks;
        assertThat(kicks.get(0).reason().detail()).isEqualTo(Detail.API);
        assertThat(kicks.get(0).reason().facts()).isEqualTo(Map.of("by", "robot", "why", "too loud"));
        assertThat(kicks.get(0).keepSession()).isTrue();
        assertThat(kicks.get(1).reason().detail()).isEqualTo(Detail.CLI);
        assertThat(kicks.get(1).keepSession()).isFalse();
        assertThat(kicks.get(2).reason().detail()).isEqualTo(Detail.DASHBOARD);
        assertThat(kicks.get(2).reason().facts()).isEqualTo(Map.of("by", "admin"));
        assertThat(kicks.get(3).reason().detail()).isEqualTo(Detail.API);
    }

    @Test
    void a_kick_with_a_wrong_parameter_kicks_nobody() throws Exception {
        api.clients.add("1");

        assertThat(api.delete("/clients/1?keep_session=maybe").status()).isEqualTo(400);
        assertThat(api.delete("/clients/1?reason=" + "x".repeat(257)).status()).isEqualTo(400);
        assertThat(api.delete("/clients/1?reason=a%0Ab").status()).isEqualTo(400);
        assertThat(api.clients.kicks).isEmpty();
    }

    @Test
    void a_list_of_clients_is_kicked_whoever_of_them_is_gone() throws Exception {
        api.clients.add("a/b");
        api.clients.add("b");

        assertThat(api.post("/clients/kickout/bulk", "[\"a/b\",\"gone\"]").status())
                .isEqualTo(204);

        assertThat(api.clients.clients).containsOnlyKeys("b");
        assertThat(api.post("/clients/kickout/bulk", "{}").status()).isEqualTo(400);
        assertThat(api.post("/clients/kickout/bulk", "[1]").message()).contains("must be a text");
    }

    @Test
    void kicks_of_many_that_are_under_way_are_bounded() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> lists = new ArrayList<>();
        api.clients.kickOutcome = new CompletableFuture<>();
        for (int i = 0; i < 4; i++) {
            lists.add(api.http.sendAsync(
                    api.request("POST", "/clients/kickout/bulk", api.administrator(), "[\"x\"]"),
                    HttpResponse.BodyHandlers.ofString()));
        }
        Awaitility.await().until(() -> api.clients.kicks.size() == 4);

        ApiServer.Reply fifth = api.post("/clients/kickout/bulk", "[\"x\"]");
        api.clients.kickOutcome.complete(true);

        assertThat(fifth.status() + fifth.code()).isEqualTo("400EXCEED_LIMIT");
        assertThat(fifth.message()).contains("wait for one to end");
        for (var list : lists) {
            assertThat(list.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(204);
        }
        api.clients.kickOutcome = null;
        assertThat(api.post("/clients/kickout/bulk", "[\"x\"]").status()).isEqualTo(204);
    }

    @Test
    void lists_that_would_not_fit_into_memory_together_are_refused_until_some_are_done() throws Exception {
        api.clients.add("a");
        api.clients.gate = new CompletableFuture<>();
        List<CompletableFuture<HttpResponse<String>>> lists = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            lists.add(api.http.sendAsync(
                    api.request("GET", "/clients?limit=10000", api.viewer(), null),
                    HttpResponse.BodyHandlers.ofString()));
        }
        Awaitility.await().until(() -> api.clients.queries.size() == 4);

        ApiServer.Reply refused = api.get("/clients?limit=1");
        ApiServer.Reply kick = api.post("/clients/kickout/query?clientid=a&dry_run=true", null);
        api.clients.gate.complete(null);

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.message()).contains("ask again");
        assertThat(refused.header("Retry-After")).isNotEmpty();
        assertThat(kick.status()).isEqualTo(503);
        for (var list : lists) {
            assertThat(list.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
        api.clients.gate = null;
        assertThat(api.get("/clients?limit=10000").status()).isEqualTo(200);
    }

    @Test
    void only_the_fields_asked_for_are_asked_of_the_nodes_and_recorders_only_for_what_sessions_do_not_know()
            throws Exception {
        api.clients.add("a", "username", "u", "last_reason", "normal", "last_detail", "x", "last_end_at", 1L);

        api.get("/clients?fields=clientid,username");
        api.get("/clients?fields=last_reason");
        assertThat(api.history.lastEndsAsked).hasValue(0);
        api.get("/clients?fields=last_verdict");

        assertThat(api.clients.queries.get(0).fields()).containsExactlyInAnyOrder("clientid", "username");
        assertThat(api.clients.queries.get(1).fields())
                .containsExactlyInAnyOrder("clientid", "last_reason", "last_detail", "last_verdict", "last_end_at");
        assertThat(api.history.lastEndsAsked).hasValue(1);
    }

    @Test
    void a_filter_kicks_all_that_match_and_says_how_many() throws Exception {
        for (int i = 0; i < 2500; i++) {
            api.clients.add((i % 2 == 0 ? "sensor-" : "meter-") + i);
        }

        JsonNode dry = api.post("/clients/kickout/query?like_clientid=sensor&dry_run=true&rate=10", null)
                .json();
        assertThat(api.clients.clients).hasSize(2500);
        JsonNode done = api.post("/clients/kickout/query?like_clientid=sensor&rate=100000&why=new+firmware", null)
                .json();

        assertThat(dry.path("matched").asInt()).isEqualTo(1250);
        assertThat(dry.path("seconds").asInt()).isEqualTo(125);
        assertThat(done.path("kicked").asInt()).isEqualTo(1250);
        assertThat(api.clients.clients).hasSize(1250);
        assertThat(api.clients.kicks.get(0).reason().facts()).containsEntry("why", "new firmware");
    }

    @Test
    void a_long_kick_goes_on_after_the_answer() throws Exception {
        for (int i = 0; i < 60; i++) {
            api.clients.add("slow-" + i);
        }

        ApiServer.Reply reply = api.post("/clients/kickout/query?like_clientid=slow&rate=5", null);

        assertThat(reply.status()).isEqualTo(202);
        assertThat(reply.json().path("seconds").asInt()).isEqualTo(12);
        Awaitility.await().until(() -> api.clients.kicks.size() >= 2);
    }

    @Test
    void a_kick_without_filter_is_refused() throws Exception {
        api.clients.add("a");

        ApiServer.Reply reply = api.post("/clients/kickout/query?rate=10", null);

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.message()).contains("filter");
        assertThat(api.clients.kicks).isEmpty();
    }

    @Test
    void a_fault_of_ours_is_a_500_with_an_id_and_without_its_text() throws Exception {
        api.clients.failure = new IllegalStateException("secret internals");

        ApiServer.Reply reply = api.get("/clients");

        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.code()).isEqualTo("INTERNAL_ERROR");
        assertThat(reply.text()).doesNotContain("internals");
    }
}
