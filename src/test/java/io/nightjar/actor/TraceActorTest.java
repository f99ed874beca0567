package io.nightjar.actor;

import static io.nightjar.actor.TraceNodeFixture.trace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceEvents;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.UnhandledMessage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.ddata.LWWMap;
import org.apache.pekko.cluster.ddata.SelfUniqueAddress;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceActorTest {
    private static final Config CONFIG = ConfigFactory.parseString(
                    "pekko.actor.default-blocking-io-dispatcher.thread-pool-executor.fixed-pool-size = 1")
            .withFallback(ManualTime.config())
            .withFallback(ConfigFactory.load("reference"));
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path root;

    private final ActorTestKit kit = ActorTestKit.create(CONFIG);
    private final ManualTime time = ManualTime.get(kit.system());

    @AfterEach
    void end() {
        kit.shutdownTestKit();
    }

    private void passes(TraceNodeFixture node, int seconds) {
        node.clock.advance(Duration.ofSeconds(seconds));
        time.timePasses(Duration.ofSeconds(seconds));
    }

    private static void awaitMessages(TraceNodeFixture node, String name, String... messages) {
        await().atMost(LONG).untilAsserted(() -> assertThat(node.messages(name)).containsExactly(messages));
    }

    @Test
    void a_trace_starts_and_ends_at_its_time() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 10, 20));
        node.happens("dev-1", "too_early");
        assertThat(node.tracer.isIdle()).isTrue();

        passes(node, 10);
        await().atMost(LONG).until(() -> node.tracer.wants("dev-1"));
        assertThat(node.tracer.wants("dev-2")).isFalse();
        node.happens("dev-1", "in_time");
        passes(node, 10);
        await().atMost(LONG).until(node.tracer::isIdle);
        node.happens("dev-1", "too_late");

        awaitMessages(node, "t1", "trace_started", "in_time", "trace_stopped");
        assertThat(node.lines("t1").get(2))
                .isEqualTo("2026-11-23T14:00:20.000000Z [TRACE] dev-1 msg: trace_stopped, trace: t1, node: n1, "
                        + "why: end_at");
        assertThat(node.figures().get("t1").status()).isEqualTo("stopped");
    }

    @Test
    void one_event_goes_into_every_trace_that_wants_its_client() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("one", "dev-1", 0, 20));
        node.create(new TraceDefinition(
                "all", "clientid_prefix", "dev-", 0, TraceNodeFixture.START + 9_000, "json", "hex", 10, false));
        node.happens("dev-1", "a");
        node.happens("dev-2", "b");
        node.happens("other", "c");

        awaitMessages(node, "one", "trace_started", "a");
        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(node.lines("all")).hasSize(3).allMatch(line -> line.startsWith("{\"time\":")));
    }

    @Test
    void a_trace_goes_on_after_a_restart_and_says_so() throws Exception {
        TraceNodeFixture before = new TraceNodeFixture(kit, root);
        before.create(trace("t1", "dev-1", 0, 100));
        before.tracer.emit(TraceEvents.connectionEnded(
                before.clock.millis() * 1000, "dev-1", "p:1", Map.of("reason", "takeovered")));
        before.writer.stop().toCompletableFuture().get();
        kit.stop(before.actor);

        TraceNodeFixture after = new TraceNodeFixture(kit, root);
        await().atMost(LONG).until(() -> after.tracer.wants("dev-1"));
        after.happens("dev-1", "b");

        awaitMessages(after, "t1", "trace_started", "connection_ended", "trace_resumed", "b");
        assertThat(after.figures().get("t1").lines()).isEqualTo(4);
        assertThat(after.figures().get("t1").lastReason()).isEqualTo("takeovered");
    }

    @Test
    void an_operator_stops_and_deletes() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 0, 100));
        node.happens("dev-1", "a");

        assertThat(node.stop("t1").code()).isNull();
        assertThat(node.stop("t1").code()).isNull();
        assertThat(node.tracer.isIdle()).isTrue();
        awaitMessages(node, "t1", "trace_started", "a", "trace_stopped");
        assertThat(node.lines("t1").get(2)).endsWith("why: operator");
        await().atMost(LONG)
                .until(() -> "eof".equals(node.piece("t1", "0", 1 << 20).hint()));

        assertThat(node.delete("t1").code()).isNull();
        assertThat(node.delete("t1").code()).isEqualTo("NOT_FOUND");
        assertThat(node.stop("t1").code()).isEqualTo("NOT_FOUND");
        await().atMost(LONG).until(() -> !Files.exists(root.resolve("t1")));
        assertThat(node.create(trace("t1", "dev-1", 0, 100)).code()).isNull();
        awaitMessages(node, "t1", "trace_started");
    }

    @ParameterizedTest
    @CsvSource({
        "new, dev-1, 0, 100, DUPLICATE_CONDITION",
        "new, dev-1, 99, 200, DUPLICATE_CONDITION",
        "t1, dev-9, 0, 100, ALREADY_EXISTS",
        "new, dev-9, 0, 0, BAD_REQUEST",
        "new, dev-9, 0, -5, BAD_REQUEST",
        "9new, dev-9, 0, 5, BAD_REQUEST",
    })
    void what_cannot_be_is_refused_by_its_code(String name, String clientId, long start, long end, String code) {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 0, 100));

        TraceCommand.Outcome outcome = node.create(trace(name, clientId, start, end));

        assertThat(outcome.code()).isEqualTo(code);
        assertThat(outcome.message()).isNotEmpty();
    }

    @Test
    void one_trace_too_many_is_refused_until_one_is_deleted() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        for (int i = 0; i < 3; i++) {
            assertThat(node.create(trace("t" + i, "dev-" + i, 0, 100)).code()).isNull();
        }

        assertThat(node.create(trace("t3", "dev-3", 0, 100)).code()).isEqualTo("EXCEED_LIMIT");
        node.delete("t0");
        assertThat(node.create(trace("t3", "dev-3", 0, 100)).code()).isNull();
    }

    @Test
    void what_does_not_fit_in_the_queue_is_counted_and_the_gap_is_a_line() throws Exception {
        TraceNodeFixture node = new TraceNodeFixture(kit, root, 64);
        node.create(trace("t1", "dev-1", 0, 100));
        awaitMessages(node, "t1", "trace_started");
        CountDownLatch occupied = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        kit.system().dispatchers().lookup(DispatcherSelector.blocking()).execute(() -> {
            occupied.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        occupied.await();

        for (int i = 0; i < 100; i++) {
            node.happens("dev-1", "e");
        }
        assertThat(node.counters.get(Counter.TRACE_EVENTS_DROPPED)).isEqualTo(36);
        release.countDown();

        await().atMost(LONG).untilAsserted(() -> assertThat(node.lines("t1"))
                .hasSize(66)
                .anyMatch(line -> line.endsWith("msg: trace_events_dropped, trace: t1, node: n1, count: 36")));
        assertThat(node.figures().get("t1").dropped()).isEqualTo(36);
        node.happens("dev-1", "goes_on");
        await().atMost(LONG).untilAsserted(() -> assertThat(node.messages("t1")).endsWith("goes_on"));
    }

    @Test
    void many_threads_lose_nothing_that_is_not_counted() throws Exception {
        TraceNodeFixture node = new TraceNodeFixture(kit, root, 64);
        node.create(trace("t1", "dev-1", 0, 100));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Thread thread = new Thread(() -> {
                for (int n = 0; n < 2_000; n++) {
                    node.happens("dev-1", "e");
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        node.stop("t1");
        await().atMost(LONG).untilAsserted(() -> assertThat(node.messages("t1")).endsWith("trace_stopped"));

        long written = node.messages("t1").stream().filter("e"::equals).count();
        assertThat(written + node.counters.get(Counter.TRACE_EVENTS_DROPPED)).isEqualTo(8_000);
        assertThat(node.figures().get("t1").dropped()).isEqualTo(8_000 - written);
    }

    @Test
    void a_trace_that_cannot_be_written_fails_alone() throws Exception {
        Files.writeString(root.resolve("bad"), "a file where a directory should be");
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("bad", "dev-1", 0, 100));
        node.create(trace("good", "dev-2", 0, 100));
        node.happens("dev-1", "lost");
        node.happens("dev-2", "kept");

        awaitMessages(node, "good", "trace_started", "kept");
        await().atMost(LONG).untilAsserted(() -> {
            assertThat(node.figures().get("bad").status()).isEqualTo("failed");
            assertThat(node.figures().get("bad").failure()).contains("bad");
        });
        assertThat(node.figures().get("bad").dropped()).isEqualTo(1);
        assertThat(node.figures().get("good").status()).isEqualTo("running");
        assertThat(node.delete("bad").code()).isNull();
    }

    @Test
    void what_other_nodes_change_is_taken_unless_it_is_older() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        TraceEntry theirs = TraceEntry.create(trace("t1", "dev-1", 0, 100), 0, node.clock.millis());
        TraceEntry stopped = theirs.stopped(node.clock.millis());
        TraceEntry deleted = stopped.delete(node.clock.millis());

        node.actor.tell(new TraceCommand.Replicated(List.of(theirs)));
        await().atMost(LONG).until(() -> node.tracer.wants("dev-1"));
        node.actor.tell(new TraceCommand.Replicated(List.of(deleted)));
        await().atMost(LONG).until(node.tracer::isIdle);
        node.actor.tell(new TraceCommand.Replicated(List.of(stopped)));
        node.actor.tell(new TraceCommand.Replicated(List.of(theirs)));

        assertThat(node.figures()).isEmpty();
        assertThat(node.tracer.isIdle()).isTrue();
    }

    @Test
    void a_deletion_is_remembered_for_a_day() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 0, 100));
        node.delete("t1");
        await().atMost(LONG).until(() -> TraceNodeFixture.saved(root).stream().anyMatch(TraceEntry::deleted));

        node.clock.advance(Duration.ofDays(1).plusSeconds(1));
        time.timePasses(Duration.ofHours(1));

        node.published.fishForMessage(
                LONG,
                message -> message instanceof TraceReplica.Forget
                        ? FishingOutcomes.complete()
                        : FishingOutcomes.continueAndIgnore());
        await().atMost(LONG).until(() -> TraceNodeFixture.saved(root).isEmpty());
    }

    @Test
    void of_a_deleted_trace_only_its_name_is_remembered() throws Exception {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 0, 100));
        node.delete("t1");

        await().atMost(LONG).until(() -> TraceNodeFixture.saved(root).stream().anyMatch(TraceEntry::deleted));
        assertThat(TraceNodeFixture.saved(root).get(0).json()).contains("t1").doesNotContain("dev-1");
        assertThat(node.create(trace("t1", "dev-1", 0, 100)).code())
                .as("the name is free again")
                .isNull();
    }

    @Test
    void only_the_newest_deletions_are_remembered() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("kept", "dev-1", 0, 100));
        List<TraceEntry> deleted = new ArrayList<>();
        for (int i = 0; i <= TraceEntry.MAX_TOMBSTONES; i++) {
            deleted.add(TraceEntry.create(trace("t" + i, "dev-" + i, 0, 100), 0, node.clock.millis() + i)
                    .delete(0));
        }

        node.actor.tell(new TraceCommand.Replicated(deleted));

        node.published.fishForMessage(
                LONG,
                message -> message.equals(new TraceReplica.Forget("t0"))
                        ? FishingOutcomes.complete()
                        : FishingOutcomes.continueAndIgnore());
        await().atMost(LONG).untilAsserted(() -> assertThat(TraceNodeFixture.saved(root))
                .hasSize(1 + TraceEntry.MAX_TOMBSTONES)
                .noneMatch(entry -> entry.name().equals("t0")));
        assertThat(node.figures()).containsOnlyKeys("kept");
    }

    @Test
    void the_definitions_together_have_a_greatest_size() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        assertThat(node.create(trace("t1", "\u0001".repeat(60_000), 0, 100)).code())
                .isNull();

        TraceCommand.Outcome refused = node.create(trace("t2", "\u0002".repeat(60_000), 0, 100));
        assertThat(refused.code()).isEqualTo("EXCEED_LIMIT");
        assertThat(refused.message()).contains("may take 393216; delete one");
        assertThat(node.create(trace("t2", "dev-2", 0, 100)).code()).isNull();
        node.delete("t1");
        assertThat(node.create(trace("t3", "\u0002".repeat(60_000), 0, 100)).code())
                .isNull();
    }

    @Test
    void all_that_may_be_remembered_fits_into_one_message_between_nodes() {
        SelfUniqueAddress self = new SelfUniqueAddress(
                UniqueAddress.apply(Address.apply("pekko", "nightjar", "node-1.long-name.example.org", 25520), 1L));
        Random random = new Random(7);
        LWWMap<String, String> map = LWWMap.create();
        for (int i = 0; i < TraceEntry.MAX_TOMBSTONES; i++) {
            TraceEntry deleted = TraceEntry.create(longest(random), 0, LAST).delete(0);
            assertThat(deleted.size()).isLessThanOrEqualTo(525);
            map = map.put(self, deleted.name(), deleted.json(), (before, value) -> LAST);
        }
        byte[] tombstones =
                SerializationExtension.get(kit.system()).serialize(map).get();

        int frame = (int) ConfigFactory.parseFile(Path.of("conf/pekko.conf").toFile())
                .getMemorySize("pekko.remote.artery.advanced.maximum-frame-size")
                .toBytes();
        int most = tombstones.length + TraceEntry.MAX_BYTES;
        int others = 1000 * tombstones.length / TraceEntry.MAX_TOMBSTONES - 1000 * 525; // around 1000 that exist
        assertThat(most + others).isLessThan(frame - 64 * 1024);
    }

    private static final long LAST = 253_402_300_799_999L;

    private static TraceDefinition longest(Random random) {
        String name = random.ints(256, 'a', 'z' + 1)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return new TraceDefinition(name, "clientid_prefix", "x", LAST, LAST, "json", "hidden", 65_536, true);
    }

    @Test
    void a_trace_fails_before_it_fills_the_disk() {
        TraceNodeFixture node = new TraceNodeFixture(kit, new TraceSettings(root, 3, 1_000_000, 64, Long.MAX_VALUE));
        node.create(trace("t1", "dev-1", 0, 100));
        node.happens("dev-1", "a");

        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(node.figures().get("t1").failure()).contains("nightjar.trace.min-free-disk"));
        assertThat(node.piece("t1", "0", 1000).hint()).as("it may recover").isEqualTo("retry");
    }

    @Test
    void a_trace_goes_on_when_the_disk_takes_lines_again_and_says_what_is_missing() throws Exception {
        Path blocked = Files.writeString(root.resolve("t1"), "a file where a directory should be");
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 0, 100));
        node.happens("dev-1", "lost");
        node.happens("dev-1", "lost_too");
        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(node.figures().get("t1").dropped()).isEqualTo(2));
        String cause = node.figures().get("t1").failure();

        Files.delete(blocked);
        passes(node, 5);
        awaitMessages(node, "t1", "trace_recovered", "trace_events_dropped");
        node.happens("dev-1", "kept");

        awaitMessages(node, "t1", "trace_recovered", "trace_events_dropped", "kept");
        assertThat(node.lines("t1").get(0)).contains("cause: ", cause.substring(cause.lastIndexOf('/') + 1));
        assertThat(node.lines("t1").get(1)).endsWith("count: 2");
        assertThat(node.figures().get("t1").status()).isEqualTo("running");
        assertThat(node.figures().get("t1").failure()).isNull();
        assertThat(node.figures().get("t1").dropped()).isEqualTo(2);
    }

    @Test
    void a_clock_that_is_set_is_told_and_a_trace_that_began_goes_on() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 0, 100));
        awaitMessages(node, "t1", "trace_started");

        node.clock.jump(Duration.ofHours(-1));
        passes(node, 5);
        awaitMessages(node, "t1", "trace_started", "clock_jumped");
        node.happens("dev-1", "an_hour_early");
        assertThat(node.figures().get("t1").status()).isEqualTo("running");
        node.clock.jump(Duration.ofHours(1));
        passes(node, 5);

        awaitMessages(node, "t1", "trace_started", "clock_jumped", "an_hour_early", "clock_jumped");
        assertThat(node.lines("t1").get(1))
                .isEqualTo("2026-11-23T13:00:05.000000Z [TRACE] dev-1 msg: clock_jumped, trace: t1, node: n1, "
                        + "by_ms: -3600000");
        assertThat(node.lines("t1").get(3)).endsWith("by_ms: 3600000");
    }

    @Test
    void a_clock_that_is_set_beyond_the_end_ends_the_trace_and_set_back_it_goes_on() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 0, 100));
        awaitMessages(node, "t1", "trace_started");

        node.clock.jump(Duration.ofHours(1));
        passes(node, 5);
        awaitMessages(node, "t1", "trace_started", "clock_jumped", "trace_stopped");
        node.clock.jump(Duration.ofHours(-1));
        node.actor.tell(new TraceCommand.Evaluate());

        awaitMessages(node, "t1", "trace_started", "clock_jumped", "trace_stopped", "trace_resumed");
    }

    @Test
    void a_flood_is_written_or_counted_to_the_last_event() throws Exception {
        int each = 100_000;
        TraceNodeFixture node = new TraceNodeFixture(kit, new TraceSettings(root, 3, 1 << 30, 1024));
        node.create(trace("t1", "dev-1", 0, 100));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Thread thread = new Thread(() -> {
                for (int n = 0; n < each; n++) {
                    node.happens("dev-1", "e");
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        node.stop("t1");
        await().atMost(LONG).until(() -> {
            TraceCommand.Piece end = node.piece("t1", "end", 1);
            return "eof".equals(end.hint());
        });

        List<String> lines = node.lines("t1");
        long written = lines.stream().filter(line -> line.endsWith(" msg: e")).count();
        long told = lines.stream()
                .filter(line -> line.contains("msg: trace_events_dropped"))
                .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
        assertThat(written + told).isEqualTo(2 * each);
        assertThat(node.figures().get("t1").dropped()).isEqualTo(told);
        assertThat(node.counters.get(Counter.TRACE_EVENTS_DROPPED)).isEqualTo(told);
        assertThat(node.figures().get("t1").lines()).isEqualTo(lines.size());
    }

    @Test
    void the_limits_can_be_changed_within_what_the_configuration_allows() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        TestProbe<TraceCommand.Outcome> replies = kit.createTestProbe();

        node.actor.tell(new TraceCommand.SetLimits(new Traces.Limits(4, 1_000_000), replies.ref()));
        assertThat(replies.receiveMessage(LONG).message()).contains("1 to 3", "nightjar.trace.max-traces");
        node.actor.tell(new TraceCommand.SetLimits(new Traces.Limits(3, 1_000_001), replies.ref()));
        assertThat(replies.receiveMessage(LONG).message()).contains("nightjar.trace.max-file-size");
        node.actor.tell(new TraceCommand.SetLimits(new Traces.Limits(1, 100_000), replies.ref()));
        assertThat(replies.receiveMessage(LONG).code()).isNull();

        assertThat(node.create(trace("t1", "dev-1", 0, 100)).code()).isNull();
        assertThat(node.create(trace("t2", "dev-2", 0, 100)).code()).isEqualTo("EXCEED_LIMIT");
        await().atMost(LONG).until(() -> TraceNodeFixture.saved(root).size() == 2);
        TraceNodeFixture again = new TraceNodeFixture(kit, root.resolve("other"));
        again.actor.tell(new TraceCommand.Replicated(TraceNodeFixture.saved(root)));
        await().atMost(LONG).until(() -> again.limits.get().equals(new Traces.Limits(1, 100_000)));
        assertThat(again.figures()).containsOnlyKeys("t1");
    }

    @Test
    void every_command_has_its_handler() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        TestProbe<Object> replies = kit.createTestProbe();
        TestProbe<UnhandledMessage> unhandled = kit.createUnhandledMessageProbe();
        List<TraceCommand> commands = List.of(
                new TraceCommand.Create(
                        trace("t1", "dev-1", 0, 100), replies.ref().narrow()),
                new TraceCommand.Stop("t1", replies.ref().narrow()),
                new TraceCommand.Delete("t1", replies.ref().narrow()),
                new TraceCommand.Clear(replies.ref().narrow()),
                new TraceCommand.SetLimits(
                        new Traces.Limits(1, 100_000), replies.ref().narrow()),
                new TraceCommand.GetEntries(replies.ref().narrow()),
                new TraceCommand.Replicated(List.of()),
                new TraceCommand.Evaluate(),
                new TraceCommand.PeersChanged(List.of()),
                new TraceCommand.GetFigures(replies.ref().narrow()),
                new TraceCommand.GetDetail("t1", replies.ref().narrow()),
                new TraceCommand.GetPiece("t1", "0", 1, replies.ref().narrow()));

        commands.forEach(node.actor::tell);

        assertThat(commands.stream().map(command -> command.getClass().getName()))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(TraceCommand.class.getPermittedSubclasses())
                        .map(Class::getName)
                        .toList());
        assertThat(replies.receiveSeveralMessages(9, LONG)).hasSize(9);
        unhandled.expectNoMessage(Duration.ZERO);
    }

    @Test
    void pieces_say_whether_more_may_come() {
        TraceNodeFixture node = new TraceNodeFixture(kit, root);
        node.create(trace("t1", "dev-1", 10, 20));

        assertThat(node.piece("t1", "0", 100).hint()).isEqualTo("retry");
        assertThat(node.piece("t1", "0", 0).code()).isEqualTo("BAD_REQUEST");
        assertThat(node.piece("t1", "nonsense", 100).code()).isEqualTo("BAD_REQUEST");
        assertThat(node.piece("t1", "x-1-1", 100).code()).isEqualTo("STALE_CURSOR");
        assertThat(node.piece("no", "0", 100).code()).isEqualTo("NOT_FOUND");
    }
}
