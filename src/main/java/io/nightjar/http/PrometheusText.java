package io.nightjar.http;

import io.nightjar.metrics.Family;
import io.nightjar.metrics.NodeMetrics;
import io.nightjar.metrics.Sample;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Samples as text for a scraper: Prometheus' text format 0.0.4, or OpenMetrics 1.0.
 *
 * <p>OpenMetrics wants {@code _total} behind every counter. EMQX's counters have it not, and a name that changes with
 * the format would break its users' dashboards: there they are of type {@code unknown}, which may have any name.
 */
final class PrometheusText {
    private static final String TOTAL = "_total";

    private PrometheusText() {}

    static String of(List<Sample> samples, boolean openMetrics) {
        Map<String, List<Sample>> byFamily = new LinkedHashMap<>();
        for (Sample sample : samples) {
            byFamily.computeIfAbsent(sample.family(), name -> new ArrayList<>()).add(sample);
        }
        StringBuilder out = new StringBuilder(32_768);
        for (Family family : NodeMetrics.families()) {
            List<Sample> of = byFamily.get(family.name());
            if (of != null) {
                head(out, family, openMetrics);
                of.forEach(sample -> sample(out, sample));
            }
        }
        return openMetrics ? out.append("# EOF\n").toString() : out.toString();
    }

    private static void head(StringBuilder out, Family family, boolean openMetrics) {
        String name = family.name();
        String type = family.type().toString();
        if (openMetrics && family.type() == Family.Type.COUNTER) {
            boolean total = name.endsWith(TOTAL);
            name = total ? name.substring(0, name.length() - TOTAL.length()) : name;
            type = total ? type : "unknown";
        }
        out.append("# HELP ").append(name).append(' ');
        escape(out, family.help(), openMetrics);
        out.append("\n# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static void sample(StringBuilder out, Sample sample) {
        out.append(sample.family());
        if (!sample.labels().isEmpty()) {
            char before = '{';
            for (Map.Entry<String, String> label : sample.labels().entrySet()) {
                out.append(before).append(label.getKey()).append("=\"");
                escape(out, label.getValue(), true);
                out.append('"');
                before = ',';
            }
            out.append('}');
        }
        out.append(' ').append(number(sample.value())).append('\n');
    }

    /** Whole numbers without a point, all without an exponent. */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : BigDecimal.valueOf(value).toPlainString();
    }

    private static void escape(StringBuilder out, String text, boolean quotes) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                out.append("\\n");
            } else if (c == '\\' || c == '"' && quotes) {
                out.append('\\').append(c);
            } else {
                out.append(c);
            }
        }
    }
}
