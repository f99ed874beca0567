package io.nightjar.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs one hardship against a broker and prints a line of JSON, or makes the table of such lines. {@code ops/steady} starts
 * it: what a pair that has no part in it feels before, during and after, what was dropped and why, how much memory it took,
 * and how long the broker took to be as before.
 */
public final class Steady {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double PATIENCE_SECONDS = 120;

    /** As before: twice the p99 of before, and what is below this is noise. */
    private static final double NOISE_MILLIS = 10;

    private static final double LOOK_SECONDS = 0.5;

    private final Options options;
    private final BrokerProcess broker;
    private final long pid;
    private final @Nullable BrokerFigures figures;
    private final Report report = new Report();

    private Steady(Options options) throws IOException, InterruptedException {
        this.options = options;
        this.pid = options.number("pid", 0);
        this.broker = new BrokerProcess(pid);
        this.figures = BrokerFigures.of(options.text("api", ""), System.getenv());
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        try {
            if (args.length == 1 && args[0].equals("words")) {
                SteadyCases.ALL.keySet().forEach(System.out::println);
            } else if (args.length == 2 && args[0].equals("table")) {
                System.out.print(table(Files.readAllLines(Path.of(args[1]))));
            } else if (args.length > 0) {
                System.out.println(new Steady(new Options(args, 1)).run(args[0]));
            } else {
                throw new IllegalArgumentException("which scenario? " + SteadyCases.ALL.keySet());
            }
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(64);
        } catch (IOException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /** @throws IllegalArgumentException if there is no such scenario */
    static Report run(String[] args) throws IOException, InterruptedException {
        return new Steady(new Options(args, 1)).run(args[0]);
    }

    private Report run(String word) throws IOException, InterruptedException {
        SteadyCases.Maker maker = SteadyCases.ALL.get(word);
        if (maker == null) {
            throw new IllegalArgumentException(
                    "there is no scenario " + word + "; there are " + SteadyCases.ALL.keySet());
        }
        warm();
        try (LoadLoop loop = new LoadLoop(options)) {
            SteadyCase hardship = maker.make(options, loop, figures);
            report.put("scenario", word).put("title", hardship.title());
            hardship.prepare();
            measure(loop, hardship);
        }
        return report;
    }

    /** What a JVM needs to have compiled what is asked of it. */
    private void warm() throws IOException {
        int seconds = options.number("warmup", 6);
        for (int qos = 0; qos < 2 && seconds > 0; qos++) {
            List<String> args =
                    List.of(("p2p --pairs 50 --warmup 0 --qos " + qos + " --seconds " + seconds / 2 + " --port "
                                    + options.number("port", 1883) + " --host " + options.text("host", "127.0.0.1"))
                            .split(" "));
            LoadMain.run(args.toArray(String[]::new));
        }
    }

    private void measure(LoadLoop loop, SteadyCase hardship) throws IOException, InterruptedException {
        try (Bystander bystander = new Bystander(options)) {
            loop.run(() -> false, LoadLoop.after(1), 50);
            if (options.flag("live")) {
                live("live_before_mib");
            }
            Map<String, Double> before = now();
            bystander.next();
            loop.run(() -> false, LoadLoop.after(3), 50);
            Latencies calm = bystander.next();
            felt("before", calm);
            try (PeakMemory memory = new PeakMemory(broker, figures)) {
                Measure measure = new Measure(broker);
                hardship.act();
                felt("during", bystander.next());
                Measure.Result took = measure.stop();
                report.put("seconds", took.seconds()).put("broker_cores", took.cpuSeconds() / took.seconds());
                if (options.flag("live")) {
                    live("live_mib");
                    loop.run(() -> false, LoadLoop.after(0.1), 50);
                    bystander.next();
                }
                hardship.recover();
                recover(loop, hardship, bystander, calm);
                report.put("resident_mib", memory.residentMib()).put("heap_mib", memory.heapMib());
            }
            counted(before, now());
            bystander.end();
            report.put("bystander_lost", bystander.lost())
                    .put("bystander_dropped", bystander.connectionsLost())
                    .put("connections_lost", hardship.connectionsLost)
                    .put("taken", hardship.received);
        }
    }

    /** Waits until nothing is left of it and the bystanders feel what they felt before. */
    private void recover(LoadLoop loop, SteadyCase hardship, Bystander bystander, Latencies calm) throws IOException {
        long begun = System.nanoTime();
        long deadline = LoadLoop.after(PATIENCE_SECONDS);
        double enough = Math.max(NOISE_MILLIS, 2 * calm.percentile(0.99));
        Latencies after = new Latencies();
        double back = -1;
        double drained = -1;
        while (System.nanoTime() < deadline && (back < 0 || drained < 0)) {
            boolean[] empty = {drained >= 0};
            long look = LoadLoop.after(LOOK_SECONDS);
            loop.run(() -> false, look, 20);
            if (!empty[0] && hardship.isDrained()) {
                drained = Math.max(0, (hardship.drainedAt() - begun) / 1e9);
            }
            Latencies felt = bystander.next();
            after.add(felt);
            if (felt.count() > 0 && felt.percentile(0.99) <= enough && back < 0) {
                back = Math.max(0, (System.nanoTime() - begun) / 1e9 - LOOK_SECONDS);
            } else if (felt.percentile(0.99) > enough && drained < 0) {
                back = -1;
            }
        }
        felt("after", after);
        report.put("back_s", back).put("drained_s", drained);
    }

    private void felt(String when, Latencies by) {
        report.put(when + "_p50_ms", by.percentile(0.50))
                .put(when + "_p99_ms", by.percentile(0.99))
                .put(when + "_max_ms", by.largestMillis());
    }

    private void live(String name) throws IOException, InterruptedException {
        Long heap = pid == 0 ? null : IdleMemory.of(pid).heap();
        report.put(name, heap == null ? -1 : heap >> 20);
    }

    private Map<String, Double> now() throws IOException {
        return figures == null ? new TreeMap<>() : figures.now();
    }

    private void counted(Map<String, Double> before, Map<String, Double> after) {
        report.put("messages_in", BrokerFigures.grown(before, after, "nightjar_messages_received_total"))
                .put("delivered", BrokerFigures.grown(before, after, "nightjar_messages_sent_total"))
                .put("dropped", BrokerFigures.drops(before, after));
    }

    /** The lines of runs as a table in Markdown. */
    static String table(List<String> lines) throws IOException {
        StringBuilder out = new StringBuilder();
        out.append("| scenario | others: before | during | after | in | delivered | dropped, refused, delayed "
                + "| heap: live, most used; RSS (MiB) | back, drained (s) |\n|---|---|---|---|---|---|---|---|---|\n");
        for (String line : lines) {
            if (!line.startsWith("{")) {
                continue;
            }
            JsonNode run = JSON.readTree(line);
            List<String> cells = new ArrayList<>(List.of(run.path("title").asText()));
            for (String when : Arrays.asList("before", "during", "after")) {
                cells.add(latency(run, when));
            }
            cells.add(count(run, "messages_in"));
            cells.add(count(run, "delivered"));
            cells.add(
                    run.path("dropped").asText().isEmpty()
                            ? "none"
                            : run.path("dropped").asText());
            String live = run.has("live_mib") ? run.get("live_mib").asText() : "-";
            cells.add(live + ", " + run.path("heap_mib").asText() + "; "
                    + run.path("resident_mib").asText());
            cells.add(seconds(run, "back_s") + ", " + seconds(run, "drained_s"));
            out.append("| ").append(String.join(" | ", cells)).append(" |\n");
        }
        return out.append(
                        "\nOthers: milliseconds p50 / p99 / longest of a pair that exchanges 100 messages a second and has no part in it."
                                + " Back: after the cause ended, p99 of half a second is within twice that of before, or 10 ms.\n")
                .toString();
    }

    private static String latency(JsonNode run, String when) {
        return String.format(
                Locale.ROOT,
                "%.1f / %.0f / %.0f",
                run.path(when + "_p50_ms").asDouble(),
                run.path(when + "_p99_ms").asDouble(),
                run.path(when + "_max_ms").asDouble());
    }

    private static String count(JsonNode run, String name) {
        return String.format(Locale.ROOT, "%,d", run.path(name).asLong());
    }

    private static String seconds(JsonNode run, String name) {
        double seconds = run.path(name).asDouble(-1);
        return seconds < 0 ? "not within " + (int) PATIENCE_SECONDS : String.format(Locale.ROOT, "%.1f", seconds);
    }
}
