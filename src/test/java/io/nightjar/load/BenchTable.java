package io.nightjar.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightjar.load.BenchScenario.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/** The medians of all runs as one table in Markdown: a column for each broker. */
final class BenchTable {
    /** Above this many cores of work by others a run is worth repeating. */
    private static final double NOISE_CORES = 0.2;

    private static final String NOTHING = "–";
    private static final List<String> BAD = List.of("lost", "duplicates", "out_of_order", "connections_lost");

    private final List<String> brokers;
    private final Map<BenchScenario, Map<String, List<JsonNode>>> runs = new EnumMap<>(BenchScenario.class);
    private final Set<String> notes = new LinkedHashSet<>();

    BenchTable(List<String> brokers) {
        this.brokers = List.copyOf(brokers);
    }

    void add(BenchScenario scenario, String broker, JsonNode figures) {
        runs.computeIfAbsent(scenario, any -> new LinkedHashMap<>())
                .computeIfAbsent(broker, any -> new ArrayList<>())
                .add(figures);
    }

    /** @param about lines above the table */
    String markdown(List<String> about) {
        notes.clear();
        StringBuilder text = new StringBuilder();
        about.forEach(line -> text.append(line).append("\n\n"));
        text.append("| |");
        brokers.forEach(broker -> text.append(' ').append(broker).append(" |"));
        text.append("\n|---|").append("---|".repeat(brokers.size())).append('\n');
        runs.forEach((scenario, ofBrokers) -> {
            for (Row row : rows(scenario)) {
                text.append("| ").append(row.title).append(" |");
                for (String broker : brokers) {
                    List<JsonNode> of = ofBrokers.getOrDefault(broker, List.of());
                    text.append(' ').append(cell(scenario, row, of)).append(" |");
                }
                text.append('\n');
            }
        });
        notes.forEach(note -> text.append('\n').append(note).append('\n'));
        return text.toString();
    }

    /** Makes a cell of the runs that did not fail. */
    private interface Cell {
        String of(List<JsonNode> runs);
    }

    private record Row(String title, Cell cell) {}

    private static List<Row> rows(BenchScenario scenario) {
        return switch (scenario.kind()) {
            case TRAFFIC ->
                List.of(new Row(
                        scenario.title() + ": CPU µs a message (messages a second)",
                        of -> figure(of, "broker_us_per_message") + " (" + count(of, "messages_per_s") + ")"));
            case LATENCY ->
                List.of(
                        new Row(scenario.title() + ": CPU µs a message", of -> figure(of, "broker_us_per_message")),
                        new Row(
                                "... latency p50 / p99 / p99.9, ms",
                                of -> figure(of, "latency_p50_ms") + " / " + figure(of, "latency_p99_ms") + " / "
                                        + figure(of, "latency_p999_ms")));
            case CONNECT ->
                List.of(new Row(
                        scenario.title() + " (CPU µs each)",
                        of -> count(of, "connects_per_s") + " (" + figure(of, "broker_us_per_connect") + ")"));
            case TAKEOVER ->
                List.of(new Row(
                        scenario.title() + " (CPU µs each)",
                        of -> figure(of, "takeover_seconds") + " (" + figure(of, "broker_us_per_takeover") + ")"));
            case IDLE ->
                List.of(new Row(
                        scenario.title() + ": heap / resident / kernel",
                        of -> bytes(of, "heap_bytes") + " / " + bytes(of, "resident_bytes") + " / "
                                + bytes(of, "kernel_bytes")));
        };
    }

    private String cell(BenchScenario scenario, Row row, List<JsonNode> all) {
        List<JsonNode> good = all.stream().filter(run -> !run.has("error")).toList();
        if (all.isEmpty()) {
            return NOTHING;
        }
        if (good.isEmpty()) {
            notes.add("\"Failed\": every run ended with an error, which raw.jsonl has.");
            return "failed";
        }
        StringBuilder cell = new StringBuilder(row.cell.of(good));
        if (good.size() < all.size()) {
            cell.append(", failed ")
                    .append(all.size() - good.size())
                    .append(" of ")
                    .append(all.size());
        }
        for (String bad : BAD) {
            double worst = worst(good, bad);
            if (worst > 0) {
                cell.append(String.format(Locale.ROOT, ", %s %,.0f", bad.replace('_', ' '), worst));
                notes.add("Lost, duplicates, out of order: of the worst run.");
            }
        }
        if (scenario.kind() == Kind.TRAFFIC && generatorBound(good)) {
            cell.append(" †");
            notes.add("† The generator worked as much as the broker: more messages a second may be possible.");
        }
        if (worst(good, "other_cores") > NOISE_CORES || worst(good, "steal_cores") > NOISE_CORES) {
            cell.append(" ‡");
            notes.add("‡ Other processes took more than " + NOISE_CORES
                    + " cores during a run: repeat it on a quiet machine.");
        }
        return cell.toString();
    }

    private static boolean generatorBound(List<JsonNode> runs) {
        OptionalDouble broker = median(runs, "broker_cores");
        OptionalDouble generator = median(runs, "generator_cores");
        return broker.isPresent()
                && broker.getAsDouble() > 0
                && generator.isPresent()
                && generator.getAsDouble() >= broker.getAsDouble();
    }

    private static double worst(List<JsonNode> runs, String field) {
        return runs.stream()
                .mapToDouble(run -> run.path(field).asDouble(0))
                .max()
                .orElse(0);
    }

    /** The middle of all runs that have this figure, of an even number the mean of the two in the middle. */
    static OptionalDouble median(List<JsonNode> runs, String field) {
        double[] sorted = runs.stream()
                .filter(run -> run.path(field).isNumber())
                .mapToDouble(run -> run.get(field).asDouble())
                .sorted()
                .toArray();
        int n = sorted.length;
        return n == 0 ? OptionalDouble.empty() : OptionalDouble.of((sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
    }

    private static String figure(List<JsonNode> runs, String field) {
        OptionalDouble value = median(runs, field);
        return value.isEmpty() ? NOTHING : figure(value.getAsDouble());
    }

    private static String figure(double value) {
        String format = value < 1 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f";
        return String.format(Locale.ROOT, format, value);
    }

    /** As in 850, 9.3 k, 311 k, 3.70 M. */
    static String count(double value) {
        if (value >= 999_500) {
            return String.format(Locale.ROOT, "%.2f M", value / 1e6);
        } else if (value >= 9_950) {
            return String.format(Locale.ROOT, "%.0f k", value / 1e3);
        } else if (value >= 999.5) {
            return String.format(Locale.ROOT, "%.1f k", value / 1e3);
        }
        return String.format(Locale.ROOT, "%.0f", value);
    }

    private static String count(List<JsonNode> runs, String field) {
        OptionalDouble value = median(runs, field);
        return value.isEmpty() ? NOTHING : count(value.getAsDouble());
    }

    private static String bytes(List<JsonNode> runs, String field) {
        OptionalDouble value = median(runs, field);
        return value.isEmpty() ? NOTHING : String.format(Locale.ROOT, "%,.0f", value.getAsDouble());
    }
}
