package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.Tracer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceClusterServiceTest {
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final Config CONFIG = ConfigFactory.parseString(String.join(
                    "\n",
                    "pekko.actor.provider = cluster",
                    "pekko.actor.serialization-bindings { \"io.nightjar.message.ControlMessage\" = jackson-cbor }",
                    "pekko.remote.artery.canonical { hostname = \"127.0.0.1\", port = 0 }",
                    "pekko.cluster.jmx.multi-mbeans-in-same-jvm = on",
                    "pekko.cluster.downing-provider-class = \"\"",
                    "pekko.coordinated-shutdown.run-by-actor-system-terminate = on",
                    "pekko.loglevel = WARNING"))
            .withFallback(ConfigFactory.load("reference"));

    @TempDir
    private Path root;

    private final List<Node> nodes = new ArrayList<>();

    /** One node of the cluster. */
    private static final class Node {
        final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "nightjar", CONFIG);
        final Tracer tracer = new Tracer();
        final TraceClusterService traces;

        Node(String name, Path directory) {
            traces = TraceClusterService.start(
                    system,
                    tracer,
                    new TraceSettings(directory, 30, 1_000_000, 1000),
                    new Counters(),
                    name,
                    Clock.systemUTC());
        }
    }

    private Node start(String name) {
        Node node = new Node(name, root.resolve(name));
        nodes.add(node);
        Cluster cluster = Cluster.get(node.system);
        cluster.manager()
                .tell(Join.create(Cluster.get(nodes.get(0).system).selfMember().address()));
        return node;
    }

    @AfterEach
    void end() throws Exception {
        for (Node node : nodes) {
            node.system.terminate();
        }
        for (Node node : nodes) {
            node.system.getWhenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    private static TraceDefinition trace(String name, String clientId) {
        return new TraceDefinition(
                name, "clientid", clientId, 0, System.currentTimeMillis() + 3_600_000, "text", "text", 1024, false);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static TraceEvent event(String msg) {
        return new TraceEvent(
                System.currentTimeMillis() * 1000,
                TraceEvent.Tag.MQTT,
                TraceEvent.Level.DEBUG,
                msg,
                "dev/1 x",
                "p:1",
                Map.of());
    }

    @Test
    void limits_that_are_set_on_one_node_hold_on_all_and_after_a_restart() throws Exception {
        Node a = start("a");
        Node b = start("b");
        await().atMost(LONG)
                .until(() -> a.traces.nodes().size() == 2 && b.traces.nodes().size() == 2);

        assertThat(get(a.traces.setLimits(new Traces.Limits(1, 200_000)))).isEqualTo(new Traces.Limits(1, 200_000));

        await().atMost(LONG).until(() -> b.traces.limits().equals(new Traces.Limits(1, 200_000)));
        get(b.traces.create(trace("t1", "dev-1")));
        assertThatThrownBy(() -> get(b.traces.create(trace("t2", "dev-2")))).hasMessageContaining("there are 1 traces");
        get(b.traces.stop().thenApply(done -> null));
        Node alone = new Node("again", root.resolve("b"));
        nodes.add(alone);
        assertThat(get(alone.traces.list())).hasSize(1);
        assertThat(alone.traces.limits()).isEqualTo(new Traces.Limits(1, 200_000));
    }

    @Test
    void a_trace_made_on_one_node_runs_on_both_and_is_read_through_either() throws Exception {
        Node a = start("a@127.0.0.1");
        Node b = start("node b");
        await().atMost(LONG)
                .until(() -> a.traces.nodes().size() == 2 && b.traces.nodes().size() == 2);
        assertThat(b.traces.nodes()).containsExactly("node b", "a@127.0.0.1");

        Traces.TraceView made = get(a.traces.create(trace("t1", "dev/1 x")));
        assertThat(made.status()).isEqualTo("running");
        await().atMost(LONG).until(() -> b.tracer.wants("dev/1 x"));
        assertThat(a.tracer.wants("dev/1 x")).isTrue();
        a.tracer.emit(event("on_a"));
        b.tracer.emit(event("on_b"));

        await().atMost(LONG).untilAsserted(() -> {
            assertThat(get(a.traces.read("t1", "node b", "0", 9_999)).text().text())
                    .contains("msg: on_b");
            assertThat(get(b.traces.read("t1", "a@127.0.0.1", "0", 9_999))
                            .text()
                            .text())
                    .contains("msg: on_a");
        });
        Traces.LogPiece piece = get(a.traces.read("t1", "node b", "0", 9_999));
        assertThat(piece.hint()).isEqualTo("retry");
        assertThat(get(a.traces.read("t1", "node b", piece.position(), 9_999))
                        .text()
                        .isEmpty())
                .isTrue();
        for (Node node : nodes) {
            List<Traces.TraceView> list = get(node.traces.list());
            assertThat(list).hasSize(1);
            assertThat(list.get(0).nodes()).containsOnlyKeys("a@127.0.0.1", "node b");
            assertThat(list.get(0).nodes().get("node b").lines()).isEqualTo(2);
        }
        assertThat(get(b.traces.logDetail("t1")))
                .extracting(Traces.LogDetail::node)
                .containsExactly("node b", "a@127.0.0.1");

        assertThat(get(b.traces.stop("t1")).status()).isEqualTo("stopped");
        await().atMost(LONG).until(() -> a.tracer.isIdle() && b.tracer.isIdle());
        refused(a.traces.create(trace("t1", "other")), "ALREADY_EXISTS");
        refused(a.traces.stop("no"), "NOT_FOUND");
        refused(a.traces.logDetail("no"), "NOT_FOUND");
        refused(a.traces.read("t1", "no such node", "0", 1), "NODE_ERROR");
        refused(a.traces.read("t1", "node b", "x-1-0", 1), "STALE_CURSOR");

        get(b.traces.clear());
        await().atMost(LONG)
                .until(() -> get(a.traces.list()).isEmpty()
                        && !Files.exists(root.resolve("a@127.0.0.1").resolve("t1"))
                        && !Files.exists(root.resolve("node b").resolve("t1")));
    }

    @Test
    void a_node_that_was_away_learns_what_was_deleted_and_what_is_new() throws Exception {
        Node a = start("a");
        Node b = start("b");
        await().atMost(LONG).until(() -> a.traces.nodes().size() == 2);
        get(a.traces.create(trace("old", "dev-1")));
        await().atMost(LONG).until(() -> b.tracer.wants("dev-1") && Files.exists(root.resolve("b/old")));
        b.system.terminate();
        b.system.getWhenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
        await().atMost(LONG).until(() -> a.traces.nodes().size() == 1);
        get(a.traces.delete("old"));
        get(a.traces.create(trace("new", "dev-2")));

        Node again = start("b");

        await().atMost(LONG).until(() -> again.tracer.wants("dev-2") && !again.tracer.wants("dev-1"));
        await().atMost(LONG).until(() -> !Files.exists(root.resolve("b/old")));
        assertThat(get(a.traces.list()))
                .extracting(view -> view.definition().name())
                .containsExactly("new");
        assertThat(a.tracer.wants("dev-1")).isFalse();
    }

    @Test
    void unreadable_definitions_are_put_aside_and_the_node_starts() throws Exception {
        Files.createDirectories(root.resolve("a"));
        Files.writeString(root.resolve("a/definitions.json"), "{not json");

        Node a = start("a");

        assertThat(get(a.traces.list())).isEmpty();
        assertThat(root.resolve("a/definitions.json.bad")).hasContent("{not json");
    }

    private static void refused(CompletionStage<?> stage, String code) {
        assertThatThrownBy(() -> get(stage))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(Traces.Refused.class, refused -> assertThat(refused.code())
                        .isEqualTo(code));
    }
}
