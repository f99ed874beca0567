package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.Evidence;
import io.nightjar.diagnosis.Verdicts;
import io.nightjar.message.ConnectedClient;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Topics;
import io.nightjar.mqtt.Utf8;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientEventTextTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    // ---- the topic

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "device-1,      device-1",
                "a/b+#%,        a%2Fb%2B%23%25",
                "$SYS,          $SYS",
                "with space,    with space",
                "gr\u00fc\u00df,        gr\u00fc\u00df",
                "\uD83D\uDE00,          \uD83D\uDE00",
                "x\u0001\u007f\u0085y,  x%01%7F%C2%85y",
                "\uFFFF\uFDD0,          %EF%BF%BF%EF%B7%90",
                "%2F,           %252F"
            })
    void a_client_id_is_one_level_whatever_is_in_it(String clientId, String level) {
        assertThat(ClientEventText.topic("n", clientId, "connected"))
                .isEqualTo("$SYS/brokers/n/clients/" + level + "/connected");
    }

    @Test
    void u_0000_is_encoded_too() {
        assertThat(ClientEventText.topic("n", "a\0b", "connected")).contains("/a%00b/");
    }

    @Property(tries = 300)
    void every_topic_is_valid_has_six_levels_and_can_be_read_back(@ForAll @StringLength(max = 60) String text) {
        String clientId = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);

        String topic = ClientEventText.topic("n@1", clientId, "disconnected");

        String[] levels = topic.split("/", -1);
        assertThat(Topics.nameFault(topic, 6)).isNull();
        assertThat(levels).hasSize(6);
        assertThat(URLDecoder.decode(levels[4], StandardCharsets.UTF_8)).isEqualTo(clientId);
    }

    @Test
    void one_that_is_too_long_for_a_topic_is_cut_and_shows_it() {
        String fits = ClientEventText.topic("n", "x".repeat(65_000), "connected");
        String cut = ClientEventText.topic("n", "\u20ac/".repeat(15_000), "connected");

        assertThat(fits).endsWith("x/connected");
        assertThat(cut).endsWith("%/connected");
        assertThat(Utf8.size(cut)).isBetween(65_520, 65_535);
    }

    // ---- the JSON

    @Test
    void connected_has_the_fields_of_emqx_and_ours() throws IOException {
        JsonNode json = JSON.readTree(ClientEventText.connected(client("u1"), true, 1_700_000_000_005L));

        assertThat(json)
                .isEqualTo(
                        JSON.readTree(
                                """
                {"clientid": "a/b+#%", "username": "u1", "ipaddress": "10.0.0.7", "sockport": 1883, "protocol": "mqtt",
                 "proto_name": "MQTT", "proto_ver": 5, "keepalive": 60, "clean_start": false, "expiry_interval": 3600,
                 "connected_at": 1700000000000, "ts": 1700000000005, "connack": 0,
                 "session_present": true, "peer": "10.0.0.7:5555", "listener": "tcp:default", "transport": "tcp",
                 "node": "n1"}"""));
    }

    @Test
    void a_username_that_was_not_given_is_null_and_not_the_text_undefined() throws IOException {
        JsonNode json = JSON.readTree(ClientEventText.connected(client(null), true, 1));

        assertThat(json.get("username").isNull()).isTrue();
    }

    @Test
    void disconnected_says_why_in_our_words_and_shows_the_evidence() throws IOException {
        DisconnectReason reason = DisconnectReason.of(Detail.KEEP_ALIVE, "silent_ms", "90001", "clientid", "other");

        JsonNode json = JSON.readTree(ClientEventText.disconnected(client("u1"), end(reason), 1_700_000_090_002L));

        assertThat(json.get("clientid").textValue()).as("facts replace nothing").isEqualTo("a/b+#%");
        assertThat(json.get("reason").textValue()).isEqualTo("keepalive_timeout");
        assertThat(json.get("detail").textValue()).isEqualTo("keep_alive");
        assertThat(json.get("disconnected_at").longValue()).isEqualTo(1_700_000_090_001L);
        assertThat(json.get("connected_at").longValue()).isEqualTo(1_700_000_000_000L);
        assertThat(json.get("silent_ms").textValue()).isEqualTo("90001");
        assertThat(json.get("connected_for_ms").longValue()).isEqualTo(90_003);
        assertThat(json.get("username").textValue()).isEqualTo("u1");
        assertThat(json.get("sockport").intValue()).isEqualTo(1883);
        assertThat(json.fieldNames())
                .toIterable()
                .contains(
                        "ts",
                        "ipaddress",
                        "protocol",
                        "proto_name",
                        "proto_ver",
                        "keepalive",
                        "clean_start",
                        "side",
                        "confidence",
                        "advice",
                        "listener",
                        "transport",
                        "node",
                        "peer",
                        "reason_code",
                        "packets_in")
                .doesNotContain("connack", "last_in_age_ms");
    }

    @Test
    void half_a_character_spoils_no_event() throws IOException {
        DisconnectReason reason = DisconnectReason.of(Detail.CLIENT_REPORTED, "client_says", "half \uD83D");

        JsonNode json = JSON.readTree(ClientEventText.disconnected(client("u1"), end(reason), 1));

        assertThat(json.get("client_says").textValue()).isEqualTo("half ?");
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.7:5555, 10.0.0.7", "[2001:db8::1]:5555, 2001:db8::1", "'', ''"})
    void an_address_stands_without_port_and_brackets(String peer, String address) {
        assertThat(client(peer, "tcp:default").address()).isEqualTo(address);
    }

    private static ConnectedClient client(String username) {
        return new ConnectedClient(
                "a/b+#%",
                username,
                "10.0.0.7:5555",
                1883,
                MqttVersion.V5,
                false,
                60,
                3600L,
                "tcp:default",
                "n1",
                1_700_000_000_000L);
    }

    static ConnectedClient client(String peer, String listener) {
        return new ConnectedClient("c1", null, peer, null, MqttVersion.V3_1_1, true, 0, null, listener, "n1", 1);
    }

    static ConnectionEnd end(DisconnectReason reason) {
        Evidence evidence = new Evidence(
                "a/b+#%",
                "u1",
                "10.0.0.7:5555",
                "tcp:default",
                "tcp",
                Map.of(),
                "n1",
                "5.0",
                false,
                60,
                3600L,
                90_003,
                4,
                3,
                1,
                0,
                100,
                50,
                null,
                null,
                null,
                null,
                0,
                List.of(),
                List.of(),
                Map.of());
        return new ConnectionEnd(
                1_700_000_090_001L, ConnectionEnd.Stage.CONNECTED, reason, evidence, Verdicts.of(reason, evidence));
    }
}
