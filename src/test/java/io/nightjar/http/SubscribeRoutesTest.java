package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.message.HeldMessages;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subscribing on a client's behalf, and the messages that are held for it. */
final class SubscribeRoutesTest {
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
    void oneClient() {
        api.clients.clients.clear();
        api.clients.requested.clear();
        api.clients.unsubscribed.clear();
        api.clients.held.clear();
        api.clients.add("a/b");
    }

    @Test
    void a_subscription_is_made_with_its_options_and_told() throws Exception {
        ApiServer.Reply reply =
                api.post("/clients/a%2Fb/subscribe", "{\"topic\":\"t/#\",\"qos\":1,\"nl\":1,\"rap\":1,\"rh\":2}");

        assertThat(reply.text())
                .isEqualTo(
                        "{\"clientid\":\"a/b\",\"node\":\"n1\",\"topic\":\"t/#\",\"qos\":1,\"nl\":1,\"rap\":1,\"rh\":2}");
        assertThat(api.clients.requested)
                .containsExactly(
                        new SubscriptionRequest("t/#", new SubscriptionOptions(QoS.AT_LEAST_ONCE, true, true, 2)));
    }

    @Test
    void several_are_made_and_ended_together() throws Exception {
        ApiServer.Reply made =
                api.post("/clients/a%2Fb/subscribe/bulk", "[{\"topic\":\"1\"},{\"topic\":\"2\",\"qos\":2}]");
        ApiServer.Reply ended = api.post("/clients/a%2Fb/unsubscribe/bulk", "[{\"topic\":\"1\"},{\"topic\":\"2\"}]");
        ApiServer.Reply one = api.post("/clients/a%2Fb/unsubscribe", "{\"topic\":\"3\"}");

        assertThat(made.json().findValuesAsText("topic")).containsExactly("1", "2");
        assertThat(ended.status()).isEqualTo(204);
        assertThat(one.status()).isEqualTo(204);
        assertThat(api.clients.unsubscribed).containsExactly("1", "2", "3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"topic\":\"\"}",
                "{\"topic\":\"a#\"}",
                "{\"topic\":\"$share/g\"}",
                "{\"topic\":\"a\\u0000\"}",
                "{\"topic\":\"a\\ud800\"}",
                "{\"topic\":\"t\",\"qos\":3}",
                "{\"topic\":\"t\",\"rh\":3}",
                "{\"topic\":\"t\",\"nl\":true}",
                "{\"topic\":\"t\",\"qoS\":1}",
                "{\"topic\":\"$share/g/t\",\"nl\":1}"
            })
    void a_wrong_body_is_a_400_and_changes_nothing(String body) throws Exception {
        ApiServer.Reply reply = api.post("/clients/a%2Fb/subscribe", body);

        assertThat(reply.status()).as(reply.text()).isEqualTo(400);
        assertThat(reply.message()).isNotEmpty();
        assertThat(api.clients.requested).isEmpty();
    }

    @Test
    void bulks_are_bounded_and_a_limit_is_told() throws Exception {
        String many = "[" + "{\"topic\":\"t\"},".repeat(1000) + "{\"topic\":\"t\"}]";
        String large = "[" + ("{\"topic\":\"" + "x".repeat(60_000) + "\"},").repeat(2) + "{\"topic\":\""
                + "y".repeat(60_000) + "\"}]";
        String eleven = "[" + "{\"topic\":\"t\"},".repeat(10) + "{\"topic\":\"t\"}]";

        assertThat(api.post("/clients/a%2Fb/subscribe/bulk", many).message()).contains("1000");
        assertThat(api.post("/clients/a%2Fb/subscribe/bulk", large).message()).contains("in pieces");
        assertThat(api.post("/clients/a%2Fb/subscribe/bulk", eleven).code()).isEqualTo("EXCEED_LIMIT");
        assertThat(api.clients.requested).isEmpty();
    }

    @Test
    void a_client_that_is_not_there_is_a_404() throws Exception {
        for (String path : List.of("subscribe", "unsubscribe")) {
            assertThat(api.post("/clients/no/" + path, "{\"topic\":\"t\"}").code())
                    .isEqualTo("CLIENTID_NOT_FOUND");
        }
        assertThat(api.get("/clients/no/mqueue_messages").code()).isEqualTo("CLIENTID_NOT_FOUND");
    }

    private static void held(HeldMessages page) {
        api.clients.page = page;
    }

    @Test
    void held_messages_are_told_with_their_payload_as_asked() throws Exception {
        held(new HeldMessages(
                true, false, List.of(Map.of("topic", "t", "payload", "héllo".getBytes(StandardCharsets.UTF_8))), "a7"));

        String base64 = api.get("/clients/a%2Fb/mqueue_messages").text();
        String plain = api.get("/clients/a%2Fb/mqueue_messages?payload=plain&limit=1&max_payload_bytes=100&position=z3")
                .text();

        assertThat(base64)
                .contains("\"payload\":\"aMOpbGxv\"")
                .contains("\"meta\":{\"limit\":100,\"hasnext\":true,\"position\":\"a7\"}");
        assertThat(plain).contains("\"payload\":\"héllo\"");
        assertThat(api.clients.held)
                .containsExactly(
                        new HeldMessages.Query(false, "", 100, HeldMessages.BYTES_MAX, true),
                        new HeldMessages.Query(false, "z3", 1, 100, true));
    }

    @Test
    void a_viewer_sees_messages_without_their_payload() throws Exception {
        held(new HeldMessages(true, false, List.of(Map.of("topic", "t")), null));

        ApiServer.Reply none = api.call("GET", "/clients/a%2Fb/inflight_messages", api.viewer(), null);
        ApiServer.Reply plain = api.call("GET", "/clients/a%2Fb/inflight_messages?payload=plain", api.viewer(), null);

        assertThat(none.status()).isEqualTo(200);
        assertThat(api.clients.held.get(0).payload()).isFalse();
        assertThat(api.clients.held.get(0).inflight()).isTrue();
        assertThat(plain.status()).isEqualTo(403);
        assertThat(plain.message()).contains("payload=none");
    }

    @Test
    void a_position_that_is_none_or_is_gone_is_a_400() throws Exception {
        held(new HeldMessages(true, true, List.of(), null));

        assertThat(api.get("/clients/a%2Fb/inflight_messages?position=5").code())
                .isEqualTo("STALE_CURSOR");
        assertThat(api.get("/clients/a%2Fb/inflight_messages?position=a5").code())
                .isEqualTo("BAD_REQUEST");
        assertThat(api.get("/clients/a%2Fb/mqueue_messages?position=5").code()).isEqualTo("BAD_REQUEST");
    }
}
