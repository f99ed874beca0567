package io.nightjar.actor;

import static io.nightjar.diagnosis.Ends.NOON;
import static io.nightjar.diagnosis.Ends.connected;
import static io.nightjar.diagnosis.Ends.ended;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.nightjar.diagnosis.Ends;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.LikelyClients.Likely;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.message.History;
import io.nightjar.message.History.LastEnd;
import io.nightjar.message.History.Page;
import io.nightjar.message.History.Query;
import io.nightjar.message.Traces;
import io.nightjar.mqtt.Detail;
import io.nightjar.testing.MemoryRecorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two nodes in one process that talk over their network; their recorders are lists. */
class HistoryServiceTest {
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final Duration PATIENCE = Duration.ofSeconds(6);

    private static Node a;
    private static Node b;

    private static final class Node {
        final MemoryRecorder recorder = new MemoryRecorder();
        final ActorSystem<Void> system;
        final HistoryService history;

        Node(String name) {
            system = ActorSystem.create(
                    Behaviors.empty(),
                    "nightjar",
                    ConfigFactory.parseMap(Map.of("pekko.cluster.roles", List.of(NodeAgents.NODE_ROLE + name)))
                            .withFallback(LinkCluster.config()));
            history = HistoryService.start(system, name, recorder, PATIENCE);
        }

        void join(Node seed) {
            Cluster.get(system)
                    .manager()
                    .tell(Join.create(Cluster.get(seed.system).selfMember().address()));
        }

        List<String> answering() throws Exception {
            return List.copyOf(get(history.summarize(EventFilter.ENDS, List.of()))
                    .summary()
                    .byNode()
                    .keySet());
        }
    }

    @BeforeAll
    static void start() {
        a = new Node("a");
        b = new Node("b");
        a.join(a);
        b.join(a);
        a.recorder.add(ended(NOON, "x", "10.0.0.1", Detail.PEER_FIN, "node", "a"));
        b.recorder.add(ended(NOON, "x", "10.0.0.1", Detail.PEER_FIN, "node", "b"));
        Awaitility.await()
                .atMost(LONG)
                .ignoreExceptions()
                .until(() -> a.answering().size() == 2 && b.answering().size() == 2);
    }

    @AfterAll
    static void stop() {
        for (Node node : List.of(b, a)) {
            node.system.terminate();
            Awaitility.await()
                    .atMost(LONG)
                    .until(() -> node.system.whenTerminated().isCompleted());
        }
    }

    @BeforeEach
    void forget() {
        a.recorder.clear();
        b.recorder.clear();
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static Page find(Node node, String cursor, int limit, String... nodes) throws Exception {
        return get(node.history.find(new Query(EventFilter.ENDS, List.of(nodes), cursor, limit)));
    }

    private static List<String> clients(Page page) {
        return page.events().stream().map(found -> found.event().clientId()).toList();
    }

    @Test
    void events_of_all_nodes_come_as_one_newest_first_and_say_where_they_are_from() throws Exception {
        a.recorder.add(ended(NOON, "one", "10.0.0.1", Detail.PEER_FIN));
        b.recorder.add(ended(NOON + 1, "two", "10.0.0.1", Detail.PEER_FIN));
        b.recorder.add(connected(NOON + 2, "two", "10.0.0.1"));
        a.recorder.add(ended(NOON + 3, "three", "10.0.0.1", Detail.KEEP_ALIVE, "last_in", List.of("PINGREQ(2B,1ms)")));

        Page page = find(b, null, 10);

        assertThat(clients(page)).containsExactly("three", "two", "one");
        assertThat(page.events()).extracting(History.Found::node).containsExactly("a", "b", "a");
        assertThat(page.events().get(0).event().fields().get("last_in")).isEqualTo(List.of("PINGREQ(2B,1ms)"));
        assertThat(page.cursor()).isNull();
        assertThat(page.oldestMillis()).isEqualTo(NOON);
        assertThat(page.unreachableNodes()).isEmpty();
    }

    @Test
    void an_end_that_was_inferred_is_left_out_where_the_node_of_the_connection_tells_it() throws Exception {
        a.recorder.add(ended(NOON, "c", "10.0.0.1", Detail.PEER_FIN, "connected_for_ms", 5_000L));
        b.recorder.add(lost(NOON + 1_000, "c", 6_100L));
        b.recorder.add(lost(NOON + 60_000, "c", 6_100L)); // another connection, of which nobody else tells

        assertThat(find(a, null, 10).events())
                .extracting(found -> found.node() + " " + found.event().text("detail"))
                .containsExactly("b node_lost", "a peer_fin");
    }

    private static RecordedEvent lost(long atMillis, String clientId, long connectedForMillis) {
        return ended(
                atMillis,
                clientId,
                "10.0.0.1",
                Detail.NODE_LOST,
                "connection_node",
                "a",
                "inferred",
                true,
                "connected_for_ms",
                connectedForMillis);
    }

    @Test
    void a_walk_by_cursor_tells_each_event_once_whatever_comes_meanwhile() throws Exception {
        Random random = new Random(7);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 700; i++) {
            Node node = random.nextInt(3) == 0 ? a : b;
            node.recorder.add(ended(NOON + i / 3, "c" + i, "10.0.0.1", Detail.PEER_FIN));
            node.recorder.add(connected(NOON + i / 3, "c" + i, "10.0.0.1"));
            expected.add("c" + i);
        }

        List<String> told = new ArrayList<>();
        String cursor = null;
        long last = Long.MAX_VALUE;
        do {
            Page page = find(random.nextBoolean() ? a : b, cursor, 1 + random.nextInt(240));
            for (History.Found found : page.events()) {
                assertThat(found.event().atMillis()).isLessThanOrEqualTo(last);
                last = found.event().atMillis();
            }
            told.addAll(clients(page));
            cursor = page.cursor();
            a.recorder.add(ended(NOON + 10_000, "late", "10.0.0.1", Detail.PEER_FIN));
            b.recorder.add(ended(NOON + 10_000, "late", "10.0.0.1", Detail.PEER_FIN));
        } while (cursor != null);

        assertThat(told).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void events_with_the_largest_names_cross_in_pieces() throws Exception {
        String large = "x".repeat(65_535);
        for (int i = 0; i < 40; i++) {
            a.recorder.add(ended(NOON + i, large, "10.0.0.1", Detail.PEER_FIN, "username", large, "topic", large));
        }

        assertThat(find(b, null, 100).events()).hasSize(40);
    }

    @Test
    void one_node_alone_can_be_asked_for() throws Exception {
        a.recorder.add(ended(NOON, "on-a", "10.0.0.1", Detail.PEER_FIN, "node", "a"));
        b.recorder.add(ended(NOON, "on-b", "10.0.0.1", Detail.PEER_FIN, "node", "b"));

        assertThat(clients(find(a, null, 10, "b"))).containsExactly("on-b");
        assertThat(get(a.history.summarize(EventFilter.ENDS, List.of("b")))
                        .summary()
                        .byNode())
                .containsOnlyKeys("b");
    }

    @Test
    void of_a_summary_each_node_sends_what_it_counted_and_a_storm_over_both_is_one() throws Exception {
        for (int i = 0; i < 30; i++) {
            (i % 2 == 0 ? a : b)
                    .recorder.add(ended(
                            NOON + i,
                            "c" + i,
                            "10.0.0.1",
                            Detail.PEER_FIN,
                            "last_in_age_ms",
                            60_000L,
                            "side",
                            "network"));
        }

        History.Ends ends = get(b.history.summarize(EventFilter.ENDS, List.of()));

        assertThat(ends.summary().total()).isEqualTo(30);
        assertThat(ends.summary().bySide()).containsOnly(Map.entry("network", 30L));
        assertThat(ends.summary().storms()).hasSize(1);
        assertThat(ends.summary().storms().get(0).count()).isEqualTo(30);
        assertThat(ends.summary().storms().get(0).clients()).isEqualTo(30);
        assertThat(ends.summary().keepAliveAdvice().get(0).suggestedSeconds()).isEqualTo(45);
        assertThat(ends.oldestMillis()).isEqualTo(NOON);
    }

    @Test
    void the_last_end_of_each_client_is_the_latest_of_all_nodes() throws Exception {
        a.recorder.add(ended(NOON, "c", "10.0.0.1", Detail.PEER_FIN, "side", "network"));
        b.recorder.add(ended(NOON + 1, "c", "10.0.0.1", Detail.KEEP_ALIVE, "side", "client"));
        a.recorder.add(ended(NOON + 2, "d", "10.0.0.1", Detail.DISCONNECT, "side", "client"));
        List<String> ids = new ArrayList<>(List.of("c", "d", "nobody"));
        for (int i = 0; i < 300; i++) {
            ids.add("filler-" + i);
        }

        assertThat(get(b.history.lastEnds(ids)).ends())
                .isEqualTo(Map.of(
                        "c", new LastEnd(NOON + 1, "keepalive_timeout", "keep_alive", "client"),
                        "d", new LastEnd(NOON + 2, "normal", "disconnect", "client")));
    }

    @Test
    void a_failure_on_one_node_is_linked_to_the_client_that_was_seen_on_the_other() throws Exception {
        a.recorder.add(connected(NOON, "pump", "10.0.0.7", "certificate_subject", "CN=pump"));
        b.recorder.add(Ends.event(
                Kind.FAILED, NOON + 1, "", "10.0.0.8", Detail.TLS_HANDSHAKE, "certificate_subject", "CN=pump"));

        History.Related related = get(a.history.related(List.of("CN=pump"), List.of(), 0, Long.MAX_VALUE));

        assertThat(related.failures()).hasSize(1);
        assertThat(related.failures().get(0).node()).isEqualTo("b");
        assertThat(related.clients().of(related.failures().get(0).event()))
                .isEqualTo(new Likely("pump", "certificate"));
    }

    @Test
    void a_node_that_does_not_answer_is_named_and_the_others_answer() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        a.recorder.add(ended(NOON, "on-a", "10.0.0.1", Detail.PEER_FIN, "node", "a"));
        b.recorder.add(ended(NOON + 1, "on-b", "10.0.0.1", Detail.PEER_FIN, "node", "b"));
        b.recorder.gate(() -> await(released));
        try {
            Page page = find(a, null, 10);
            History.Ends ends = get(a.history.summarize(EventFilter.ENDS, List.of()));

            assertThat(clients(page)).containsExactly("on-a");
            assertThat(page.unreachableNodes()).containsExactly("b");
            assertThat(ends.summary().byNode()).containsOnlyKeys("a");
            assertThat(ends.unreachableNodes()).containsExactly("b");
        } finally {
            b.recorder.gate(() -> {});
            released.countDown();
        }
    }

    @Test
    void a_node_that_is_silent_is_asked_for_last_ends_once_and_named() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        List<String> ids = new ArrayList<>(List.of("c"));
        for (int i = 0; i < 350; i++) {
            ids.add("filler-" + i);
        }
        a.recorder.add(ended(NOON, "filler-349", "10.0.0.1", Detail.PEER_FIN, "side", "network"));
        b.recorder.gate(() -> {
            asked.incrementAndGet();
            await(released);
        });
        try {
            History.EndsByClient ends = get(a.history.lastEnds(ids));

            assertThat(ends.ends()).containsOnlyKeys("filler-349");
            assertThat(ends.unreachableNodes()).containsExactly("b");
            assertThat(asked).hasValue(1);
        } finally {
            b.recorder.gate(() -> {});
            released.countDown();
        }
    }

    @Test
    void a_busy_node_does_not_fail_what_is_only_beside() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        a.recorder.add(ended(NOON, "pump", "10.0.0.7", Detail.PEER_FIN, "certificate_subject", "CN=pump"));
        b.recorder.gate(() -> await(released));
        List<CompletableFuture<Page>> many = new ArrayList<>();
        try {
            for (int i = 0; i <= HistoryAgent.AT_ONCE + HistoryAgent.MOST_WAITING; i++) {
                many.add(b.history
                        .find(new Query(EventFilter.ENDS, List.of("b"), null, 10))
                        .toCompletableFuture());
            }

            History.Related related = get(a.history.related(List.of("CN=pump"), List.of(), 0, Long.MAX_VALUE));
            History.EndsByClient ends = get(a.history.lastEnds(List.of("pump")));

            assertThat(related.clients().part().bySubject()).containsEntry("CN=pump", List.of("pump"));
            assertThat(related.unreachableNodes()).containsExactly("b");
            assertThat(ends.ends()).containsOnlyKeys("pump");
            assertThat(ends.unreachableNodes()).containsExactly("b");
        } finally {
            b.recorder.gate(() -> {});
            released.countDown();
            many.forEach(page -> page.handle((answer, fault) -> fault == null).join());
        }
    }

    @Test
    void a_recorder_that_cannot_be_read_is_a_node_that_does_not_answer() throws Exception {
        a.recorder.add(ended(NOON, "on-a", "10.0.0.1", Detail.PEER_FIN));
        b.recorder.gate(() -> {
            throw new IllegalStateException("only a test: the file is gone");
        });
        try {
            assertThat(find(a, null, 10).unreachableNodes()).containsExactly("b");
        } finally {
            b.recorder.gate(() -> {});
        }
    }

    @Test
    void beyond_a_number_of_questions_a_node_says_that_it_is_busy() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        a.recorder.gate(() -> await(released));
        try {
            List<CompletableFuture<Page>> many = new ArrayList<>();
            for (int i = 0; i <= HistoryAgent.AT_ONCE + HistoryAgent.MOST_WAITING; i++) {
                many.add(a.history
                        .find(new Query(EventFilter.ENDS, List.of("a"), null, 10))
                        .toCompletableFuture());
            }

            // The other node gets each of these questions too, and never counts them: they are not for it.
            Awaitility.await("node a says so").atMost(Duration.ofSeconds(60)).until(() -> many.stream()
                    .anyMatch(page -> fault(page).contains("node a has as many questions")));
            assertThat(many).noneMatch(page -> fault(page).contains("node b"));
            released.countDown();
            long answered = many.stream()
                    .filter(page ->
                            page.handle((answer, fault) -> fault == null).join())
                    .count();
            assertThat(answered).isGreaterThanOrEqualTo(HistoryAgent.MOST_WAITING - 4L);
        } finally {
            a.recorder.gate(() -> {});
            released.countDown();
        }
    }

    /** What a question was refused with; empty if it was not, or not yet. */
    private static String fault(CompletableFuture<Page> page) {
        Throwable fault = page.<Throwable>handle((answer, thrown) -> thrown).getNow(null);
        Throwable cause = fault instanceof CompletionException && fault.getCause() != null ? fault.getCause() : fault;
        return cause instanceof Traces.Refused ? cause.getMessage() : "";
    }

    @Test
    void a_cursor_that_no_page_gave_is_refused() {
        for (String bad : List.of(
                "x",
                "",
                "1",
                encoded("1"),
                encoded("2;a:1:0:9"),
                encoded("1;a:1"),
                encoded("1;a:b:c:d"),
                encoded("1;a:1:-1:9"))) {
            assertThatThrownBy(() -> HistoryCursor.parse(bad)).as(bad).isInstanceOf(History.BadCursor.class);
        }
    }

    private static String encoded(String text) {
        return Base64.getUrlEncoder().encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }
}
