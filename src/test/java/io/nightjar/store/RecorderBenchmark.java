package io.nightjar.store;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.ConnectionEnd.Stage;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What an event costs, and a search on a full file of 256 MiB. Run {@code ops/jmh 'RecorderBenchmark.(connected|ended)' -t 1
 * -prof gc} and with {@code -t 2}, then {@code ops/jmh RecorderBenchmark.search}.
 */
@BenchmarkMode(Mode.AverageTime)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
public class RecorderBenchmark {
    private static final int CLIENTS = 16_384;
    private static final DisconnectReason FIN = DisconnectReason.of(Detail.PEER_FIN);

    /** A recorder that goes round and round. */
    @State(Scope.Benchmark)
    public static class Writing {
        final FlightRecorder.Client[] clients = new FlightRecorder.Client[CLIENTS];
        final ConnectionEnd[] ends = new ConnectionEnd[CLIENTS];
        final ConnectionEnd[] goodbyes = new ConnectionEnd[CLIENTS];
        private @Nullable Path dir;
        private @Nullable RecorderFile file;

        RecorderFile recorder() {
            return java.util.Objects.requireNonNull(file);
        }

        @Setup
        public void open() throws IOException {
            dir = Files.createTempDirectory("recorder");
            file = RecorderFile.open(dir, 256L << 20, "n1@127.0.0.1", new Counters());
            DisconnectReason goodbye = DisconnectReason.of(Detail.DISCONNECT);
            for (int i = 0; i < CLIENTS; i++) {
                String id = "device-" + i;
                String peer = "10.0." + (i >> 8) + "." + (i & 255) + ":40000";
                clients[i] = RecordedEnds.client(id, peer);
                ends[i] = RecordedEnds.end(i, Stage.CONNECTED, FIN, id, peer);
                goodbyes[i] = RecordedEnds.end(i, Stage.CONNECTED, goodbye, id, peer);
            }
        }

        @TearDown
        public void delete() throws IOException {
            Path of = java.util.Objects.requireNonNull(dir);
            Files.deleteIfExists(of.resolve(RecorderFile.NAME));
            Files.deleteIfExists(of);
        }
    }

    /** Which client is next, one of each thread. */
    @State(Scope.Thread)
    public static class Turn {
        private int next = ThreadLocalRandom.current().nextInt(CLIENTS);

        int next() {
            next = next + 7919 & CLIENTS - 1;
            return next;
        }
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    public void connected(Writing writing, Turn turn) {
        int i = turn.next();
        writing.recorder().connected(i, writing.clients[i], false, Map.of());
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    public void ended(Writing writing, Turn turn) {
        writing.recorder().ended(writing.ends[turn.next()]);
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    public void endedInOrder(Writing writing, Turn turn) {
        writing.recorder().ended(writing.goodbyes[turn.next()]);
    }

    /** A file that is full of connects and ends. */
    @State(Scope.Benchmark)
    public static class Full extends Writing {
        int events;

        @Setup
        public void fill() {
            for (long bytes = 0; bytes < 300L << 20; bytes += 600) {
                int i = events++ * 7919 & CLIENTS - 1;
                recorder().connected(i, clients[i], false, Map.of());
                recorder().ended(ends[i]);
            }
        }
    }

    private static EventFilter filter(
            Set<String> reasons, @Nullable String like, @Nullable String username, @Nullable String range) {
        return new EventFilter(
                Set.of(),
                reasons,
                Set.of(),
                Set.of(),
                null,
                like,
                username,
                range == null ? null : Cidr.parse(range),
                null,
                0,
                Long.MAX_VALUE);
    }

    private static List<RecordedEvent> find(Full full, EventFilter filter) {
        return full.recorder().find(filter, Long.MAX_VALUE, 100).events();
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public Object searchByReasonThatIsThere(Full full) {
        return find(full, filter(Set.of("tcp_closed"), null, null, null));
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public Object searchByReasonThatIsNot(Full full) {
        return find(full, filter(Set.of("discarded"), null, null, null));
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public Object searchByPartOfClientIdThatIsNot(Full full) {
        return find(full, filter(Set.of(), "device-x", null, null));
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public Object searchByUsernameThatIsNot(Full full) {
        return find(full, filter(Set.of(), null, "nobody", null));
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public Object searchByRangeThatIsNot(Full full) {
        return find(full, filter(Set.of(), null, null, "192.168.0.0/16"));
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public Object searchHistoryOfOneClient(Full full) {
        EventFilter one = EventFilter.ofClient("device-4711", 0, Long.MAX_VALUE);
        return full.recorder().find(one, Long.MAX_VALUE, 100).events();
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public @Nullable Object searchLastEnd(Full full) {
        return full.recorder().lastEnd("device-4711");
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public void searchAllEndsWhole(Full full, Blackhole hole) {
        full.recorder().scan(EventFilter.ENDS, hole::consume);
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public void searchAllEndsSomeFields(Full full, Blackhole hole) {
        full.recorder().scan(EventFilter.ENDS, Set.of("reason", "detail", "side", "listener"), hole::consume);
    }
}
