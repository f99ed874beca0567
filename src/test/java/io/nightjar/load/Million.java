package io.nightjar.load;

import io.nightjar.app.Broker;
import io.nightjar.app.Settings;
import io.nightjar.metrics.Counters.Counter;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * A million idle connections to one whole node, in one JVM, over Netty's in-process transport: what each costs, and whether
 * the node gets slower as they become more. {@code ops/million} runs it.
 *
 * <pre>
 * Million [CONNECTIONS (1000000) [STEP (100000) [TAKEOVERS at each step (10000) [MESSAGES at each step (200000)]]]]
 * </pre>
 *
 * <p>Everything of a node runs, as a default start has it: sharding, flight recorder, HTTP, $SYS, admission. Only the
 * listener's transport differs, so what an epoll channel costs is not in here, and what Netty's LocalChannel costs is.
 */
public final class Million {
    private static final String NODE = "million";
    private static final int ALONE = 20_000;

    /** Clients that came before what is counted, so that the code is compiled: their numbers are beyond all others. */
    private static final int MOST_WARM = 50_000;

    private static final int FIRST_WARM = 10_000_000;

    private final int connections;
    private final int step;
    private final int takeovers;
    private final int messages;
    private final int warm;

    private Million(int connections, int step, int takeovers, int messages) {
        this.connections = connections;
        this.step = step;
        this.takeovers = takeovers;
        this.messages = messages;
        this.warm = Math.min(MOST_WARM, connections);
    }

    public static void main(String[] args) throws Exception {
        int connections = number(args, 0, 1_000_000);
        int step = Math.min(connections, number(args, 1, 100_000));
        new Million(connections, step, Math.min(step, number(args, 2, 10_000)), number(args, 3, 200_000)).run();
    }

    private static int number(String[] args, int index, int otherwise) {
        return args.length > index ? Integer.parseInt(args[index]) : otherwise;
    }

    private void run() throws InterruptedException, IOException, JMException {
        print(
                "JDK %s, %s, heap at most %,d MB, %d cores for the broker and its clients together",
                Runtime.version(),
                ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .map(GarbageCollectorMXBean::getName)
                        .collect(Collectors.joining(", ")),
                Runtime.getRuntime().maxMemory() >> 20,
                Runtime.getRuntime().availableProcessors());
        long client = InProcessClients.bytesAlone(ALONE, Million::usedHeap);
        print("a client's own end, measured alone: %,d bytes, taken off below", client);
        Path data = Files.createTempDirectory("nightjar-million");
        Broker broker = Broker.startInProcess(Settings.load(null, settings(data)));
        InProcessClients clients = new InProcessClients(NODE + "/tcp:default");
        for (int round = 0; round < 3; round++) {
            clients.connect(warm, i -> FIRST_WARM + i, round == 0);
            clients.publish(messages, i -> FIRST_WARM + i % warm);
        }
        try (Pauses pauses = new Pauses()) {
            steps(clients, client);
            print("%n%s", histogram(20));
            pauses.stop();
            print("%s", summary(pauses.sorted()));
            print(
                    "connections open: %,d, of which %,d are those that warmed it up and the publishers",
                    broker.counters().get(Counter.CONNECTIONS_ESTABLISHED) - clients.closed(),
                    warm + InProcessClients.WINDOW);
            delete(data);
            Runtime.getRuntime().halt(0); // the orderly end of a million connections is not what is measured here
        }
    }

    private void steps(InProcessClients clients, long client) throws InterruptedException {
        long empty = usedHeap();
        long last = empty;
        print(
                "%n%12s %12s %16s %16s %14s %14s",
                "connections", "connects/s", "bytes each", "of this step", "takeovers/s", "messages/s");
        for (int open = 0; open < connections; open += step) {
            int first = open;
            int now = open + step;
            double seconds = clients.connect(step, i -> first + i, true);
            long used = usedHeap();
            double published =
                    clients.publish(messages, i -> ThreadLocalRandom.current().nextInt(now));
            double taken = clients.connect(takeovers, i -> (int) ((long) i * now / takeovers), false);
            print(
                    "%,12d %,12.0f %,16d %,16d %,14.0f %,14.0f",
                    now,
                    step / seconds,
                    (used - empty) / now - client,
                    (used - last) / step - client,
                    takeovers / taken,
                    messages / published);
            last = usedHeap();
        }
    }

    private static Map<String, String> settings(Path data) {
        return Map.of(
                "nightjar.node-name", NODE,
                "nightjar.data-dir", data.toString(),
                "nightjar.listeners.tcp.default.max-connections", "2000000",
                "nightjar.listeners.ws.default.enabled", "false",
                "nightjar.http.bind", "127.0.0.1:0",
                "nightjar.cluster.bind", "127.0.0.1:0");
    }

    /** Bytes of live heap. */
    static long usedHeap() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    static String histogram(int lines) throws JMException {
        String all = (String) ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        return all.lines().limit(lines + 2L).collect(Collectors.joining("\n"));
    }

    private static String summary(long[] pauses) {
        if (pauses.length == 0) {
            return "pauses of the collector: none but those of the measurement";
        }
        return String.format(
                Locale.ROOT,
                "pauses of the collector, without those of the measurement: %,d; p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, "
                        + "longest %.1f ms",
                pauses.length,
                at(pauses, 0.5),
                at(pauses, 0.99),
                at(pauses, 0.999),
                at(pauses, 1));
    }

    /** Milliseconds. */
    private static double at(long[] sorted, double quantile) {
        return sorted[Math.max(0, (int) Math.ceil(quantile * sorted.length) - 1)] / 1e6;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : all) {
                Files.delete(file);
            }
        }
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }
}
