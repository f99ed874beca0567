package io.nightjar.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs scenarios against several brokers in turn (A B A B ...), each in a process of the generator of its own. Prints each
 * run as a line of JSON and, in the end, a table of medians in Markdown; both go into files, too. {@code ops/bench} starts
 * it.
 *
 * <p>Exit code 1 if a run failed, 64 if the command line is wrong.
 */
public final class Bench {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final BenchOptions options;
    private final BenchTable table;
    private final Path raw;
    private final Path log;

    /** Generators that run; they end with this process. */
    private final Set<Process> generators = ConcurrentHashMap.newKeySet();

    private boolean failed;

    private Bench(BenchOptions options) throws IOException {
        this.options = options;
        this.table =
                new BenchTable(options.brokers().stream().map(BenchBroker::name).toList());
        Files.createDirectories(options.out());
        this.raw = options.out().resolve("raw.jsonl");
        this.log = options.out().resolve("generator.log");
        Files.deleteIfExists(raw);
        Files.deleteIfExists(log);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> generators.forEach(Process::destroy)));
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (List.of(args).contains("--help")) {
            System.out.print(BenchOptions.USAGE);
            return;
        }
        Bench bench = null;
        try {
            bench = new Bench(BenchOptions.of(args));
        } catch (IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage() + "\n\n" + BenchOptions.USAGE);
            System.exit(64);
        }
        if (bench != null) {
            bench.run();
            System.exit(bench.failed ? 1 : 0);
        }
    }

    private void run() throws IOException, InterruptedException {
        warm();
        for (BenchScenario scenario : options.scenarios()) {
            for (int run = 1; run <= options.runs(); run++) {
                for (BenchBroker broker : options.brokers()) {
                    if (broker.does(scenario)) {
                        one(scenario, broker, run);
                    }
                }
            }
        }
        List<String> about = new ArrayList<>(options.about());
        about.add(options.method());
        String markdown = table.markdown(about);
        System.out.println("\n" + markdown);
        Files.writeString(options.out().resolve("table.md"), markdown);
        Path readme = options.readme();
        if (readme != null) {
            Files.writeString(readme, BenchReadme.replaced(Files.readString(readme), markdown));
        }
    }

    private void warm() throws IOException, InterruptedException {
        for (int round = 1; round <= options.warm(); round++) {
            for (BenchBroker broker : options.brokers()) {
                System.err.printf(Locale.ROOT, "warming up %s, round %d%n", broker.name(), round);
                for (var scenario : BenchScenario.WARM.entrySet()) {
                    if (broker.does(scenario.getKey())) {
                        generate(broker, List.of(scenario.getValue().split(" ")), "warm");
                    }
                }
            }
        }
    }

    private void one(BenchScenario scenario, BenchBroker broker, int run) throws IOException, InterruptedException {
        Instant begun = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        ObjectNode figures = JSON.createObjectNode()
                .put("broker", broker.name())
                .put("scenario", scenario.word())
                .put("run", run)
                .put("at", begun.toString());
        figures.setAll(
                scenario.kind() == BenchScenario.Kind.IDLE
                        ? idle(broker, scenario)
                        : generate(
                                broker,
                                scenario.arguments(options.warmupSeconds(), options.seconds()),
                                scenario.word()));
        if (broker.pid() == 0) {
            forget(figures);
        }
        failed |= figures.has("error");
        table.add(scenario, broker.name(), figures);
        System.out.println(figures);
        Files.writeString(raw, figures + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Leaves out what is not known of a broker without a process here. */
    private static void forget(ObjectNode figures) {
        for (Iterator<String> names = figures.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (name.startsWith("broker_") || name.startsWith("resident_") || name.equals("other_cores")) {
                names.remove();
            }
        }
    }

    private ObjectNode generate(BenchBroker broker, List<String> scenario, String label)
            throws IOException, InterruptedException {
        Process process = start(broker, scenario, label, ProcessBuilder.Redirect.appendTo(log.toFile()));
        process.getOutputStream().close();
        return end(process);
    }

    /** The last line that a generator said. */
    private ObjectNode end(Process process) throws IOException, InterruptedException {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int code = process.waitFor();
        generators.remove(process);
        if (text.isEmpty()) {
            return error("the generator said nothing, exit code " + code + "; see " + log);
        }
        String last = text.substring(text.lastIndexOf('\n') + 1);
        try {
            if (JSON.readTree(last) instanceof ObjectNode figures) {
                return figures;
            }
        } catch (JsonProcessingException e) {
            // told below: one run fails, and the table has the others
        }
        return error("the generator ended with code " + code + " and: " + last);
    }

    private static ObjectNode error(String why) {
        return JSON.createObjectNode().put("error", why);
    }

    private Process start(BenchBroker broker, List<String> scenario, String label, ProcessBuilder.Redirect errors)
            throws IOException {
        List<String> command = new ArrayList<>();
        if (!options.cpu().isEmpty()) {
            command.addAll(List.of("taskset", "-c", options.cpu()));
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                LoadMain.class.getName()));
        command.addAll(scenario);
        command.addAll(List.of("--host", broker.host(), "--port", Integer.toString(broker.port())));
        command.addAll(List.of("--pid", Long.toString(broker.pid()), "--prefix", "b" + label));
        Process process = new ProcessBuilder(command).redirectError(errors).start();
        generators.add(process);
        return process;
    }

    /** Bytes of one idle connection: what the second two thirds add to the first, which fill what was in reserve. */
    private ObjectNode idle(BenchBroker broker, BenchScenario scenario) throws IOException, InterruptedException {
        if (broker.pid() == 0) {
            return JSON.createObjectNode();
        }
        int first = options.idle() / 3;
        int second = options.idle() - first;
        List<String> words = scenario.arguments(0, 0);
        Process reserve = start(broker, with(words, first), "idle-a", ProcessBuilder.Redirect.PIPE);
        if (!opened(reserve, first)) {
            return end(reserve).put("error", "not all of " + first + " connections were opened");
        }
        IdleMemory before = IdleMemory.of(broker.pid());
        Process load = start(broker, with(words, second), "idle-b", ProcessBuilder.Redirect.PIPE);
        boolean all = opened(load, second);
        IdleMemory after = IdleMemory.of(broker.pid());
        load.getOutputStream().close();
        reserve.getOutputStream().close();
        ObjectNode figures = end(load);
        end(reserve);
        return all
                ? figures.setAll(
                        (ObjectNode) JSON.readTree(after.since(before, second).toString()))
                : figures.put("error", "not all of " + second + " more connections were opened");
    }

    private static List<String> with(List<String> scenario, int clients) {
        List<String> words = new ArrayList<>(scenario);
        words.add(Integer.toString(clients));
        return words;
    }

    /** Waits until a generator says that its connections are open; false, and it is told to go, if some are not. */
    private static boolean opened(Process process, int wanted) throws IOException, InterruptedException {
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        String line = said.readLine();
        boolean all = line != null && line.contains("\"connected\": " + wanted + "}");
        if (all) {
            Thread.sleep(3_000); // the broker puts away what opening took
        } else {
            process.getOutputStream().close();
        }
        return all;
    }
}
