package io.nightjar.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.PacketType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EndFieldsTest {
    @Test
    void what_it_was_comes_first_then_the_facts_then_the_evidence() {
        Map<String, Object> socket = new LinkedHashMap<>();
        socket.put("tcp_rtt_us", 812L);
        socket.put("tcp_unacked", 3L);
        Evidence evidence = new Evidence(
                "dev-1",
                "alice",
                "10.0.0.7:40000",
                "tcp:default",
                "tcp",
                Map.of(),
                "n1",
                "5.0",
                false,
                60,
                3600L,
                95_000,
                12,
                9,
                4,
                2,
                900,
                700,
                90_000L,
                30_000L,
                1,
                0,
                0,
                List.of(new Evidence.PacketMark(PacketType.PUBLISH, 7, 42, 90_000)),
                List.of(),
                socket);
        ConnectionEnd end = new ConnectionEnd(
                1,
                ConnectionEnd.Stage.CONNECTED,
                DisconnectReason.of(Detail.KEEP_ALIVE, "limit_ms", "90000"),
                evidence,
                new Verdict(Verdict.Side.NETWORK, Verdict.Confidence.CERTAIN, "check the path"));

        Map<String, Object> fields = EndFields.of(end);

        assertThat(fields.keySet())
                .containsExactly(
                        "reason",
                        "detail",
                        "side",
                        "confidence",
                        "reason_code",
                        "limit_ms",
                        "advice",
                        "username",
                        "listener",
                        "transport",
                        "node",
                        "protocol_version",
                        "clean_start",
                        "keep_alive_s",
                        "session_expiry_s",
                        "connected_for_ms",
                        "packets_in",
                        "packets_out",
                        "messages_in",
                        "messages_out",
                        "bytes_in",
                        "bytes_out",
                        "last_in_age_ms",
                        "last_out_age_ms",
                        "inflight",
                        "queued",
                        "dropped",
                        "last_in",
                        "tcp_rtt_us",
                        "tcp_unacked");
        assertThat(fields)
                .containsEntry("reason", "keepalive_timeout")
                .containsEntry("detail", "keep_alive")
                .containsEntry("side", "network")
                .containsEntry("reason_code", "0x8D")
                .containsEntry("last_in", List.of("PUBLISH#7(42B,90000ms)"));
    }

    @Test
    void what_is_unknown_is_absent_and_facts_cannot_replace_the_reason() {
        Evidence evidence = new Evidence(
                "",
                null,
                "10.0.0.7:40000",
                "tcp:default",
                "tcp",
                Map.of(),
                "n1",
                null,
                null,
                null,
                null,
                5,
                0,
                0,
                0,
                0,
                20,
                0,
                null,
                null,
                null,
                null,
                0,
                List.of(),
                List.of(),
                Map.of());
        ConnectionEnd end = new ConnectionEnd(
                1,
                ConnectionEnd.Stage.CONNECTED,
                DisconnectReason.of(Detail.NOT_MQTT, "reason", "normal", "looked_like", "http"),
                evidence,
                new Verdict(Verdict.Side.CLIENT, Verdict.Confidence.LIKELY, ""));

        Map<String, Object> fields = EndFields.of(end);

        assertThat(fields)
                .containsEntry("reason", "internal_error")
                .containsEntry("looked_like", "http")
                .doesNotContainKeys(
                        "username", "keep_alive_s", "reason_code", "advice", "inflight", "last_in", "last_in_age_ms");
    }
}
