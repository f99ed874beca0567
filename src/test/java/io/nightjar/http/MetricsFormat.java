package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A strict reader of Prometheus' text format 0.0.4 and of OpenMetrics 1.0, written from their specifications: every
 * family has HELP and TYPE before its samples, once and in one piece; names, labels, escapes and numbers are well formed;
 * no sample stands twice; no counter is negative. In OpenMetrics counters end in {@code _total} and the text in EOF.
 */
final class MetricsFormat {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(.*)})? (\\S+)");
    private static final Pattern LABEL =
            Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\\"n])*)\"(,|$)");

    private final boolean open;
    private final Map<String, String> types = new LinkedHashMap<>();
    private final Set<String> helped = new HashSet<>();
    private final Map<String, Double> samples = new LinkedHashMap<>();
    private String family = "";

    private MetricsFormat(boolean open) {
        this.open = open;
    }

    /** Samples by name and labels as they stand in the text. */
    static Map<String, Double> read(String text, boolean openMetrics) {
        MetricsFormat format = new MetricsFormat(openMetrics);
        assertThat(text).endsWith("\n").doesNotContain("\r");
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        lines.remove(lines.size() - 1);
        if (openMetrics) {
            assertThat(lines.remove(lines.size() - 1)).isEqualTo("# EOF");
        }
        lines.forEach(format::line);
        return format.samples;
    }

    private void line(String line) {
        if (line.startsWith("# HELP ")) {
            String[] parts = line.split(" ", 4);
            assertThat(parts).as(line).hasSize(4);
            assertThat(NAME.matcher(parts[2]).matches()).as(line).isTrue();
            assertThat(helped.add(parts[2])).as("HELP once: " + line).isTrue();
            assertThat(parts[3].replaceAll("\\\\[\\\\n\"]", ""))
                    .as(line)
                    .isNotBlank()
                    .doesNotContain("\\");
            family = parts[2];
        } else if (line.startsWith("# TYPE ")) {
            String[] parts = line.split(" ", -1);
            assertThat(parts).as(line).hasSize(4);
            assertThat(parts[2]).as("TYPE follows its HELP").isEqualTo(family);
            assertThat(parts[3])
                    .as(line)
                    .isIn(open ? List.of("counter", "gauge", "unknown") : List.of("counter", "gauge"));
            assertThat(types.put(parts[2], parts[3])).as("TYPE once: " + line).isNull();
            assertThat(open && parts[2].endsWith("_total")).as(line).isFalse();
        } else {
            sample(line);
        }
    }

    private void sample(String line) {
        Matcher sample = SAMPLE.matcher(line);
        assertThat(sample.matches()).as("a sample: " + line).isTrue();
        String type = types.get(family);
        assertThat(type).as("TYPE before " + line).isNotNull();
        assertThat(sample.group(1)).as(line).isEqualTo(open && type.equals("counter") ? family + "_total" : family);
        if (sample.group(2) != null) {
            labels(line, sample.group(3));
        }
        double value = Double.parseDouble(sample.group(4));
        assertThat(sample.group(4)).as(line).matches("-?[0-9]+(\\.[0-9]+)?");
        assertThat(!type.equals("counter") || value >= 0).as(line).isTrue();
        assertThat(samples.put(line.substring(0, line.lastIndexOf(' ')), value))
                .as("once: " + line)
                .isNull();
    }

    private static void labels(String line, String labels) {
        Matcher label = LABEL.matcher(labels);
        Set<String> names = new HashSet<>();
        int end = 0;
        while (end < labels.length() && label.find(end) && label.start() == end) {
            assertThat(names.add(label.group(1))).as(line).isTrue();
            end = label.end();
        }
        assertThat(end).as("labels of " + line).isEqualTo(labels.length());
        assertThat(labels).as(line).isNotEmpty().doesNotEndWith(",");
    }
}
