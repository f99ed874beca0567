package io.nightjar.http;

import static io.nightjar.diagnosis.Ends.NOON;
import static io.nightjar.diagnosis.Ends.connected;
import static io.nightjar.diagnosis.Ends.ended;
import static io.nightjar.diagnosis.Ends.event;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.message.Traces;
import io.nightjar.mqtt.Detail;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the API tells of the recorders: the history of one client, and the ends of all. */
final class DisconnectRoutesTest {
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
    void forget() {
        api.clients.clients.clear();
        api.history.recorder.clear();
        api.history.filters.clear();
        api.history.nodes.clear();
        api.history.unreachable = List.of();
        api.history.unrelated = List.of();
        api.history.failure = null;
    }

    private static JsonNode ok(String path) throws Exception {
        ApiServer.Reply reply = api.call("GET", path, api.viewer(), null);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        return reply.json();
    }

    private static EventFilter asked() {
        return api.history.filters.get(0);
    }

    // ---- one client

    @Test
    void the_history_of_a_client_tells_every_event_with_its_fields_newest_first() throws Exception {
        api.history.recorder.add(connected(NOON, "pump/7 é", "10.0.0.7", "session_present", false));
        api.history.recorder.add(connected(NOON, "another", "10.0.0.7"));
        api.history.recorder.add(ended(
                NOON + 1,
                "pump/7 é",
                "10.0.0.7",
                Detail.PEER_FIN,
                "last_in",
                List.of("PINGREQ(2B,9ms)"),
                "bytes_in",
                7L));

        JsonNode answer = ok("/clients/pump%2F7%20%C3%A9/history");

        assertThat(answer.path("data")).hasSize(2);
        JsonNode end = answer.path("data").get(0);
        assertThat(end.path("event").asText()).isEqualTo("ended");
        assertThat(Times.parse(end.path("at").asText())).isEqualTo(NOON + 1);
        assertThat(end.path("clientid").asText()).isEqualTo("pump/7 é");
        assertThat(end.path("peername").asText()).isEqualTo("10.0.0.7:40000");
        assertThat(end.path("reason").asText()).isEqualTo("tcp_closed");
        assertThat(end.path("bytes_in").asLong()).isEqualTo(7);
        assertThat(end.path("last_in").get(0).asText()).isEqualTo("PINGREQ(2B,9ms)");
        assertThat(answer.path("data").get(1).path("event").asText()).isEqualTo("connected");
        assertThat(answer.path("meta").path("hasnext").asBoolean()).isFalse();
        assertThat(answer.path("meta").has("unreachable_nodes")).isFalse();
        assertThat(Times.parse(answer.path("meta").path("oldest_at").asText())).isEqualTo(NOON);
    }

    @Test
    void a_history_goes_on_by_cursor_and_names_nodes_that_did_not_answer() throws Exception {
        for (int i = 0; i < 5; i++) {
            api.history.recorder.add(ended(NOON + i, "c", "10.0.0.7", Detail.PEER_FIN));
        }
        api.history.unreachable = List.of("n9");

        JsonNode first = ok("/clients/c/history?limit=3");
        JsonNode second = ok("/clients/c/history?limit=3&cursor="
                + first.path("meta").path("cursor").asText());

        assertThat(first.path("data")).hasSize(3);
        assertThat(first.path("meta").path("hasnext").asBoolean()).isTrue();
        assertThat(first.path("meta").path("unreachable_nodes").get(0).asText()).isEqualTo("n9");
        assertThat(second.path("data")).hasSize(2);
        assertThat(second.path("meta").has("cursor")).isFalse();
    }

    @Test
    void the_diagnosis_of_a_client_tells_its_last_end_its_habits_and_its_socket() throws Exception {
        long now = api.clock.millis();
        for (int i = 12; i > 0; i--) {
            api.history.recorder.add(ended(
                    now - i * 20_000L,
                    "c",
                    "10.0.0.7",
                    Detail.TAKEOVERED_CONFLICT,
                    "new_peer",
                    "10.0.0.8:1",
                    "side",
                    "client"));
        }
        api.clients.add("c", "connected", true, "socket", Map.of("tcp_rtt_us", 812));

        JsonNode diagnosis = ok("/clients/c/diagnosis");

        assertThat(diagnosis.path("connected").asBoolean()).isTrue();
        assertThat(diagnosis.path("last_end").path("detail").asText()).isEqualTo("conflict");
        assertThat(diagnosis.path("ends").path("1h").path("takeovered").asInt()).isEqualTo(12);
        assertThat(diagnosis.path("ends").path("24h").path("takeovered").asInt())
                .isEqualTo(12);
        assertThat(diagnosis.path("flapping").path("flapping").asBoolean()).isTrue();
        assertThat(diagnosis.path("flapping").path("ends_10m").asInt()).isEqualTo(12);
        assertThat(diagnosis.path("conflict").path("alternations").asInt()).isEqualTo(12);
        assertThat(diagnosis.path("conflict").path("peers").get(0).asText()).isEqualTo("10.0.0.8:1");
        assertThat(diagnosis.path("conflict").path("text").asText()).contains("ClientID of its own");
        assertThat(diagnosis.path("socket").path("tcp_rtt_us").asInt()).isEqualTo(812);
        assertThat(diagnosis.has("keep_alive")).isFalse();
        assertThat(diagnosis.has("possible_failures")).isFalse();
    }

    @Test
    void the_diagnosis_of_a_client_shows_failures_that_may_have_been_its_own_as_an_inference() throws Exception {
        long now = api.clock.millis();
        api.history.recorder.add(connected(now - 9000, "pump", "10.0.0.7", "certificate_subject", "CN=pump"));
        api.history.recorder.add(
                ended(now - 5000, "pump", "10.0.0.7", Detail.PEER_FIN, "certificate_subject", "CN=pump"));
        api.history.recorder.add(event(
                Kind.FAILED, now - 1000, "", "10.0.0.99", Detail.TLS_HANDSHAKE, "certificate_subject", "CN=pump"));

        JsonNode diagnosis = ok("/clients/pump/diagnosis");

        assertThat(diagnosis.path("connected").asBoolean()).isFalse();
        assertThat(diagnosis.path("possible_failures")).hasSize(1);
        assertThat(diagnosis
                        .path("possible_failures")
                        .get(0)
                        .path("inferred_from")
                        .asText())
                .isEqualTo("certificate");
        assertThat(diagnosis.path("possible_failures").get(0).has("clientid")).isFalse();
    }

    @Test
    void the_diagnosis_of_a_client_whose_neighbours_ended_with_it_has_their_storm() throws Exception {
        long now = api.clock.millis();
        for (int i = 0; i < 20; i++) {
            api.history.recorder.add(
                    ended(now - 2_000 + i, "c" + i, "10.0.0.7", Detail.PEER_RESET, "last_in_age_ms", 60_000L));
        }
        api.history.recorder.add(ended(now, "alone", "10.9.9.9", Detail.PEER_RESET));
        api.history.recorder.add(ended(now, "left", "10.0.0.7", Detail.DISCONNECT));

        JsonNode storm = ok("/clients/c3/diagnosis").path("storm");

        assertThat(storm.path("cause").asText()).isEqualTo("address");
        assertThat(storm.path("value").asText()).isEqualTo("10.0.0.7");
        assertThat(storm.path("count").asInt()).isEqualTo(20);
        assertThat(storm.path("side").asText()).isEqualTo("network");
        assertThat(ok("/clients/alone/diagnosis").has("storm")).isFalse();
        assertThat(ok("/clients/left/diagnosis").has("storm")).isFalse();
    }

    @Test
    void nothing_is_inferred_while_a_node_is_missing_and_the_node_is_named() throws Exception {
        long now = api.clock.millis();
        api.history.recorder.add(
                ended(now - 5000, "pump", "10.0.0.7", Detail.PEER_FIN, "certificate_subject", "CN=pump"));
        api.history.recorder.add(event(
                Kind.FAILED, now - 1000, "", "10.0.0.99", Detail.TLS_HANDSHAKE, "certificate_subject", "CN=pump"));
        api.history.unrelated = List.of("n9");

        JsonNode diagnosis = ok("/clients/pump/diagnosis");
        JsonNode refused = ok("/disconnects/refused");

        assertThat(diagnosis.has("possible_failures")).isFalse();
        assertThat(diagnosis.path("unreachable_nodes").get(0).asText()).isEqualTo("n9");
        assertThat(refused.path("data").get(0).has("likely_clientid")).isFalse();
        assertThat(refused.path("meta").path("unreachable_nodes").get(0).asText())
                .isEqualTo("n9");
    }

    @Test
    void a_client_that_nobody_knows_is_404_and_one_with_only_a_session_or_only_a_record_is_not() throws Exception {
        api.clients.add("only-session", "connected", true);
        api.history.recorder.add(
                new RecordedEvent(NOON, Kind.SESSION_ENDED, "only-record", "", Map.of("why", "expired")));

        assertThat(api.get("/clients/nobody/diagnosis").status()).isEqualTo(404);
        assertThat(api.get("/clients/nobody/diagnosis").code()).isEqualTo("CLIENTID_NOT_FOUND");
        assertThat(ok("/clients/only-session/diagnosis").path("ends").path("24h"))
                .isEmpty();
        assertThat(ok("/clients/only-record/diagnosis").path("connected").asBoolean())
                .isFalse();
    }

    // ---- all clients

    @Test
    void a_search_takes_every_filter() throws Exception {
        ok("/disconnects?reason=takenover&reason=kicked&detail=conflict&side=client&side=network&clientid=c"
                + "&like_clientid=pum&username=u&ip_address=10.0.0.0/8&listener=tcp:default&node=n1"
                + "&from=2026-11-26T12:00:00Z&to=1795694401&event=refused");

        assertThat(asked())
                .usingRecursiveComparison()
                .ignoringFields("address")
                .isEqualTo(new EventFilter(
                        Set.of(Kind.REFUSED),
                        Set.of("takeovered", "kicked"),
                        Set.of("conflict"),
                        Set.of("client", "network"),
                        "c",
                        "pum",
                        "u",
                        null,
                        "tcp:default",
                        NOON,
                        NOON + 1000));
        assertThat(asked().address()).hasToString("10.0.0.0/8");
        assertThat(api.history.nodes.get(0)).containsExactly("n1");
    }

    @Test
    void a_search_without_filters_is_for_all_that_ended() throws Exception {
        api.history.recorder.add(connected(NOON, "c", "10.0.0.7"));
        api.history.recorder.add(ended(NOON, "c", "10.0.0.7", Detail.PEER_FIN));
        api.history.recorder.add(event(Kind.REFUSED, NOON + 1, "d", "10.0.0.7", Detail.CONNECT_BANNED));
        api.history.recorder.add(event(Kind.FAILED, NOON + 2, "", "10.0.0.7", Detail.NOT_MQTT));

        JsonNode data = ok("/disconnects").path("data");

        assertThat(data.findValuesAsText("event")).containsExactly("failed", "refused", "ended");
        assertThat(data.get(0).has("clientid")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    reason=closed           | must be one of normal, kicked, keepalive_timeout, not_authorized, tcp_closed, discarded, takeovered, internal_error, not "closed"
                    detail=fin              | parameter detail must be one of api, auth_timeout
                    side=us                 | must be one of client, network, server, unknown
                    ip_address=10.0.0.0/33  | must be an address or a range, as 10.0.0.7, 10.0.0.0/24
                    ip_address=example.com  | must be an address or a range
                    from=yesterday          | must be a time like
                    from=100&to=100         | parameter to must be after from; it is the same time
                    from=100&to=99          | parameter to must be after from; it is before it
                    node=nowhere            | parameter node must be one of
                    event=connected         | must be one of ended, failed, refused
                    limit=0                 | from 1 to 1000
                    limit=1001              | from 1 to 1000
                    username=               | parameter username is empty
                    from=1&from=2           | stands more than once
                    reasons=kicked          | unknown parameter "reasons"; allowed are reason
                    cursor=wrong            | begin without one, go on with meta.cursor
                    """)
    void a_wrong_parameter_is_told_with_what_it_may_be(String query, String message) throws Exception {
        ApiServer.Reply reply = api.get("/disconnects?" + query);

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.code()).isEqualTo("BAD_REQUEST");
        assertThat(reply.message()).contains(message);
    }

    @Test
    void the_summary_counts_and_groups_and_advises() throws Exception {
        for (int i = 0; i < 23; i++) {
            api.history.recorder.add(ended(
                    NOON + i * 30, "d" + i, "10.0.0.7", Detail.PEER_FIN, "last_in_age_ms", 60_000L, "side", "network"));
        }
        api.history.unreachable = List.of("n9");

        JsonNode summary = ok("/disconnects/summary");

        assertThat(summary.path("total").asInt()).isEqualTo(23);
        assertThat(summary.path("by_reason").path("tcp_closed").asInt()).isEqualTo(23);
        assertThat(summary.path("by_side").path("network").asInt()).isEqualTo(23);
        assertThat(summary.path("by_listener").path("tcp:default").asInt()).isEqualTo(23);
        assertThat(summary.path("by_node").path("n1").asInt()).isEqualTo(23);
        JsonNode minute = summary.path("per_minute").get(0);
        assertThat(Times.parse(minute.path("at").asText())).isEqualTo(NOON);
        assertThat(minute.path("total").asInt()).isEqualTo(23);
        assertThat(minute.path("tcp_closed").asInt()).isEqualTo(23);
        JsonNode group = summary.path("groups").get(0);
        assertThat(group.path("cause").asText()).isEqualTo("address");
        assertThat(group.path("value").asText()).isEqualTo("10.0.0.7");
        assertThat(group.path("detail").asText()).isEqualTo("peer_fin");
        assertThat(group.path("clients").asInt()).isEqualTo(23);
        assertThat(group.path("idle_ms").path("median").asLong()).isEqualTo(60_000);
        assertThat(group.path("advice").asText()).contains("60 s idle timeout");
        assertThat(group.path("clientids")).hasSize(5);
        JsonNode advice = summary.path("keep_alive_advice").get(0);
        assertThat(advice.path("suggested_keep_alive_s").asInt()).isEqualTo(45);
        assertThat(advice.path("age_ms").asInt()).isEqualTo(60_000);
        assertThat(Times.parse(summary.path("meta").path("from").asText())).isEqualTo(NOON);
        assertThat(summary.path("meta").path("unreachable_nodes").get(0).asText())
                .isEqualTo("n9");
        assertThat(summary.path("meta").has("truncated")).isFalse();
    }

    @Test
    void who_was_refused_is_told_with_what_lets_it_in() throws Exception {
        api.history.recorder.add(connected(NOON - 1000, "pump", "10.0.0.8"));
        api.history.recorder.add(ended(NOON, "c", "10.0.0.7", Detail.PEER_FIN));
        api.history.recorder.add(event(
                Kind.REFUSED,
                NOON + 1,
                "d",
                "10.0.0.7",
                Detail.BAD_USERNAME_OR_PASSWORD,
                "authenticator",
                "password_file",
                "why",
                "no such user",
                "username",
                "u"));
        api.history.recorder.add(event(Kind.FAILED, NOON + 2, "", "10.0.0.8", Detail.NOT_MQTT, "looks_like", "tls"));

        JsonNode data = ok("/disconnects/refused").path("data");

        assertThat(data).hasSize(2);
        JsonNode failed = data.get(0);
        assertThat(failed.path("event").asText()).isEqualTo("failed");
        assertThat(failed.path("refused_by").asText()).isEqualTo("transport");
        assertThat(failed.path("fix").asText()).contains("speaks TLS");
        assertThat(failed.path("likely_clientid").asText()).isEqualTo("pump");
        assertThat(failed.path("inferred_from").asText()).isEqualTo("address");
        JsonNode refused = data.get(1);
        assertThat(refused.path("clientid").asText()).isEqualTo("d");
        assertThat(refused.path("username").asText()).isEqualTo("u");
        assertThat(refused.path("refused_by").asText()).isEqualTo("authenticator");
        assertThat(refused.path("by").asText()).isEqualTo("password_file");
        assertThat(refused.path("why").asText()).isEqualTo("no such user");
        assertThat(refused.has("likely_clientid")).isFalse();
        assertThat(api.get("/disconnects/refused?event=ended").status()).isEqualTo(400);
    }

    @Test
    void a_busy_recorder_is_503() throws Exception {
        api.history.failure = new Traces.Refused("SERVICE_UNAVAILABLE", "node n1 has too many questions");

        ApiServer.Reply reply = api.get("/disconnects");

        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.message()).contains("too many questions");
    }

    // ---- lists of clients

    @Test
    void a_list_of_clients_tells_how_each_one_ended_last_where_its_session_does_not() throws Exception {
        api.clients.add("a", "connected", false);
        api.clients.add("b", "last_reason", "kicked", "last_detail", "api", "last_end_at", NOON);
        api.clients.add("c", "last_reason", "kicked", "last_detail", "api", "last_end_at", NOON);
        api.clients.add("never");
        api.history.recorder.add(ended(NOON, "a", "10.0.0.7", Detail.KEEP_ALIVE, "side", "network"));
        api.history.recorder.add(ended(NOON, "b", "10.0.0.7", Detail.API, "side", "server"));
        api.history.recorder.add(ended(NOON, "c", "10.0.0.7", Detail.PEER_FIN, "side", "network"));

        JsonNode data = ok("/clients").path("data");

        assertThat(data.get(0).path("last_reason").asText()).isEqualTo("keepalive_timeout");
        assertThat(data.get(0).path("last_detail").asText()).isEqualTo("keep_alive");
        assertThat(data.get(0).path("last_verdict").asText()).isEqualTo("network");
        assertThat(Times.parse(data.get(0).path("last_end_at").asText())).isEqualTo(NOON);
        assertThat(data.get(1).path("last_verdict").asText()).isEqualTo("server");
        assertThat(data.get(2).path("last_reason").asText()).isEqualTo("kicked");
        assertThat(data.get(2).has("last_verdict"))
                .as("that end is another one")
                .isFalse();
        assertThat(data.get(3).has("last_reason")).isFalse();
        assertThat(ok("/clients/a").path("last_detail").asText()).isEqualTo("keep_alive");
    }

    @Test
    void a_list_of_clients_does_not_fail_with_the_recorder() throws Exception {
        api.clients.add("a", "connected", false);
        api.history.failure = new Traces.Refused("SERVICE_UNAVAILABLE", "busy");

        assertThat(ok("/clients").path("data")).hasSize(1);
    }
}
