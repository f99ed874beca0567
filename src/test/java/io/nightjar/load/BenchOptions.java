package io.nightjar.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The command line of {@link Bench}.
 *
 * @param runs of each scenario and broker; the table shows their medians
 * @param seconds of the window that is measured
 * @param warmupSeconds before each window
 * @param warm rounds of everything before the first run, of about 25 s for each broker
 * @param idle connections that stay, for bytes of each
 * @param cpu core of the generator, as taskset takes it; empty: any
 * @param about lines above the table: date, versions, the command
 * @param readme file whose part between the two marks is replaced by the table, or null
 */
record BenchOptions(
        int runs,
        int seconds,
        int warmupSeconds,
        int warm,
        int idle,
        String cpu,
        Path out,
        @Nullable Path readme,
        List<String> about,
        List<BenchScenario> scenarios,
        List<BenchBroker> brokers) {

    static final String USAGE =
            """
            usage: ops/bench [options] [NAME=HOST:PORT[@PID] ...]

              --runs 5 --seconds 10 --warmup 6     runs of each scenario, its measured seconds and those before them
              --warm 2                             rounds that warm up a JVM before the first run, of 25 s for each broker
              --idle 15000                         connections that stay, for bytes of each; at least 300
              --scenarios WORD,WORD                of %s
              --out DIR                            where raw.jsonl, table.md and generator.log go
            """
                    .formatted(BenchScenario.words());

    BenchOptions {
        about = List.copyOf(about);
        scenarios = List.copyOf(scenarios);
        brokers = List.copyOf(brokers);
    }

    /** @throws IllegalArgumentException with words for the caller */
    static BenchOptions of(String... args) {
        Map<String, String> values = new LinkedHashMap<>();
        List<String> about = new ArrayList<>();
        List<BenchBroker> brokers = new ArrayList<>();
        Map<String, List<BenchScenario>> only = new LinkedHashMap<>();
        Set<String> known = Set.of(
                "--runs", "--seconds", "--warmup", "--warm", "--idle", "--cpu", "--out", "--readme", "--scenarios");
        for (int i = 0; i < args.length; i++) {
            String name = args[i];
            if (!name.startsWith("--")) {
                brokers.add(BenchBroker.of(name));
                continue;
            } else if (i + 1 == args.length) {
                throw new IllegalArgumentException(name + " needs a value");
            }
            String value = args[++i];
            if (name.equals("--about")) {
                about.add(value);
            } else if (name.equals("--only")) {
                int at = value.indexOf('=');
                only.put(value.substring(0, Math.max(0, at)), BenchScenario.list(value.substring(at + 1)));
            } else if (known.contains(name)) {
                values.put(name, value);
            } else {
                throw new IllegalArgumentException("there is no option " + name);
            }
        }
        String readme = values.get("--readme");
        return new BenchOptions(
                number(values, "--runs", 5, 1),
                number(values, "--seconds", 10, 1),
                number(values, "--warmup", 6, 0),
                number(values, "--warm", 2, 0),
                number(values, "--idle", 15_000, 300),
                values.getOrDefault("--cpu", ""),
                Path.of(values.getOrDefault("--out", "target/bench")),
                readme == null ? null : Path.of(readme),
                about,
                BenchScenario.list(values.getOrDefault("--scenarios", BenchScenario.words())),
                named(brokers, only));
    }

    /** How the figures of the table came about. */
    String method() {
        return (runs == 1 ? "One run" : "Medians of " + runs + " runs") + ", the brokers in turn (A B A B ...), "
                + seconds + " s each after "
                + warmupSeconds
                + " s; brokers on one core, the generator on " + (cpu.isEmpty() ? "any" : "another")
                + "; MQTT 5, payloads of 64 bytes, at most 10 undelivered messages of each publisher.";
    }

    private static int number(Map<String, String> values, String name, int otherwise, int least) {
        String value = values.getOrDefault(name, Integer.toString(otherwise));
        if (!value.matches("\\d{1,6}") || Integer.parseInt(value) < least) {
            throw new IllegalArgumentException(name + " must be a whole number from " + least + " on, not " + value);
        }
        return Integer.parseInt(value);
    }

    private static List<BenchBroker> named(List<BenchBroker> brokers, Map<String, List<BenchScenario>> only) {
        if (brokers.isEmpty()) {
            throw new IllegalArgumentException("which broker? Name one as NAME=HOST:PORT[@PID]");
        }
        Set<String> names = new LinkedHashSet<>();
        for (BenchBroker broker : brokers) {
            if (!names.add(broker.name())) {
                throw new IllegalArgumentException("two brokers are called " + broker.name());
            }
        }
        return brokers.stream()
                .map(broker -> broker.only(only.getOrDefault(broker.name(), List.of())))
                .toList();
    }
}
