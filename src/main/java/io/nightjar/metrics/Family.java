package io.nightjar.metrics;

/**
 * What the samples of one name have in common.
 *
 * @param name as Prometheus has it: EMQX 5's own name where the meaning is the same, else {@code nightjar_...} or what
 *     every exporter calls it ({@code process_...})
 * @param key name in {@code GET /metrics} and {@code GET /stats}, as EMQX has it; empty if it is not told there
 * @param help one sentence without line breaks
 */
public record Family(String name, String key, Type type, String help, Together together) {
    /** What the value does over time. */
    public enum Type {
        COUNTER("counter"),
        GAUGE("gauge");

        private final String word;

        Type(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** What the values of several nodes are together. */
    public enum Together {
        SUM,
        /** Every node tells the same of the whole cluster. */
        MAX,
        /** Nothing: told by node only. */
        APART
    }

    /** The two values together. */
    double add(double one, double other) {
        return together == Together.MAX ? Math.max(one, other) : one + other;
    }
}
