package io.nightjar.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs scenarios against several brokers in turn (A B A B ...), each in a process of the generator of its own, and prints
 * a table of medians. {@code ops/bench} starts it.
 *
 * <pre>
 * [--runs 5] [--seconds 10] [--warmup 6] [--warm 2] [--scenarios p2p,fanin,...] [--cpu 1] NAME=HOST:PORT[,PID] ...
 * </pre>
 */
public final class Bench {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Arguments of the generator by name of the scenario; {@code @} stands for the times. */
    private static final Map<String, List<String>> SCENARIOS = scenarios();

    private static final List<String> WARM = List.of(
            "p2p --pairs 200 --qos 1 --warmup 8 --seconds 1",
            "fanin --pubs 50 --subs 5 --warmup 3 --seconds 1",
            "fanout --subs 200 --warmup 2 --seconds 1",
            "fanout --subs 200 --qos 1 --warmup 2 --seconds 1",
            "takeover --clients 500 --rounds 3",
            "conn --clients 2000");

    private static Map<String, List<String>> scenarios() {
        Map<String, List<String>> all = new LinkedHashMap<>();
        all.put("p2p_qos0", words("p2p --pairs 1000 --qos 0 @"));
        all.put("p2p_qos1", words("p2p --pairs 1000 --qos 1 @"));
        all.put("fanin", words("fanin --pubs 500 --subs 5 @"));
        all.put("fanin_shared", words("fanin --pubs 500 --subs 5 --shared @"));
        all.put("fanout_qos0", words("fanout --subs 1000 @"));
        all.put("fanout_qos1", words("fanout --subs 1000 --qos 1 @"));
        all.put("subscriptions", words("p2p --pairs 1000 --qos 1 --exact 100000 --wildcard 10000 @"));
        all.put("latency", words("p2p --pairs 1000 --qos 1 --rate 10000 @"));
        all.put("takeover", words("takeover --clients 5000 --rounds 3"));
        all.put("connect", words("conn --clients 10000"));
        all.put("idle", words("conn --clients 15000 --subscribe --keep-alive 600 --hold-until-eof"));
        return all;
    }

    private static List<String> words(String text) {
        return List.of(text.split(" "));
    }

    /** @param pid 0: unknown, nothing is said of its CPU time and memory */
    private record Broker(String name, String host, int port, long pid) {}

    private final List<Broker> brokers = new ArrayList<>();
    private List<String> chosen = List.copyOf(SCENARIOS.keySet());
    private int runs = 5;
    private int warm = 2;
    private String seconds = "10";
    private String warmup = "6";
    private String cpu = "";

    /** By scenario and broker the figures of each run. */
    private final Map<String, Map<String, List<JsonNode>>> results = new LinkedHashMap<>();

    private Bench() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Bench bench = new Bench();
        try {
            bench.read(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage()
                    + "\nusage: ops/bench [--runs 5] [--seconds 10] [--warmup 6] [--warm 2] [--cpu N]"
                    + " [--scenarios " + String.join(",", SCENARIOS.keySet()) + "] [NAME=HOST:PORT[,PID] ...]");
            System.exit(64);
        }
        bench.run();
    }

    private void read(String[] args) {
        for (int i = 0; i < args.length; i++) {
            String value = i + 1 < args.length ? args[i + 1] : "";
            switch (args[i]) {
                case "--runs" -> runs = Integer.parseInt(value);
                case "--warm" -> warm = Integer.parseInt(value);
                case "--seconds" -> seconds = value;
                case "--warmup" -> warmup = value;
                case "--cpu" -> cpu = value;
                case "--scenarios" -> chosen = List.of(value.split(","));
                default -> {
                    brokers.add(broker(args[i]));
                    continue;
                }
            }
            i++;
        }
        for (String scenario : chosen) {
            if (!SCENARIOS.containsKey(scenario)) {
                throw new IllegalArgumentException("there is no scenario " + scenario);
            }
        }
        if (brokers.isEmpty()) {
            throw new IllegalArgumentException("which broker?");
        }
    }

    private static Broker broker(String text) {
        if (!text.matches("[^=]+=[^:,]+:\\d+(,\\d+)?")) {
            throw new IllegalArgumentException(text + " is not NAME=HOST:PORT or NAME=HOST:PORT,PID");
        }
        String name = text.substring(0, text.indexOf('='));
        String[] where = text.substring(text.indexOf('=') + 1).split("[:,]");
        return new Broker(name, where[0], Integer.parseInt(where[1]), where.length > 2 ? Long.parseLong(where[2]) : 0);
    }

    private void run() throws IOException, InterruptedException {
        for (int i = 0; i < warm; i++) {
            for (Broker broker : brokers) {
                for (String scenario : WARM) {
                    generate(broker, words(scenario), "warm");
                }
            }
        }
        for (String scenario : chosen) {
            for (int run = 1; run <= runs; run++) {
                for (Broker broker : brokers) {
                    JsonNode figures = scenario.equals("idle")
                            ? idle(broker, SCENARIOS.get(scenario))
                            : generate(broker, SCENARIOS.get(scenario), scenario);
                    System.out.println(figures);
                    results.computeIfAbsent(scenario, name -> new LinkedHashMap<>())
                            .computeIfAbsent(broker.name, name -> new ArrayList<>())
                            .add(figures);
                }
            }
        }
        System.out.println();
        results.forEach(this::table);
    }

    private JsonNode generate(Broker broker, List<String> scenario, String label)
            throws IOException, InterruptedException {
        Process process = start(broker, scenario, label);
        process.getOutputStream().close();
        String line = last(process);
        process.waitFor();
        return JSON.readTree(line);
    }

    private static String last(Process process) throws IOException {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return text.isEmpty()
                ? "{\"error\": \"the generator said nothing\"}"
                : text.substring(text.lastIndexOf('\n') + 1);
    }

    private Process start(Broker broker, List<String> scenario, String label) throws IOException {
        List<String> command = new ArrayList<>();
        if (!cpu.isEmpty()) {
            command.addAll(List.of("taskset", "-c", cpu));
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                LoadMain.class.getName()));
        for (String word : scenario) {
            if (word.equals("@")) {
                command.addAll(List.of("--warmup", warmup, "--seconds", seconds));
            } else {
                command.add(word);
            }
        }
        command.addAll(List.of("--host", broker.host, "--port", Integer.toString(broker.port)));
        command.addAll(List.of("--pid", Long.toString(broker.pid), "--label", broker.name + " " + label));
        command.addAll(List.of("--prefix", "b" + label));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.PIPE)
                .start();
    }

    /** Bytes of one idle connection: what the second two thirds add to the first, which fill what was in reserve. */
    private JsonNode idle(Broker broker, List<String> scenario) throws IOException, InterruptedException {
        List<String> first = with(scenario, "5000");
        List<String> second = with(scenario, "10000");
        Process reserve = start(broker, first, "idle-a");
        opened(reserve);
        Memory before = Memory.of(broker.pid);
        Process load = start(broker, second, "idle-b");
        opened(load);
        Memory after = Memory.of(broker.pid);
        load.getOutputStream().close();
        reserve.getOutputStream().close();
        JsonNode figures = JSON.readTree(last(load));
        load.waitFor();
        last(reserve);
        reserve.waitFor();
        double n = Math.max(1, figures.path("connected").asDouble());
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("connected", figures.path("connected"));
        all.put("dropped", figures.path("dropped"));
        all.put("resident_bytes", Math.round((after.resident - before.resident) / n));
        if (after.heap != null && before.heap != null) {
            all.put("heap_bytes", Math.round((after.heap - before.heap) / n));
        }
        all.put("kernel_bytes", Math.round((after.slab - before.slab) / n / 2)); // both ends are in this kernel
        all.put("label", broker.name + " idle");
        return JSON.valueToTree(all);
    }

    private static List<String> with(List<String> scenario, String clients) {
        List<String> words = new ArrayList<>(scenario);
        words.set(words.indexOf("--clients") + 1, clients);
        return words;
    }

    private static void opened(Process process) throws IOException, InterruptedException {
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        String line = said.readLine();
        if (line == null || !line.contains("connected")) {
            throw new IOException("the connections were not opened: " + line + " " + last(process));
        }
        Thread.sleep(3_000); // the broker puts away what opening took
    }

    /**
     *
     * Bytes.
     *
     *
     *
     * @param heap live after two collections, null if the process is no JVM that answers
     *
     */
    private record Memory(long resident, @Nullable Long heap, long slab) {
        static Memory of(long pid) throws IOException, InterruptedException {
            Long heap = jcmd(pid, "GC.run") == null ? null : live(pid);
            long slab = 0;
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                slab = line.startsWith("Slab:") ? Long.parseLong(line.replaceAll("\\D", "")) * 1024 : slab;
            }
            return new Memory(new BrokerProcess(pid).residentKib() * 1024, heap, slab);
        }

        private static @Nullable Long live(long pid) throws IOException, InterruptedException {
            jcmd(pid, "GC.run");
            String histogram = jcmd(pid, "GC.class_histogram");
            if (histogram == null) {
                return null;
            }
            for (String line : histogram.split("\n")) {
                if (line.startsWith("Total")) {
                    return Long.parseLong(line.trim().split("\\s+")[2]);
                }
            }
            return null;
        }

        private static @Nullable String jcmd(long pid, String command) throws IOException, InterruptedException {
            Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
            if (pid == 0 || !Files.isExecutable(jcmd)) {
                return null;
            }
            Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), command)
                    .redirectErrorStream(true)
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? text : null;
        }
    }

    /** The medians of all runs, a line for each broker. */
    private void table(String scenario, Map<String, List<JsonNode>> brokers) {
        List<String> columns = columns(scenario);
        System.out.printf(Locale.ROOT, "%-16s", scenario);
        columns.forEach(column -> System.out.printf(Locale.ROOT, " %22s", column));
        System.out.println();
        brokers.forEach((name, figures) -> {
            System.out.printf(Locale.ROOT, "  %-14s", name);
            for (String column : columns) {
                System.out.printf(Locale.ROOT, " %22s", median(figures, column));
            }
            System.out.println();
        });
        System.out.println();
    }

    private static List<String> columns(String scenario) {
        return switch (scenario) {
            case "latency" -> words("broker_us_per_message latency_p50_ms latency_p99_ms latency_p999_ms unsent lost");
            case "takeover" -> words("takeover_seconds broker_us_per_takeover failed");
            case "connect" -> words("connects_per_s broker_us_per_connect connect_p99_ms failed");
            case "idle" -> words("heap_bytes resident_bytes kernel_bytes dropped");
            default -> words("broker_us_per_message messages_per_s generator_cores lost duplicates");
        };
    }

    private static String median(List<JsonNode> figures, String column) {
        TreeMap<Double, Integer> sorted = new TreeMap<>();
        int n = 0;
        for (JsonNode run : figures) {
            if (run.has(column)) {
                sorted.merge(run.get(column).asDouble(), 1, Integer::sum);
                n++;
            }
        }
        int seen = 0;
        for (Map.Entry<Double, Integer> value : sorted.entrySet()) {
            seen += value.getValue();
            if (seen * 2 > n) {
                double is = value.getKey();
                return is >= 1000 ? String.format(Locale.ROOT, "%,.0f", is) : String.format(Locale.ROOT, "%.2f", is);
            }
        }
        return figures.stream().anyMatch(run -> run.has("error")) ? "failed" : "-";
    }
}
