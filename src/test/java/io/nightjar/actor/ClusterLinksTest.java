package io.nightjar.actor;

import static io.nightjar.actor.LinkCluster.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClusterLinksTest {
    private static final LinkSettings QUICK = new LinkSettings(
            100_000, 256L << 20, 64, 64, 64 << 10, Duration.ofMillis(100), Duration.ofMillis(200), 64, 1 << 20);

    @Test
    void routes_of_every_node_are_known_on_every_other_and_messages_follow_them() {
        try (LinkCluster cluster = new LinkCluster(QUICK)) {
            LinkCluster.Node a = cluster.start("a");
            LinkCluster.Inbox early = a.subscribe("early/#");
            LinkCluster.Node b = cluster.start("b");
            LinkCluster.Node c = cluster.start("c");
            LinkCluster.Inbox late = c.subscribe("late/+");
            await().atMost(LONG).until(() -> b.routesTo(a) == 1 && b.routesTo(c) == 1 && a.routesTo(c) == 1);

            b.router.route(LinkCluster.message("early/x", "one", QoS.AT_LEAST_ONCE));
            a.router.route(LinkCluster.message("late/x", "two", QoS.AT_MOST_ONCE));

            await().atMost(LONG).until(() -> early.deliveries.size() == 1 && late.deliveries.size() == 1);
            assertThat(early.payloads()).containsExactly("one");
            assertThat(late.payloads()).containsExactly("two");
        }
    }

    @Test
    void routes_are_whole_again_after_updates_and_snapshots_were_lost() {
        try (LinkCluster cluster = new LinkCluster(QUICK)) {
            LinkCluster.Node a = cluster.start("a");
            LinkCluster.Node b = cluster.start("b");
            Random random = new Random(7);
            a.link().probe(message -> message instanceof LinkMessage.RouteDigest || random.nextInt(3) > 0);

            for (int i = 0; i < 20_000; i++) {
                a.subscribe("device/" + i + "/command");
            }

            await().atMost(LONG).until(() -> b.routesTo(a) == 20_000);
            assertThat(b.counters.get(Counter.ROUTE_SNAPSHOTS)).isPositive();
        }
    }

    @Test
    void a_node_that_leaves_takes_its_routes_with_it_and_is_named() {
        try (LinkCluster cluster = new LinkCluster(QUICK)) {
            LinkCluster.Node a = cluster.start("a");
            LinkCluster.Node b = cluster.start("b");
            b.subscribe("x");
            await().atMost(LONG).until(() -> a.routesTo(b) == 1);

            b.leave();

            await().atMost(LONG).until(() -> a.lost.equals(List.of("b")));
            await().atMost(LONG).until(() -> a.router.routes().peers().isEmpty());
            assertThat(a.links.peers()).isEmpty();
            cluster.forget(b);
        }
    }

    @Test
    void twenty_thousand_messages_cross_a_lossy_link_once_and_in_order() {
        try (LinkCluster cluster = new LinkCluster(QUICK)) {
            LinkCluster.Node a = cluster.start("a");
            LinkCluster.Node b = cluster.start("b");
            LinkCluster.Inbox inbox = b.subscribe("n");
            await().atMost(LONG).until(() -> a.routesTo(b) == 1);
            lose(a, 1);
            lose(b, 2);

            for (int i = 0; i < 20_000; i++) {
                a.router.route(LinkCluster.message("n", Integer.toString(i), QoS.AT_LEAST_ONCE));
            }

            await().atMost(LONG).until(() -> inbox.deliveries.size() >= 20_000);
            assertThat(inbox.payloads())
                    .containsExactlyElementsOf(IntStream.range(0, 20_000)
                            .mapToObj(Integer::toString)
                            .toList());
            assertThat(a.counters.get(Counter.PEER_RESENDS)).isPositive();
            assertThat(a.counters.get(Counter.DROPPED_PEER_QUEUE)).isZero();
        }
    }

    @Test
    void a_payload_far_above_a_frame_crosses_whole() {
        try (LinkCluster cluster = new LinkCluster(QUICK)) {
            LinkCluster.Node a = cluster.start("a");
            LinkCluster.Node b = cluster.start("b");
            LinkCluster.Inbox inbox = b.subscribe("big");
            await().atMost(LONG).until(() -> a.routesTo(b) == 1);
            byte[] payload = new byte[5 << 20];
            new Random(3).nextBytes(payload);

            a.router.route(LinkCluster.message("big", "before", QoS.AT_LEAST_ONCE));
            a.router.route(
                    new Message("big", Bytes.copyOf(payload), QoS.AT_LEAST_ONCE, false, Properties.NONE, "p", 1));
            a.router.route(LinkCluster.message("big", "after", QoS.AT_LEAST_ONCE));

            await().atMost(LONG).until(() -> inbox.deliveries.size() == 3);
            assertThat(inbox.deliveries.stream()
                            .skip(1)
                            .findFirst()
                            .orElseThrow()
                            .message()
                            .payload())
                    .isEqualTo(Bytes.copyOf(payload));
        }
    }

    @Test
    void retained_messages_reach_peers_that_are_there_and_peers_that_come_later() {
        try (LinkCluster cluster = new LinkCluster(QUICK)) {
            LinkCluster.Node a = cluster.start("a");
            retain(a, "before", "1");
            LinkCluster.Node b = cluster.start("b");
            retain(b, "after", "2");
            retain(a, "before", "3");

            await().atMost(LONG).until(() -> "3".equals(held(b, "before")) && "2".equals(held(a, "after")));
            retain(b, "before", "");
            await().atMost(LONG).until(() -> held(a, "before") == null);
        }
    }

    @Test
    void a_full_link_signals_congestion_then_drops_qos_0_first_and_counts_it() {
        LinkSettings narrow =
                new LinkSettings(100, 1 << 20, 1, 1, 1024, Duration.ofMillis(100), Duration.ofMillis(200), 64, 1 << 16);
        try (LinkCluster cluster = new LinkCluster(narrow)) {
            LinkCluster.Node a = cluster.start("a");
            LinkCluster.Node b = cluster.start("b");
            LinkCluster.Inbox inbox = b.subscribe("n");
            await().atMost(LONG).until(() -> a.routesTo(b) == 1);
            List<Boolean> signals = new CopyOnWriteArrayList<>();
            a.links.onCongestion(signals::add);
            AtomicInteger held = new AtomicInteger(1);
            a.link().probe(message -> !(message instanceof LinkMessage.Batch) || held.get() == 0);

            for (int i = 0; i < 95; i++) {
                a.router.route(LinkCluster.message("n", "first" + i, QoS.AT_LEAST_ONCE));
            }
            assertThat(a.links.isCongested()).isTrue();
            a.router.route(LinkCluster.message("n", "spared", QoS.AT_MOST_ONCE));
            assertThat(a.counters.get(Counter.DROPPED_PEER_QUEUE)).isEqualTo(1);
            for (int i = 0; i < 20; i++) {
                a.router.route(LinkCluster.message("n", "second" + i, QoS.AT_LEAST_ONCE));
            }
            long dropped = a.counters.get(Counter.DROPPED_PEER_QUEUE);
            assertThat(dropped).isGreaterThan(1);

            held.set(0);
            await().atMost(LONG).until(() -> inbox.deliveries.size() == 116 - dropped);
            await().atMost(LONG).until(() -> signals.equals(List.of(true, false)));
            assertThat(inbox.payloads()).doesNotContain("spared");
        }
    }

    /** Loses a fifth of all batches and acknowledgements. */
    private static void lose(LinkCluster.Node node, long seed) {
        Random random = new Random(seed);
        node.link().probe(message -> {
            synchronized (random) {
                boolean lossy = message instanceof LinkMessage.Batch || message instanceof LinkMessage.Ack;
                return !lossy || random.nextInt(5) > 0;
            }
        });
    }

    private static void retain(LinkCluster.Node node, String topic, String payload) {
        node.router.route(new Message(
                topic, Bytes.utf8(payload), QoS.AT_LEAST_ONCE, true, Properties.NONE, "p", System.currentTimeMillis()));
    }

    private static String held(LinkCluster.Node node, String topic) {
        Message message = node.retained.get(topic, System.currentTimeMillis());
        return message == null ? null : message.payload().text();
    }
}
