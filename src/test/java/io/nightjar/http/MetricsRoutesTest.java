package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.metrics.Sample;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class MetricsRoutesTest {
    private static final String ACCEPT_OF_PROMETHEUS = "application/openmetrics-text;version=1.0.0;q=0.5,"
            + "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

    private ApiServer api;

    @BeforeEach
    void start() throws Exception {
        api = new ApiServer();
    }

    @AfterEach
    void stop() throws Exception {
        api.close();
    }

    private void something() {
        api.counters.ended(Detail.KEEP_ALIVE, "network", "tcp:default");
        api.counters.ended(Detail.KEEP_ALIVE, "network", "tcp:default");
        api.counters.ended(Detail.KEEP_ALIVE, "client", "ws:\"odd\\name\n");
        api.counters.add(Counter.BYTES_RECEIVED, 1234);
        api.counters.received(publish(QoS.AT_MOST_ONCE));
        api.counters.received(publish(QoS.AT_LEAST_ONCE));
        api.counters.received(new Packet.PubAck(1, io.nightjar.mqtt.ReasonCode.SUCCESS));
    }

    private static Packet publish(QoS qos) {
        return new Packet.Publish("t", Bytes.utf8("x"), qos, false, false, 1, Properties.NONE);
    }

    @Test
    void the_text_for_prometheus_is_well_formed_and_has_ends_by_reason_detail_side_and_listener() throws Exception {
        something();

        ApiServer.Reply reply = api.call("GET", "/prometheus/stats", api.viewer(), null);

        assertThat(reply.header("Content-Type")).startsWith("text/plain; version=0.0.4");
        assertThat(MetricsFormat.read(reply.text(), false))
                .containsEntry(
                        "nightjar_connection_ends_total{reason=\"keepalive_timeout\",detail=\"keep_alive\","
                                + "side=\"network\",listener=\"tcp:default\"}",
                        2.0)
                .containsEntry(
                        "nightjar_connection_ends_total{reason=\"keepalive_timeout\",detail=\"keep_alive\","
                                + "side=\"client\",listener=\"ws:\\\"odd\\\\name\\n\"}",
                        1.0)
                .containsEntry("emqx_bytes_received", 1234.0)
                .containsEntry("emqx_messages_received", 2.0)
                .containsEntry("emqx_messages_qos1_received", 1.0)
                .containsEntry("emqx_packets_publish_received", 2.0)
                .containsEntry("emqx_packets_puback_received", 1.0)
                .containsEntry("emqx_messages_acked", 0.0)
                .containsEntry("emqx_connections_count", 3.0)
                .containsEntry("emqx_retained_count", 7.0)
                .containsEntry("nightjar_messages_received_total", 2.0)
                .containsKeys(
                        "emqx_delivery_dropped_queue_full",
                        "emqx_client_disconnected",
                        "emqx_session_takenover",
                        "emqx_authentication_failure",
                        "emqx_authorization_deny",
                        "nightjar_jvm_heap_used_bytes",
                        "nightjar_jvm_direct_memory_bytes",
                        "nightjar_jvm_threads",
                        "process_open_fds",
                        "process_max_fds",
                        "process_cpu_seconds_total");
        assertThat(reply.text()).doesNotContain("NaN");
    }

    @Test
    void what_is_not_measured_is_absent() throws Exception {
        assertThat(MetricsFormat.read(api.get("/prometheus/stats").text(), false))
                .doesNotContainKeys("emqx_subscriptions_count", "emqx_connections_max", "emqx_live_connections_count");
    }

    @Test
    void open_metrics_is_given_to_who_asks_for_it_with_the_same_names() throws Exception {
        something();

        ApiServer.Reply reply =
                api.call("GET", "/prometheus/stats", api.viewer(), null, "Accept", ACCEPT_OF_PROMETHEUS);

        assertThat(reply.header("Content-Type")).startsWith("application/openmetrics-text; version=1.0.0");
        Map<String, Double> samples = MetricsFormat.read(reply.text(), true);
        assertThat(samples).containsEntry("emqx_messages_received", 2.0);
        assertThat(samples.keySet())
                .containsAll(MetricsFormat.read(api.get("/prometheus/stats").text(), false)
                        .keySet());
    }

    @Test
    void the_nodes_are_told_beside_each_other_or_together() throws Exception {
        something();
        api.clients.metrics.put(
                "n2",
                List.of(
                        new Sample("emqx_bytes_received", Map.of(), 1000),
                        new Sample("emqx_retained_count", Map.of(), 6),
                        new Sample("process_max_fds", Map.of(), 5),
                        new Sample("of_a_later_version", Map.of(), 5)));

        Map<String, Double> apart = MetricsFormat.read(
                api.get("/prometheus/stats?mode=all_nodes_unaggregated").text(), false);
        Map<String, Double> together = MetricsFormat.read(
                api.get("/prometheus/stats?mode=all_nodes_aggregated").text(), false);

        assertThat(apart)
                .containsEntry("emqx_bytes_received{node=\"n1\"}", 1234.0)
                .containsEntry("emqx_bytes_received{node=\"n2\"}", 1000.0)
                .containsEntry("process_max_fds{node=\"n2\"}", 5.0);
        assertThat(together)
                .containsEntry("emqx_bytes_received", 2234.0)
                .containsEntry("emqx_retained_count", 7.0)
                .doesNotContainKey("process_max_fds");
        assertThat(api.get("/prometheus/stats?mode=all").message()).contains("all_nodes_aggregated");
    }

    @Test
    void a_node_that_did_not_answer_is_named_and_counted() throws Exception {
        assertThat(MetricsFormat.read(
                        api.get("/prometheus/stats?mode=all_nodes_unaggregated").text(), false))
                .containsEntry("nightjar_nodes_unreachable", 0.0);
        api.clients.unreachable = List.of("n2", "n3");

        ApiServer.Reply apart = api.get("/prometheus/stats?mode=all_nodes_unaggregated");

        assertThat(apart.header("Nightjar-Unreachable-Nodes")).isEqualTo("n2, n3");
        assertThat(MetricsFormat.read(apart.text(), false)).containsEntry("nightjar_nodes_unreachable", 2.0);
        for (String path : List.of("/metrics", "/stats", "/nodes")) {
            ApiServer.Reply reply = api.get(path);
            assertThat(reply.status()).as(path).isEqualTo(200);
            assertThat(reply.header("Nightjar-Unreachable-Nodes")).as(path).contains("n3");
        }
    }

    @Test
    void there_are_no_sums_without_a_node_for_a_counter_must_not_fall() throws Exception {
        api.clients.unreachable = List.of("n2");

        for (String path : List.of(
                "/prometheus/stats?mode=all_nodes_aggregated", "/metrics?aggregate=true", "/stats?aggregate=true")) {
            ApiServer.Reply reply = api.get(path);
            assertThat(reply.status()).as(path).isEqualTo(503);
            assertThat(reply.code()).isEqualTo("NODE_ERROR");
            assertThat(reply.message()).contains("n2").contains("all_nodes_unaggregated");
        }
        assertThat(api.get("/prometheus/stats").status()).isEqualTo(200);
    }

    @Test
    void metrics_and_stats_have_the_names_of_emqx() throws Exception {
        something();
        api.clients.metrics.put("n2", List.of(new Sample("emqx_bytes_received", Map.of(), 1000)));

        JsonNode nodes = api.get("/metrics").json();
        JsonNode sum = api.get("/metrics?aggregate=true").json();
        JsonNode stats = api.get("/stats").json();

        assertThat(nodes.findValuesAsText("node")).containsExactly("n1", "n2");
        assertThat(nodes.path(0).path("bytes.received").asLong()).isEqualTo(1234);
        assertThat(nodes.path(0).path("messages_received").asLong()).isEqualTo(2);
        assertThat(sum.path("bytes.received").asLong()).isEqualTo(2234);
        assertThat(sum.path("ended.keepalive_timeout.keep_alive").asLong()).isEqualTo(3);
        assertThat(stats.path(0).path("sessions.count").asLong()).isEqualTo(3);
        assertThat(stats.path(0).has("bytes.received")).isFalse();
    }

    @Test
    void nobody_gets_figures_without_a_login() throws Exception {
        for (String path : List.of("/prometheus/stats", "/metrics", "/stats")) {
            assertThat(api.call("GET", path, "", null).status()).as(path).isEqualTo(401);
        }
    }
}
