package io.nightjar.actor;

import io.nightjar.message.Traces.NodeFigures;
import io.nightjar.metrics.Counters;
import io.nightjar.store.TraceDefinitionsFile;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.Tracer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The traces of one node without a cluster: what it publishes is answered at once and kept in a probe. */
final class TraceNodeFixture {
    static final long START = Instant.parse("2026-11-23T14:00:00Z").toEpochMilli();

    final Tracer tracer = new Tracer();
    final Counters counters = new Counters();
    final ManualClock clock = new ManualClock();
    final TestProbe<TraceReplica.Command> published;
    final TraceWriter writer;
    final ActorRef<TraceCommand> actor;
    final TraceLimitsNow limits;
    private final ActorTestKit kit;
    private final Path root;

    /** A clock that stands until it is moved. */
    static final class ManualClock extends Clock {
        private volatile long millis = START;
        private volatile long jumped;

        /** The clock is set; no time passes. */
        void jump(Duration by) {
            millis += by.toMillis();
            jumped += by.toMillis();
        }

        long steadyMillis() {
            return millis - jumped;
        }

        void advance(Duration duration) {
            millis += duration.toMillis();
        }

        @Override
        public long millis() {
            return millis;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    TraceNodeFixture(ActorTestKit kit, Path root) {
        this(kit, root, 64);
    }

    TraceNodeFixture(ActorTestKit kit, Path root, int queueSize) {
        this(kit, new TraceSettings(root, 3, 1_000_000, queueSize));
    }

    TraceNodeFixture(ActorTestKit kit, TraceSettings settings) {
        this.kit = kit;
        this.root = settings.directory();
        this.limits = new TraceLimitsNow(settings);
        this.published = kit.createTestProbe();
        this.writer = new TraceWriter(kit.system(), settings);
        TraceActor.Node node = new TraceActor.Node(
                "n1", settings, limits, tracer, writer, counters, clock, clock::steadyMillis, peers -> {});
        this.actor = kit.spawn(TraceActor.create(
                node,
                saved(root),
                changes -> Behaviors.receiveMessage(command -> {
                    if (command instanceof TraceReplica.Publish publish && publish.replyTo() != null) {
                        publish.replyTo().tell(publish.outcome());
                    }
                    published.ref().tell(command);
                    return Behaviors.same();
                })));
    }

    static List<TraceEntry> saved(Path root) {
        try {
            String json = new TraceDefinitionsFile(root).read();
            return json == null ? List.of() : TraceEntry.parseAll(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TraceDefinition trace(String name, String clientId, long startSeconds, long endSeconds) {
        return new TraceDefinition(
                name,
                "clientid",
                clientId,
                START + startSeconds * 1000,
                START + endSeconds * 1000,
                "text",
                "text",
                1024,
                false);
    }

    TraceCommand.Outcome create(TraceDefinition definition) {
        TestProbe<TraceCommand.Outcome> probe = kit.createTestProbe();
        actor.tell(new TraceCommand.Create(definition, probe.ref()));
        return probe.receiveMessage(Duration.ofSeconds(30));
    }

    TraceCommand.Outcome stop(String name) {
        TestProbe<TraceCommand.Outcome> probe = kit.createTestProbe();
        actor.tell(new TraceCommand.Stop(name, probe.ref()));
        return probe.receiveMessage(Duration.ofSeconds(30));
    }

    TraceCommand.Outcome delete(String name) {
        TestProbe<TraceCommand.Outcome> probe = kit.createTestProbe();
        actor.tell(new TraceCommand.Delete(name, probe.ref()));
        return probe.receiveMessage(Duration.ofSeconds(30));
    }

    Map<String, NodeFigures> figures() {
        TestProbe<TraceCommand.Figures> probe = kit.createTestProbe();
        actor.tell(new TraceCommand.GetFigures(probe.ref()));
        return probe.receiveMessage(Duration.ofSeconds(30)).figures();
    }

    TraceCommand.Piece piece(String name, String position, int bytes) {
        TestProbe<TraceCommand.Piece> probe = kit.createTestProbe();
        actor.tell(new TraceCommand.GetPiece(name, position, bytes, probe.ref()));
        return probe.receiveMessage(Duration.ofSeconds(30));
    }

    /** As a connection does it. */
    void happens(String clientId, String msg) {
        if (tracer.wants(clientId)) {
            tracer.emit(event(clientId, msg));
        }
    }

    TraceEvent event(String clientId, String msg) {
        return new TraceEvent(
                clock.millis() * 1000, TraceEvent.Tag.MQTT, TraceEvent.Level.DEBUG, msg, clientId, "p:1", Map.of());
    }

    /** Words after {@code msg:} of all lines on disk. */
    List<String> messages(String name) {
        return lines(name).stream()
                .map(line -> line.replaceAll(".* msg: ([^,]*).*", "$1"))
                .toList();
    }

    List<String> lines(String name) {
        Path directory = root.resolve(name);
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .flatMap(TraceNodeFixture::linesOf)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> linesOf(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
