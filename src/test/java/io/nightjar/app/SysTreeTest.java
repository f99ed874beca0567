package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.Reason;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SysTreeTest {
    private static final long START = 1_700_000_000_000L;

    private final AtomicLong now = new AtomicLong(START);
    private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    private final Counters counters = new Counters();
    private final List<Message> published = new ArrayList<>();
    private final List<String> peers = new ArrayList<>();

    @Test
    void the_tree_is_published_at_once_and_then_after_each_interval() {
        SysTree tree = tree("m", 60_000);

        tree.tick();
        int first = published.size();
        now.addAndGet(59_999);
        tree.tick();
        int before = published.size();
        now.addAndGet(1);
        tree.tick();

        assertThat(first).isGreaterThan(30);
        assertThat(before).isEqualTo(first);
        assertThat(published).hasSize(2 * first);
    }

    @Test
    void every_value_is_the_brokers_own_retained_and_expires_some_intervals_later() {
        tree("m", 60_000).tick();

        assertThat(published).allSatisfy(message -> {
            assertThat(message.topic()).startsWith("$SYS/brokers");
            assertThat(message.publisher()).isEmpty();
            assertThat(message.retain()).isTrue();
            assertThat(message.payload().isEmpty()).isFalse();
            assertThat(message.expiredAt(START + 179_999)).isFalse();
            assertThat(message.expiredAt(START + 180_000)).isTrue();
        });
    }

    @ParameterizedTest
    @CsvSource({"1000, 30", "10000, 30", "10500, 32", "86400000, 259200"})
    void a_value_lives_three_intervals_and_half_a_minute_at_least(long intervalMillis, long expirySeconds) {
        tree("m", intervalMillis).tick();

        assertThat(published.get(0).properties().getLong(Property.MESSAGE_EXPIRY_INTERVAL, -1))
                .isEqualTo(expirySeconds);
    }

    @Test
    void figures_and_counters_stand_under_the_names_that_emqx_gives_them() {
        counters.add(Counter.BYTES_RECEIVED, 1234);
        for (int i = 0; i < 5; i++) {
            counters.sent(
                    new Packet.Publish("t", Bytes.utf8("x"), QoS.AT_LEAST_ONCE, false, false, 1, Properties.NONE));
        }
        counters.add(Counter.DROPPED_QUEUE_FULL, 2);
        counters.add(Counter.DROPPED_MAILBOX, 3);
        SysTree tree = tree("m", 1000);
        now.addAndGet(12_345);

        Map<String, String> values = tree.values();

        assertThat(values)
                .containsEntry("version", "1.2.3")
                .containsEntry("uptime", "12345")
                .containsEntry("stats/connections/count", "7")
                .containsEntry("stats/retained/count", "8")
                .containsEntry("metrics/bytes/received", "1234")
                .containsEntry("metrics/messages/sent", "5")
                .containsEntry("metrics/delivery/dropped", "2")
                .containsEntry("metrics/delivery/dropped/mailbox", "3")
                .containsEntry("metrics/delivery/dropped/queue_full", "2")
                .containsKey("sysdescr");
        assertThat(OffsetDateTime.parse(values.get("datetime")).toInstant()).isEqualTo(clock.instant());
    }

    @Test
    void what_is_not_known_is_absent_and_not_zero() {
        assertThat(tree("m", 1000).values())
                .doesNotContainKeys("stats/sessions/count", "stats/connections/max", "stats/live_connections/count");
    }

    @Test
    void there_is_a_topic_for_each_of_the_eight_reasons() {
        counters.ended(Detail.PEER_FIN, "client", "tcp:default");
        counters.ended(Detail.PEER_RESET, "client", "tcp:default");
        counters.ended(Detail.KEEP_ALIVE, "client", "tcp:default");

        Map<String, String> values = tree("m", 1000).values();

        assertThat(values.keySet().stream().filter(name -> name.startsWith("metrics/ends/")))
                .hasSize(Reason.values().length);
        assertThat(values)
                .containsEntry("metrics/ends/tcp_closed", "2")
                .containsEntry("metrics/ends/keepalive_timeout", "1")
                .containsEntry("metrics/ends/normal", "0");
    }

    @Test
    void the_first_node_by_name_lists_all_as_soon_as_the_list_changes() {
        SysTree tree = tree("b", 60_000);
        tree.tick();

        peers.add("c");
        tree.tick();
        peers.add("a");
        tree.tick();
        peers.remove("a");
        tree.tick();

        assertThat(lists()).containsExactly("b", "b,c", "b,c");
    }

    private List<String> lists() {
        return published.stream()
                .filter(message -> message.topic().equals("$SYS/brokers"))
                .map(message -> message.payload().text())
                .toList();
    }

    private SysTree tree(String node, long intervalMillis) {
        SysTree.About about =
                new SysTree.About(node, "1.2.3", () -> Map.of("connections", 7, "retained", 8L), () -> peers);
        return new SysTree(about, counters, published::add, clock, clock, intervalMillis);
    }
}
